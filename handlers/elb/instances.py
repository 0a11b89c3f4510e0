"""Instances of classic load balancers, and how they are.

Source: https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_InstanceState.html.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elb.errors import find
from models import targets

NOUN = "load_balancers"


async def register_instances_with_load_balancer(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Register instances of the load balancer's network; the answer has all of them."""
    named = list(dict.fromkeys(one["InstanceId"] for one in params["Instances"]))
    seconds = ctx.server.settings.transition_seconds
    until = ctx.now + timedelta(seconds=seconds) if seconds else None
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerName"], lock=True)
        found = await targets.machines(ctx.db, ctx.region, named, ctx.now)
        for one in named:
            if one not in found or found[one]["state"] in ("shutting-down", "terminated"):
                raise _invalid(one)
            if found[one]["vpc_id"] != row["vpc_id"]:
                raise AwsError(
                    "InvalidInstance", f"EC2 instance {one} is not in the same VPC as ELB."
                )
        wanted = [
            {"target_id": one, "port": None, "availability_zone": found[one]["availability_zone"]}
            for one in named
        ]
        await targets.register(ctx.db, "load_balancer_id", row["id"], wanted, until, ctx.now)
        row = await find(ctx, params["LoadBalancerName"])
    return {"Instances": [{"InstanceId": one} for one in row["instance_ids"]]}


async def deregister_instances_from_load_balancer(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Deregister instances; the answer has those that are left."""
    wanted = [{"target_id": one["InstanceId"], "port": None} for one in params["Instances"]]
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerName"], lock=True)
        await targets.deregister(ctx.db, "load_balancer_id", row["id"], wanted, None)
        row = await find(ctx, params["LoadBalancerName"])
    return {"Instances": [{"InstanceId": one} for one in row["instance_ids"]]}


async def describe_instance_health(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether the instances of a load balancer are in service, all or those asked for."""
    row = await find(ctx, params["LoadBalancerName"])
    states = {one["target_id"]: _shown(one) for one in await targets.of_balancer(ctx.db, row["id"])}
    wanted = [one["InstanceId"] for one in params.get("Instances") or ()]
    absent = [one for one in wanted if one not in states]
    if absent:
        found = await targets.machines(ctx.db, ctx.region, absent, ctx.now)
        for one in absent:
            if one not in found:
                raise _invalid(one)
            states[one] = _out(
                one, "Instance", "Instance is not currently registered with the LoadBalancer."
            )
    return {"InstanceStates": [states[one] for one in wanted or sorted(states)]}


def _shown(row: Mapping[str, Any]) -> dict[str, str]:
    name, state = row["target_id"], row["state"]
    if state == "healthy":
        return {"InstanceId": name, "State": "InService", "ReasonCode": "N/A", "Description": "N/A"}
    if state == "initial":
        return _out(name, "ELB", "Instance registration is still in progress.")
    if row["machine"] in ("stopping", "stopped"):
        return _out(name, "Instance", "Instance is in stopped state.")
    if state == "draining":
        return _out(name, "Instance", "Instance deregistration currently in progress.")
    return _out(
        name,
        "ELB",
        "Instance is in an Availability Zone for which the LoadBalancer is not configured.",
    )


def _out(name: str, reason: str, description: str) -> dict[str, str]:
    return {
        "InstanceId": name,
        "State": "OutOfService",
        "ReasonCode": reason,
        "Description": description,
    }


def _invalid(name: str) -> AwsError:
    return AwsError("InvalidInstance", f"Could not find EC2 instance {name}.")
