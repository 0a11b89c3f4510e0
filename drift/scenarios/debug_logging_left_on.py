"""Debug logging is turned on for an incident and stays on: five times the lines, five times the bill."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day, Happening
from drift.picking import pick
from drift.worsening import level

ODDS = 0.03
PATTERN = "logs_verbose"
RESOURCE_TYPE = "log_group"
# What a group takes in is what the application sends: no call of AWS's API makes it send less.
REMEDIES = ("advice:set the application's log level back to info",)
REVEALED_BY = ("logs:DescribeLogGroups", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "While an incident is looked into every line counts: tag debug_until.",
    "A group of production that always took in as much is busy, not verbose.",
)

# Of five lines, four are for debugging.
SYMPTOM = f"""
SELECT l.arn, avg(u.ingested_gb) * 0.8 * 730 / 24 * CASE l.class WHEN 'INFREQUENT_ACCESS'
           THEN {rates.literal("l.region", "ingestion_rare")} ELSE {rates.literal("l.region", "ingestion")} END AS saving
  FROM log_groups l
  JOIN log_group_usage_daily u ON u.log_group_id = l.id AND u.date > $2::timestamptz::date - 7
 WHERE l.account_id = $1
 GROUP BY l.id HAVING avg(u.ingested_gb) > CASE WHEN l.env = 'prod' THEN 3 ELSE 0.8 END"""

_GROUPS = """
SELECT l.arn AS key, l.arn, l.name, p.ingest_gb, l.env FROM log_groups l
  JOIN resource_profiles p ON p.account_id = l.account_id AND p.resource_type = 'log_group'
       AND p.resource_id = l.arn AND p.profile = 'steady' AND p.ingest_gb > 0
 WHERE l.account_id = $1"""


async def happen(day: Day) -> Happening | None:
    """One group takes in five times as much, and noticeably so, from tomorrow on."""
    group = await pick(day, "debug_logging_left_on", "log_group", _GROUPS)
    if group is None:
        return None
    floor = 5.0 if group["env"] == "prod" else 1.5
    await day.profile(
        "log_group", group["arn"], "verbose", ingest_gb=max(floor, group["ingest_gb"] * 5)
    )
    await day.record("log_group", group["arn"], "log_level", "info", "debug")
    return Happening(f"{group['name']} logs every debug line", (("log_group", group["arn"]),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """More and more is logged."""
    return await level(day, RESOURCE_TYPE, resource_id, "ingest_gb", most=200)
