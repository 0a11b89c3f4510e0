"""Volumes: storage is billed whether anybody reads it or not; I/O follows the instance."""

from drift.day import Day
from drift.profiles import statement

_FILL = statement("""
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, iops)
SELECT :account, 'volume', v.volume_id, coalesce(p.profile, i.profile, 'steady'),
       CASE WHEN coalesce(p.profile, i.profile) = 'idle' AND p.profile IS NOT NULL THEN 0
            ELSE 2 + 240 * driftcloud_noise(:world, v.volume_id, '/iops') ^ 2 END
  FROM volumes v
  LEFT JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = 'volume'
       AND p.resource_id = v.volume_id
  LEFT JOIN resource_profiles i ON i.account_id = :account AND i.resource_type = 'instance'
       AND i.resource_id = v.attached_instance_id
 WHERE v.account_id = :account AND v.state IN ('creating', 'available', 'in-use') AND p.iops IS NULL
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE SET
    iops = coalesce(old.iops, excluded.iops)""")

_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'iops_avg', driftcloud_hundredths(d.iops),
       'iops_max', driftcloud_hundredths(d.iops * (1.5 + 2 * d.peak)),
       'throughput', driftcloud_hundredths(d.iops * 16 / 1024), 'size_gib', d.size_gib,
       'type', d.type, 'env', d.env, 'region', d.region),
       least(d.monthly_cost / 30 * d.w, 99999999)
  FROM (SELECT r.*, {walk} AS w, driftcloud_noise(:seed, r.id, '/peak') AS peak,
               CASE WHEN r.attached THEN p.iops * {busy}
                   * (0.8 + 0.4 * driftcloud_noise(:seed, r.id, '/iops')) ELSE 0 END AS iops
          FROM (SELECT v.volume_id AS id, v.region, v.volume_type AS type, v.size_gib,
                       v.monthly_cost::float8 AS monthly_cost, i.state = 'running' AS attached,
                       coalesce(i.env, v.tags ->> 'env', v.tags ->> 'Environment', 'dev') AS env
                  FROM volumes v
                  LEFT JOIN instances i ON i.instance_id = v.attached_instance_id
                       AND i.account_id = :account
                 WHERE v.account_id = :account
                   AND v.state IN ('creating', 'available', 'in-use')) r
               {yesterday} {profile} OFFSET 0) d
{once}""",
    kind="volume",
)

_LIVE = statement("""
UPDATE volumes v SET last_used_at = (u.newest + 1)::timestamp AT TIME ZONE 'UTC'
  FROM (SELECT m.resource_id, max(m.date) AS newest FROM metrics_daily m
         WHERE m.account_id = :account AND m.resource_type = 'volume'
           AND m.date BETWEEN :since AND :date AND (m.metric_payload -> 'iops_avg')::numeric > 0
         GROUP BY 1) u
 WHERE v.account_id = :account AND v.state = 'in-use' AND v.volume_id = u.resource_id""")


async def write(day: Day) -> None:
    """A day of every volume; one of a stopped instance costs as ever and does nothing."""
    await day.apply("resource_profiles", _FILL)
    await day.apply("metrics_daily", _WRITE)


async def live(day: Day) -> None:
    """What the rows of `day.since` up to this day leave in the table itself."""
    await day.apply("volumes", _LIVE)
