"""Recommendations for EC2 instances, and what their use would be on another type."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.compute_optimizer import projections, questions
from models import instance_types
from models.recommendations import enrollments, instances
from models.recommendations.evidence import Scope
from models.recommendations.finding import Finding, Option

NOUN = "metrics_daily"

RESOURCE_TYPE = "Ec2Instance"
FILTERS: questions.Filters = {
    "Finding": questions.verdict,
    "FindingReasonCodes": questions.reasons,
    "RecommendationSourceType": lambda _: (RESOURCE_TYPE,),
    "InferredWorkloadTypes": lambda _: (),
}


async def get_ec2_instance_recommendations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every running instance on demand that was seen for thirty hours, and what it could be."""
    answer = await questions.asked(
        ctx, params, instances, RESOURCE_TYPE, arns="instanceArns", filters=FILTERS
    )
    return {
        "instanceRecommendations": [
            _shown(ctx, finding, settings, questions.architectures(params))
            for finding, settings in answer.found
        ],
        "errors": answer.errors(),
        "nextToken": answer.token,
    }


def _shown(
    ctx: Context, finding: Finding, settings: Mapping[str, Any], wanted: tuple[str, ...]
) -> dict[str, Any]:
    row = finding.row
    return {
        "instanceArn": finding.arn,
        "accountId": ctx.principal.account_number,
        "instanceName": row["name"],
        "currentInstanceType": row["type"],
        "finding": finding.verdict,
        "findingReasonCodes": list(finding.reasons),
        "utilizationMetrics": questions.maxima(finding.observed),
        "lookBackPeriodInDays": float(finding.days),
        "recommendationOptions": questions.ranked(finding, settings, option),
        "recommendationSources": [
            {"recommendationSourceArn": finding.arn, "recommendationSourceType": RESOURCE_TYPE}
        ],
        "lastRefreshTimestamp": ctx.now,
        "currentPerformanceRisk": questions.current_risk(finding),
        "effectiveRecommendationPreferences": effective(finding, settings, wanted),
        "inferredWorkloadTypes": [],
        "instanceState": row["state"],
        "tags": questions.tag_list(finding),
        "externalMetricStatus": external(settings),
        "currentInstanceGpuInfo": gpus(row["type"]),
        "idle": "True" if finding.idle else "False",
    }


def option(one: Option) -> dict[str, Any]:
    """Another type."""
    return {
        "instanceType": one.configuration["type"],
        "instanceGpuInfo": gpus(one.configuration["type"]),
        "projectedUtilizationMetrics": questions.maxima(one.projected),
        "platformDifferences": list(one.differences),
        "migrationEffort": one.effort,
    }


def gpus(name: str) -> dict[str, Any] | None:
    """A type's GPUs; None without any."""
    machine = instance_types.find(name)
    if machine is None or not machine.gpus:
        return None
    one = {"gpuCount": machine.gpus, "gpuMemorySizeInMiB": machine.gpus * machine.gpu_memory_mib}
    return {"gpus": [one]}


def effective(
    finding: Finding, settings: Mapping[str, Any], wanted: tuple[str, ...]
) -> dict[str, Any]:
    """By which preferences a machine was judged."""
    return {
        "cpuVendorArchitectures": list(wanted),
        "enhancedInfrastructureMetrics": settings.get("enhancedInfrastructureMetrics", "Inactive"),
        "inferredWorkloadTypes": settings.get("inferredWorkloadTypes", "Active"),
        "externalMetricsPreference": settings.get("externalMetricsPreference"),
        "utilizationPreferences": settings.get("utilizationPreferences"),
        "preferredResources": preferred(settings),
        **questions.judged_by(finding, settings),
    }


def preferred(settings: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Types to recommend and not to; included families with the types they have."""
    given = settings.get("preferredResources")
    if not given:
        return None
    return [one | {"effectiveIncludeList": _types_of(one.get("includeList") or ())}
            for one in given]  # fmt: skip


def _types_of(names: Any) -> list[str]:
    families = {name.partition(".")[0] for name in names if "." not in name or name.endswith(".*")}
    return [name for name in instance_types.names()
            if name in names or name.partition(".")[0] in families]  # fmt: skip


def external(settings: Mapping[str, Any]) -> dict[str, str]:
    """Whether another provider tells of memory: none is connected here."""
    source = (settings.get("externalMetricsPreference") or {}).get("source")
    if not source:
        return {"statusCode": "NO_EXTERNAL_METRIC_SET", "statusReason": "No external metric set."}
    code = f"INSUFFICIENT_{source.upper()}_METRICS"
    return {"statusCode": code, "statusReason": f"{source} has sent too few metrics."}


async def get_ec2_recommendation_projected_metrics(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What CPU an instance's load would take on each recommended type, over time."""
    await questions.check_enrolled(ctx)
    questions.check_arns([params["instanceArn"]])
    span = projections.span(ctx, params)
    instance_id = params["instanceArn"].rpartition("/")[2]
    scope = Scope(ctx.region, ids=(instance_id,), architectures=questions.architectures(params))
    found = await enrollments.judged(ctx.db, instances, RESOURCE_TYPE, scope)
    found = [one for one in found if one[0].arn == params["instanceArn"]]
    if not found:
        raise projections.unknown(params["instanceArn"])
    finding = found[0][0]
    current = instance_types.find(finding.row["type"])
    told = []
    series = await span.read("AWS/EC2", "CPUUtilization", {"InstanceId": instance_id})
    for rank, one in enumerate(finding.options, 1):
        other = instance_types.find(one.configuration["type"])
        if current is None or other is None:
            continue
        told.append({
            "recommendedInstanceType": other.name,
            "rank": rank,
            "projectedMetrics": [
                {"name": "Cpu", **series.scaled(current.vcpus / other.vcpus)},
            ],
        })  # fmt: skip
    return {"recommendedOptionProjectedMetrics": told}
