"""After a slow afternoon somebody raises a non-production group by one or two, and its minimum with it."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import groups
from drift.day import Day, Happening
from drift.days import autoscaling_groups
from drift.picking import pick
from drift.worsening import group

ODDS = 0.07
PATTERN = "asg_min_high"
RESOURCE_TYPE = "autoscaling_group"
REMEDIES = ("autoscaling:UpdateAutoScalingGroup",)
REVEALED_BY = ("autoscaling:DescribeAutoScalingGroups", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "A group that is scaled up ahead of Black Friday says so: tag event, and a freeze.",
    "One instance in each zone is no luxury: production keeps two at least.",
)

# As many as half of whose power the mean of a week takes; production keeps two.
# Where a tenth of room is lacking, what was brought there would show again on a quiet day.
_NEEDED = """greatest(CASE g.env WHEN 'prod' THEN 2 ELSE 1 END, ceil(g.min_size * m.used / 50.0))"""

SYMPTOM = f"""
SELECT g.arn, (g.min_size - {_NEEDED}) * 730 * m.hourly AS saving
  FROM autoscaling_groups g
  JOIN LATERAL (SELECT avg(i.hourly_cost) AS hourly, avg(i.avg_cpu_7d) AS used FROM instances i
                 WHERE i.autoscaling_group_id = g.id AND i.state = 'running') m ON m.hourly IS NOT NULL
 WHERE g.account_id = $1 AND g.env <> 'preview' AND g.status IS NULL
   AND g.min_size >= CASE g.env WHEN 'prod' THEN 3 ELSE 2 END AND g.desired_capacity = g.min_size
   AND m.used < 40 AND g.min_size > {_NEEDED}
   AND g.min_size > ceil(g.min_size * m.used / 45.0)
   AND NOT EXISTS (SELECT FROM node_groups n WHERE n.autoscaling_group_id = g.id)
   AND $2::timestamptz IS NOT NULL"""

# Not what shows it already.
_GROUPS = """
SELECT g.arn AS key, g.id, g.arn, g.name, g.min_size, g.desired_capacity, g.max_size
  FROM autoscaling_groups g
 WHERE g.account_id = $1 AND g.env NOT IN ('prod', 'preview') AND g.status IS NULL
   AND g.desired_capacity BETWEEN 1 AND g.max_size - 1 AND NOT 'Launch' = ANY (g.suspended_processes)
   AND NOT (g.min_size = g.desired_capacity AND g.min_size > 1 AND g.current_utilization > 0
            AND g.current_utilization < 40)
   AND NOT EXISTS (SELECT FROM node_groups n WHERE n.autoscaling_group_id = g.id)"""


async def happen(day: Day) -> Happening | None:
    """desired_capacity + 1 … 2, within max_size, min_size with it, and the instances that come of it."""
    group = await pick(day, "over_provisioned_group", "autoscaling_group", _GROUPS)
    if group is None:
        return None
    old = group["desired_capacity"]
    new = min(group["max_size"], old + day.random("over_provisioned_group").randint(1, 2))
    await day.write(
        "autoscaling_groups",
        "UPDATE autoscaling_groups SET desired_capacity = $2, min_size = $2 WHERE id = $1",
        group["id"], new,
    )  # fmt: skip
    await day.record("autoscaling_group", group["arn"], "desired_capacity", str(old), str(new))
    await day.record(
        "autoscaling_group", group["arn"], "min_size", str(group["min_size"]), str(new)
    )
    members = await autoscaling_groups.start(day, group, new - old, "over_provisioned_group")
    await groups.quiet(day, group, 8 + 10 * day.noise(group["arn"], "/quiet"))
    return Happening(
        f"{group['name']} went from {old} to {new} instances and is to stay there",
        (("autoscaling_group", group["arn"]), *(("instance", member) for member in members)),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """After the next slow afternoon it gets two more."""
    return await group(day, PATTERN, resource_id, minimum=True)
