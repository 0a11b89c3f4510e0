"""A reservation comes over from a company that was bought, with three weeks left that nobody counts."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json
import uuid
from datetime import timedelta

from drift.day import Day, Happening

ODDS = 0.01
PATTERN = "commit_expiring"
RESOURCE_TYPE = "commitment"
REMEDIES = ("ec2:PurchaseReservedInstancesOffering", "savingsplans:CreateSavingsPlan")
REVEALED_BY = (
    "ec2:DescribeReservedInstances",
    "savingsplans:DescribeSavingsPlans",
    "ce:GetReservationUtilization",
)
TRAPS = (
    "Where the workload ends with the commitment nothing is to be renewed: tag retire_on.",
    "What is hardly used is not renewed but let go.",
    "A commitment that is queued for the day after renews it already.",
)

# What it saves against the prices of demand, as long as it is used, unless its successor waits.
SYMPTOM = """
SELECT c.id::text, u.saved * 730 / 24 AS saving FROM commitments c
 CROSS JOIN LATERAL (
       SELECT avg(d.utilization_percent) AS used, avg(d.estimated_savings_vs_ondemand) AS saved
         FROM commitment_utilization_daily d
        WHERE d.commitment_id = c.id AND d.date > $2::timestamptz::date - 7) u
 WHERE c.account_id = $1 AND c.commitment_type <> 'edp' AND c.state = 'active'
   AND c.start_date <= $2::timestamptz::date AND c.end_date > $2::timestamptz::date
   AND c.end_date <= $2::timestamptz::date + 30 AND u.used >= 50 AND u.saved > 0
   AND NOT EXISTS (
       SELECT FROM commitments n
        WHERE n.account_id = c.account_id AND n.commitment_type = c.commitment_type AND n.id <> c.id
          AND n.state IN ('queued', 'active') AND n.start_date > $2::timestamptz::date
          AND n.start_date <= c.end_date + 1
          AND n.plan_type IS NOT DISTINCT FROM c.plan_type
          AND (n.instance_family IS NOT DISTINCT FROM c.instance_family
               OR split_part(n.instance_type, '.', 1) = c.instance_family))"""

REACHES = """
SELECT 'commitment', id::text FROM commitments WHERE account_id = $1 AND id::text <> $2"""

_FAMILY = """
SELECT split_part(i.instance_type, '.', 1) AS family, i.region, sum(i.hourly_cost) AS usd FROM instances i
 WHERE i.account_id = $1 AND i.state = 'running' AND i.instance_type ~ '^[mcr][0-9][a-z]?[.]' AND i.platform IS NULL
   AND NOT EXISTS (SELECT FROM commitments c WHERE c.account_id = i.account_id AND c.end_date > $2
                      AND c.instance_family = split_part(i.instance_type, '.', 1))
 GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 3"""

_RESERVATION = """
INSERT INTO commitments (id, account_id, commitment_type, scope, term_months, hourly_commitment_amount, start_date,
    end_date, created_at, arn, service, offering_id, offering_class, payment_option, instance_type,
    instance_family, instance_count, tenancy, region, product_description, fixed_price, usage_price,
    recurring_hourly, start_time, end_time, tags)
VALUES ($1, $2, 'reserved_instance', $3, 12, $4, $5, $6, $7, $8, 'ec2', $9, 'standard', 'No Upfront', $10, $11, 1,
    'default', $12, 'Linux/UNIX', 0, 0, $4, $7, $13, $14::text::jsonb)"""


async def happen(day: Day) -> Happening | None:
    """One reserved machine of a family that is in use, for another 21 days."""
    from models import prices
    from models.discounts import offer
    from models.reserved_offerings import Offering

    families = await day.connection.fetch(_FAMILY, day.account_id, day.date)
    if not families:
        return None
    chosen = day.random("expiring_commitment").choice(families)
    node = f"{chosen['family']}.large"
    terms = offer(prices.price("ec2", node, chosen["region"]), "ec2-standard")
    identifier = uuid.UUID(int=day.random("expiring_commitment/id").getrandbits(128), version=4)
    ends = day.date + timedelta(days=21)
    begin = day.start - timedelta(days=344)
    await day.write(
        "commitments", _RESERVATION, identifier, day.account_id,
        f"ec2 {node} {chosen['region']}", terms.recurring_hourly, begin.date(), ends, begin,
        f"arn:aws:ec2:{chosen['region']}:{day.account_number}:reserved-instances/{identifier}",
        Offering(chosen["region"], node).offering_id, node, chosen["family"], chosen["region"],
        begin + timedelta(days=365), json.dumps({"team": "platform"}),
    )  # fmt: skip
    await day.record("commitment", str(identifier), "lifecycle", None, "created")
    return Happening(f"a reserved {node} ends on {ends}", (("commitment", str(identifier)),))
