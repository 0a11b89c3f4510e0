"""A load test sends a group to many times its size, and it is noticed only days later."""

# ruff: noqa: E501 - the lines of SQL read better whole

from typing import Any

from drift.day import Day, Happening
from drift.days import autoscaling_groups
from drift.picking import pick

ODDS = 0.02
PATTERN = "cost_anomaly_group"
RESOURCE_TYPE = "autoscaling_group"
REMEDIES = ("autoscaling:UpdateAutoScalingGroup", "autoscaling:SetDesiredCapacity")
REVEALED_BY = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeScalingActivities",
    "ce:GetAnomalies",
)
TRAPS = (
    "A group that was scaled for a sale is to be large: tags event and freeze.",
    "A group that is large and busy has a reason.",
)

SYMPTOM = """
SELECT g.arn, (g.desired_capacity - min(e.old_value::int)) * 730 * coalesce((
           SELECT avg(i.hourly_cost) FROM instances i WHERE i.autoscaling_group_id = g.id), 0) AS saving
  FROM autoscaling_groups g
  JOIN resource_change_events e ON e.account_id = g.account_id AND e.resource_type = 'autoscaling_group'
       AND e.resource_id = g.arn AND e.field_name = 'desired_capacity'
       AND e.changed_at > $2::timestamptz - interval '14 days'
 WHERE g.account_id = $1 AND e.old_value ~ '^[0-9]{1,6}$' AND e.new_value ~ '^[0-9]{1,6}$'
   AND e.new_value::int >= e.old_value::int + 5
 GROUP BY g.id HAVING g.desired_capacity >= min(e.old_value::int) + 5"""

_GROUPS = """
SELECT g.arn AS key, g.id, g.arn, g.name, g.desired_capacity, g.max_size
  FROM autoscaling_groups g
 WHERE g.account_id = $1 AND g.status IS NULL AND g.desired_capacity BETWEEN 1 AND 20
   AND NOT 'Launch' = ANY (g.suspended_processes)"""

_GROUP = """
SELECT id, arn, desired_capacity, max_size FROM autoscaling_groups WHERE account_id = $1 AND arn = $2"""

# The day on which it began says what the group was before.
_BEFORE = """
SELECT field_name, old_value, new_value FROM resource_change_events
 WHERE account_id = $1 AND resource_type = 'autoscaling_group' AND resource_id = $2
   AND change_source = 'drift_engine' AND field_name IN ('desired_capacity', 'max_size')
   AND changed_at >= $3 AND changed_at < $3 + interval '1 day'"""

_RESIZE = "UPDATE autoscaling_groups SET desired_capacity = $2, max_size = $3 WHERE id = $1"


async def happen(day: Day) -> Happening | None:
    """desired_capacity + 8 … 14, max_size with it, and the instances that come of it."""
    group = await pick(day, "runaway_group", "autoscaling_group", _GROUPS)
    if group is None:
        return None
    old, highest = group["desired_capacity"], group["max_size"]
    new = old + day.random("runaway_group").randint(8, 14)
    await _resize(day, group, new, max(new, highest))
    members = await autoscaling_groups.start(day, group, new - old, "runaway_group")
    return Happening(
        f"{group['name']} ran away from {old} to {new} instances",
        (("autoscaling_group", group["arn"]), *(("instance", member) for member in members)),
    )


async def end(day: Day, resource_id: str, begun: Any) -> None:
    """The group is put back to what it was, unless somebody sized it since."""
    group = await day.connection.fetchrow(_GROUP, day.account_id, resource_id)
    if group is None:
        return
    before = {
        row["field_name"]: row
        for row in await day.connection.fetch(_BEFORE, day.account_id, resource_id, begun)
    }
    sized = before.get("desired_capacity")
    if sized is None or sized["new_value"] != str(group["desired_capacity"]):
        return
    limit = before.get("max_size")
    highest = int(limit["old_value"]) if limit else group["max_size"]
    await _resize(day, group, int(sized["old_value"]), highest)


async def _resize(day: Day, group: Any, desired: int, highest: int) -> None:
    await day.write("autoscaling_groups", _RESIZE, group["id"], desired, highest)
    for name, value in (("desired_capacity", desired), ("max_size", highest)):
        if group[name] != value:
            await day.record("autoscaling_group", group["arn"], name, str(group[name]), str(value))
