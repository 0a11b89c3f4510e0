"""Recommendations for Auto Scaling groups."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.compute_optimizer import instances, questions
from models.recommendations import groups
from models.recommendations.finding import Finding, Option

NOUN = "metrics_daily"

RESOURCE_TYPE = "AutoScalingGroup"
FILTERS: questions.Filters = {
    "Finding": questions.verdict,
    "FindingReasonCodes": questions.reasons,
    "RecommendationSourceType": lambda _: (RESOURCE_TYPE,),
    "InferredWorkloadTypes": lambda _: (),
}


async def get_auto_scaling_group_recommendations(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Every group with running members, and the type that would do for them."""
    answer = await questions.asked(
        ctx, params, groups, RESOURCE_TYPE, arns="autoScalingGroupArns", filters=FILTERS
    )
    wanted = questions.architectures(params)
    return {
        "autoScalingGroupRecommendations": [
            _shown(ctx, finding, settings, wanted) for finding, settings in answer.found
        ],
        "errors": answer.errors(),
        "nextToken": answer.token,
    }


def _shown(
    ctx: Context, finding: Finding, settings: Mapping[str, Any], wanted: tuple[str, ...]
) -> dict[str, Any]:
    row = finding.row
    sizes = {
        "desiredCapacity": row["desired_capacity"],
        "minSize": row["min_size"],
        "maxSize": row["max_size"],
    }
    mixed = row["types"] > 1
    now = sizes | (
        {"type": "MixedInstanceTypes", "mixedInstanceTypes": list(row["all_types"])}
        if mixed
        else {"type": "SingleInstanceType", "instanceType": row["type"]}
    )

    def option(one: Option) -> dict[str, Any]:
        kind = one.configuration["type"]
        return {
            "configuration": sizes | {"type": "SingleInstanceType", "instanceType": kind},
            "instanceGpuInfo": instances.gpus(kind),
            "projectedUtilizationMetrics": questions.maxima(one.projected),
            "migrationEffort": one.effort,
        }

    return {
        "accountId": ctx.principal.account_number,
        "autoScalingGroupArn": finding.arn,
        "autoScalingGroupName": row["name"],
        "finding": finding.verdict,
        "utilizationMetrics": questions.maxima(finding.observed),
        "lookBackPeriodInDays": float(finding.days),
        "currentConfiguration": now,
        "currentInstanceGpuInfo": instances.gpus(row["type"]),
        "recommendationOptions": questions.ranked(finding, settings, option),
        "lastRefreshTimestamp": ctx.now,
        "currentPerformanceRisk": questions.current_risk(finding),
        "effectiveRecommendationPreferences": instances.effective(finding, settings, wanted),
        "inferredWorkloadTypes": [],
    }
