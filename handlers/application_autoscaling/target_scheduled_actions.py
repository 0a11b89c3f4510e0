"""Scheduled actions of targets, and what has been done to targets.

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emulator.context import Context
from emulator.rows import Computed, Rows, View
from handlers.application_autoscaling.scalable_targets import (
    absent,
    conditions,
    find,
    invalid,
    page,
)
from models import draws, scalable_targets, target_schedules
from models.schedules import ScheduleError

NOUN = "scalable_targets"
_TABLE = "target_scheduled_actions"


async def put_scheduled_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A change of a target's bounds to come, or other settings of the action of that name."""
    name = params["ScheduledActionName"]
    async with ctx.db.transaction():
        target = await find(ctx, params)
        before = await scalable_targets.action(ctx.db, target["id"], name)
        row = {**(dict(before) if before else {}), **_given(ctx, params, before)}
        key = before["id"] if before else draws.uuid4()
        head = f"arn:aws:autoscaling:{ctx.region}:{ctx.principal.account_number}:scheduledAction"
        row |= {
            "id": key,
            "target_id": target["id"],
            "region": ctx.region,
            "name": name,
            "arn": f"{head}:{key}:resource/{target['service_namespace']}/{target['resource_id']}"
            f":scheduledActionName/{name}",
            "done_until": ctx.now,
            "created_at": before["created_at"] if before else ctx.now,
        }
        await scalable_targets.put_action(ctx.db, row)
    return {}


async def describe_scheduled_actions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Scheduled actions of a service's targets, by resource, dimension, name and page."""
    asked = page(ctx, params)
    rows = await scalable_targets.ACTIONS.page(
        ctx.db, conditions(params, "ScheduledActionNames"), region=ctx.region, after=asked.after,
        limit=asked.fetch,
    )  # fmt: skip
    found, token = asked.cut(rows, "position")
    return {"ScheduledActions": Rows(VIEW, found), "NextToken": token}


async def delete_scheduled_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete an action before it happens."""
    async with ctx.db.transaction():
        target = await find(ctx, params)
        name = params["ScheduledActionName"]
        if not await scalable_targets.drop(ctx.db, _TABLE, target["id"], name):
            raise absent("scheduled action found", params)
    return {}


async def describe_scaling_activities(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What has been done to targets of a service in the last six weeks, newest first."""
    asked = page(ctx, params)
    rows = await scalable_targets.ACTIVITIES.page(
        ctx.db, conditions(params, ""), region=ctx.region, after=asked.after, limit=asked.fetch
    )
    found, token = asked.cut(rows, "position")
    return {"ScalingActivities": Rows(ACTIVITY, found), "NextToken": token}


def _given(ctx: Context, params: Mapping[str, Any], before: Any | None) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if before is None:
        row = {"time_zone": None, "start_time": None, "end_time": None, "min_capacity": None,
               "max_capacity": None}  # fmt: skip
        if not params.get("Schedule") or not params.get("ScalableTargetAction"):
            raise invalid("A new scheduled action needs a Schedule and a ScalableTargetAction.")
    if params.get("Timezone"):
        row["time_zone"] = _zone(params["Timezone"])
    for member, column in (("StartTime", "start_time"), ("EndTime", "end_time")):
        if params.get(member) is not None:
            row[column] = params[member]
    if params.get("ScalableTargetAction"):
        row |= _bounds(params["ScalableTargetAction"])
    schedule = params.get("Schedule")
    if schedule:
        try:
            target_schedules.check(schedule)
        except ScheduleError:
            raise invalid(f"Invalid schedule expression: {schedule}") from None
        row["schedule"] = schedule
        zone = row.get("time_zone") or (before["time_zone"] if before else None)
        moment = target_schedules.moment_of(schedule, zone)
        if moment is not None:
            # Clients tell real time; what is kept is the world's.
            row["start_time"] = moment - ctx.shift
            if row["start_time"] < ctx.now:
                raise invalid("Scheduled action time must be in the future.")
    start, end = row.get("start_time"), row.get("end_time")
    if start and end and end <= start:
        raise invalid("The end time must be later than the start time.")
    return row


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise invalid(f"Invalid time zone: {name}") from None
    return name


def _bounds(given: Mapping[str, Any]) -> dict[str, Any]:
    least, most = given.get("MinCapacity"), given.get("MaxCapacity")
    if least is None and most is None:
        raise invalid("A ScalableTargetAction needs a MinCapacity or a MaxCapacity.")
    if least is not None and most is not None and most < least:
        raise invalid("Maximum capacity cannot be less than minimum capacity.")
    if any(value is not None and value < 0 for value in (least, most)):
        raise invalid("Minimum and maximum capacity cannot be negative.")
    return {"min_capacity": least, "max_capacity": most}


_TARGET = {
    "ServiceNamespace": "service_namespace",
    "ResourceId": "resource_id",
    "ScalableDimension": "dimension",
}
VIEW = View(
    {
        "ScheduledActionName": "name",
        "ScheduledActionARN": "arn",
        **_TARGET,
        "Schedule": "schedule",
        "Timezone": "time_zone",
        "StartTime": Computed(
            lambda moment, schedule: None if schedule.startswith("at(") else moment,
            "start_time", "schedule",
        ),
        "EndTime": "end_time",
        "ScalableTargetAction": {"MinCapacity": "min_capacity", "MaxCapacity": "max_capacity"},
        "CreationTime": "created_at",
    }
)  # fmt: skip
ACTIVITY = View(
    {
        "ActivityId": "activity_id",
        **_TARGET,
        "Description": "description",
        "Cause": "cause",
        "StartTime": "started_at",
        "EndTime": "ended_at",
        "StatusCode": "status_code",
        "StatusMessage": "status_message",
    }
)
