"""Instances: what running ones cost and do, their 7-day means and live utilisation."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import fill, statement
from drift.rates import literals
from models import burstable
from models.instance_credits import CREDITS

# vCPUs that a burstable machine may use all day for nothing, and what more of them cost an hour.
_EARNED = f"({literals(burstable.credits_an_hour())} ->> i.instance_type)::float8 / 60"
_OF_FAMILIES = {family: str(burstable.vcpu_hour(family)) for family in burstable.FAMILIES}
_CREDIT_PRICE = (
    f"CASE WHEN i.platform_details LIKE '{burstable.DEARER}%'"
    f" THEN {burstable.vcpu_hour('', burstable.DEARER)} ELSE"
    f" ({literals(_OF_FAMILIES)} ->> split_part(i.instance_type, '.', 1))::numeric END"
)

_RUNNING = f"""SELECT i.instance_id AS id, i.env, i.region, i.instance_type AS type,
    i.hourly_cost::float8 AS hourly_cost, coalesce(i.has_gpu, false) AS has_gpu, 1 AS units,
    i.avg_cpu_7d::float8 AS cpu_7d, 0::float8 AS memory_7d, 0::float8 AS connections_7d,
    CASE WHEN {CREDITS} = 'unlimited' THEN {_EARNED} END AS earned, {_CREDIT_PRICE} AS vcpu_hour
    FROM instances i WHERE i.account_id = :account AND i.state = 'running'"""

_FILL = fill("instance", _RUNNING)

_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'cpu_avg', driftcloud_hundredths(d.cpu),
       'cpu_max', driftcloud_hundredths({cpu_max}), 'memory_avg', driftcloud_hundredths(d.used),
       'network_in', driftcloud_hundredths(d.network * 0.55),
       'network_out', driftcloud_hundredths(d.network * 0.45),
       'disk_read', driftcloud_hundredths(d.network * 0.2 + d.cpu),
       'disk_write', driftcloud_hundredths(d.network * 0.3 + d.cpu * 2),
       'type', d.type, 'env', d.env, 'region', d.region)
       || CASE WHEN d.surplus > 0 THEN jsonb_build_object('surplus_vcpu_hours', d.surplus,
              'credit_cost', round(d.surplus * d.vcpu_hour, 4)) ELSE '{}' END
       || CASE WHEN d.has_gpu THEN jsonb_build_object('gpu_avg', driftcloud_hundredths(
              CASE d.profile WHEN 'gpu_busy' THEN 55 + 35 * d.peak ELSE 3 * d.peak END))
          ELSE '{}' END,
       least(d.hourly_cost * 24 * d.w * d.weekend
             + CASE WHEN d.surplus > 0 THEN round(d.surplus * d.vcpu_hour, 4) ELSE 0 END, 99999999)
  FROM (SELECT i.*, CASE WHEN i.earned IS NOT NULL THEN round((24
                   * greatest(0, i.cpu / 100 * i.cores - i.earned))::numeric, 4) ELSE 0 END AS surplus
  FROM (SELECT r.id, r.env, r.region, r.type, r.hourly_cost, r.has_gpu, p.profile,
               r.earned, r.vcpu_hour, coalesce(c.vcpus, 2) AS cores,
               {walk} AS w, {weekend} AS weekend, {cpu} AS cpu, {used_memory} AS used,
               p.network_mb * {rhythm}
                   * (0.85 + 0.3 * driftcloud_noise(:seed, r.id, '/network')) AS network,
               driftcloud_noise(:seed, r.id, '/peak') AS peak
          FROM ({source}) r {yesterday} {profile} {capacity} OFFSET 0) i OFFSET 0) d
{once}""",
    kind="instance",
    source=_RUNNING,
)

# The last hour of the day stands for "now": near the day's mean, and never above its peak.
_LIVE = statement("""
UPDATE instances i SET
       avg_cpu_7d = k.first, avg_network_7d = k.second,
       current_cpu = coalesce((m.metric_payload -> 'cpu_avg')::numeric, i.current_cpu),
       current_memory = coalesce((m.metric_payload -> 'memory_avg')::numeric, i.current_memory),
       last_active_at = CASE WHEN (m.metric_payload -> 'cpu_max')::numeric >= 5
           THEN :end ELSE i.last_active_at END
  FROM driftcloud_week(:account, 'instance', :since, :date, 'cpu_avg', 'network_in', 'network_out') k
  LEFT JOIN metrics_daily m ON m.account_id = :account AND m.resource_type = 'instance'
       AND m.resource_id = k.resource_id AND m.date = :date
 WHERE i.instance_id = k.resource_id AND i.account_id = :account""")

# After days that were written one by one and brought up to date together.
_ACTIVE = statement("""
UPDATE instances i SET last_active_at = (a.newest + 1)::timestamp AT TIME ZONE 'UTC'
  FROM (SELECT m.resource_id, max(m.date) AS newest FROM metrics_daily m
         WHERE m.account_id = :account AND m.resource_type = 'instance'
           AND m.date >= :since AND m.date < :date AND (m.metric_payload -> 'cpu_max')::numeric >= 5
         GROUP BY 1) a
 WHERE i.instance_id = a.resource_id AND i.account_id = :account
   AND (i.last_active_at IS NULL OR i.last_active_at < a.newest)""")

_STILL = statement("""
UPDATE instances SET current_cpu = 0, current_memory = 0
 WHERE account_id = :account AND state <> 'running' AND (current_cpu <> 0 OR current_memory <> 0)""")


async def write(day: Day) -> None:
    """A day of every running instance; a stopped one costs nothing itself and gets no row."""
    await day.apply("resource_profiles", _FILL)
    await day.apply("metrics_daily", _WRITE)


async def live(day: Day) -> None:
    """What the rows of `day.since` up to this day leave in the table itself."""
    if day.since < day.date:
        await day.apply("instances", _ACTIVE)
    await day.apply("instances", _LIVE)
    await day.apply("instances", _STILL)
