"""Scaling policies.

Source: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_ScalingPolicy.html and the
pages of the operations.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.rows import Computed, Rows, View
from handlers.autoscaling.acting import Group, actor, arn, cooling, invalid, page
from models import draws, scaling_calls, scaling_policies
from models.listing import Condition
from models.scaling_activities import at
from models.scaling_steps import step

TYPES = ("SimpleScaling", "StepScaling", "TargetTrackingScaling", "PredictiveScaling")
ADJUSTMENTS = ("ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity")
_MEMBERS = (
    "AdjustmentType", "MinAdjustmentStep", "MinAdjustmentMagnitude", "ScalingAdjustment",
    "Cooldown", "MetricAggregationType", "StepAdjustments", "EstimatedInstanceWarmup",
    "TargetTrackingConfiguration", "PredictiveScalingConfiguration",
)  # fmt: skip
# The parameter that a type cannot do without.
_NEEDED = {
    "SimpleScaling": "ScalingAdjustment",
    "StepScaling": "StepAdjustments",
    "TargetTrackingScaling": "TargetTrackingConfiguration",
    "PredictiveScaling": "PredictiveScalingConfiguration",
}


async def put_scaling_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new policy of a group, or in place of the one of that name."""
    kind = params.get("PolicyType") or "SimpleScaling"
    _check(kind, params)
    data = {name: params[name] for name in _MEMBERS if params.get(name) is not None}
    name = params["PolicyName"]
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        key = draws.uuid4()
        data["Alarms"] = _alarms(ctx, kind, group["name"], key)
        if kind == "TargetTrackingScaling":
            data["TargetTrackingConfiguration"] = {
                "DisableScaleIn": False,
                **data["TargetTrackingConfiguration"],
            }
        stored = await scaling_policies.put(
            ctx.db,
            {
                "id": key,
                "autoscaling_group_id": group["id"],
                "name": name,
                "arn": arn(
                    ctx, "scalingPolicy", key, f"autoScalingGroupName/{group['name']}",
                    f"policyName/{name}",
                ),
                "region": ctx.region,
                "policy_type": kind,
                "enabled": params.get("Enabled") is not False,
                "data": data,
                "created_at": ctx.now,
            },
        )  # fmt: skip
    return {"PolicyARN": stored["arn"], "Alarms": data["Alarms"]}


async def describe_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Policies of one group, or of all; by name or ARN, type and page."""
    asked = page(ctx, params)
    where = []
    if params.get("AutoScalingGroupName"):
        group = await Group.find(ctx, params["AutoScalingGroupName"])
        where.append(Condition("group", (group["name"],)))
    named = params.get("PolicyNames")
    if named:
        by_arn = all(one.startswith("arn:") for one in named)
        where.append(Condition("arn" if by_arn else "name", tuple(named)))
    if params.get("PolicyTypes"):
        where.append(Condition("policy_type", tuple(params["PolicyTypes"])))
    rows = await scaling_policies.LISTING.page(
        ctx.db, where, region=ctx.region, after=asked.after, limit=asked.fetch
    )
    found, token = asked.cut(rows, "position")
    return {"ScalingPolicies": Rows(VIEW, found), "NextToken": token}


async def delete_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a policy; the alarms that Auto Scaling made for it go with it."""
    policy, _ = await _find(ctx, params)
    await scaling_policies.delete(ctx.db, policy["id"])
    return {}


async def execute_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Do what a simple or step policy says, now."""
    async with ctx.db.transaction():
        policy, group = await _find(ctx, params, lock=True)
        data, kind = policy["data"], policy["policy_type"]
        adjustment = data.get("ScalingAdjustment")
        if kind == "StepScaling":
            adjustment = _step(data, params)
        if adjustment is None:
            raise invalid(f"Policy {policy['name']} of type {kind} cannot be run.")
        if params.get("HonorCooldown"):
            if kind == "StepScaling":
                raise invalid("HonorCooldown is not supported for step scaling policies.")
            if scaling_calls.rests(group, data, ctx.now):
                raise await cooling(ctx, group)
        told = f"At {at(ctx.now)} a user request executed policy {policy['name']}"
        await scaling_calls.execute(actor(ctx), group, policy, data, adjustment, told)
    return {}


def _step(data: Mapping[str, Any], params: Mapping[str, Any]) -> int:
    """The adjustment of the step that the breach falls into."""
    value, threshold = params.get("MetricValue"), params.get("BreachThreshold")
    if value is None or threshold is None:
        raise invalid("MetricValue and BreachThreshold are required for step scaling policies.")
    return step(data, value - threshold)


async def _find(ctx: Context, params: dict[str, Any], *, lock: bool = False) -> tuple[Any, Any]:
    name, group = params["PolicyName"], None
    if params.get("AutoScalingGroupName"):
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=lock)
    elif not name.startswith("arn:"):
        raise invalid("An AutoScalingGroupName is needed where a policy is named by its name.")
    policy = await scaling_policies.find(ctx.db, ctx.region, name, group and group["id"])
    if policy is None:
        raise invalid(f"Policy name not found - Policy {name} not found")
    return policy, group or await Group.find(ctx, policy["group"], lock=lock)


def _check(kind: str, params: Mapping[str, Any]) -> None:
    if kind not in TYPES:
        raise invalid(
            f"1 validation error detected: Value '{kind}' at 'policyType' failed to satisfy"
            f" constraint: Member must satisfy enum value set: [{', '.join(TYPES)}]"
        )
    needed = _NEEDED[kind]
    if params.get(needed) is None:
        raise invalid(f"{needed} is required for policy type {kind}")
    adjustment = params.get("AdjustmentType")
    if kind in ("SimpleScaling", "StepScaling"):
        if adjustment not in ADJUSTMENTS:
            raise invalid(
                "You must specify an AdjustmentType for policy type: " + kind
                if adjustment is None
                else f"Invalid AdjustmentType {adjustment}: it is one of {', '.join(ADJUSTMENTS)}"
            )
    elif adjustment is not None:
        raise invalid(f"AdjustmentType is not supported by policy type {kind}")
    tracked = params.get("TargetTrackingConfiguration") or {}
    chosen = [
        name
        for name in ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
        if tracked.get(name)
    ]
    if kind == "TargetTrackingScaling" and len(chosen) != 1:
        raise invalid(
            "You must specify either a PredefinedMetricSpecification or a"
            " CustomizedMetricSpecification."
        )


def _alarms(ctx: Context, kind: str, group: str, key: uuid.UUID) -> list[dict[str, str]]:
    """The two alarms that go with target tracking."""
    if kind != "TargetTrackingScaling":
        return []
    head = f"arn:aws:cloudwatch:{ctx.region}:{ctx.principal.account_number}:alarm:"
    names = (
        f"TargetTracking-{group}-Alarm{side}-{uuid.uuid5(key, side)}" for side in ("High", "Low")
    )
    return [{"AlarmName": name, "AlarmARN": head + name} for name in names]


def _shown(member: str, default: Any = None) -> Computed:
    return Computed(lambda data: data.get(member, default), "data")


VIEW = View(
    {
        "AutoScalingGroupName": "group",
        "PolicyName": "name",
        "PolicyARN": "arn",
        "PolicyType": "policy_type",
        **{member: _shown(member) for member in _MEMBERS},
        "StepAdjustments": _shown("StepAdjustments", []),
        "Alarms": Computed(lambda data, found: data.get("Alarms") or found, "data", "alarms"),
        "Enabled": "enabled",
    }
)
