"""Auto Scaling groups: members are launched and ended until there are as many as desired."""

import json
from typing import Any

from drift.day import Day
from drift.launches import Launch, launch, terminate
from drift.profiles import statement

# Members are launched and ended with all that triggers add.
CONFIGURES = True
# Members first cost from the next day on, and utilisation is that of the members' own day.
AFTER = ("instances", "volumes", "elastic_ips")

# A stopped member is unhealthy to its group, which ends and replaces it.
_MISMATCHED = statement("""
SELECT g.id, g.name, g.arn, g.instance_type, g.env, g.region, g.desired_capacity, g.subnet_ids,
       g.launch_template_id, g.launch_template_version, coalesce(g.tags, '{}')::text AS tags,
       g.propagated_tag_keys, g.suspended_processes, m.running, m.unhealthy
  FROM autoscaling_groups g
  CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE i.state IN ('pending', 'running')) AS running,
              count(*) FILTER (WHERE i.state IN ('stopping', 'stopped')) AS unhealthy
         FROM instances i WHERE i.autoscaling_group_id = g.id) m
 WHERE g.account_id = :account AND g.status IS NULL
   AND (m.running <> g.desired_capacity OR m.unhealthy > 0)
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

_MODEL = """
SELECT i.image_id, p.profile FROM instances i
  LEFT JOIN resource_profiles p ON p.account_id = i.account_id AND p.resource_type = 'instance'
       AND p.resource_id = i.instance_id
 WHERE i.autoscaling_group_id = $1 ORDER BY i.launch_time DESC, i.instance_id LIMIT 1"""


async def write(day: Day) -> None:
    """Utilisation of the day, then the members that tomorrow will have."""
    await day.apply("autoscaling_groups", _UTILISATION)
    await day.apply("autoscaling_groups", _IDLE)
    if day.knobs.reconcile:
        for group in await day.fetch(_MISMATCHED):
            await reconcile(day, group)


async def reconcile(day: Day, group: Any) -> None:
    """Bring one group to its desired capacity, as far as its processes are not suspended."""
    suspended = set(group["suspended_processes"])
    ends = "Terminate" not in suspended
    if ends and group["unhealthy"] and not suspended & {"HealthCheck", "ReplaceUnhealthy"}:
        await _end(day, group["id"], group["unhealthy"], ("stopping", "stopped"))
    missing = group["desired_capacity"] - group["running"]
    if missing > 0 and "Launch" not in suspended:
        await start(
            day, group, missing, f"group/{group['arn'].rpartition('/')[2]}/{group['region']}"
        )
    elif missing < 0 and ends:
        await _end(day, group["id"], -missing, ("pending", "running"))


async def start(day: Day, group: Any, count: int, label: str) -> list[str]:
    """Launch members as the group would: its type, its subnets, the tags that it passes on."""
    model = await day.connection.fetchrow(_MODEL, group["id"])
    own = json.loads(group["tags"])
    keys = group["propagated_tag_keys"] or own
    tags = {key: own[key] for key in keys if key in own}
    tags = {"Name": group["name"], "env": group["env"], **tags}
    tags["aws:autoscaling:groupName"] = group["name"]
    return await launch(day, label, count, Launch(
        group["instance_type"], group["env"], group["region"], tags, group["id"],
        group["subnet_ids"], None if model is None else model["image_id"],
        group["launch_template_id"], group["launch_template_version"],
        None if model is None else model["profile"],
    ))  # fmt: skip


async def _end(day: Day, group_id: Any, count: int, states: tuple[str, ...]) -> None:
    """End the oldest members in these states, those without termination protection first."""
    for member in await day.connection.fetch(
        """SELECT instance_id, state FROM instances
            WHERE autoscaling_group_id = $1 AND state = ANY ($2::text[])
            ORDER BY launch_time, instance_id LIMIT $3""",
        group_id, list(states), count,
    ):  # fmt: skip
        await terminate(day, member["instance_id"], member["state"])
