"""Scheduled actions of groups.

Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
and the pages of the operations.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Rows, View
from handlers.autoscaling.acting import Group, arn, invalid, page
from models import draws, scheduled_actions
from models.listing import Condition
from models.scheduled_actions import CronError

MOST_OF_A_BATCH = 50


async def put_scheduled_update_group_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A change of a group's sizes to come; in place of the action of that name."""
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        await scheduled_actions.put(ctx.db, _row(ctx, group, params))
    return {}


async def batch_put_scheduled_update_group_action(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Several actions of one group; those that cannot be are told."""
    asked = params["ScheduledUpdateGroupActions"]
    _check_batch(asked, "scheduledUpdateGroupActions")
    failed = []
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        for one in asked:
            try:
                row = _row(ctx, group, one)
            except AwsError as error:
                failed.append(_failure(one["ScheduledActionName"], error.code, error.message))
            else:
                await scheduled_actions.put(ctx.db, row)
    return {"FailedScheduledUpdateGroupActions": failed}


async def describe_scheduled_actions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Actions to come, of one group or of all; by name, time and page."""
    asked = page(ctx, params)
    where = []
    if params.get("AutoScalingGroupName"):
        group = await Group.find(ctx, params["AutoScalingGroupName"])
        where.append(Condition("group", (group["name"],)))
    names = params.get("ScheduledActionNames")
    if names:
        where.append(Condition("name", tuple(names)))
    rows = await scheduled_actions.LISTING.page(
        ctx.db, where, region=ctx.region, after=asked.after, limit=asked.fetch
    )
    found, token = asked.cut(rows, "position")
    dated = [{**row, "next": scheduled_actions.next_time(row, ctx.now)} for row in found]
    if not names:
        dated = [row for row in dated if _between(row["next"], params)]
    return {"ScheduledUpdateGroupActions": Rows(VIEW, dated), "NextToken": token}


async def delete_scheduled_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete an action before it happens."""
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"])
        name = params["ScheduledActionName"]
        if not await scheduled_actions.delete(ctx.db, group["id"], name):
            raise invalid(_absent(name))
    return {}


async def batch_delete_scheduled_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete several actions of one group; those that are not there are told."""
    names = params["ScheduledActionNames"]
    _check_batch(names, "scheduledActionNames")
    failed = []
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"])
        for name in names:
            if not await scheduled_actions.delete(ctx.db, group["id"], name):
                failed.append(_failure(name, "ValidationError", _absent(name)))
    return {"FailedScheduledActions": failed}


def _absent(name: str) -> str:
    return f"Scheduled action name not found - Scheduled action {name} not found"


def _failure(name: str, code: str, message: str) -> dict[str, str]:
    return {"ScheduledActionName": name, "ErrorCode": code, "ErrorMessage": message}


def _check_batch(asked: list[Any], name: str) -> None:
    if len(asked) > MOST_OF_A_BATCH:
        raise invalid(
            f"1 validation error detected: Value at '{name}' failed to satisfy constraint: Member"
            f" must have length less than or equal to {MOST_OF_A_BATCH}"
        )


def _between(moment: datetime | None, params: Mapping[str, Any]) -> bool:
    start, end = params.get("StartTime"), params.get("EndTime")
    if start is None and end is None:
        return True
    return (
        moment is not None and (start is None or moment >= start) and (end is None or moment <= end)
    )


def _row(ctx: Context, group: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    name = params["ScheduledActionName"]
    start = params.get("StartTime") or params.get("Time")
    recurrence, zone = params.get("Recurrence"), params.get("TimeZone")
    sizes = [params.get(size) for size in ("MinSize", "MaxSize", "DesiredCapacity")]
    if all(size is None for size in sizes):
        raise invalid("At least one of MinSize, MaxSize or DesiredCapacity must be specified.")
    _check_sizes(*sizes)
    _check_times(ctx, start, params.get("EndTime"), recurrence, zone)
    key = draws.uuid4()
    return {
        "id": key,
        "autoscaling_group_id": group["id"],
        "name": name,
        "arn": arn(
            ctx, "scheduledUpdateGroupAction", key, f"autoScalingGroupName/{group['name']}",
            f"scheduledActionName/{name}",
        ),
        "region": ctx.region,
        "min_size": sizes[0],
        "max_size": sizes[1],
        "desired_capacity": sizes[2],
        "start_time": start,
        "end_time": params.get("EndTime"),
        "recurrence": recurrence,
        "time_zone": zone,
        "done_until": ctx.now,
        "created_at": ctx.now,
    }  # fmt: skip


def _check_sizes(least: int | None, most: int | None, wanted: int | None) -> None:
    low, high = least if least is not None else 0, most if most is not None else 10**9
    if high < low:
        raise invalid(f"Max bound, {most}, must be greater than or equal to min bound, {least}")
    if wanted is not None and not low <= wanted <= high:
        raise invalid(
            f"Desired capacity:{wanted} must be between the specified min size:{low} and max"
            f" size:{high}"
        )


def _check_times(
    ctx: Context, start: datetime | None, end: datetime | None, recurrence: str | None,
    zone: str | None,
) -> None:  # fmt: skip
    if start is None and recurrence is None:
        raise invalid("StartTime or Recurrence must be specified.")
    if start is not None and start < ctx.now:
        raise invalid("Given start time is in the past")
    if end is not None and (end < ctx.now or (start is not None and end <= start)):
        raise invalid("Given end time is in the past or before the start time")
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise invalid(f"Given time zone {zone} is not valid") from None
    if recurrence is not None:
        try:
            scheduled_actions.parse(recurrence)
        except CronError:
            raise invalid("Given recurrence string: " + recurrence + " is invalid") from None


VIEW = View(
    {
        "AutoScalingGroupName": "group",
        "ScheduledActionName": "name",
        "ScheduledActionARN": "arn",
        "Time": "next",
        "StartTime": "next",
        "EndTime": "end_time",
        "Recurrence": "recurrence",
        "MinSize": "min_size",
        "MaxSize": "max_size",
        "DesiredCapacity": "desired_capacity",
        "TimeZone": "time_zone",
    }
)
