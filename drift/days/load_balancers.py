"""Load balancers: hours that cost the same with and without requests."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day
from drift.profiles import statement, unprofiled
from drift.statement import there_is

OCCASION = there_is("load_balancers")

_FILL = statement(
    """
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, requests)
SELECT :account, 'load_balancer', l.lb_arn, coalesce(p.profile, 'steady'),
       CASE WHEN p.profile = 'idle' THEN 0
            WHEN l.avg_request_count_7d > 0 THEN l.avg_request_count_7d::float8
            WHEN l.env = 'prod'
            THEN 20000 + 2000000 * driftcloud_noise(:world, l.lb_arn, '/requests') ^ 2
            ELSE 500 + 30000 * driftcloud_noise(:world, l.lb_arn, '/requests') ^ 2 END
  FROM load_balancers l
  LEFT JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = 'load_balancer'
       AND p.resource_id = l.lb_arn
 WHERE l.account_id = :account AND p.requests IS NULL
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE SET
    requests = coalesce(old.requests, excluded.requests)""",
    occasion=unprofiled("load_balancer", "load_balancers", "lb_arn", "requests"),
)

# How the target groups of each load balancer are, by what CloudWatch calls them.
_GROUPS = """SELECT g.load_balancer_id AS key, count(*) AS count, jsonb_object_agg(split_part(g.arn, ':', 6),
       jsonb_build_object('healthy', coalesce(s.healthy, 0), 'unhealthy', coalesce(s.unhealthy, 0))) AS groups
  FROM target_groups g
  LEFT JOIN (SELECT s.target_group_id, count(*) FILTER (WHERE s.state = 'healthy') AS healthy,
                    count(*) FILTER (WHERE s.state = 'unhealthy') AS unhealthy
               FROM driftcloud_target_states() s WHERE s.account_id = :account GROUP BY 1) s
         ON s.target_group_id = g.id
 WHERE g.account_id = :account AND g.load_balancer_id IS NOT NULL GROUP BY 1"""

# One capacity unit stands for 25 new connections a second.
_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'request_count', round(d.requests)::bigint,
       'lcu', driftcloud_hundredths(d.lcu), 'target_response_ms', driftcloud_hundredths(
           20 + 180 * driftcloud_noise(:seed, d.id, '/response')),
       'type', d.type, 'env', d.env, 'region', d.region, 'healthy', d.healthy, 'unhealthy', d.unhealthy)
       || CASE WHEN t.groups IS NULL THEN '{}' ELSE jsonb_build_object('groups', (
              SELECT jsonb_object_agg(g.key, g.value || jsonb_build_object(
                         'request_count', round(d.requests / t.count)::bigint)) FROM jsonb_each(t.groups) g)) END,
       least(24 * (d.hourly_cost * d.w * d.weekend + CASE WHEN :exact THEN d.lcu * d.unit ELSE 0 END),
             99999999)
  FROM (SELECT q.*, q.requests / 86400 / 25 AS lcu
          FROM (SELECT r.*, {walk} AS w, {weekend} AS weekend,
                       CASE r.type WHEN 'network' THEN q.network_lcu WHEN 'gateway' THEN q.gateway_lcu
                           ELSE q.application_lcu END::float8 AS unit,
                       p.requests * {busy}
                           * (0.85 + 0.3 * driftcloud_noise(:seed, r.id, '/requests')) AS requests
                  FROM (SELECT l.lb_arn AS id, l.region, l.env, l.type, l.id AS key, l.healthy_count AS healthy,
                               greatest(0, l.target_count - l.healthy_count) AS unhealthy,
                               l.hourly_cost::float8 AS hourly_cost
                          FROM load_balancers l WHERE l.account_id = :account) r
                       {rates} {yesterday} {profile} OFFSET 0) q) d
  LEFT JOIN ({groups}) t ON t.key = d.key
{once}""",
    kind="load_balancer",
    groups=_GROUPS,
    rates=rates.of("r.region", "application_lcu", "network_lcu", "gateway_lcu"),
)

_LIVE = statement("""
UPDATE load_balancers l SET avg_request_count_7d = k.first
  FROM driftcloud_week(:account, 'load_balancer', :since, :date, 'request_count', 'request_count') k
 WHERE l.lb_arn = k.resource_id AND l.account_id = :account""")


async def write(day: Day) -> None:
    """A day of every load balancer."""
    await day.apply("resource_profiles", _FILL)
    await day.apply("metrics_daily", _WRITE)


async def live(day: Day) -> None:
    """What the rows of `day.since` up to this day leave in the table itself."""
    await day.apply("load_balancers", _LIVE)
