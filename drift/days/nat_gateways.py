"""NAT gateways: hours that are billed used or not, and every GB that passes."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day
from drift.profiles import statement, unprofiled
from drift.statement import there_is

OCCASION = there_is("nat_gateways")

_FILL = statement(
    """
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, ingest_gb)
SELECT :account, 'nat_gateway', g.nat_gateway_id, coalesce(p.profile, 'steady'),
       CASE WHEN p.profile = 'idle' THEN 0 WHEN g.avg_gb_processed_7d > 0 THEN g.avg_gb_processed_7d::float8
            ELSE 2 + 60 * driftcloud_noise(:world, g.nat_gateway_id, '/gb') ^ 2 END
  FROM nat_gateways g
  LEFT JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = 'nat_gateway'
       AND p.resource_id = g.nat_gateway_id
 WHERE g.account_id = :account AND p.ingest_gb IS NULL
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE SET
    ingest_gb = coalesce(old.ingest_gb, excluded.ingest_gb)""",
    occasion=unprofiled("nat_gateway", "nat_gateways", "nat_gateway_id", "ingest_gb"),
)

_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'gb_processed', driftcloud_hundredths(d.gb),
       'processing_cost', round((d.gb * d.processed)::numeric, 4),
       'connections_max', round(d.gb * 40)::bigint, 'type', d.type, 'env', d.env,
       'region', d.region),
       least(24 * d.hourly_cost * d.w + d.gb * d.processed, 99999999)
  FROM (SELECT r.*, q.processed::float8 AS processed, {walk} AS w,
               p.ingest_gb * {busy} * (0.8 + 0.4 * driftcloud_noise(:seed, r.id, '/gb')) AS gb
          FROM (SELECT g.nat_gateway_id AS id, g.region, g.connectivity_type AS type,
                       coalesce(g.tags ->> 'env', g.tags ->> 'Environment', 'prod') AS env,
                       g.hourly_cost::float8 AS hourly_cost
                  FROM nat_gateways g WHERE g.account_id = :account AND g.state = 'available') r
               {rates} {yesterday} {profile} OFFSET 0) d
{once}""",
    kind="nat_gateway",
    rates=rates.of("r.region", "processed"),
)

_LIVE = statement("""
UPDATE nat_gateways g SET avg_gb_processed_7d = k.first
  FROM driftcloud_week(:account, 'nat_gateway', :since, :date, 'gb_processed', 'gb_processed') k
 WHERE g.nat_gateway_id = k.resource_id AND g.account_id = :account""")


async def write(day: Day) -> None:
    """A day of every NAT gateway."""
    await day.apply("resource_profiles", _FILL)
    await day.apply("metrics_daily", _WRITE)


async def live(day: Day) -> None:
    """What the rows of `day.since` up to this day leave in the table itself."""
    await day.apply("nat_gateways", _LIVE)
