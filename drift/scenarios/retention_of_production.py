"""A log group in dev is made from production's template, and keeps for a year what is read for a week."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json

from drift import rates
from drift.day import Day, Happening
from drift.picking import branch, region
from drift.symptoms import log_days
from drift.worsening import level

ODDS = 0.02
PATTERN = "logs_retention_long"
RESOURCE_TYPE = "log_group"
REMEDIES = ("logs:PutRetentionPolicy",)
REVEALED_BY = ("logs:DescribeLogGroups", "logs:ListTagsForResource")
TRAPS = (
    "Audit logs are kept as long as the law says, whatever the environment: tag compliance.",
    "A group that stores nothing yet saves nothing yet.",
)

# What an environment needs, in days: dev a week, staging two, production ninety.
NEEDED = "CASE l.env WHEN 'prod' THEN 90 WHEN 'staging' THEN 14 ELSE 7 END"

# What is older than needed goes on the day after.
SYMPTOM = f"""
SELECT l.arn, (u.newest - u.kept) * {rates.literal("l.region", "storage")} AS saving
  FROM log_groups l {log_days(NEEDED)}
 WHERE l.account_id = $1 AND l.retention_days > {NEEDED} AND u.newest > u.kept"""


async def happen(day: Day) -> Happening | None:
    """A group of 0.3 to 0.8 GB a day, of which more is kept every day than anybody reads."""
    chance = day.random("retention_of_production")
    name, developer = branch(day, "retention_of_production")
    ingest = round(chance.uniform(0.3, 0.8), 3)
    arn = await day.connection.fetchval(
        """INSERT INTO log_groups (account_id, name, env, region, retention_days, tags, created_at)
           VALUES ($1, $2, 'dev', $3, 365, $4::text::jsonb, $5) ON CONFLICT DO NOTHING RETURNING arn""",
        day.account_id, f"/ecs/dev/{name}-copy", await region(day, "retention_of_production"),
        json.dumps({"env": "dev", "created_by": developer}), day.moment("retention_of_production"),
    )  # fmt: skip
    if arn is None:
        return None
    await day.profile("log_group", arn, "steady", ingest_gb=ingest)
    await day.record("log_group", arn, "lifecycle", None, "created")
    return Happening(f"/ecs/dev/{name}-copy keeps a year", (("log_group", arn),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """More and more is logged."""
    return await level(day, RESOURCE_TYPE, resource_id, "ingest_gb", most=200)
