"""Recommendations for RDS databases, and what their use would be on another class."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.compute_optimizer import projections, questions
from models.recommendations import databases, enrollments
from models.recommendations.enrollments import scope_of
from models.recommendations.evidence import Scope
from models.recommendations.finding import Finding, Option

NOUN = "metrics_daily"

RESOURCE_TYPE = "RdsDBInstance"


def _storage_verdict(finding: Finding) -> tuple[str, ...]:
    return (databases.storage(finding, Scope())[0],)


def _storage_reasons(finding: Finding) -> tuple[str, ...]:
    return databases.storage(finding, Scope())[1]


FILTERS: questions.Filters = {
    "InstanceFinding": questions.verdict,
    "InstanceFindingReasonCode": questions.reasons,
    "StorageFinding": _storage_verdict,
    "StorageFindingReasonCode": _storage_reasons,
    "Idle": lambda finding: ("True" if finding.idle else "False",),
}


async def get_rds_database_recommendations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every running database that was seen for thirty hours: its class and its storage."""
    answer = await questions.asked(
        ctx, params, databases, RESOURCE_TYPE, arns="resourceArns", filters=FILTERS
    )
    wanted = questions.architectures(params)
    return {
        "rdsDBRecommendations": [
            _shown(ctx, finding, settings, wanted) for finding, settings in answer.found
        ],
        "errors": answer.errors(),
        "nextToken": answer.token,
    }


def _shown(
    ctx: Context, finding: Finding, settings: Mapping[str, Any], wanted: tuple[str, ...]
) -> dict[str, Any]:
    row = finding.row
    verdict, reasons, storage = databases.storage(finding, scope_of(Scope(), settings))
    return {
        "resourceArn": finding.arn,
        "accountId": ctx.principal.account_number,
        "engine": row["engine"],
        "engineVersion": row["engine_version"],
        "promotionTier": row["promotion_tier"] if row["cluster_identifier"] else None,
        "currentDBInstanceClass": row["type"],
        "currentStorageConfiguration": {
            "storageType": row["storage_type"],
            "allocatedStorage": row["allocated_storage_gib"],
            "iops": row["storage_iops"],
            "maxAllocatedStorage": row["max_allocated_storage_gib"],
            "storageThroughput": row["storage_throughput"],
        },
        "dbClusterIdentifier": row["cluster_identifier"],
        "idle": "True" if finding.idle else "False",
        "instanceFinding": finding.verdict,
        "storageFinding": verdict,
        "instanceFindingReasonCodes": list(finding.reasons),
        "currentInstancePerformanceRisk": questions.current_risk(finding),
        "storageFindingReasonCodes": list(reasons),
        "instanceRecommendationOptions": questions.ranked(finding, settings, _option),
        "storageRecommendationOptions": _storage_options(row, storage, settings),
        "utilizationMetrics": questions.maxima(finding.observed),
        "effectiveRecommendationPreferences": {
            "cpuVendorArchitectures": list(wanted),
            "enhancedInfrastructureMetrics": settings.get(
                "enhancedInfrastructureMetrics", "Inactive"
            ),
            **questions.judged_by(finding, settings),
        },
        "lookbackPeriodInDays": float(finding.days),
        "lastRefreshTimestamp": ctx.now,
        "tags": questions.tag_list(finding),
    }


def _option(one: Option) -> dict[str, Any]:
    return {
        "dbInstanceClass": one.configuration["type"],
        "projectedUtilizationMetrics": questions.maxima(one.projected),
    }


def _storage_options(
    row: Mapping[str, Any], one: Option | None, settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    if one is None:
        return []
    configuration = {
        "storageType": one.configuration["type"],
        "allocatedStorage": one.configuration["size_gib"],
        "iops": one.configuration["iops"],
        "maxAllocatedStorage": row["max_allocated_storage_gib"],
        "storageThroughput": one.configuration["throughput"],
    }
    saved = questions.savings(one.saving, settings)
    return [{"storageConfiguration": configuration, "rank": 1, **saved}]


async def get_rds_database_recommendation_projected_metrics(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What CPU a database's load would take on each recommended class, over time."""
    await questions.check_enrolled(ctx)
    questions.check_arns([params["resourceArn"]])
    span = projections.span(ctx, params)
    scope = Scope(ctx.region, architectures=questions.architectures(params))
    found = await enrollments.judged(ctx.db, databases, RESOURCE_TYPE, scope)
    found = [one for one in found if one[0].arn == params["resourceArn"]]
    if not found:
        raise projections.unknown(params["resourceArn"])
    finding = found[0][0]
    name = {"DBInstanceIdentifier": finding.row["name"]}
    series = await span.read("AWS/RDS", "CPUUtilization", name)
    current = databases.size(finding.row["type"])
    told = []
    for rank, one in enumerate(finding.options, 1):
        other = databases.size(one.configuration["type"])
        if current is None or other is None:
            continue
        told.append({
            "recommendedDBInstanceClass": one.configuration["type"],
            "rank": rank,
            "projectedMetrics": [{"name": "CPU", **series.scaled(current[0] / other[0])}],
        })  # fmt: skip
    return {"recommendedOptionProjectedMetrics": told}
