"""Container nodes and the clusters' control planes: node hours, and how packed they are."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import fill, statement
from drift.statement import there_is

OCCASION = there_is("container_clusters")

_RUNNING = """SELECT n.instance_id AS id, k.env, n.region, n.instance_type AS type,
    coalesce(n.has_gpu, false) AS has_gpu, 1 AS units, k.arn AS cluster,
    CASE WHEN i.instance_id IS NULL THEN n.hourly_cost::float8 ELSE 0 END AS hourly_cost,
    n.avg_cpu_7d::float8 AS cpu_7d, n.avg_memory_7d::float8 AS memory_7d, 0::float8 AS connections_7d
    FROM container_nodes n JOIN container_clusters k ON k.id = n.cluster_id
    LEFT JOIN instances i ON i.instance_id = n.instance_id AND i.account_id = :account
    WHERE k.account_id = :account AND n.state = 'running'"""

_FILL = fill("container_node", _RUNNING)

# A node that is in `instances` too is billed there, once; its row here tells how busy it is.
_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'cpu_avg', driftcloud_hundredths(d.cpu),
       'cpu_max', driftcloud_hundredths({cpu_max}), 'memory_avg', driftcloud_hundredths(d.used),
       'network_in', driftcloud_hundredths(d.network * 0.5),
       'network_out', driftcloud_hundredths(d.network * 0.5),
       'cluster', d.cluster, 'type', d.type, 'env', d.env, 'region', d.region)
       || CASE WHEN d.has_gpu THEN jsonb_build_object('gpu_avg', driftcloud_hundredths(
              CASE d.profile WHEN 'gpu_busy' THEN 55 + 35 * d.peak ELSE 3 * d.peak END))
          ELSE '{}' END,
       least(d.hourly_cost * 24 * d.w * d.weekend, 99999999)
  FROM (SELECT r.*, p.profile, {walk} AS w, {weekend} AS weekend, {cpu} AS cpu,
               {used_memory} AS used, driftcloud_noise(:seed, r.id, '/peak') AS peak,
               p.network_mb * {rhythm} AS network
          FROM ({source}) r {yesterday} {profile} {capacity} OFFSET 0) d
{once}""",
    kind="container_node",
    source=_RUNNING,
)

_LIVE = statement("""
UPDATE container_nodes n SET avg_cpu_7d = k.first, avg_memory_7d = k.second
  FROM driftcloud_week(:account, 'container_node', :since, :date, 'cpu_avg', 'memory_avg') k,
       container_clusters c
 WHERE n.instance_id = k.resource_id AND c.id = n.cluster_id AND c.account_id = :account""")


async def write(day: Day) -> None:
    """A day of every running node."""
    await day.apply("resource_profiles", _FILL)
    await day.apply("metrics_daily", _WRITE)


async def live(day: Day) -> None:
    """What the rows of `day.since` up to this day leave in the table itself."""
    await day.apply("container_nodes", _LIVE)
