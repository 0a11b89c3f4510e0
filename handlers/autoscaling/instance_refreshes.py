"""Instance refreshes.

Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html and the
pages of the operations. A refresh replaces the members at once; for as long as a launch takes it
is in progress.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Rows, View
from handlers.autoscaling.acting import Group, actor, invalid, page
from handlers.autoscaling.launch_sources import Source, named_type
from models import autoscaling_groups, draws, instance_refreshes
from models.autoscaling_capacity import Outcome, grow, shrink
from models.autoscaling_members import is_outdated, live
from models.listing import Condition
from models.scaling_activities import at

NOUN = "autoscaling_groups"

_DEFAULTS: dict[str, Any] = {
    "MinHealthyPercentage": 90,
    "SkipMatching": False,
    "AutoRollback": False,
    "ScaleInProtectedInstances": "Ignore",
    "StandbyInstances": "Ignore",
}


async def start_instance_refresh(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Replace the members of a group by new ones of what it launches now."""
    wanted = params.get("DesiredConfiguration") or {}
    preferences = {**_DEFAULTS, **(params.get("Preferences") or {})}
    refresh_id = str(draws.uuid4())
    acting = actor(ctx)
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        if await instance_refreshes.under_way(ctx.db, group["id"]):
            raise AwsError(
                "InstanceRefreshInProgress",
                "An Instance Refresh is already in progress and blocks the execution of this"
                " Instance Refresh.",
            )
        group = await _configured(ctx, group, wanted)
        outcome = Outcome()
        leaving = _leaving(await live(acting, group["id"]), group, preferences)
        cause = (
            f"At {at(ctx.now)} an instance was taken out of service in response to an instance"
            " refresh."
        )
        await shrink(acting, group, leaving, cause, outcome, selected=True)
        rest = [one for one in await live(acting, group["id"]) if not one["standby"]]
        missing = group["desired_capacity"] - len(rest)
        if missing > 0:
            reason = (
                f"At {at(ctx.now)} an instance was launched in response to an instance refresh."
            )
            await grow(acting, group, missing, rest, reason, outcome, difference=False)
        row = {
            "refresh_id": refresh_id,
            "autoscaling_group_id": group["id"],
            "region": ctx.region,
            "strategy": params.get("Strategy") or "Rolling",
            "instances_replaced": len(leaving),
            "started_at": ctx.now,
            "ended_at": ctx.now + acting.takes,
            "preferences": preferences,
            "desired_configuration": wanted or None,
        }
        await instance_refreshes.insert(ctx.db, row)
    return {"InstanceRefreshId": refresh_id}


async def describe_instance_refreshes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The refreshes of a group, newest first; by id and page."""
    asked = page(ctx, params)
    group = await Group.find(ctx, params["AutoScalingGroupName"])
    where = [Condition("group", (group["name"],))]
    if params.get("InstanceRefreshIds"):
        where.append(Condition("refresh_id", tuple(params["InstanceRefreshIds"])))
    rows = await instance_refreshes.LISTING.page(
        ctx.db, where, region=ctx.region, after=asked.after, limit=asked.fetch
    )
    found, token = asked.cut(rows, "position")
    return {"InstanceRefreshes": Rows(VIEW, found), "NextToken": token}


async def cancel_instance_refresh(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Cancel the refresh in progress; what it replaced stays replaced."""
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        refresh_id = await instance_refreshes.under_way(ctx.db, group["id"])
        if refresh_id is None:
            raise AwsError(
                "ActiveInstanceRefreshNotFound",
                f"No in progress or pending Instance Refresh found for Auto Scaling group"
                f" {group['name']}",
            )
        await instance_refreshes.cancel(ctx.db, refresh_id, ctx.now)
    return {"InstanceRefreshId": refresh_id}


async def _configured(ctx: Context, group: Any, wanted: dict[str, Any]) -> Any:
    """The group with the configuration that the refresh brings it."""
    changes = await Source.of_change(ctx, wanted)
    if not changes:
        return group
    named = named_type(changes)
    trial = {**group, **changes}
    found = await Source.template(ctx, trial)
    changes["instance_type"] = named or found.data.get("InstanceType") or group["instance_type"]
    await autoscaling_groups.update(ctx.db, group["id"], changes)
    return {**trial, "instance_type": changes["instance_type"]}


def _leaving(members: list[Any], group: Any, preferences: dict[str, Any]) -> list[Any]:
    """The members that a refresh replaces."""
    protected, standby = preferences["ScaleInProtectedInstances"], preferences["StandbyInstances"]
    if protected == "Wait" and any(one["protected_from_scale_in"] for one in members):
        raise invalid("Instances that are protected from scale-in would be waited for.")
    return [
        one
        for one in members
        if (protected == "Refresh" or not one["protected_from_scale_in"])
        and (standby == "Terminate" or not one["standby"])
        and (
            not preferences["SkipMatching"]
            or is_outdated(one, group)
            or one["instance_type"] != group["instance_type"]
        )
    ]


def _of(refresh: Any) -> Any:
    return refresh or None


VIEW = View(
    {
        "InstanceRefreshId": "refresh_id",
        "AutoScalingGroupName": "group",
        "Status": "status",
        "StatusReason": "status_reason",
        "StartTime": "started_at",
        "EndTime": "ended_at",
        "PercentageComplete": "percentage",
        "InstancesToUpdate": "remaining",
        "Preferences": Computed(_of, "preferences"),
        "DesiredConfiguration": Computed(_of, "desired_configuration"),
        "Strategy": "strategy",
    }
)
