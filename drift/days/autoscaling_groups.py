"""Auto Scaling groups: members are launched and ended until there are as many as desired."""

# ruff: noqa: E501 - the lines of SQL read better whole

import math
from collections.abc import Mapping
from typing import Any

from drift.day import Day
from drift.groups import Hand
from drift.profiles import statement
from drift.statement import there_is

# Members are launched and ended with all that triggers add.
CONFIGURES = True
OCCASION = there_is("autoscaling_groups")
# Members first cost from the next day on, and utilisation is that of the members' own day.
AFTER = ("instances", "volumes", "elastic_ips")

# A stopped member is unhealthy to its group, which ends and replaces it.
_RESTLESS = statement("""
SELECT g.* FROM autoscaling_groups g
  CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE NOT i.standby) AS members,
              count(*) FILTER (WHERE i.state IN ('stopping', 'stopped') OR i.health_status = 'Unhealthy') AS unhealthy
         FROM instances i WHERE i.autoscaling_group_id = g.id AND i.state <> 'terminated') m
 WHERE g.account_id = :account AND g.status IS NULL
   AND (m.members <> g.desired_capacity OR m.unhealthy > 0
        OR EXISTS (SELECT FROM scheduled_actions s WHERE s.autoscaling_group_id = g.id)
        OR EXISTS (SELECT FROM scaling_policies p WHERE p.autoscaling_group_id = g.id
                      AND p.policy_type = 'TargetTrackingScaling' AND p.enabled))
 ORDER BY g.arn""")

_UTILISATION = statement("""
UPDATE autoscaling_groups g SET current_utilization = u.cpu
  FROM (SELECT i.autoscaling_group_id AS id, avg((m.metric_payload -> 'cpu_avg')::numeric) AS cpu
          FROM instances i
          JOIN metrics_daily m ON m.account_id = :account AND m.resource_type = 'instance'
               AND m.resource_id = i.instance_id AND m.date = :date
         WHERE i.account_id = :account AND i.autoscaling_group_id IS NOT NULL
           AND i.state = 'running'
         GROUP BY 1) u
 WHERE g.id = u.id AND g.account_id = :account""")

_IDLE = statement("""
UPDATE autoscaling_groups g SET current_utilization = 0
 WHERE g.account_id = :account AND g.current_utilization <> 0 AND NOT EXISTS (
       SELECT FROM instances i WHERE i.autoscaling_group_id = g.id AND i.state = 'running')""")

_TRACKED = """
SELECT name, data::text AS data FROM scaling_policies
 WHERE autoscaling_group_id = $1 AND policy_type = 'TargetTrackingScaling' AND enabled ORDER BY name"""

# What a member costs on the day that a group ends it: its hours, not the day that was measured.
_SHORTENED = statement("""
UPDATE metrics_daily m SET estimated_daily_cost =
       m.estimated_daily_cost * extract(epoch FROM i.terminated_at - (:end - interval '1 day')) / 86400
  FROM instances i
 WHERE i.account_id = :account AND i.autoscaling_group_id IS NOT NULL AND i.state = 'terminated'
   AND i.terminated_at >= :end - interval '1 day' AND i.terminated_at < :end
   AND i.launch_time < :end - interval '1 day'
   AND m.account_id = :account AND m.resource_type = 'instance' AND m.resource_id = i.instance_id
   AND m.date = :date""")

# Members that a schedule brought today have hours too, which the day's measure came too early for.
_PART_DAYS = statement("""
INSERT INTO metrics_daily (id, account_id, resource_type, resource_id, date, metric_payload, estimated_daily_cost)
SELECT md5(i.instance_id || :date)::uuid, :account, 'instance', i.instance_id, :date,
       jsonb_build_object('w', 1, 'cpu_avg', u.cpu, 'cpu_max', least(99.9, u.cpu * 1.6),
           'memory_avg', 40, 'network_in', u.cpu * 20, 'network_out', u.cpu * 16, 'disk_read', u.cpu * 5,
           'disk_write', u.cpu * 8, 'type', i.instance_type, 'env', i.env, 'region', i.region),
       i.hourly_cost * extract(epoch FROM coalesce(i.terminated_at, :end) - i.launch_time) / 3600
  FROM instances i JOIN autoscaling_groups g ON g.id = i.autoscaling_group_id
  CROSS JOIN LATERAL (SELECT coalesce(nullif(g.current_utilization, 0), 30) AS cpu) u
 WHERE i.account_id = :account AND i.instance_id = ANY (:launched)
ON CONFLICT (resource_type, resource_id, date) DO NOTHING""")

# Auto Scaling's own alarm for scaling in lies at nine tenths of the target.
_LOW = 0.9


async def write(day: Day) -> None:
    """Utilisation of the day, then the members that tomorrow will have."""
    await day.apply("autoscaling_groups", _UTILISATION)
    await day.apply("autoscaling_groups", _IDLE)
    if day.knobs.reconcile:
        launched: list[str] = []
        restless = await day.fetch(_RESTLESS)
        for row in restless:
            group = await _keep_schedule(day, dict(row), launched)
            group = await _track(day, group)
            await reconcile(day, group)
        if restless:
            await day.apply("metrics_daily", _SHORTENED)
        if launched:
            await day.apply("metrics_daily", _PART_DAYS, launched=launched)


