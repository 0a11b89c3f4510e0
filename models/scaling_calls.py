"""Calls of scaling policies: by an alarm, by whoever executes one, and what comes of them.

Sources: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html (steps,
warm-up, scaling in), …/ec2-auto-scaling-scaling-cooldowns.html (simple policies wait) and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html (an alarm that
goes on calls a policy again; here it does so once a day, at the tick).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from models.autoscaling_capacity import set_capacity, settle
from models.autoscaling_members import Actor, live
from models.autoscaling_templates import plain
from models.scaling_activities import at
from models.scaling_steps import adjusted, step

_GROUPS = re.compile(r"arn:aws:autoscaling:[^:]*:[^:]*:scalingPolicy:[^:]*:autoScalingGroupName/.+")
_TARGETS = re.compile(r"arn:aws:autoscaling:[^:]*:[^:]*:scalingPolicy:[^:]*:resource/.+")
_CALLED = """
select p.name, p.policy_type, p.data::text as data, p.autoscaling_group_id as group_id
  from scaling_policies as p
 where p.account_id = $1 and p.arn = $2 and p.enabled
   and p.policy_type in ('SimpleScaling', 'StepScaling')
"""
_GROUP = "select * from autoscaling_groups where id = $1 and status is null for update"
_KNOWN = """
select arn from scaling_policies
 where account_id = (select driftcloud_account()) and arn = any ($1::text[])
union all
select arn from target_scaling_policies
 where account_id = (select driftcloud_account()) and arn = any ($1::text[])
"""


class Call(NamedTuple):
    """An alarm's call of a policy: its ARN, the alarm and its state, and how far the metric lies
    from the threshold."""

    policy_arn: str
    alarm: str
    state: str
    breach: float


def of_group(action: str) -> bool:
    """Whether an action is a policy of an Auto Scaling group."""
    return _GROUPS.fullmatch(action) is not None


async def unknown(db: Any, actions: Sequence[str]) -> frozenset[str]:
    """Those of an alarm's actions that name a policy which there is not."""
    named = {one for one in actions if of_group(one) or _TARGETS.fullmatch(one)}
    if not named:
        return frozenset()
    rows = await db.fetch(_KNOWN, sorted(named))
    return frozenset(named - {row["arn"] for row in rows})


async def answer(actor: Actor, call: Call) -> None:
    """Do what the called policy says, if its group lets alarms move it; in a transaction."""
    rows = await actor.db.fetch(_CALLED, actor.account_id, call.policy_arn)
    groups = await actor.db.fetch(_GROUP, rows[0]["group_id"]) if rows else ()
    if not groups or "AlarmNotification" in (groups[0]["suspended_processes"] or ()):
        return
    [policy], group = rows, groups[0]
    data = plain(policy["data"])
    if policy["policy_type"] == "SimpleScaling":
        if rests(group, data, actor.now):
            return
        adjustment = data["ScalingAdjustment"]
    else:
        adjustment = step(data, call.breach)
    told = (
        f"At {at(actor.now)} a monitor alarm {call.alarm} in state {call.state} triggered policy"
        f" {policy['name']}"
    )
    label = f"call/{group['arn']}/{policy['name']}/{call.alarm}"
    await execute(actor, group, policy, data, adjustment, told, label=label)


async def execute(
    actor: Actor, group: Mapping[str, Any], policy: Mapping[str, Any], data: Mapping[str, Any],
    adjustment: int, told: str, *, label: str = "capacity",
) -> None:  # fmt: skip
    """Move a group by an adjustment of a policy; `told` begins the cause of what follows."""
    before = group["desired_capacity"]
    warming = 0
    if policy["policy_type"] == "StepScaling":
        warming = _warming(group, data, await live(actor, group["id"]), actor.now)
    wanted = _wanted(group, data, adjustment, warming)
    if wanted == before:
        return
    group = await set_capacity(actor, group, {"desired_capacity": wanted})
    reason = f"{told} changing the desired capacity from {before} to {wanted}."
    await settle(actor, group, reason, label=label)


def rests(group: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> bool:
    """Whether the cooldown of a simple policy, or else of its group, still runs."""
    cooldown = data.get("Cooldown")
    seconds = group["default_cooldown"] if cooldown is None else cooldown
    since = group["scaled_at"]
    return since is not None and now - since < timedelta(seconds=seconds or 0)


def _wanted(
    group: Mapping[str, Any], data: Mapping[str, Any], adjustment: int, warming: int
) -> int:
    """The capacity after an adjustment, within the group's sizes.

    Members that still warm up count as an answer to the breach already, and as long as there
    are any, nothing is taken away.
    """
    before: int = group["desired_capacity"]
    base = max(before - warming, 0)
    wish = adjusted(base, data, adjustment)
    if adjustment == 0 and data.get("AdjustmentType") != "ExactCapacity":
        return before
    if warming:
        wish = max(wish, before)
    return int(min(max(wish, group["min_size"]), group["max_size"]))


def _warming(
    group: Mapping[str, Any], data: Mapping[str, Any], members: Sequence[Any], now: datetime
) -> int:
    """How many members the last change of capacity brought that do not count yet."""
    seconds = data.get("EstimatedInstanceWarmup")
    if seconds is None:
        seconds = (plain(group["options"]) or {}).get("DefaultInstanceWarmup")
    if seconds is None:
        seconds = group["default_cooldown"]
    since = group["scaled_at"]
    if since is None or now - since >= timedelta(seconds=seconds or 0):
        return 0
    return sum(not one["standby"] and one["launch_time"] >= since for one in members)
