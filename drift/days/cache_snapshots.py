"""Snapshots of caches: storage, billed for as long as nobody deletes them."""

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is

OCCASION = there_is("cache_snapshots")

_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'size_gib', driftcloud_hundredths(d.size_gib),
       'type', d.node_type, 'engine', d.engine, 'env', d.env, 'region', d.region),
       least(d.monthly_cost / 30 * d.w, 99999999)
  FROM (SELECT r.*, {walk} AS w
          FROM (SELECT s.arn AS id, s.region, s.size_mib / 1024.0::float8 AS size_gib, s.node_type,
                       s.engine, s.env, s.monthly_cost::float8 AS monthly_cost
                  FROM cache_snapshots s
                 WHERE s.account_id = :account AND s.created_at < :end) r
               {yesterday} OFFSET 0) d
{once}""",
    kind="cache_snapshot",
)


async def write(day: Day) -> None:
    """A day of every manual snapshot."""
    await day.apply("metrics_daily", _WRITE)
