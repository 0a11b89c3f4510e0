"""A feature moves elsewhere, and a group is left with machines of a size that nothing needs."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import groups
from drift.day import Day, Happening
from drift.days import autoscaling_groups
from drift.other_types import halved
from drift.picking import branch, region
from drift.worsening import group

ODDS = 0.03
PATTERN = "asg_low_util"
RESOURCE_TYPE = "autoscaling_group"
REMEDIES = ("autoscaling:StartInstanceRefresh", "autoscaling:UpdateAutoScalingGroup")
REVEALED_BY = ("autoscaling:DescribeAutoScalingGroups", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "A group that load tests run on is idle between them: tag workload=load-test.",
    "A mixed instances policy chooses types by itself.",
)

# Every member as the next smaller type of its family.
SYMPTOM = f"""
SELECT g.arn, sum(i.hourly_cost - {halved()}) * 730 AS saving
  FROM autoscaling_groups g
  JOIN instances i ON i.autoscaling_group_id = g.id AND i.state = 'running' AND i.instance_lifecycle IS NULL
 WHERE g.account_id = $1 AND g.env <> 'preview' AND g.status IS NULL
   AND g.mixed_instances_policy IS NULL AND g.created_at <= $2::timestamptz - interval '7 days'
   AND NOT EXISTS (SELECT FROM node_groups n WHERE n.autoscaling_group_id = g.id)
 GROUP BY g.arn HAVING sum(i.hourly_cost - {halved()}) > 0 AND avg(i.avg_cpu_7d) < 30"""


async def happen(day: Day) -> Happening | None:
    """A group of one or two large machines, with a seventh of what they could do."""
    name, developer = branch(day, "group_of_large_machines")
    chance = day.random("group_of_large_machines")
    size = chance.choice(("m5.2xlarge", "c5.2xlarge", "m5.4xlarge"))
    count, env = chance.randint(1, 2), chance.choice(("staging", "dev"))
    tags = {"env": env, "owner": developer, "service": name}
    place = await region(day, "group_of_large_machines")
    group = await groups.create(day, f"{env}-{name}", count, size, env, place, tags)
    if group is None:
        return None
    members = await autoscaling_groups.start(day, group, count, "group_of_large_machines")
    for member in members:
        await day.profile("instance", member, "oversized")
    return Happening(
        f"{group['name']} has {count} {size} for what is left of it",
        (("autoscaling_group", group["arn"]), *(("instance", member) for member in members)),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Two more of them, for what is still expected."""
    return await group(day, PATTERN, resource_id, minimum=True)
