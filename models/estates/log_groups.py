"""Log groups of an estate: of functions, services, and the network."""

from models.estates.estate import Estate
from models.prices import price

_RETENTION = {7: 2, 14: 2, 30: 4, 90: 2, 365: 1}
# What an environment reads, in days.
_NEEDED = {"prod": 90, "staging": 14}
# From so many groups on, one of them logs every debug line.
_VERBOSE_FROM = 12
_KINDS = {"ecs": 3, "app": 4, "eks": 2, "rds": 1, "vpc": 1}


def create(estate: Estate) -> None:
    """Every log group: one per function as far as the plan's count goes, then the services'."""
    count = estate.plan.log_groups
    chance = estate.chance("log-groups")
    endless = estate.flags("log-groups", count, estate.shares.endless_logs)
    retention, kinds = chance.deck(count, _RETENTION), chance.deck(count, _KINDS)
    regions, environments = estate.regions("logs", count), estate.share_out("logs", count)
    bare = estate.untagged("logs", count)
    functions = list(estate.rows.get("lambda_functions", []))[: count // 2]
    verbose = False
    for at in range(count):
        own = estate.chance("log-group", at)
        owner = estate.company.owner(own)
        env, region = environments[at], regions[at]
        kind = kinds[at]
        name = f"/aws/{kind}/{owner.service}-{env}-{at + 1:02d}"
        if kind == "app":
            name = f"/{estate.company.name}/{env}/{owner.service}-{at + 1:02d}"
        if at < len(functions):
            function = functions[at]
            env, region, name = (
                function["env"],
                function["region"],
                f"/aws/lambda/{function['name']}",
            )
        arn = estate.arn("logs", region, f"log-group:{name}")
        needed = _NEEDED.get(env, 7)
        pattern = "logs_infinite" if endless[at] else None
        if not endless[at] and retention[at] > needed:
            pattern = "logs_retention_long"
        elif not endless[at] and env != "prod" and not verbose and count >= _VERBOSE_FROM:
            verbose, pattern = True, "logs_verbose"
        innocent = estate.decoy(pattern) if pattern else None
        tags = estate.tags(own, owner, env, "", bare=bare[at], **(innocent[1] if innocent else {}))
        born = estate.before(own, 40, 420)
        ingest = own.between(0.5, 3.0) if env == "prod" else own.between(0.1, 0.8)
        if pattern == "logs_verbose":
            ingest = own.between(1.4, 2.4)
        age = min(400, (estate.end - born).days)
        stored = ingest * (age if endless[at] else min(age, retention[at]))
        if endless[at]:
            needed = min(needed, 30)
        estate.add(
            "log_groups",
            {
                "id": own.key(),
                "account_id": estate.account_id,
                "name": name,
                "env": env,
                "region": region,
                "retention_days": None if endless[at] else retention[at],
                "tags": tags,
                "created_at": born,
                "optimization_policy": "auto_safe",
                "arn": arn,
            },
        )
        estate.tag("log_group", arn, tags, born)
        estate.profile(
            "log_group", arn, "verbose" if pattern == "logs_verbose" else "steady", pattern=pattern,
            decoy=innocent[0] if innocent else None,
            saving=_saving(pattern, region, ingest, stored - needed * ingest),
            ingest_gb=round(ingest, 4),
        )  # fmt: skip


def _saving(pattern: str | None, region: str, ingest: float, excess: float) -> float:
    """USD a month: four of five lines that come in, or what is stored beyond what is needed."""
    if pattern == "logs_verbose":
        weekly = (5 + 2 * _WEEKEND) / 7
        return ingest * weekly * 0.8 * 730 / 24 * float(price("logs", "ingestion", region))
    return max(0.0, excess) * float(price("logs", "storage", region))


_WEEKEND = 0.7  # of a weekday's lines come in on a day of the weekend
