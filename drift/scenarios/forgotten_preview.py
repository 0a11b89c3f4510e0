"""A preview environment is put up for a branch, and the branch is merged, and nobody takes it down."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json

from drift.day import Day, Happening
from drift.days import autoscaling_groups
from drift.picking import branch, region

ODDS = 0.07
PATTERN = "asg_preview_stack"
RESOURCE_TYPE = "autoscaling_group"
REMEDIES = ("autoscaling:DeleteAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup")

SYMPTOM = """
SELECT g.arn, sum(i.hourly_cost) * 730 AS saving
  FROM autoscaling_groups g JOIN instances i ON i.autoscaling_group_id = g.id AND i.state = 'running'
 WHERE g.account_id = $1 AND g.env = 'preview' AND g.created_at <= $2::timestamptz - interval '7 days'
 GROUP BY g.arn"""

_GROUP = """
INSERT INTO autoscaling_groups (account_id, name, min_size, max_size, desired_capacity,
    instance_type, env, region, created_at, tags, propagated_tag_keys, subnet_ids, availability_zones)
SELECT $1, $2, $3, $4, $3, $5, 'preview', $6, $7, $8::text::jsonb, $9::text[],
       coalesce(array_agg(s.subnet_id ORDER BY s.subnet_id) FILTER (WHERE s.subnet_id IS NOT NULL), '{}'),
       coalesce(array_agg(s.availability_zone ORDER BY s.subnet_id) FILTER (WHERE s.subnet_id IS NOT NULL), '{}')
  FROM (SELECT) one LEFT JOIN (SELECT n.subnet_id, n.availability_zone FROM subnets n
        JOIN vpcs v ON v.vpc_id = n.vpc_id AND v.is_default
       WHERE n.account_id = $1 AND n.region = $6 ORDER BY n.subnet_id LIMIT 3) s ON true
ON CONFLICT DO NOTHING
RETURNING id, name, arn, instance_type, env, region, subnet_ids, launch_template_id,
    launch_template_version, tags::text AS tags, propagated_tag_keys"""


async def happen(day: Day) -> Happening | None:
    """A group with 4 to 8 instances, sometimes with a log group and a bucket of its own."""
    chance = day.random("forgotten_preview")
    name, developer = branch(day, "forgotten_preview")
    place = await region(day, "forgotten_preview")
    count = chance.randint(4, 8)
    tags = {"env": "preview", "branch": f"feature/{name}", "created_by": developer}
    group = await day.connection.fetchrow(
        _GROUP, day.account_id, f"preview-{name}", count, count + 2,
        chance.choice(("t3.medium", "t3.large", "m5.large")), place,
        day.moment("launch/forgotten_preview"), json.dumps(tags), list(tags),
    )  # fmt: skip
    if group is None:
        return None
    resources = [("autoscaling_group", group["arn"])]
    await day.record(*resources[0], "lifecycle", None, "created")
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
