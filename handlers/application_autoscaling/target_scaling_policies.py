"""Scaling policies of targets.

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html.
Target tracking acts at every tick, on metrics that the days' rows tell. A step is taken at every
tick at which an alarm that names the policy among its actions is in ALARM. Predictions are not
made: such a policy is refused.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from emulator.context import Context
from emulator.rows import Computed, Rows, View
from handlers.application_autoscaling.scalable_targets import (
    absent,
    conditions,
    dimension_of,
    find,
    invalid,
    page,
)
from models import draws, scalable_targets

NOUN = "scalable_targets"
_TRACKING, _STEPS = "TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration"
_NEEDED = {"TargetTrackingScaling": _TRACKING, "StepScaling": _STEPS}
_TABLE = "target_scaling_policies"


async def put_scaling_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new policy of a target, or other settings of the one of that name."""
    name = params["PolicyName"]
    if len(name) > 256:
        raise invalid("The policy name must not be longer than 256 characters.")
    async with ctx.db.transaction():
        target = await find(ctx, params)
        before = await scalable_targets.policy(ctx.db, target["id"], name)
        kind = params.get("PolicyType") or (before["policy_type"] if before else "StepScaling")
        if before is not None and kind != before["policy_type"]:
            raise invalid("The type of a policy cannot be changed.")
        _check(params, kind)
        key = before["id"] if before is not None else draws.uuid4()
        head = (
            f"arn:aws:autoscaling:{ctx.region}:{ctx.principal.account_number}:scalingPolicy:{key}"
        )
        data = {_NEEDED[kind]: params[_NEEDED[kind]], "Alarms": _alarms(ctx, params, kind, key)}
        stored = await scalable_targets.put_policy(
            ctx.db,
            {
                "id": key,
                "target_id": target["id"],
                "region": ctx.region,
                "name": name,
                "arn": f"{head}:resource/{target['service_namespace']}/{target['resource_id']}"
                f":policyName/{name}",
                "policy_type": kind,
                "data": data,
                "created_at": ctx.now,
            },
        )
    return {"PolicyARN": stored["arn"], "Alarms": data["Alarms"]}


async def describe_scaling_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Policies of a service's targets, by resource, dimension, name and page."""
    asked = page(ctx, params)
    rows = await scalable_targets.POLICIES.page(
        ctx.db, conditions(params, "PolicyNames"), region=ctx.region, after=asked.after,
        limit=asked.fetch,
    )  # fmt: skip
    found, token = asked.cut(rows, "position")
    return {"ScalingPolicies": Rows(VIEW, found), "NextToken": token}


async def delete_scaling_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a policy."""
    async with ctx.db.transaction():
        target = await find(ctx, params)
        if not await scalable_targets.drop(ctx.db, _TABLE, target["id"], params["PolicyName"]):
            raise absent("scaling policy found", params)
    return {}


def _check(params: Mapping[str, Any], kind: str) -> None:
    needed = _NEEDED.get(kind)
    if needed is None:
        raise invalid(f"Policies of type {kind} are not supported by this emulator.")
    if params.get(needed) is None:
        raise invalid(f"{needed} is required for policy type {kind}.")
    other = _STEPS if needed == _TRACKING else _TRACKING
    if params.get(other) is not None:
        raise invalid(f"{other} cannot be given for policy type {kind}.")
    if kind == "StepScaling":
        _check_steps(params[needed])
        return
    given = params[needed]
    chosen = [
        given[name]
        for name in ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
        if given.get(name)
    ]
    if len(chosen) != 1:
        raise invalid("Exactly one of PredefinedMetricSpecification and"
                      " CustomizedMetricSpecification must be specified.")  # fmt: skip
    if given["TargetValue"] <= 0:
        raise invalid("The target value must be greater than zero.")
    metric = (given.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    known = dimension_of(
        params["ServiceNamespace"], params["ScalableDimension"], params["ResourceId"]
    ).metrics
    if metric is None:
        raise invalid("CustomizedMetricSpecification is not supported by this emulator.")
    if metric not in known:
        raise invalid(
            f"The metric {metric} cannot be followed for {params['ScalableDimension']}: one of"
            f" {', '.join(known)} can."
        )


def _check_steps(given: Mapping[str, Any]) -> None:
    if not given.get("AdjustmentType"):
        raise invalid("You must specify an AdjustmentType for a step scaling policy.")
    if not given.get("StepAdjustments"):
        raise invalid("You must specify at least one StepAdjustment.")
    for step in given["StepAdjustments"]:
        low, high = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
        if low is None and high is None and len(given["StepAdjustments"]) > 1:
            raise invalid("Step adjustment intervals can't overlap.")
        if low is not None and high is not None and low >= high:
            raise invalid("The lower bound of a step must be less than its upper bound.")


def _alarms(ctx: Context, params: Mapping[str, Any], kind: str, key: UUID) -> list[dict[str, str]]:
    """The two alarms that target tracking names; it acts by itself at every tick."""
    if kind != "TargetTrackingScaling":
        return []
    head = f"arn:aws:cloudwatch:{ctx.region}:{ctx.principal.account_number}:alarm:"
    names = [
        f"TargetTracking-{params['ResourceId']}-Alarm{side}-{uuid5(key, side)}"
        for side in ("High", "Low")
    ]
    return [{"AlarmName": name, "AlarmARN": head + name} for name in names]


def _shown(member: str) -> Computed:
    return Computed(lambda data: data.get(member), "data")


VIEW = View(
    {
        "PolicyARN": "arn",
        "PolicyName": "name",
        "ServiceNamespace": "service_namespace",
        "ResourceId": "resource_id",
        "ScalableDimension": "dimension",
        "PolicyType": "policy_type",
        _STEPS: _shown(_STEPS),
        _TRACKING: _shown(_TRACKING),
        "Alarms": Computed(lambda data, found: data.get("Alarms") or found, "data", "alarms"),
        "CreationTime": "created_at",
    }
)
