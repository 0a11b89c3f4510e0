"""What else a group can have: metrics, a warm pool, hooks, notifications; and the limits of all.

Source: the pages of the operations in
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Operations.html. Hooks cannot be made
here, so that there are none to be told of.
"""

from typing import Any

from emulator.context import Context
from handlers.autoscaling.acting import Group, invalid
from models import autoscaling_groups, launch_configurations

NOUN = "autoscaling_groups"

METRICS = (
    "GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity", "GroupInServiceInstances",
    "GroupPendingInstances", "GroupStandbyInstances", "GroupTerminatingInstances",
    "GroupTotalInstances", "GroupInServiceCapacity", "GroupPendingCapacity",
    "GroupStandbyCapacity", "GroupTerminatingCapacity", "GroupTotalCapacity",
    "WarmPoolDesiredCapacity", "WarmPoolWarmedCapacity", "WarmPoolPendingCapacity",
    "WarmPoolTerminatingCapacity", "WarmPoolTotalCapacity",
    "GroupAndWarmPoolDesiredCapacity", "GroupAndWarmPoolTotalCapacity",
)  # fmt: skip
GRANULARITY = "1Minute"
# The quotas of a new account.
MOST_GROUPS, MOST_CONFIGURATIONS = 500, 200


async def enable_metrics_collection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let CloudWatch have metrics of a group, all of them where none is named."""
    if params["Granularity"] != GRANULARITY:
        raise invalid(f"Valid metric granularity is {GRANULARITY}.")
    wanted = _metrics(params)
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        both = sorted({*group["enabled_metrics"], *wanted})
        await autoscaling_groups.update(ctx.db, group["id"], {"enabled_metrics": both})
    return {}


async def disable_metrics_collection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let CloudWatch have metrics of a group no longer."""
    unwanted = _metrics(params)
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        rest = [one for one in group["enabled_metrics"] if one not in unwanted]
        await autoscaling_groups.update(ctx.db, group["id"], {"enabled_metrics": rest})
    return {}


async def describe_metric_collection_types(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The metrics that there are."""
    return {
        "Metrics": [{"Metric": name} for name in METRICS],
        "Granularities": [{"Granularity": GRANULARITY}],
    }


async def put_warm_pool(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep that a group has a warm pool; no instances wait in it."""
    names = ("MaxGroupPreparedCapacity", "MinSize", "PoolState", "InstanceReusePolicy")
    given = {name: params[name] for name in names if params.get(name) is not None}
    pool = {"MinSize": 0, "PoolState": "Stopped", **given}
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        options = {**group["options"], "WarmPool": pool}
        await autoscaling_groups.update(ctx.db, group["id"], {"options": options})
    return {}


async def describe_warm_pool(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A group's warm pool, if it has one."""
    group = await Group.find(ctx, params["AutoScalingGroupName"])
    pool = group["options"].get("WarmPool")
    return {"WarmPoolConfiguration": pool, "Instances": []} if pool else {"Instances": []}


async def delete_warm_pool(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take a group's warm pool away."""
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        rest = {name: value for name, value in group["options"].items() if name != "WarmPool"}
        if rest == group["options"]:
            raise invalid(f"No warm pool found for Auto Scaling group {group['name']}")
        await autoscaling_groups.update(ctx.db, group["id"], {"options": rest})
    return {}


async def describe_lifecycle_hooks(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A group's lifecycle hooks: none."""
    await Group.find(ctx, params["AutoScalingGroupName"])
    return {"LifecycleHooks": []}


async def describe_account_limits(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How many groups and launch configurations the region may have, and has."""
    groups = await autoscaling_groups.LISTING.page(ctx.db, region=ctx.region, shift=ctx.shift)
    configurations = await launch_configurations.LISTING.page(ctx.db, region=ctx.region)
    return {
        "MaxNumberOfAutoScalingGroups": MOST_GROUPS,
        "MaxNumberOfLaunchConfigurations": MOST_CONFIGURATIONS,
        "NumberOfAutoScalingGroups": len(groups),
        "NumberOfLaunchConfigurations": len(configurations),
    }


def _metrics(params: dict[str, Any]) -> tuple[str, ...]:
    named = tuple(params.get("Metrics") or METRICS)
    for name in named:
        if name not in METRICS:
            raise invalid(f"Invalid metric type: {name}")
    return named
