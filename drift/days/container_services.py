"""Container services: how much of what they ask for they use, and what Fargate costs."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day
from drift.profiles import SHAPED, SHAPES, statement
from drift.statement import there_is

OCCASION = there_is("container_clusters")

# requested_cpu and requested_memory_mb are those of all replicas together.
_FILL = statement(
    """
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, load, memory_gib)
SELECT :account, 'container_service', r.id, r.chosen,
       r.cpus / 100 * CASE WHEN r.cpu_7d > 0 AND r.given IS NULL THEN r.cpu_7d
           ELSE s.cpu_low + (s.cpu_high - s.cpu_low) * driftcloud_noise(:world, r.id, '/load') END,
       r.gib / 100 * CASE WHEN r.memory_7d > 0 AND r.given IS NULL THEN r.memory_7d
           ELSE s.memory_low
                + (s.memory_high - s.memory_low) * driftcloud_noise(:world, r.id, '/memory') END
  FROM (SELECT v.arn AS id, greatest(v.requested_cpu, 0.25)::float8 AS cpus,
               greatest(v.requested_memory_mb, 256) / 1024::float8 AS gib, p.profile AS given,
               v.avg_cpu_7d::float8 AS cpu_7d, v.avg_memory_7d::float8 AS memory_7d,
               coalesce(p.profile, CASE WHEN v.avg_cpu_7d >= 20 THEN 'steady'
                   WHEN v.avg_cpu_7d > 0 OR driftcloud_noise(:world, v.arn, '/profile') < 0.4
                   THEN 'oversized' ELSE 'steady' END) AS chosen
          FROM container_services v JOIN container_clusters k ON k.id = v.cluster_id
          LEFT JOIN resource_profiles p ON p.account_id = :account
               AND p.resource_type = 'container_service' AND p.resource_id = v.arn
         WHERE k.account_id = :account AND p.load IS NULL) r
  JOIN {shapes} ON s.profile = CASE WHEN r.chosen IN {shaped} THEN r.chosen ELSE 'light' END
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE SET
    load = coalesce(old.load, excluded.load),
    memory_gib = coalesce(old.memory_gib, excluded.memory_gib)""",
    shapes=SHAPES,
    shaped=SHAPED,
    occasion="""EXISTS (SELECT FROM container_services v JOIN container_clusters k ON k.id = v.cluster_id
  LEFT JOIN resource_profiles p ON p.account_id = :account
       AND p.resource_type = 'container_service' AND p.resource_id = v.arn
 WHERE k.account_id = :account AND p.load IS NULL)""",
)

_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'cpu_avg', driftcloud_hundredths(d.cpu),
       'cpu_max', driftcloud_hundredths({cpu_max}), 'memory_avg', driftcloud_hundredths(d.used),
       'replicas', d.replica_count, 'cluster', d.cluster, 'type', d.type,
       'env', d.env, 'region', d.region),
       least(CASE d.type WHEN 'FARGATE' THEN 24 * d.w * d.weekend
             * d.share * (d.cpus * d.vcpu + d.gib * d.memory) ELSE 0 END, 99999999)
  FROM (SELECT r.*, p.profile,
               CASE r.architecture WHEN 'arm64' THEN q.vcpu_arm ELSE q.vcpu END::float8 AS vcpu,
               CASE r.architecture WHEN 'arm64' THEN q.memory_arm ELSE q.memory END::float8 AS memory,
               {usage_walk} AS w, {weekend} AS weekend,
               driftcloud_noise(:seed, r.id, '/peak') AS peak,
               least(97, 100 * p.load / r.cpus * {rhythm}
                   * (0.85 + 0.3 * driftcloud_noise(:seed, r.id, '/cpu'))) AS cpu,
               least(97, 100 * p.memory_gib / r.gib
                   * (0.95 + 0.1 * driftcloud_noise(:seed, r.id, '/memory'))) AS used
          FROM (SELECT v.arn AS id, v.env, v.region, v.launch_type AS type, v.replica_count, v.architecture, v.price_share::float8 AS share,
                       k.arn AS cluster, greatest(v.requested_cpu, 0.25)::float8 AS cpus,
                       greatest(v.requested_memory_mb, 256) / 1024::float8 AS gib
                  FROM container_services v JOIN container_clusters k ON k.id = v.cluster_id
                 WHERE k.account_id = :account AND v.status = 'ACTIVE'
                   AND v.replica_count > 0) r
               {rates} {yesterday} {profile} OFFSET 0) d
{once}""",
    kind="container_service",
    rates=rates.of("r.region", "vcpu", "memory", "vcpu_arm", "memory_arm"),
)

_LIVE = statement("""
UPDATE container_services v SET avg_cpu_7d = k.first, avg_memory_7d = k.second
  FROM driftcloud_week(:account, 'container_service', :since, :date, 'cpu_avg', 'memory_avg') k
 WHERE v.arn = k.resource_id""")


async def write(day: Day) -> None:
    """A day of every service; on EC2 nodes it costs nothing of its own."""
    await day.apply("resource_profiles", _FILL)
    await day.apply("metrics_daily", _WRITE)


async def live(day: Day) -> None:
    """What the rows of `day.since` up to this day leave in the table itself."""
    await day.apply("container_services", _LIVE)
