"""Where a group's members get their traffic from: target groups and load balancers.

Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-load-balancer.html and the
pages of the operations.
"""

from typing import Any

from emulator.context import Context
from handlers.autoscaling.acting import Group, invalid, page
from models import autoscaling_groups

NOUN = "autoscaling_groups"


async def attach_load_balancer_target_groups(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Let target groups send traffic to a group's members."""
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        both = dict.fromkeys([*group["target_group_arns"], *params["TargetGroupARNs"]])
        await autoscaling_groups.update(ctx.db, group["id"], {"target_group_arns": list(both)})
    return {}


async def detach_load_balancer_target_groups(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Let target groups send no more traffic to a group's members."""
    unwanted = params["TargetGroupARNs"]
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        own = group["target_group_arns"]
        if not set(unwanted) <= set(own):
            missing = next(one for one in unwanted if one not in own)
            raise invalid(
                f"Trying to remove Target Groups that are not part of the group: {missing}"
            )
        rest = [one for one in own if one not in unwanted]
        await autoscaling_groups.update(ctx.db, group["id"], {"target_group_arns": rest})
    return {}


async def describe_load_balancer_target_groups(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The target groups of a group."""
    found, token = await _listed(ctx, params, "target_group_arns")
    shown = [{"LoadBalancerTargetGroupARN": one, "State": "InService"} for one in found]
    return {"LoadBalancerTargetGroups": shown, "NextToken": token}


async def describe_load_balancers(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The classic load balancers of a group."""
    found, token = await _listed(ctx, params, "load_balancer_names")
    shown = [{"LoadBalancerName": one, "State": "InService"} for one in found]
    return {"LoadBalancers": shown, "NextToken": token}


async def describe_traffic_sources(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """All that sends traffic to a group, of one type or of any."""
    group = await Group.find(ctx, params["AutoScalingGroupName"])
    sources = [("elbv2", one) for one in group["target_group_arns"]]
    sources += [("elb", one) for one in group["load_balancer_names"]]
    wanted = params.get("TrafficSourceType")
    return {
        "TrafficSources": [
            {"Identifier": name, "TrafficSource": name, "Type": kind, "State": "InService"}
            for kind, name in sources
            if wanted in (None, kind)
        ]
    }


async def _listed(
    ctx: Context, params: dict[str, Any], column: str
) -> tuple[list[str], str | None]:
    asked = page(ctx, params, default=100)
    group = await Group.find(ctx, params["AutoScalingGroupName"])
    rows = [{"name": one} for one in sorted(group[column]) if one > (asked.after or "")]
    shown, token = asked.cut(rows, "name")
    return [row["name"] for row in shown], token
