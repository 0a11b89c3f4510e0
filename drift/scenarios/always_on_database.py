"""A staging database is asked by day, and runs by night and over the weekend as well."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.scenarios.oversized_database import create, stand_by

ODDS = 0.02
PATTERN = "nonprod_24x7_database"
RESOURCE_TYPE = "rds_instance"
REMEDIES = ("rds:StopDBInstance",)
REVEALED_BY = ("rds:DescribeDBInstances", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "A team that follows the sun works when others sleep: tags tz and schedule.",
    "AWS starts a stopped database again after seven days: it is to be stopped again.",
    "One that nobody connects to is idle: it is to go, not to rest by night.",
    "A member of a cluster, a replica and what has one cannot be stopped by themselves.",
)

# Eleven hours of five days are 55 of a week's 168; its storage is paid for at all hours.
SYMPTOM = """
SELECT r.db_instance_id, r.hourly_cost * 730 * (1 - 55 / 168.0) AS saving FROM rds_instances r
 WHERE r.account_id = $1 AND r.env IN ('dev', 'test', 'staging', 'preview') AND r.state = 'available'
   AND r.avg_connections_7d >= 1 AND r.cluster_identifier IS NULL AND r.replica_of IS NULL
   AND NOT (r.multi_az AND r.engine LIKE 'sqlserver%')
   AND NOT EXISTS (SELECT FROM rds_instances o WHERE o.account_id = $1 AND o.replica_of IN (r.identifier, r.arn))
   AND r.created_at <= $2::timestamptz - interval '7 days'"""


async def happen(day: Day) -> Happening | None:
    """A db.m5.large outside production, which nobody ever stops."""
    identifier = await create(
        day, "always_on_database", "db.m5.large", "staging", multi_az=False, profile="light"
    )
    if identifier is None:
        return None
    return Happening(f"{identifier} runs around the clock", (("rds_instance", identifier),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """A standby is added, and runs around the clock as well."""
    return await stand_by(day, resource_id)
