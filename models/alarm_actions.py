"""Alarm actions: what an alarm does by itself when its state changes.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/UsingAlarmActions.html. An
alarm on a machine may stop, end or restart it, and any may call scaling policies. Whom else an
action names is not told.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from models import costs, instances, scaling_calls
from models.scaling_calls import Call

_MACHINE = re.compile(r"arn:aws:automate:([a-z0-9-]+):ec2:(stop|terminate|reboot|recover)")
_POLICY = re.compile(r"arn:aws:autoscaling:[^:]*:[^:]*:scalingPolicy:[^:]*:[^:]*.+")
_STATEMENTS = {"stop": instances.STOP, "terminate": instances.TERMINATE}

_OWN = """
select instance_id from instances
 where account_id = driftcloud_account() and region = $1 and instance_id = $2
   and state <> 'terminated' for no key update
"""
# What an alarm does is an event, also where a tick keeps the audit silent.
_HEARD = "select set_config('driftcloud.audit', $1, true)"
_AUDIT = "select coalesce(current_setting('driftcloud.audit', true), '') as audit"


def is_performed(action: str) -> bool:
    """Whether the action is one that has an effect here."""
    return _MACHINE.fullmatch(action) is not None


def outcome(action: str, unknown: frozenset[str]) -> tuple[str, str]:
    """The state of an action in the alarm's history, and how it is summed up.

    `unknown` are the policies that there are not.
    """
    if is_performed(action) or (_POLICY.fullmatch(action) and action not in unknown):
        return "Succeeded", f"Successfully executed action {action}"
    return "Failed", f"Failed to execute action {action}"


async def perform(db: Any, alarm: Mapping[str, Any], action: str, now: datetime) -> None:
    """Do what an action says to the machine that the alarm watches, inside a transaction."""
    found = _MACHINE.fullmatch(action)
    machine = next(
        (one["Value"] for one in alarm["dimensions"] or () if one["Name"] == "InstanceId"), None
    )
    if found is None or machine is None or found[2] not in _STATEMENTS:
        return
    region, statement = found[1], _STATEMENTS[found[2]]
    if not await db.fetch(_OWN, region, machine):
        return
    [before] = await db.fetch(_AUDIT)
    await db.fetch(_HEARD, "")
    takes = () if statement is instances.TERMINATE else (timedelta(0),)
    hourly = costs.elastic_ip_hourly(False, region)
    await instances.change_state(db, statement, region, [machine], now, hourly, *takes)
    await db.fetch(_HEARD, before["audit"])


def due(alarm: Mapping[str, Any], changes: Sequence[Any], members: Mapping[str, str]) -> list[str]:
    """The actions with an effect that changes of an alarm's state cause, in their order."""
    if not alarm["actions_enabled"]:
        return []
    return [
        action
        for change in changes
        if change.new != change.old
        for action in alarm[members[change.new]]
        if is_performed(action)
    ]


def calls(
    alarm: Mapping[str, Any], changes: Sequence[Any], members: Mapping[str, str],
    newest: float | None, *, again: bool,
) -> list[Call]:  # fmt: skip
    """The calls of groups' policies that one look at an alarm causes, at most one of each.

    A change into a state calls those that the state names, the latest such change counting.
    With `again`, an alarm that is found in ALARM still, as it was, calls its own once more;
    `newest` is the metric's last value.
    """
    if not alarm["actions_enabled"]:
        return []
    found: dict[str, Call] = {}
    moved = [one for one in changes if one.new != one.old]
    for change in moved:
        for action in filter(scaling_calls.of_group, alarm[members[change.new]]):
            found.pop(action, None)
            breach = _breach(alarm, change.data, None)
            found[action] = Call(action, alarm["name"], change.new, breach)
    if again and not moved and alarm["state_value"] == "ALARM":
        breach = _breach(alarm, alarm["state_reason_data"], newest)
        for action in filter(scaling_calls.of_group, alarm["alarm_actions"]):
            found[action] = Call(action, alarm["name"], "ALARM", breach)
    return list(found.values())


def _breach(alarm: Mapping[str, Any], data: str | None, newest: float | None) -> float:
    """How far the metric lies from the threshold; 0 where a state was only set."""
    if newest is None:
        try:
            told = orjson.loads(data or "{}")
        except orjson.JSONDecodeError:
            return 0.0
        points = told.get("recentDatapoints") if isinstance(told, dict) else None
        if not isinstance(points, list) or not points or not isinstance(points[-1], int | float):
            return 0.0
        newest = points[-1]
    return float(newest) - float(alarm["threshold"] or 0)
