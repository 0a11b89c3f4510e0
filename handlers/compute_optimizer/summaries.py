"""Summaries: how many resources of each kind are well sized, and what the others could save."""

from collections import Counter
from decimal import Decimal
from typing import Any

from emulator.context import Context
from handlers.compute_optimizer import questions
from models.recommendations import advice, databases, volumes
from models.recommendations.evidence import Scope
from models.recommendations.finding import Finding, Saving, rating

NOUN = "metrics_daily"

# What the service calls the kinds in summaries.
TYPES = {
    "instance": "Ec2Instance",
    "autoscaling_group": "AutoScalingGroup",
    "volume": "EbsVolume",
    "lambda_function": "LambdaFunction",
    "container_service": "EcsService",
    "rds_instance": "RdsDBInstance",
    "nat_gateway": "NatGateway",
    "cache_cluster": "ElastiCacheCluster",
    "managed_service": "SageMakerEndpoint",
}
STORAGE = "RdsDBInstanceStorage"
_VERDICTS = ("Underprovisioned", "Overprovisioned", "Optimized", "NotOptimized")
_RATINGS = {"VeryLow": "veryLow", "Low": "low", "Medium": "medium", "High": "high"}


async def get_recommendation_summaries(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One summary for each kind of resource of the region."""
    await questions.check_enrolled(ctx)
    questions.check_accounts(ctx, params)
    page = questions.page_of(ctx, params)
    found: dict[str, list[Finding]] = {}
    for finding in await advice.findings(ctx.db, Scope(ctx.region)):
        found.setdefault(TYPES[finding.kind], []).append(finding)
    told = [_summary(ctx, name, found.get(name, [])) for name in TYPES.values()]
    told.append(_storage(ctx, found.get("RdsDBInstance", [])))
    cut, token = page.cut_items(
        sorted(told, key=lambda one: str(one["recommendationResourceType"])),
        lambda one: str(one["recommendationResourceType"]),
    )
    return {"recommendationSummaries": list(cut), "nextToken": token}


def _summary(ctx: Context, name: str, found: list[Finding]) -> dict[str, Any]:
    idle = [one for one in found if one.idle]
    sized = [one for one in found if one.verdict in _VERDICTS
             and (one.kind != "volume" or volumes.is_observed(one))]  # fmt: skip
    changed = [one.best.saving for one in sized if one.best and one.verdict != "Optimized"]
    ends = [one.idle.saving for one in idle if one.idle]
    both = ends + [one.best.saving for one in sized
                   if one.best and one.verdict != "Optimized" and not one.idle]  # fmt: skip
    spent = sum((before(one) for one in found), Decimal(0))
    verdicts = Counter(one.verdict for one in sized)
    reasons = Counter(reason for one in sized for reason in one.reasons
                      if reason.startswith("Memory") and one.verdict == "NotOptimized")  # fmt: skip
    risks = Counter(_RATINGS[rating(one.risk)] for one in sized)
    counts = [
        {"name": verdict, "value": float(verdicts[verdict])}
        | ({"reasonCodeSummaries": [{"name": reason, "value": float(count)}
                                    for reason, count in sorted(reasons.items())]}
           if verdict == "NotOptimized" and name == "LambdaFunction" else {})
        for verdict in _VERDICTS if verdicts[verdict] or verdict == "Optimized"
    ]  # fmt: skip
    verdicts_of_idle = Counter(one.idle.verdict for one in idle if one.idle)
    return {
        "summaries": counts,
        "idleSummaries": [{"name": verdict, "value": float(count)}
                          for verdict, count in sorted(verdicts_of_idle.items())],
        "recommendationResourceType": name,
        "accountId": ctx.principal.account_number,
        "savingsOpportunity": _sum(changed, spent),
        "idleSavingsOpportunity": _sum(ends, spent),
        "aggregatedSavingsOpportunity": _sum(both, spent),
        "currentPerformanceRiskRatings": {
            word: risks[word] for word in _RATINGS.values()
        },
        "inferredWorkloadSavings": [],
    }  # fmt: skip


def before(finding: Finding) -> Decimal:
    """What a resource costs a month, as its finding counts it."""
    if finding.idle:
        return finding.idle.saving.before
    if finding.best:
        return finding.best.saving.before
    row = finding.row
    if finding.kind == "volume":
        return Decimal(row["monthly"] or 0)
    return Decimal(row.get("hourly") or 0) * 730


def _sum(savings: list[Saving], spent: Decimal) -> dict[str, Any]:
    saved = sum((one.monthly for one in savings), Decimal(0))
    return questions.opportunity(saved, saved / spent * 100 if spent else Decimal(0))


def _storage(ctx: Context, found: list[Finding]) -> dict[str, Any]:
    judged = [databases.storage(one, Scope()) for one in found]
    verdicts = Counter(verdict for verdict, _, _ in judged)
    savings = [option.saving for _, _, option in judged if option]
    spent = sum((Decimal(one.row["storage"] or 0) for one in found), Decimal(0))
    return {
        "summaries": [{"name": name, "value": float(verdicts[name])} for name in _VERDICTS
                      if verdicts[name] or name == "Optimized"],
        "idleSummaries": [],
        "recommendationResourceType": STORAGE,
        "accountId": ctx.principal.account_number,
        "savingsOpportunity": _sum(savings, spent),
        "aggregatedSavingsOpportunity": _sum(savings, spent),
        "inferredWorkloadSavings": [],
    }  # fmt: skip
