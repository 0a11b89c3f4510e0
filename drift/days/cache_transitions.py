"""Caches and streams that were changing: settled, gone, or changed in their maintenance window."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is
from models.cache_windows import MAINTENANCE

# Foreign keys and triggers have their part in what changes here.
CONFIGURES = True

_CACHE = there_is("cache_clusters", "settles_at IS NOT NULL")
_STREAM = there_is("streaming_clusters", "settles_at IS NOT NULL")

_CACHES_GONE = statement(
    """
DELETE FROM cache_clusters WHERE account_id = :account AND status = 'deleting' AND settles_at < :end""",
    occasion=_CACHE,
)

_CACHES = statement(
    """
UPDATE cache_clusters SET status = 'available', settles_at = NULL
 WHERE account_id = :account AND settles_at < :end""",
    occasion=_CACHE,
)

# What waits for the maintenance window is done on its day: pending holds columns and their values.
_MAINTENANCE = statement("""
UPDATE cache_clusters c SET (engine, engine_version, node_type, num_nodes, hourly_cost)
     = (SELECT p.engine, p.engine_version, p.node_type, p.num_nodes, p.hourly_cost
          FROM jsonb_populate_record(c, c.pending) p), pending = '{{}}'
 WHERE c.account_id = :account AND c.pending <> '{{}}' AND c.status = 'available'
   AND left({window}, 3) = to_char(:date, 'dy')""".replace("{{}}", "{}"), occasion=there_is("cache_clusters", "pending <> '{}'"),
    window=MAINTENANCE.format("c"))  # fmt: skip

_STREAMS_GONE = statement(
    """
DELETE FROM streaming_clusters WHERE account_id = :account AND status = 'DELETING' AND settles_at < :end""",
    occasion=_STREAM,
)

_STREAMS = statement(
    """
UPDATE streaming_clusters SET status = 'ACTIVE', settles_at = NULL
 WHERE account_id = :account AND settles_at < :end""",
    occasion=_STREAM,
)

# A closed shard is forgotten with the last of its records.
_SHARDS = statement(
    """
DELETE FROM streaming_shards h USING streaming_clusters s
 WHERE h.account_id = :account AND s.id = h.stream_id
   AND h.closed_at < :end - s.retention_hours * interval '1 hour'""",
    occasion=there_is("streaming_shards", "closed_at IS NOT NULL"),
)


async def write(day: Day) -> None:
    """End what is under way, and do what was put off to this day."""
    await day.apply("cache_clusters", _CACHES_GONE)
    await day.apply("cache_clusters", _CACHES)
    await day.apply("cache_clusters", _MAINTENANCE)
    await day.apply("streaming_clusters", _STREAMS_GONE)
    await day.apply("streaming_clusters", _STREAMS)
    await day.apply("streaming_shards", _SHARDS)
