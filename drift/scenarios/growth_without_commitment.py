"""A product grows for months on machines that are paid by the hour, and nobody commits to any of them."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.launches import Launch, launch
from drift.picking import branch, region
from drift.symptoms import known_days
from models import discounts

ODDS = 0.01
PATTERN = "commit_gap"
RESOURCE_TYPE = "account"
REMEDIES = ("savingsplans:CreateSavingsPlan", "ec2:PurchaseReservedInstancesOffering")
REVEALED_BY = (
    "ce:GetSavingsPlansCoverage",
    "ce:GetSavingsPlansPurchaseRecommendation",
    "ce:GetReservationPurchaseRecommendation",
)
TRAPS = (
    "What is oversized is made smaller first: a commitment to it cannot be undone.",
    "The lowest hour counts, not the mean: what is above it comes and goes.",
    "Spend that a freeze or a migration ends is not steady.",
)

# Of the last thirty days, as far as they are known, the one that left least uncovered: a compute savings plan of a year takes
# its share off that. Below a quarter of what could be covered it is no gap but a reserve.
SYMPTOM = f"""
SELECT a.account_number, min(d.bare) / 24 * 730 * {discounts.discount("savings-compute")} AS saving
  FROM cloud_accounts a
 CROSS JOIN LATERAL (
       SELECT l.date, coalesce(sum(l.on_demand_cost) FILTER (WHERE l.record_type = 'Usage'), 0) AS bare,
              sum(l.on_demand_cost) AS whole
         FROM cost_daily_untagged l
        WHERE l.account_id = a.id AND l.date > $2::timestamptz::date - {known_days(30)} AND l.date <= $2::timestamptz::date
          AND driftcloud_eligible(l.service, l.usage_type, l.usage_unit) IN ('ec2', 'fargate', 'lambda')
          AND l.record_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
        GROUP BY l.date) d
 WHERE a.id = $1
 GROUP BY a.account_number
HAVING count(*) >= 5 AND min(d.bare) > 24 AND min(d.bare) > 0.25 * min(d.whole)"""

REACHES = """
SELECT 'commitment', id::text FROM commitments WHERE account_id = $1 AND $2::text IS NOT NULL
UNION ALL SELECT 'instance', instance_id FROM instances WHERE account_id = $1"""


async def happen(day: Day) -> Happening | None:
    """Four more production machines, at work around the clock."""
    name, developer = branch(day, "growth_without_commitment")
    tags = {"Name": f"web-{name}", "env": "prod", "owner": developer, "team": "growth"}
    place = await region(day, "growth_without_commitment")
    wanted = Launch("c6i.4xlarge", "prod", place, tags, profile="steady", root_gib=50)
    machines = await launch(day, "growth_without_commitment", 4, wanted)
    await day.record("account", day.account_number, "on_demand", None, wanted.instance_type)
    return Happening(
        f"{len(machines)} machines more run on demand",
        (("account", day.account_number), *(("instance", one) for one in machines)),
    )
