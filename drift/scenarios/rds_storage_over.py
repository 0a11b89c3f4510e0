"""A staging database is copied from production with production's disk, and a tenth of the data."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.rates import literal
from drift.scenarios.oversized_database import create, stand_by

ODDS = 0.02
PATTERN = "rds_storage_over"
RESOURCE_TYPE = "rds_instance"
# Storage cannot shrink: a smaller database takes the data over, and this one goes.
REMEDIES = ("rds:DeleteDBInstance",)
REVEALED_BY = ("rds:DescribeDBInstances", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "The IOPS of gp2 come from its size (tag storage=for-iops): half the disk is half as fast.",
    "Storage cannot be reduced in place: ModifyDBInstance refuses it.",
)

# Half of the disk would do; provisioned IOPS stay as they are. Aurora pays for what it holds.
SYMPTOM = f"""
SELECT r.db_instance_id, (r.storage_monthly_cost - CASE WHEN r.storage_type IN ('io1', 'io2')
           THEN coalesce(r.iops, 0) * {literal("r.region", "database_iops")} * (1 + r.multi_az::int) ELSE 0 END)
       * 0.5 AS saving
  FROM rds_instances r
 CROSS JOIN LATERAL (SELECT avg((m.metric_payload -> 'free_storage_gib')::numeric) AS free FROM metrics_daily m
        WHERE m.account_id = $1 AND m.resource_type = 'rds_instance' AND m.resource_id = r.db_instance_id
          AND m.date >= ($2::timestamptz)::date - 7) w
 WHERE r.account_id = $1 AND r.allocated_storage_gib >= 100 AND w.free > r.allocated_storage_gib * 0.8
   AND r.engine NOT LIKE 'aurora%' AND r.cluster_identifier IS NULL AND r.replica_of IS NULL
   AND r.state <> 'deleting' AND r.created_at <= $2::timestamptz - interval '7 days'"""


async def happen(day: Day) -> Happening | None:
    """1,000 GiB for less than a hundred."""
    identifier = await create(
        day, "rds_storage_over", "db.m5.large", "staging", multi_az=False, profile="light",
        storage_gib=1000,
    )  # fmt: skip
    if identifier is None:
        return None
    stored = day.random("rds_storage_over").uniform(30, 120)
    await day.profile("rds_instance", identifier, "light", stored_gib=stored)
    return Happening(
        f"{identifier} has room for ten times its data", (("rds_instance", identifier),)
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Somebody adds a standby, with a disk of the same size."""
    return await stand_by(day, resource_id)
