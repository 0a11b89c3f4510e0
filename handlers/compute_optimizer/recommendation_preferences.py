"""How recommendations are to be made: look-backs, headroom, types to prefer.

Source: https://docs.aws.amazon.com/compute-optimizer/latest/ug/recommendation-preferences.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.compute_optimizer import instances
from handlers.compute_optimizer.questions import check_arns, check_enrolled, invalid, page_of
from models.recommendations import enrollments

# What can be preferred for each type of resource.
_MACHINE = ("enhancedInfrastructureMetrics", "lookBackPeriod", "utilizationPreferences",
            "preferredResources", "savingsEstimationMode", "inferredWorkloadTypes")  # fmt: skip
ALLOWED = {
    "Ec2Instance": (*_MACHINE, "externalMetricsPreference"),
    "AutoScalingGroup": _MACHINE,
    "RdsDBInstance": ("enhancedInfrastructureMetrics", "savingsEstimationMode"),
    "EbsVolume": ("lookBackPeriod", "savingsEstimationMode"),
    "EcsService": ("lookBackPeriod", "savingsEstimationMode"),
    "LambdaFunction": ("savingsEstimationMode",),
    "Idle": ("savingsEstimationMode",),
}
BY_NAME = {
    "EnhancedInfrastructureMetrics": "enhancedInfrastructureMetrics",
    "InferredWorkloadTypes": "inferredWorkloadTypes",
    "ExternalMetricsPreference": "externalMetricsPreference",
    "LookBackPeriodPreference": "lookBackPeriod",
    "PreferredResources": "preferredResources",
    "UtilizationPreferences": "utilizationPreferences",
}
_ARN_TYPES = {":instance/": "Ec2Instance", ":autoScalingGroup:": "AutoScalingGroup",
              ":db:": "RdsDBInstance"}  # fmt: skip


async def put_recommendation_preferences(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Prefer something for the account's resources of a type, or for one resource."""
    await check_enrolled(ctx)
    kind = params["resourceType"]
    allowed = ALLOWED.get(kind)
    if allowed is None:
        raise invalid(f"The resource type {kind} has no recommendation preferences.")
    name, value = _scope(ctx, params)
    given = {key: found for key, found in params.items() if key not in ("resourceType", "scope")
             and found is not None}  # fmt: skip
    if not given:
        raise invalid("At least one recommendation preference must be specified.")
    wrong = sorted(set(given) - set(allowed))
    if name == "ResourceArn":
        wrong = sorted(set(given) - {"enhancedInfrastructureMetrics"}) or wrong
    if wrong:
        raise invalid(
            f"The recommendation preference {wrong[0]} is not supported for the resource type"
            f" {kind} in the scope {name}."
        )
    for one in given.get("utilizationPreferences") or ():
        parameters = one.get("metricParameters") or {}
        if one.get("metricName") == "MemoryUtilization" and "threshold" in parameters:
            raise invalid("A threshold can be set only for the metric CpuUtilization.")
    await enrollments.put(ctx.db, kind, name, value, given)
    return {}


async def get_recommendation_preferences(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What is preferred for a type, in one scope or in all."""
    await check_enrolled(ctx)
    page = page_of(ctx, params)
    name, value = _scope(ctx, params) if params.get("scope") else (None, None)
    rows = await enrollments.preferences(ctx.db, params["resourceType"], name, value)
    cut, token = page.cut_items(rows, lambda one: f"{one['scope_name']} {one['scope_value']}")
    return {"recommendationPreferencesDetails": [_shown(row) for row in cut], "nextToken": token}


async def delete_recommendation_preferences(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Prefer it no longer."""
    await check_enrolled(ctx)
    name, value = _scope(ctx, params)
    names = [BY_NAME[one] for one in params["recommendationPreferenceNames"]]
    if not await enrollments.drop(ctx.db, params["resourceType"], name, value, names):
        raise AwsError(
            "ResourceNotFoundException", "There are no recommendation preferences to delete."
        )
    return {}


async def get_effective_recommendation_preferences(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What counts for one resource, of all that is preferred."""
    await check_enrolled(ctx)
    arn = params["resourceArn"]
    check_arns([arn])
    kind = next((kind for part, kind in _ARN_TYPES.items() if part in arn), None)
    if kind is None or arn.split(":")[4] != ctx.principal.account_number:
        raise invalid(f"{arn} is not the ARN of a resource with recommendation preferences.")
    settings: dict[str, Any] = {}
    for name, value in (("AccountId", ctx.principal.account_number), ("ResourceArn", arn)):
        for row in await enrollments.preferences(ctx.db, kind, name, value):
            settings |= row["settings"]
    return {
        "enhancedInfrastructureMetrics": settings.get("enhancedInfrastructureMetrics", "Inactive"),
        "externalMetricsPreference": settings.get("externalMetricsPreference"),
        "lookBackPeriod": settings.get("lookBackPeriod", "DAYS_14"),
        "utilizationPreferences": settings.get("utilizationPreferences"),
        "preferredResources": instances.preferred(settings),
    }


def _scope(ctx: Context, params: Mapping[str, Any]) -> tuple[str, str]:
    """For what something is preferred: the account unless a resource is named."""
    scope = params.get("scope") or {}
    name = scope.get("name", "AccountId")
    value = scope.get("value") or ctx.principal.account_number
    if name == "Organization":
        raise AwsError(
            "AccessDeniedException",
            "Only the management account of an organization has preferences of that scope.",
        )
    if name == "AccountId" and value != ctx.principal.account_number:
        raise AwsError(
            "AccessDeniedException", f"You are not authorized to access account {value}."
        )
    if name == "ResourceArn":
        check_arns([value])
        if value.split(":")[4] != ctx.principal.account_number:
            raise invalid(f"{value} is not a valid ARN for the scope ResourceArn.")
    return name, value


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    settings = dict(row["settings"])
    return {
        "scope": {"name": row["scope_name"], "value": row["scope_value"]},
        "resourceType": row["resource_type"],
        **settings,
        "preferredResources": instances.preferred(settings),
    }
