"""Snapshots: storage, billed from the day that made them for as long as nobody deletes them."""

from drift.day import Day
from drift.profiles import statement

# What policies and plans take today is billed today.
AFTER = ("backup_plans", "snapshot_policies")

_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'size_gib', d.size_gib, 'type', d.type,
       'env', d.env, 'region', d.region),
       least(d.monthly_cost / 30 * d.w, 99999999)
  FROM (SELECT r.*, {walk} AS w
          FROM (SELECT s.snapshot_id AS id, s.region, s.size_gib, s.storage_tier AS type,
                       s.monthly_cost::float8 AS monthly_cost,
                       coalesce(s.tags ->> 'env', s.tags ->> 'Environment', 'dev') AS env
                  FROM snapshots s WHERE s.account_id = :account AND s.state <> 'error'
                   AND s.created_at < :end) r
               {yesterday} OFFSET 0) d
{once}""",
    kind="snapshot",
)


async def write(day: Day) -> None:
    """A day of every snapshot."""
    await day.apply("metrics_daily", _WRITE)