async def reconcile(day: Day, group: Mapping[str, Any]) -> None:
    """Bring one group to its desired capacity, as far as its processes are not suspended."""
    from models.autoscaling_capacity import Outcome, settle, shrink
    from models.autoscaling_members import live
    from models.scaling_activities import at

    hand = Hand(day, day.moment(f"launch/{_label(group)}"))
    suspended = set(group["suspended_processes"])
    if not suspended & {"Terminate", "HealthCheck", "ReplaceUnhealthy"}:
        sick = [
            one for one in await live(hand, group["id"]) if one["unhealthy"] and not one["standby"]
        ]
        cause = (f"At {at(hand.now)} an instance was taken out of service in response to an EC2 health"
                 " check indicating it has been terminated or stopped.")  # fmt: skip
        await shrink(hand, group, sick, cause, Outcome())
    await settle(hand, group, "", label=_label(group))


async def start(day: Day, group: Mapping[str, Any], count: int, label: str) -> list[str]:
    """Launch members as the group would: its type, its subnets, the tags that it passes on."""
    from models.autoscaling_capacity import Outcome, grow
    from models.autoscaling_members import live

    row = await day.connection.fetchrow(
        "SELECT * FROM autoscaling_groups WHERE id = $1", group["id"]
    )
    hand = Hand(day, day.moment(f"launch/{label}"))
    outcome = Outcome()
    members = [one for one in await live(hand, row["id"]) if not one["standby"]]
    await grow(hand, row, count, members, "", outcome, label=label)
    return outcome.launched


async def _keep_schedule(day: Day, group: dict[str, Any], launched: list[str]) -> dict[str, Any]:
    """Do what was due until the end of the day, in the order of time; `launched` grows by members."""
    from models import scheduled_actions
    from models.autoscaling_capacity import settle
    from models.scaling_activities import at

    if "ScheduledActions" in group["suspended_processes"]:
        return group
    actions = await scheduled_actions.of_group(Hand(day, day.end).db, group["id"])
    due = [(moment, action["name"], action) for action in actions
           for moment in scheduled_actions.due(action, day.end)]  # fmt: skip
    for moment, name, action in sorted(due, key=lambda one: one[:2]):
        hand, before = Hand(day, moment), group["desired_capacity"]
        size = scheduled_actions.sizes(action, group)
        group = await _resize(day, hand, group, size)
        reason = (
            f"At {at(moment)} a scheduled action update of AutoScalingGroup constraints to min:"
            f" {size['min_size']}, max: {size['max_size']}, desired: {size['desired_capacity']}"
            f" changing the desired capacity from {before} to {size['desired_capacity']}."
        )
        label = f"{_label(group)}/{name}/{moment.isoformat()}"
        launched += (await settle(hand, group, reason, label=label)).launched
    await day.write(
        "scheduled_actions",
        """DELETE FROM scheduled_actions WHERE autoscaling_group_id = $1
              AND (end_time < $2 OR (recurrence IS NULL AND start_time < $2))""",
        group["id"], day.end,
    )  # fmt: skip
    await day.write(
        "scheduled_actions",
        "UPDATE scheduled_actions SET done_until = $2 WHERE autoscaling_group_id = $1",
        group["id"], day.end,
    )  # fmt: skip
    return group


async def _track(day: Day, group: dict[str, Any]) -> dict[str, Any]:
    """Follow the targets of the group's CPU utilisation, as the day's mean tells."""
    from models.autoscaling_capacity import settle
    from models.autoscaling_members import live
    from models.autoscaling_templates import plain
    from models.scaling_activities import at

    if "AlarmNotification" in group["suspended_processes"]:
        return group
    used = float(await day.connection.fetchval(
        "SELECT current_utilization FROM autoscaling_groups WHERE id = $1", group["id"]) or 0)  # fmt: skip
    hand = Hand(day, day.moment(f"track/{_label(group)}"))
    members = [one for one in await live(hand, group["id"]) if one["state"] == "running"]
    wishes = []
    for policy in await day.connection.fetch(_TRACKED, group["id"]) if members and used else ():
        wished = _wished(plain(policy["data"]), used, len(members))
        if wished is not None:
            wishes.append((wished, policy["name"], plain(policy["data"])))
    if not wishes:
        return group
    wanted, name, data = max(wishes, key=lambda one: one[0])
    before = group["desired_capacity"]
    wanted = min(max(wanted, group["min_size"]), group["max_size"])
    if wanted == before:
        return group
    group = await _resize(day, hand, group, {"desired_capacity": wanted})
    alarm = data["Alarms"][0 if wanted > before else 1]["AlarmName"]
    reason = (f"At {at(hand.now)} a monitor alarm {alarm} in state ALARM triggered policy {name}"
              f" changing the desired capacity from {before} to {wanted}.")  # fmt: skip
    await settle(hand, group, reason, label=f"{_label(group)}/{name}")
    return group


def _wished(data: Mapping[str, Any], used: float, members: int) -> int | None:
    """The capacity that a policy asks for at a mean utilisation; None: it is content."""
    tracked = data["TargetTrackingConfiguration"]
    metric = (tracked.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType", "")
    target = float(tracked["TargetValue"])
    if not metric.startswith("ASGAverageCPUUtilization") or target <= 0:
        return None
    if used > target:
        return math.ceil(members * used / target)
    if used < target * _LOW and not tracked.get("DisableScaleIn"):
        return min(members, math.ceil(members * used / target))
    return members


async def _resize(
    day: Day, hand: Hand, group: dict[str, Any], size: Mapping[str, int]
) -> dict[str, Any]:
    from models.autoscaling_capacity import set_capacity

    for name, value in size.items():
        if group[name] != value:
            await day.record("autoscaling_group", group["arn"], name, str(group[name]), str(value))
    return await set_capacity(hand, group, size)


def _label(group: Mapping[str, Any]) -> str:
    """What tells the group from the account's others, in every replay."""
    return f"group/{group['arn'].rpartition('/')[2]}/{group['region']}"
