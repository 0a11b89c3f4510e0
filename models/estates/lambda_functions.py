"""Lambda functions of an estate."""

from models import costs
from models.estates.estate import Estate

_RUNTIMES = {"python3.12": 4, "python3.13": 2, "nodejs22.x": 4, "java21": 1, "provided.al2023": 1}
_MEMORY = {128: 3, 256: 4, 512: 4, 1024: 3, 2048: 1, 3008: 1}
_ROLES = {"steady": 0.66, "warm": 0.10, "oversized": 0.16, "dead": 0.08}
# The longest is what somebody set who was tired of timeouts.
_TIMEOUTS = {10: 1, 30: 2, 60: 1, 300: 1, 900: 1}
_LONGEST = 900
_ENOUGH_MB = 512
_VERBS = ("ingest", "resize", "notify", "export", "sync", "webhook", "cleanup", "enrich", "score")


def create(estate: Estate) -> None:
    """Every function: some kept warm for nobody, some with far too much memory, some dead."""
    count = estate.plan.functions
    chance = estate.chance("functions")
    roles = chance.deck(count, _ROLES)
    memory, runtimes = chance.deck(count, _MEMORY), chance.deck(count, _RUNTIMES)
    timeouts = chance.deck(roles.count("steady"), _TIMEOUTS)
    regions, environments = estate.regions("functions", count), estate.share_out("functions", count)
    bare = estate.untagged("functions", count)
    for at, role in enumerate(roles):
        own = estate.chance("function", at)
        owner = estate.company.owner(own)
        env, region = environments[at], regions[at]
        name = f"{owner.service}-{own.pick(_VERBS)}-{env}-{at + 1:02d}"
        arn = estate.arn("lambda", region, f"function:{name}")
        size = max(memory[at], 1024) if role in ("oversized", "warm") else memory[at]
        slots = {"warm": own.whole(8, 24), "dead": own.whole(4, 10)}.get(role, 0)
        timeout = timeouts.pop() if role == "steady" else 30
        calls = _calls(own.unit(), env, role)
        duration = 60 + 200 * own.unit() if role == "oversized" else 40 + 900 * own.unit() ** 2
        architecture = "arm64" if own.happens(0.3) else "x86_64"
        monthly = costs.lambda_monthly(
            size, round(calls * 30), round(duration, 2), region,
            provisioned_concurrency=slots, architecture=architecture,
        )  # fmt: skip
        born = estate.before(own, 15, 700)
        runtime = runtimes[at]
        estate.add(
            "lambda_functions",
            {
                "id": own.key(),
                "account_id": estate.account_id,
                "name": name,
                "env": env,
                "region": region,
                "memory_mb": size,
                "timeout_seconds": timeout,
                "provisioned_concurrency": slots,
                "invocations_7d": round(calls * 7),
                "avg_duration_ms_7d": round(duration, 2),
                "estimated_monthly_cost": monthly,
                "created_at": born,
                "updated_at": born,
                "arn": arn,
                "runtime": runtime,
                "handler": _handler(runtime),
                "description": f"{owner.team}: {name.split('-')[1]} for {owner.service}",
                "role_arn": f"arn:aws:iam::{estate.number}:role/{owner.service}-{env}-lambda",
                "architecture": architecture,
                "code_size": own.whole(40_000, 9_000_000),
                "code_sha256": _sha(own),
                "environment": {"ENVIRONMENT": env, "LOG_LEVEL": "INFO"},
                "last_modified": estate.before(own, 2, 14),
            },
        )
        pattern, saving = _waste(role, calls, duration, slots, size, architecture, region)
        if timeout == _LONGEST:
            pattern = "lambda_timeout"
        innocent = estate.decoy(pattern) if pattern else None
        tags = estate.tags(own, owner, env, "", bare=bare[at], **(innocent[1] if innocent else {}))
        estate.tag("lambda_function", arn, tags, born)
        estate.profile(
            "lambda_function", arn,
            _profile(role, innocent is not None),
            pattern=pattern, params={"memory_mb": size} if role == "oversized" else None,
            decoy=innocent[0] if innocent else None, saving=saving,
            requests=calls, duration_ms=round(duration, 2),
        )  # fmt: skip


def _profile(role: str, innocent: bool) -> str:
    if role == "oversized" and innocent:
        return "cpu_bound"
    return "dead" if role == "dead" else "steady"


def _calls(draw: float, env: str, role: str) -> float:
    """Invocations a day."""
    if role == "dead":
        return 0.0
    if env == "prod" or role == "oversized":
        return 2_000 + 400_000 * draw**3
    return 300 + 6_000 * draw**2


def _waste(
    role: str, calls: float, duration: float, slots: int, size: int, architecture: str, region: str
) -> tuple[str | None, float]:
    def monthly(memory_mb: int, count: float, slots: int = 0) -> float:
        return float(
            costs.lambda_monthly(
                memory_mb, round(count), round(duration, 2), region,
                provisioned_concurrency=slots, architecture=architecture,
            )
        )  # fmt: skip

    month = calls * 730 / 24
    if role == "warm":
        return "lambda_pc_unused", monthly(size, month, slots) - monthly(size, month)
    if role == "dead":
        return "lambda_dead", monthly(size, 0, slots)
    if role == "oversized":
        return "lambda_mem", monthly(size, month) - monthly(_ENOUGH_MB, month)
    return None, 0.0


def _handler(runtime: str) -> str:
    if runtime.startswith("java"):
        return "example.Handler::handleRequest"
    return "bootstrap" if runtime.startswith("provided") else "index.handler"


def _sha(chance: object) -> str:
    from base64 import b64encode

    return b64encode(chance.key().bytes + chance.key().bytes).decode()  # type: ignore[attr-defined]
