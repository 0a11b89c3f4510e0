"""A team gives each of its little services a load balancer of its own, where rules of one would do."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.noise import hexadecimal
from drift.picking import branch, region, tag
from drift.scenarios.idle_load_balancer import stand
from drift.worsening import again

ODDS = 0.02
PATTERN = "lb_consolidate"
RESOURCE_TYPE = "load_balancer"
REMEDIES = ("elbv2:CreateRule", "elbv2:DeleteLoadBalancer")
REVEALED_BY = (
    "elbv2:DescribeLoadBalancers",
    "elbv2:DescribeTags",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "A balancer with a certificate or a firewall of its own is apart on purpose.",
    "What handles payments is kept apart so that a neighbour's failure does not reach it.",
    "One balancer of each environment and network has to stay.",
)

# The oldest of each environment and network takes the others in.
SYMPTOM = """
SELECT b.lb_arn, b.hourly_cost * 730 AS saving
  FROM (SELECT l.*, count(*) OVER same AS together, row_number() OVER (same ORDER BY l.created_at, l.lb_arn) AS place
          FROM load_balancers l
         WHERE l.account_id = $1 AND l.type = 'application' AND l.avg_request_count_7d BETWEEN 1 AND 5000
           AND l.created_at <= $2::timestamptz - interval '7 days'
        WINDOW same AS (PARTITION BY l.env, l.region, l.vpc_id)) b
 WHERE b.together >= 3 AND b.place > 1"""


async def happen(day: Day) -> Happening | None:
    """Three of them, each with a few hundred requests a day."""
    place = await region(day, "balancer_per_service")
    name, developer = branch(day, "balancer_per_service")
    made = []
    for number, part in enumerate(("api", "auth", "web")):
        called = f"{part}-{name}"[:32]
        code = hexadecimal(day.seed, f"consolidate/{number}", 16)
        arn = (f"arn:aws:elasticloadbalancing:{place}:{day.account_number}:loadbalancer/app/"
               f"{called}/{code}")  # fmt: skip
        await stand(day, place, called, arn, day.moment(called))
        requests = 200 + 1500 * day.noise(arn, "/requests")
        await day.profile("load_balancer", arn, "steady", requests=requests)
        await tag(day, "load_balancer", arn, {"env": "dev", "created_by": developer})
        await day.record("load_balancer", arn, "lifecycle", None, "created")
        made.append((day.moment(called), arn))
    # the oldest stays, and is no waste: the others are told first
    oldest = min(made)[1]
    arns = [arn for _, arn in made if arn != oldest] + [oldest]
    return Happening(
        f"{developer} has a load balancer for each of {len(made)} services",
        tuple(("load_balancer", arn) for arn in arns[:2]),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next three services get theirs."""
    return await again(day, PATTERN, resource_id, happen)
