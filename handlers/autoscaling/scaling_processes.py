"""The processes of a group, which can be suspended.

Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html.
"""

from typing import Any

from emulator.context import Context
from handlers.autoscaling.acting import Group, invalid
from models import autoscaling_groups

NOUN = "autoscaling_groups"

PROCESSES = (
    "AZRebalance", "AddToLoadBalancer", "AlarmNotification", "HealthCheck", "InstanceRefresh",
    "Launch", "ReplaceUnhealthy", "ScheduledActions", "Terminate",
)  # fmt: skip


async def suspend_processes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Suspend processes of a group, all of them where none is named."""
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        await autoscaling_groups.suspend(ctx.db, group["id"], _named(params), ctx.now)
    return {}


async def resume_processes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let processes of a group go on; what they would have done, the next tick does."""
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        await autoscaling_groups.resume(ctx.db, group["id"], _named(params))
    return {}


async def describe_scaling_process_types(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The processes that there are."""
    return {"Processes": [{"ProcessName": name} for name in PROCESSES]}


async def describe_termination_policy_types(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The termination policies that there are."""
    return {
        "TerminationPolicyTypes": [
            "AllocationStrategy", "ClosestToNextInstanceHour", "Default", "NewestInstance",
            "OldestInstance", "OldestLaunchConfiguration", "OldestLaunchTemplate",
        ]
    }  # fmt: skip


def _named(params: dict[str, Any]) -> tuple[str, ...]:
    named = tuple(params.get("ScalingProcesses") or PROCESSES)
    for name in named:
        if name not in PROCESSES:
            raise invalid(f"Invalid scaling process: {name}")
    return named
