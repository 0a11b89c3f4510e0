"""A new service logs into a group that nobody gave a retention, so that it keeps everything."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json

from drift import rates
from drift.day import Day, Happening
from drift.picking import branch, region
from drift.symptoms import log_days
from drift.worsening import level

ODDS = 0.06
PATTERN = "logs_infinite"
RESOURCE_TYPE = "log_group"
REMEDIES = ("logs:PutRetentionPolicy",)
REVEALED_BY = ("logs:DescribeLogGroups",)
TRAPS = (
    "Audit trails are kept for as long as the law says: tag compliance.",
    "A group that holds nothing costs nothing.",
)

# In days, what is enough: what is older goes on the day after.
_ENOUGH = "CASE l.env WHEN 'prod' THEN 30 WHEN 'staging' THEN 14 ELSE 7 END"

SYMPTOM = f"""
SELECT l.arn, greatest(0, u.newest - u.kept) * {rates.literal("l.region", "storage")} AS saving
  FROM log_groups l {log_days(_ENOUGH)}
 WHERE u.newest IS NOT NULL AND l.account_id = $1 AND l.retention_days IS NULL"""


async def happen(day: Day) -> Happening | None:
    """A log group that never expires."""
    name, developer = branch(day, "missing_log_retention")
    env = day.random("missing_log_retention").choice(("prod", "staging", "dev"))
    arn = await day.connection.fetchval(
        """INSERT INTO log_groups (account_id, name, env, region, retention_days, tags, created_at)
           VALUES ($1, $2, $3, $4, NULL, $5::text::jsonb, $6) ON CONFLICT DO NOTHING RETURNING arn""",
        day.account_id, f"/ecs/{env}/{name}", env, await region(day, "missing_log_retention"),
        json.dumps({"env": env, "created_by": developer}), day.moment("missing_log_retention"),
    )  # fmt: skip
    if arn is None:
        return None
    await day.record("log_group", arn, "lifecycle", None, "created")
    return Happening(f"/ecs/{env}/{name} never expires", (("log_group", arn),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """More and more is logged."""
    return await level(day, RESOURCE_TYPE, resource_id, "ingest_gb", most=200)
