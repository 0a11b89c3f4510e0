"""A group is scaled out by hand in an incident; the incident passes, and nothing scales it in again."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import groups
from drift.day import Day, Happening
from drift.days import autoscaling_groups
from drift.picking import pick
from drift.worsening import group

ODDS = 0.04
PATTERN = "asg_pinned"
RESOURCE_TYPE = "autoscaling_group"
REMEDIES = ("autoscaling:SetDesiredCapacity", "autoscaling:PutScalingPolicy")
REVEALED_BY = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribePolicies",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "A group that is kept warm for a launch says so: tags event and scaling=manual.",
    "Members protected from scale-in do not go, whatever is desired.",
)

# Down to the minimum, or to as many as half of whose power the mean of a week takes.
# Where a tenth of room is lacking, what was brought there would show again on a quiet day.
_NEEDED = """greatest(g.min_size, CASE g.env WHEN 'prod' THEN 2 ELSE 1 END,
        ceil(g.desired_capacity * m.used / 50.0))"""

SYMPTOM = f"""
SELECT g.arn, (g.desired_capacity - {_NEEDED}) * 730 * m.hourly AS saving
  FROM autoscaling_groups g
  JOIN LATERAL (SELECT avg(i.hourly_cost) AS hourly, avg(i.avg_cpu_7d) AS used FROM instances i
                 WHERE i.autoscaling_group_id = g.id AND i.state = 'running') m ON m.hourly IS NOT NULL
 WHERE g.account_id = $1 AND g.env <> 'preview' AND g.status IS NULL
   AND g.desired_capacity > {_NEEDED} AND m.used < 25
   AND g.desired_capacity > ceil(g.desired_capacity * m.used / 45.0)
   AND NOT EXISTS (SELECT FROM node_groups n WHERE n.autoscaling_group_id = g.id)
   AND NOT EXISTS (SELECT FROM scaling_policies p WHERE p.autoscaling_group_id = g.id
                      AND p.policy_type = 'TargetTrackingScaling' AND p.enabled)
   AND $2::timestamptz IS NOT NULL"""

# Not what shows it already.
_GROUPS = """
SELECT g.arn AS key, g.id, g.arn, g.name, g.desired_capacity, g.max_size
  FROM autoscaling_groups g
 WHERE g.account_id = $1 AND g.env NOT IN ('prod', 'preview') AND g.status IS NULL AND g.desired_capacity BETWEEN 1 AND 20
   AND NOT 'Launch' = ANY (g.suspended_processes)
   AND NOT (g.min_size < g.desired_capacity AND g.current_utilization > 0 AND g.current_utilization < 25)
   AND NOT EXISTS (SELECT FROM node_groups n WHERE n.autoscaling_group_id = g.id)"""


async def happen(day: Day) -> Happening | None:
    """desired_capacity + 2 … 3, max_size with it where need be, and the instances that come of it."""
    group = await pick(day, "group_left_scaled_out", "autoscaling_group", _GROUPS)
    if group is None:
        return None
    old = group["desired_capacity"]
    new = old + day.random("group_left_scaled_out").randint(2, 3)
    most = max(new, group["max_size"])
    await day.write(
        "autoscaling_groups",
        """UPDATE autoscaling_groups SET desired_capacity = $2, max_size = $3,
                  min_size = least(min_size, $4) WHERE id = $1""",
        group["id"], new, most, old,
    )  # fmt: skip
    await day.record("autoscaling_group", group["arn"], "desired_capacity", str(old), str(new))
    if most != group["max_size"]:
        await day.record(
            "autoscaling_group", group["arn"], "max_size", str(group["max_size"]), str(most)
        )
    members = await autoscaling_groups.start(day, group, new - old, "group_left_scaled_out")
    await groups.quiet(day, group, 8 + 8 * day.noise(group["arn"], "/quiet"))
    return Happening(
        f"{group['name']} went from {old} to {new} instances in an incident",
        (("autoscaling_group", group["arn"]), *(("instance", member) for member in members)),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next incident leaves two more."""
    return await group(day, PATTERN, resource_id)
