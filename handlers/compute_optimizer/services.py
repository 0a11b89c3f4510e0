"""Recommendations for ECS services on Fargate, and what their use would be at another size."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.compute_optimizer import projections, questions
from models.recommendations import enrollments, services
from models.recommendations.evidence import Scope
from models.recommendations.finding import Finding, Option

NOUN = "metrics_daily"

RESOURCE_TYPE = "EcsService"
FILTERS: questions.Filters = {
    "Finding": questions.verdict,
    "FindingReasonCode": questions.reasons,
}


async def get_ecs_service_recommendations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every service on Fargate that was seen for thirty hours, and what its tasks could be."""
    answer = await questions.asked(
        ctx, params, services, RESOURCE_TYPE, arns="serviceArns", filters=FILTERS
    )
    return {
        "ecsServiceRecommendations": [
            _shown(ctx, finding, settings) for finding, settings in answer.found
        ],
        "errors": answer.errors(),
        "nextToken": answer.token,
    }


def _shown(ctx: Context, finding: Finding, settings: Mapping[str, Any]) -> dict[str, Any]:
    row = finding.row
    cpu, memory = services.size_of(row)
    containers = row["containers"] or []

    def option(one: Option) -> dict[str, Any]:
        return {
            "cpu": one.configuration["cpu"],
            "memory": one.configuration["memory"],
            "projectedUtilizationMetrics": [
                {"name": name, "statistic": "Maximum", "lowerBoundValue": value * 0.95,
                 "upperBoundValue": min(100.0, value * 1.05)}
                for name, value in one.projected.items()
            ],
        }  # fmt: skip

    return {
        "serviceArn": finding.arn,
        "accountId": ctx.principal.account_number,
        "currentServiceConfiguration": {
            "cpu": cpu,
            "memory": memory,
            "containerConfigurations": [_container(one) for one in containers],
            "taskDefinitionArn": row["task_definition_arn"],
        },
        "utilizationMetrics": [
            {"name": name[:-7], "statistic": name[-7:], "value": value}
            for name, value in finding.observed.items()
        ],
        "lookbackPeriodInDays": float(finding.days),
        "launchType": "Fargate",
        "lastRefreshTimestamp": ctx.now,
        "finding": finding.verdict,
        "findingReasonCodes": list(finding.reasons),
        "serviceRecommendationOptions": [
            {name: value for name, value in one.items() if name != "rank"}
            for one in questions.ranked(finding, settings, option, with_risk=False)
        ],
        "currentPerformanceRisk": questions.current_risk(finding),
        "effectiveRecommendationPreferences": questions.judged_by(finding, settings),
        "tags": questions.tag_list(finding),
    }


def _container(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "containerName": one.get("name"),
        "cpu": one.get("cpu"),
        "memorySizeConfiguration": {
            "memory": one.get("memory"),
            "memoryReservation": one.get("memoryReservation"),
        },
    }


async def get_ecs_service_recommendation_projected_metrics(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What CPU and memory a service's load would take of each recommended size, over time."""
    await questions.check_enrolled(ctx)
    arn = params["serviceArn"]
    questions.check_arns([arn])
    span = projections.span(ctx, params)
    scope = Scope(ctx.region, ids=(arn,))
    found = await enrollments.judged(ctx.db, services, RESOURCE_TYPE, scope)
    if not found:
        raise projections.unknown(arn)
    finding = found[0][0]
    dimensions = {"ClusterName": finding.row["cluster"], "ServiceName": finding.row["name"]}
    series = {
        "Cpu": await span.read("AWS/ECS", "CPUUtilization", dimensions),
        "Memory": await span.read("AWS/ECS", "MemoryUtilization", dimensions),
    }
    cpu, memory = services.size_of(finding.row)
    told = []
    for one in finding.options:
        larger = {"Cpu": cpu / one.configuration["cpu"],
                  "Memory": memory / one.configuration["memory"]}  # fmt: skip
        told.append({
            "recommendedCpuUnits": one.configuration["cpu"],
            "recommendedMemorySize": one.configuration["memory"],
            "projectedMetrics": [
                {"name": name, "timestamps": values.times(),
                 "lowerBoundValues": values.scaled(larger[name] * 0.95)["values"],
                 "upperBoundValues": values.scaled(larger[name] * 1.05)["values"]}
                for name, values in series.items()
            ],
        })  # fmt: skip
    return {"recommendedOptionProjectedMetrics": told}
