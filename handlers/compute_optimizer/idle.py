"""Recommendations for resources that nobody uses."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from emulator.context import Context
from handlers.compute_optimizer import questions
from models.recommendations import advice, enrollments
from models.recommendations.evidence import Scope
from models.recommendations.finding import Finding, Idleness

NOUN = "metrics_daily"

_LONGEST = Decimal(10) ** 12
# What the metrics of idle resources are called, where kinds name them otherwise.
_METRICS = {
    "Cpu": "CPU",
    "CpuMaximum": "CPU",
    "MemoryMaximum": "Memory",
    "NETWORK_IN_BYTES_PER_SECOND": "NetworkInBytesPerSecond",
    "NETWORK_OUT_BYTES_PER_SECOND": "NetworkOutBytesPerSecond",
}
_KNOWN = frozenset({
    "CPU", "Memory", "NetworkInBytesPerSecond", "NetworkOutBytesPerSecond",
    "DatabaseConnections", "EBSVolumeReadIOPS", "EBSVolumeWriteIOPS", "VolumeReadOpsPerSecond",
    "VolumeWriteOpsPerSecond", "ActiveConnectionCount", "PacketsInFromSource",
    "PacketsInFromDestination", "NewConnections", "EngineCPUUtilization", "CacheHits",
    "CacheMisses", "Invocations",
})  # fmt: skip


async def get_idle_recommendations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every idle, unattached or unused resource of the region, dearest first if so asked."""
    await questions.check_enrolled(ctx)
    questions.check_accounts(ctx, params)
    order = params.get("orderBy") or {}
    page = questions.page_of(ctx, params)
    found = [(one, one.idle) for one in await advice.idle(ctx.db, Scope(ctx.region)) if one.idle]
    wanted, errors = params.get("resourceArns"), list[dict[str, Any]]()
    if wanted:
        questions.check_arns(wanted)
        errors = questions.Answer(
            (), None, sorted(set(wanted) - {one.arn for one, _ in found})
        ).errors()
        found = [one for one in found if one[0].arn in set(wanted)]
    for one in params.get("filters") or ():
        values = set(one.get("values") or ())
        by_type = one.get("name") == "ResourceType"
        found = [
            (finding, idle) for finding, idle in found
            if (advice.IDLE_TYPES[finding.kind] if by_type else idle.verdict) in values
        ]  # fmt: skip
    keyed = sorted(((_key(finding, idle, order), finding, idle) for finding, idle in found),
                   key=lambda one: one[0])  # fmt: skip
    cut, token = page.cut_items(keyed, lambda one: one[0])
    settings = await preferred(ctx)
    return {
        "idleRecommendations": [_shown(ctx, finding, idle, settings) for _, finding, idle in cut],
        "errors": errors,
        "nextToken": token,
    }


async def preferred(ctx: Context) -> dict[str, Any]:
    """The account's preferences for idle resources."""
    rows = await enrollments.preferences(ctx.db, "Idle", "AccountId")
    return dict(rows[0]["settings"]) if rows else {}


def _key(finding: Finding, idle: Idleness, order: Mapping[str, Any]) -> str:
    """Where a recommendation stands in the list, as text."""
    if not order:
        return finding.arn
    saving = idle.saving
    discounted = order.get("dimension") == "SavingsValueAfterDiscount"
    usd = saving.discounted if discounted else saving.monthly
    if order.get("order") != "Asc":
        usd = _LONGEST - usd
    return f"{usd:018.4f} {finding.arn}"


def _shown(
    ctx: Context, finding: Finding, idle: Idleness, settings: Mapping[str, Any]
) -> dict[str, Any]:
    metrics = {_METRICS.get(name, name): value for name, value in finding.observed.items()}
    return {
        "resourceArn": finding.arn,
        "resourceId": advice.resource_id(finding),
        "resourceType": advice.IDLE_TYPES[finding.kind],
        "accountId": ctx.principal.account_number,
        "finding": idle.verdict,
        "findingDescription": idle.words,
        **questions.savings(idle.saving, settings),
        "utilizationMetrics": [
            {"name": name, "statistic": "Maximum", "value": value}
            for name, value in metrics.items()
            if name in _KNOWN
        ],
        "lookBackPeriodInDays": float(idle.days),
        "lastRefreshTimestamp": ctx.now,
        "tags": questions.tag_list(finding),
    }
