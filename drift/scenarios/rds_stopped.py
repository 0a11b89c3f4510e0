"""A database is stopped because nobody needs it, and stopped again whenever AWS starts it after a week."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.rates import literal
from drift.scenarios.oversized_database import create
from drift.worsening import again

ODDS = 0.02
PATTERN = "rds_stopped"
RESOURCE_TYPE = "rds_instance"
REMEDIES = ("rds:DeleteDBInstance",)
REVEALED_BY = (
    "rds:DescribeDBInstances",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "Over a holiday (tag schedule=holiday) a database is stopped and needed again after it.",
    "One that was stopped the day before yesterday may be needed tomorrow.",
)

# Down on all days of the week but one at most. Its storage, and the hours of the day on which it
# came back, are saved; a last snapshot costs in its turn.
SYMPTOM = f"""
SELECT r.db_instance_id, coalesce(r.storage_monthly_cost, 0) + r.hourly_cost * 730 * (1 - w.down / w.days::numeric)
       - r.allocated_storage_gib * {literal("r.region", "database_snapshot")} AS saving
  FROM rds_instances r
 CROSS JOIN LATERAL (SELECT count(*) AS days, count(*) FILTER (WHERE NOT m.metric_payload ? 'cpu_avg') AS down
        FROM metrics_daily m WHERE m.account_id = $1 AND m.resource_type = 'rds_instance'
         AND m.resource_id = r.db_instance_id AND m.date >= ($2::timestamptz)::date - 7) w
 WHERE r.account_id = $1 AND r.state <> 'deleting' AND w.down >= 6"""


async def happen(day: Day) -> Happening | None:
    """Made for a trial, stopped on the same day; the job that stops it does so for ever."""
    identifier = await create(
        day, "rds_stopped", "db.m5.large", "dev", multi_az=False, profile="kept_stopped",
        storage_gib=500,
    )  # fmt: skip
    if identifier is None:
        return None
    await day.profile("rds_instance", identifier, "kept_stopped", connections=2, stored_gib=200)
    await day.write(
        "rds_instances",
        """UPDATE rds_instances SET state = 'stopped', stopped_at = $3
            WHERE account_id = $1 AND db_instance_id = $2""",
        day.account_id, identifier, day.moment("rds_stopped") ,
    )  # fmt: skip
    await day.record("rds_instance", identifier, "state", "available", "stopped")
    return Happening(f"{identifier} is stopped for good", (("rds_instance", identifier),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next trial ends likewise."""
    return await again(day, PATTERN, resource_id, happen)
