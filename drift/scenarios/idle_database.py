"""A database outlives the service that asked it anything."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.scenarios.oversized_database import create

ODDS = 0.03
PATTERN = "rds_idle"
RESOURCE_TYPE = "rds_instance"
REMEDIES = ("rds:StopDBInstance", "rds:DeleteDBInstance")
REVEALED_BY = (
    "rds:DescribeDBInstances",
    "cloudwatch:GetMetricStatistics",
    "compute-optimizer:GetIdleRecommendations",
)
TRAPS = (
    "A read replica or a standby (tag role=standby) is there for the day on which the other one fails.",
    "A billing database (tag workload=month-end) is asked once a month.",
    "Fewer than ten connections are not none.",
    "What is stopped starts again after seven days.",
)

SYMPTOM = """
SELECT db_instance_id, hourly_cost * 730 AS saving FROM rds_instances
 WHERE account_id = $1 AND state = 'available' AND avg_connections_7d < 1
   AND replica_of IS NULL AND created_at <= $2::timestamptz - interval '7 days'"""


async def happen(day: Day) -> Happening | None:
    """A db.m5.large that nobody connects to."""
    identifier = await create(
        day, "idle_database", "db.m5.large", "dev", multi_az=False, profile="idle"
    )
    if identifier is None:
        return None
    return Happening(f"nobody connects to {identifier}", (("rds_instance", identifier),))
