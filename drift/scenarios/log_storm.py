"""A bad release fails in a loop and logs every try, until somebody rolls it back a few days later."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day, Happening
from drift.picking import pick

ODDS = 0.03
PATTERN = "cost_anomaly_logs"
RESOURCE_TYPE = "log_group"
REMEDIES = ("logs:DeleteLogGroup", "ce:ProvideAnomalyFeedback")
REVEALED_BY = ("logs:DescribeLogGroups", "cloudwatch:GetMetricStatistics", "ce:GetAnomalies")
TRAPS = (
    "A storm that was rolled back stands out among two weeks of days and costs nothing more.",
    "A load test was announced: tag load-test.",
)

# The newest day against the middle of two weeks: what is over is over.
SYMPTOM = f"""
SELECT l.arn, ((array_agg(u.ingested_gb ORDER BY u.date DESC))[1]
           - percentile_cont(0.5) WITHIN GROUP (ORDER BY u.ingested_gb))::numeric
           * {rates.literal("l.region", "ingestion")} * 730 / 24 AS saving
  FROM log_groups l
  JOIN log_group_usage_daily u ON u.log_group_id = l.id AND u.date > ($2::timestamptz)::date - 15
 WHERE l.account_id = $1
   AND (SELECT n.ingested_gb FROM log_group_usage_daily n
         WHERE n.log_group_id = l.id AND n.date > ($2::timestamptz)::date - 15
         ORDER BY n.date DESC LIMIT 1) > 5
 GROUP BY l.id
HAVING (array_agg(u.ingested_gb ORDER BY u.date DESC))[1] > 5 + 4 * percentile_cont(0.5) WITHIN GROUP (ORDER BY u.ingested_gb)"""

_GROUPS = """
SELECT l.arn AS key, l.arn, l.name, p.ingest_gb FROM log_groups l
  JOIN resource_profiles p ON p.account_id = l.account_id AND p.resource_type = 'log_group'
       AND p.resource_id = l.arn AND p.profile = 'steady' AND p.ingest_gb > 0
 WHERE l.account_id = $1"""

_BEGIN = """
UPDATE resource_profiles SET profile = 'storm', ingest_gb = $3,
       params = params || jsonb_build_object('calm_ingest_gb', ingest_gb)
 WHERE account_id = $1 AND resource_type = 'log_group' AND resource_id = $2"""

_END = """
UPDATE resource_profiles SET profile = 'steady', ingest_gb = (params ->> 'calm_ingest_gb')::float8,
       params = params - 'calm_ingest_gb'
 WHERE account_id = $1 AND resource_type = 'log_group' AND resource_id = $2 AND profile = 'storm'
   AND EXISTS (SELECT FROM log_groups g WHERE g.account_id = $1 AND g.arn = $2)"""


async def happen(day: Day) -> Happening | None:
    """One group takes in five times as much and 40 to 80 GB, from tomorrow on."""
    group = await pick(day, "log_storm", "log_group", _GROUPS)
    if group is None:
        return None
    chance = day.random("log_storm")
    ingest = max(chance.uniform(40, 80), group["ingest_gb"] * 5)
    release = chance.randint(100, 899)
    await day.write("resource_profiles", _BEGIN, day.account_id, group["arn"], ingest)
    await day.record("log_group", group["arn"], "release", f"v{release}", f"v{release + 1}")
    return Happening(
        f"{group['name']} is flooded by release v{release + 1}", (("log_group", group["arn"]),)
    )


async def end(day: Day, resource_id: str) -> None:
    """The release is rolled back, unless its group is no more or was looked after already."""
    if await day.write("resource_profiles", _END, day.account_id, resource_id):
        await day.record("log_group", resource_id, "release", "failing", "rolled back")
