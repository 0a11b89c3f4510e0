"""A service is retired, and its load balancer goes on waiting for requests."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.noise import hexadecimal
from drift.picking import branch, region, tag

ODDS = 0.04

SYMPTOM = """
SELECT lb_arn, hourly_cost * 730 AS saving FROM load_balancers
 WHERE account_id = $1 AND avg_request_count_7d < 1
   AND created_at <= $2::timestamptz - interval '7 days'"""

_BALANCER = """
INSERT INTO load_balancers (account_id, lb_arn, name, type, env, region, hourly_cost, created_at,
    dns_name, vpc_id, subnet_ids, availability_zones, security_group_ids)
SELECT $1, $2, $3, 'application', 'dev', $4, $5, $6, $7, v.vpc_id,
       coalesce(ARRAY(SELECT s.subnet_id FROM subnets s WHERE s.vpc_id = v.vpc_id ORDER BY s.subnet_id LIMIT 2), '{}'),
       coalesce(ARRAY(SELECT s.availability_zone FROM subnets s WHERE s.vpc_id = v.vpc_id ORDER BY s.subnet_id LIMIT 2), '{}'),
       coalesce(ARRAY(SELECT g.group_id FROM security_groups g WHERE g.vpc_id = v.vpc_id AND g.name = 'default'), '{}')
  FROM (SELECT) one LEFT JOIN vpcs v ON v.account_id = $1 AND v.region = $4 AND v.is_default"""


async def happen(day: Day) -> Happening | None:
    """An application load balancer without targets and without requests."""
    from models.costs import load_balancer_hourly

    place = await region(day, "idle_load_balancer")
    branch_name, developer = branch(day, "idle_load_balancer")
    name = f"alb-{branch_name}"[:32]
    arn = (f"arn:aws:elasticloadbalancing:{place}:{day.account_number}:loadbalancer/app/{name}/"
           f"{hexadecimal(day.seed, 'alb', 16)}")  # fmt: skip
    await day.write(
        "load_balancers", _BALANCER, day.account_id, arn, name, place,
        load_balancer_hourly("application", place), day.moment("idle_load_balancer"),
        f"{name}-{int(day.noise(arn, '/dns') * 9e9) + 10**9}.{place}.elb.amazonaws.com",
    )  # fmt: skip
    await day.profile("load_balancer", arn, "idle", requests=0.0)
    await tag(day, "load_balancer", arn, {"env": "dev", "created_by": developer})
    await day.record("load_balancer", arn, "lifecycle", None, "created")
    return Happening(f"{name} has no targets left", (("load_balancer", arn),))
