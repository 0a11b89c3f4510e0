"""VPC endpoints: interface endpoints are billed by the hour and zone, gateways are free."""

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is

OCCASION = there_is("vpc_endpoints")

_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'type', d.type, 'env', d.env, 'region', d.region),
       least(24 * d.hourly_cost * d.w, 99999999)
  FROM (SELECT r.*, {walk} AS w
          FROM (SELECT e.vpc_endpoint_id AS id, e.region, e.vpc_endpoint_type AS type,
                       coalesce(e.tags ->> 'env', e.tags ->> 'Environment', 'prod') AS env,
                       e.hourly_cost::float8 AS hourly_cost
                  FROM vpc_endpoints e
                 WHERE e.account_id = :account AND lower(e.state) = 'available'
                   AND e.hourly_cost > 0) r
               {yesterday} OFFSET 0) d
{once}""",
    kind="vpc_endpoint",
)


async def write(day: Day) -> None:
    """A day of every billed endpoint."""
    await day.apply("metrics_daily", _WRITE)
