"""A service is retired, and its load balancer goes on waiting for requests."""

# ruff: noqa: E501 - the lines of SQL read better whole

from datetime import datetime

from drift.day import Day, Happening
from drift.noise import hexadecimal
from drift.picking import branch, region, tag
from drift.worsening import again

ODDS = 0.04
PATTERN = "lb_idle"
RESOURCE_TYPE = "load_balancer"
REMEDIES = ("elbv2:DeleteLoadBalancer", "elb:DeleteLoadBalancer")
REVEALED_BY = (
    "elbv2:DescribeLoadBalancers",
    "elbv2:DescribeTargetHealth",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "The target of a failover record is asked only when the other fails: tags role and dns.",
    "A webhook that is called once a month has quiet weeks.",
    "A network load balancer counts flows, not requests.",
)

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


# Its listener still forwards to the target group, which nobody is in any more.
_GROUP = """
INSERT INTO target_groups (account_id, region, arn, name, load_balancer_id, protocol, protocol_version, port, vpc_id,
    health_check_protocol, health_check_port, health_check_path, matcher, created_at)
SELECT b.account_id, b.region, $2, b.name, b.id, 'HTTP', 'HTTP1', 8080, b.vpc_id, 'HTTP', 'traffic-port', '/health',
       '200', b.created_at
  FROM load_balancers b WHERE b.lb_arn = $1
ON CONFLICT DO NOTHING"""

_LISTENER = """
INSERT INTO listeners (account_id, load_balancer_id, region, arn, protocol, port, created_at)
SELECT b.account_id, b.id, b.region, $2, 'HTTP', 80, b.created_at FROM load_balancers b WHERE b.lb_arn = $1"""

_RULE = """
INSERT INTO listener_rules (account_id, listener_id, region, arn, actions, target_group_arns, created_at)
SELECT l.account_id, l.id, l.region, $2, jsonb_build_array(jsonb_build_object('Type', 'forward', 'TargetGroupArn', $3::text,
           'ForwardConfig', jsonb_build_object('TargetGroups', jsonb_build_array(jsonb_build_object(
               'TargetGroupArn', $3::text, 'Weight', 1)), 'TargetGroupStickinessConfig', '{"Enabled": false}'::jsonb))),
       ARRAY[$3::text], l.created_at
  FROM listeners l WHERE l.arn = $1
   AND EXISTS (SELECT FROM target_groups g WHERE g.arn = $3)"""


async def happen(day: Day) -> Happening | None:
    """An application load balancer without targets and without requests."""
    place = await region(day, "idle_load_balancer")
    branch_name, developer = branch(day, "idle_load_balancer")
    name = f"alb-{branch_name}"[:32]
    arn = (f"arn:aws:elasticloadbalancing:{place}:{day.account_number}:loadbalancer/app/{name}/"
           f"{hexadecimal(day.seed, 'alb', 16)}")  # fmt: skip
    await stand(day, place, name, arn, day.moment("idle_load_balancer"))
    await day.profile("load_balancer", arn, "idle", requests=0.0)
    await tag(day, "load_balancer", arn, {"env": "dev", "created_by": developer})
    await day.record("load_balancer", arn, "lifecycle", None, "created")
    return Happening(f"{name} has no targets left", (("load_balancer", arn),))


async def stand(day: Day, place: str, name: str, arn: str, moment: datetime) -> None:
    """An application load balancer in dev, with a listener and a target group."""
    from models.costs import load_balancer_hourly

    await day.write(
        "load_balancers", _BALANCER, day.account_id, arn, name, place,
        load_balancer_hourly("application", place), moment,
        f"{name}-{int(day.noise(arn, '/dns') * 9e9) + 10**9}.{place}.elb.amazonaws.com",
    )  # fmt: skip
    group = (f"arn:aws:elasticloadbalancing:{place}:{day.account_number}:targetgroup/{name}/"
             f"{hexadecimal(day.seed, f'{arn}/group', 16)}")  # fmt: skip
    listener = arn.replace(":loadbalancer/", ":listener/")
    listener += f"/{hexadecimal(day.seed, f'{arn}/listener', 16)}"
    rule = listener.replace(":listener/", ":listener-rule/")
    rule += f"/{hexadecimal(day.seed, f'{arn}/rule', 16)}"
    if await day.write("target_groups", _GROUP, arn, group):
        await day.write("listeners", _LISTENER, arn, listener)
        await day.write("listener_rules", _RULE, listener, rule, group)


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another service is retired."""
    return await again(day, PATTERN, resource_id, happen)
