"""After a slow afternoon somebody raises a non-production group by one or two, and leaves it there."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.days import autoscaling_groups
from drift.picking import pick

ODDS = 0.07
PATTERN = "asg_min_high"
RESOURCE_TYPE = "autoscaling_group"
REMEDIES = ("autoscaling:SetDesiredCapacity", "autoscaling:UpdateAutoScalingGroup")

SYMPTOM = """
SELECT g.arn, (g.desired_capacity - g.min_size) * 730 * coalesce((SELECT avg(i.hourly_cost)
           FROM instances i WHERE i.autoscaling_group_id = g.id), 0) AS saving
  FROM autoscaling_groups g
 WHERE g.account_id = $1 AND g.env <> 'prod' AND g.desired_capacity > g.min_size
   AND $2::timestamptz IS NOT NULL"""

_GROUPS = """
SELECT g.arn AS key, g.id, g.arn, g.name, g.instance_type, g.env, g.region, g.desired_capacity,
       g.max_size, g.subnet_ids, g.launch_template_id, g.launch_template_version,
       coalesce(g.tags, '{}')::text AS tags, g.propagated_tag_keys
  FROM autoscaling_groups g
 WHERE g.account_id = $1 AND g.env <> 'prod' AND g.status IS NULL AND g.desired_capacity < g.max_size
   AND g.desired_capacity > 0 AND NOT 'Launch' = ANY (g.suspended_processes)"""


async def happen(day: Day) -> Happening | None:
    """desired_capacity + 1 … 2, within max_size, and the instances that come of it."""
    group = await pick(day, "over_provisioned_group", "autoscaling_group", _GROUPS)
    if group is None:
        return None
    old = group["desired_capacity"]
    new = min(group["max_size"], old + day.random("over_provisioned_group").randint(1, 2))
    await day.write(
        "autoscaling_groups",
        "UPDATE autoscaling_groups SET desired_capacity = $2 WHERE id = $1",
        group["id"], new,
    )  # fmt: skip
    await day.record("autoscaling_group", group["arn"], "desired_capacity", str(old), str(new))
    members = await autoscaling_groups.start(day, group, new - old, "over_provisioned_group")
    return Happening(
        f"{group['name']} went from {old} to {new} instances",
        (("autoscaling_group", group["arn"]), *(("instance", member) for member in members)),
    )
