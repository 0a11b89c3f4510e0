"""Elastic IPs: free (or not) while a running instance uses them, never free when idle."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is

OCCASION = there_is("elastic_ips")

# An address on a stopped instance is idle to AWS's bill, whatever its row says.
_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'type', CASE WHEN d.idle THEN 'idle' ELSE 'in-use' END,
       'env', d.env, 'region', d.region),
       least(24 * d.w * CASE WHEN d.idle OR :public_ipv_four THEN greatest(d.hourly_cost, d.address)
             ELSE d.hourly_cost END, 99999999)
  FROM (SELECT r.*, q.address::float8 AS address, {walk} AS w
          FROM (SELECT e.allocation_id AS id, e.region, e.hourly_cost::float8 AS hourly_cost,
                       e.state = 'unassociated'
                           OR (e.associated_instance_id IS NOT NULL
                               AND i.state IS DISTINCT FROM 'running') AS idle,
                       coalesce(i.env, e.tags ->> 'env', e.tags ->> 'Environment', 'dev') AS env
                  FROM elastic_ips e
                  LEFT JOIN instances i ON i.instance_id = e.associated_instance_id
                       AND i.account_id = :account
                 WHERE e.account_id = :account) r
               {rates} {yesterday} OFFSET 0) d
{once}""",
    kind="elastic_ip",
    rates=rates.of("r.region", "address"),
)


async def write(day: Day) -> None:
    """A day of every address."""
    await day.apply("metrics_daily", _WRITE)
