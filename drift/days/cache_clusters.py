"""Cache clusters: node hours, and how full and busy the nodes are."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import fill, statement, unprofiled
from drift.statement import there_is

AFTER = ("cache_transitions",)
OCCASION = there_is("cache_clusters")

_RUNNING = """SELECT e.cluster_id AS id, e.env, e.region, e.node_type AS type, e.engine,
    e.hourly_cost::float8 AS hourly_cost, greatest(e.num_nodes, 1) AS units, CASE WHEN e.cluster_mode OR e.engine = 'memcached'
    THEN greatest(e.num_nodes, 1) ELSE 1 END AS holding, false AS has_gpu,
    e.avg_cpu_7d::float8 AS cpu_7d, e.avg_memory_7d::float8 AS memory_7d, 0::float8 AS connections_7d
    FROM cache_clusters e WHERE e.account_id = :account AND e.status <> 'deleting'"""

# A replica holds what its primary does; over shards, and nodes of Memcached, the keys are spread.
_HOLDING = "r.holding"

_UNKNOWN = unprofiled("cache_cluster", "cache_clusters", "cluster_id", "load", "memory_gib")
_FILL = fill("cache_cluster", _RUNNING, occasion=_UNKNOWN, holding=_HOLDING)

_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'cpu_avg', driftcloud_hundredths(d.cpu),
       'cpu_max', driftcloud_hundredths({cpu_max}), 'memory_avg', driftcloud_hundredths(d.used),
       'connections', driftcloud_hundredths(d.connections),
       'network_in', driftcloud_hundredths(d.network * 0.3),
       'network_out', driftcloud_hundredths(d.network * 0.7),
       'nodes', d.units, 'engine', d.engine, 'type', d.type, 'env', d.env, 'region', d.region),
       least(d.hourly_cost * 24 * d.w * d.weekend, 99999999)
  FROM (SELECT r.*, p.profile, {walk} AS w, {weekend} AS weekend, {cpu} AS cpu,
               {used_memory} AS used, driftcloud_noise(:seed, r.id, '/peak') AS peak,
               p.connections * {busy} AS connections, p.network_mb * {rhythm} AS network
          FROM ({source}) r {yesterday} {profile} {capacity} OFFSET 0) d
{once}""",
    kind="cache_cluster",
    source=_RUNNING,
    holding=_HOLDING,
)

_LIVE = statement("""
UPDATE cache_clusters e SET avg_cpu_7d = k.first, avg_memory_7d = k.second
  FROM driftcloud_week(:account, 'cache_cluster', :since, :date, 'cpu_avg', 'memory_avg') k
 WHERE e.cluster_id = k.resource_id AND e.account_id = :account""")


async def write(day: Day) -> None:
    """A day of every cache cluster; `hourly_cost` is that of all its nodes."""
    await day.apply("resource_profiles", _FILL)
    await day.apply("metrics_daily", _WRITE)


async def live(day: Day) -> None:
    """What the rows of `day.since` up to this day leave in the table itself."""
    await day.apply("cache_clusters", _LIVE)
