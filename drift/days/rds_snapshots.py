"""Snapshots of databases: storage, billed for as long as nobody deletes them."""

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is

OCCASION = there_is("rds_snapshots")

_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'size_gib', d.allocated_storage_gib,
       'type', d.storage_type, 'engine', d.engine, 'env', d.env, 'region', d.region),
       least(d.monthly_cost / 30 * d.w, 99999999)
  FROM (SELECT r.*, {walk} AS w
          FROM (SELECT s.arn AS id, s.region, s.allocated_storage_gib, s.storage_type, s.engine,
                       s.env, s.monthly_cost::float8 AS monthly_cost
                  FROM rds_snapshots s
                 WHERE s.account_id = :account AND s.created_at < :end) r
               {yesterday} OFFSET 0) d
{once}""",
    kind="rds_snapshot",
)


async def write(day: Day) -> None:
    """A day of every manual snapshot; automated ones are free up to the size of their database."""
    await day.apply("metrics_daily", _WRITE)
