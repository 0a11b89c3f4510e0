"""Managed services (search domains, warehouses, notebooks): node hours and their use."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import fill, statement, unprofiled
from drift.statement import there_is

OCCASION = there_is("managed_services")

_MACHINES = """SELECT v.arn AS id, v.env, v.region, v.instance_type AS type, v.service_type,
    v.hourly_cost::float8 AS hourly_cost, greatest(v.node_count, 1) AS units,
    v.instance_type ~ '^(ml\\.)?(p[0-9]|g[0-9])' AS has_gpu,
    v.avg_cpu_7d::float8 AS cpu_7d, v.avg_memory_7d::float8 AS memory_7d, 0::float8 AS connections_7d,
    lower(v.status) = 'stopped' AS off
    FROM managed_services v WHERE v.account_id = :account AND """

_RUNNING = (
    _MACHINES
    + "lower(v.status) NOT IN ('stopped', 'stopping', 'deleting', 'deleted', 'failed', 'paused')"
)
# A stopped notebook does nothing, and its volume is on the bill.
_BILLED = (
    _RUNNING
    + f""" UNION ALL {_MACHINES} lower(v.status) = 'stopped'
     AND v.service_type IN ('sagemaker-notebook', 'sagemaker_notebook')"""
)

_UNKNOWN = unprofiled("managed_service", "managed_services", "arn", "load", "memory_gib")
_FILL = fill("managed_service", _RUNNING, occasion=_UNKNOWN)

_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'nodes', CASE WHEN d.off THEN 0 ELSE d.units END,
       'service', d.service_type, 'type', d.type, 'env', d.env, 'region', d.region)
       || CASE WHEN d.off THEN '{}' ELSE jsonb_build_object(
              'cpu_avg', driftcloud_hundredths(d.cpu), 'cpu_max', driftcloud_hundredths({cpu_max}),
              'memory_avg', driftcloud_hundredths(d.used)) END
       || CASE WHEN d.has_gpu AND NOT d.off THEN jsonb_build_object('gpu_avg', driftcloud_hundredths(
              CASE d.profile WHEN 'gpu_busy' THEN 55 + 35 * d.peak ELSE 3 * d.peak END))
          ELSE '{}' END,
       least(d.hourly_cost * 24 * d.w * CASE WHEN d.off THEN 1 ELSE d.weekend END, 99999999)
  FROM (SELECT r.*, p.profile, {walk} AS w, {weekend} AS weekend, {cpu} AS cpu,
               {used_memory} AS used, driftcloud_noise(:seed, r.id, '/peak') AS peak
          FROM ({source}) r {yesterday} {profile} {capacity} OFFSET 0) d
{once}""",
    kind="managed_service",
    source=_BILLED,
)

_LIVE = statement("""
UPDATE managed_services v SET avg_cpu_7d = k.first, avg_memory_7d = k.second
  FROM driftcloud_week(:account, 'managed_service', :since, :date, 'cpu_avg', 'memory_avg') k
 WHERE v.arn = k.resource_id AND v.account_id = :account""")


async def write(day: Day) -> None:
    """A day of every managed service; `hourly_cost` is that of all its nodes."""
    await day.apply("resource_profiles", _FILL)
    await day.apply("metrics_daily", _WRITE)


async def live(day: Day) -> None:
    """What the rows of `day.since` up to this day leave in the table itself."""
    await day.apply("managed_services", _LIVE)
