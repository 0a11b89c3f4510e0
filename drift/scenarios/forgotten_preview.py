"""A preview environment is put up for a branch, and the branch is merged, and nobody takes it down."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json

from drift import groups
from drift.day import Day, Happening
from drift.days import autoscaling_groups
from drift.picking import branch, region
from drift.worsening import group

ODDS = 0.07
PATTERN = "asg_preview_stack"
RESOURCE_TYPE = "autoscaling_group"
REMEDIES = ("autoscaling:UpdateAutoScalingGroup", "autoscaling:DeleteAutoScalingGroup")

REVEALED_BY = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeTags",
    "resourcegroupstaggingapi:GetResources",
)
TRAPS = (
    "A member that is terminated is replaced by its group: only the group's end saves anything.",
    "A preview of a pull request that is open still is looked at: tag pr_state=open.",
)

# What goes with its members are the volumes that are deleted on termination.
SYMPTOM = """
SELECT g.arn, sum(i.hourly_cost * 730 + coalesce((SELECT sum(v.monthly_cost) FROM volumes v
           WHERE v.attached_instance_id = i.instance_id AND v.delete_on_termination), 0)) AS saving
  FROM autoscaling_groups g JOIN instances i ON i.autoscaling_group_id = g.id AND i.state = 'running'
 WHERE g.account_id = $1 AND g.env = 'preview' AND g.status IS NULL
   AND g.created_at <= $2::timestamptz - interval '7 days'
   AND NOT EXISTS (SELECT FROM node_groups n WHERE n.autoscaling_group_id = g.id)
 GROUP BY g.arn"""


async def happen(day: Day) -> Happening | None:
    """A group with 4 to 8 instances, sometimes with a log group and a bucket of its own."""
    chance = day.random("forgotten_preview")
    name, developer = branch(day, "forgotten_preview")
    place = await region(day, "forgotten_preview")
    count = chance.randint(4, 8)
    tags = {"env": "preview", "branch": f"feature/{name}", "created_by": developer}
    size = chance.choice(("t3.medium", "t3.large", "m5.large"))
    group = await groups.create(day, f"preview-{name}", count, size, "preview", place, tags)
    if group is None:
        return None
    resources = [("autoscaling_group", group["arn"])]
    members = await autoscaling_groups.start(day, group, count, "forgotten_preview")
    resources += [("instance", member) for member in members]
    for member in members:
        await day.profile("instance", member, "idle")
    if chance.random() < 0.5:
        resources.append(await _log_group(day, name, place, tags))
    if chance.random() < 0.4:
        resources.append(await _bucket(day, name, place, tags))
    return Happening(
        f"{developer} left preview-{name} running with {count} instances", tuple(resources)
    )


async def _log_group(day: Day, name: str, place: str, tags: dict[str, str]) -> tuple[str, str]:
    arn = await day.connection.fetchval(
        """INSERT INTO log_groups (account_id, name, env, region, retention_days, tags, created_at)
           VALUES ($1, $2, 'preview', $3, NULL, $4::text::jsonb, $5) RETURNING arn""",
        day.account_id, f"/preview/{name}", place, json.dumps(tags), day.moment("preview/logs"),
    )  # fmt: skip
    await day.record("log_group", arn, "lifecycle", None, "created")
    return "log_group", arn


async def _bucket(day: Day, name: str, place: str, tags: dict[str, str]) -> tuple[str, str]:
    bucket = f"preview-{name}-assets-{day.account_number}-{day.date:%m%d}"
    await day.write(
        "s3_buckets",
        """INSERT INTO s3_buckets (account_id, name, env, region, tags, created_at)
           VALUES ($1, $2, 'preview', $3, $4::text::jsonb, $5)""",
        day.account_id, bucket, place, json.dumps(tags), day.moment("preview/bucket"),
    )  # fmt: skip
    await day.record("s3_bucket", bucket, "lifecycle", None, "created")
    return "s3_bucket", bucket


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Two instances more, for a demonstration that is over."""
    return await group(day, PATTERN, resource_id)
