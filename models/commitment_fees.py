"""Fees of commitments: what is charged for them, on which day, and how it shows on the bill.

Source: https://docs.aws.amazon.com/cur/latest/userguide/reservation-columns.html and
savings-plans-columns.html. A reservation's hours are charged on the first of the month for the
whole month (of its first month: on the day it begins; of its last: until it ends), those of a
savings plan every day; what is paid upfront is charged on the first day. A savings plan that was
returned gives back what was paid upfront, once.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from models import usage_types
from models.costs.money import HOURS_PER_MONTH

CENT = Decimal("0.0001")
_UPFRONT = {"No Upfront": Decimal(0), "Partial Upfront": Decimal("0.5"), "All Upfront": Decimal(1)}

# service of a reservation → name in Cost Explorer, product code, usage type before the node's type
_RESERVED = {
    "ec2": ("Amazon Elastic Compute Cloud - Compute", "AmazonEC2", "HeavyUsage:"),
    "rds": ("Amazon Relational Database Service", "AmazonRDS", "HeavyUsage:"),
    "elasticache": ("Amazon ElastiCache", "AmazonElastiCache", "HeavyUsage:"),
    "opensearch": ("Amazon OpenSearch Service", "AmazonES", "HeavyUsage:"),
}
# plan → name in Cost Explorer, word of its usage type
_PLANS = {
    "compute": ("Savings Plans for AWS Compute usage", "ComputeSP"),
    "ec2instance": ("Savings Plans for AWS Compute usage", "EC2SP"),
    "sagemaker": ("Savings Plans for AWS Machine Learning", "MachineLearningSP"),
    "database": ("Savings Plans for AWS Database usage", "DatabaseSP"),
}


@dataclass(frozen=True, slots=True)
class Fee:
    """A line of the bill that belongs to no use."""

    commitment_id: UUID
    region: str
    service: str
    product_code: str
    usage_type: str
    instance_type: str | None
    record_type: str
    hours: int
    unblended: Decimal
    amortized: Decimal


def of_the_day(commitment: Any, day: date, unused: Decimal) -> Iterator[Fee]:
    """The fees of one commitment on one day; `unused` is what of the day covered nothing, USD.

    What was modified on the day it was bought covers nothing, and owes its upfront payment.
    """
    upfront, recurring = _prices(commitment)
    if commitment["end_date"] <= commitment["start_date"]:
        recurring, unused = Decimal(0), Decimal(0)
    service, product, usage = _named(commitment)
    plan = commitment["commitment_type"] == "savings_plan"
    region = commitment["region"] or usage_types.HOME_REGION
    days = 1 if plan else _days_charged(commitment["start_date"], commitment["end_date"], day)
    shared = (commitment["id"], region, service, product, usage, commitment["instance_type"])
    charged = (recurring * 24 * days).quantize(CENT)
    record = "SavingsPlanRecurringFee" if plan else "RIFee"
    yield Fee(*shared, record, 24 * days, charged, unused)
    if upfront and day == commitment["start_date"]:
        record = "SavingsPlanUpfrontFee" if plan else "Fee"
        yield Fee(*shared, record, 0, upfront, Decimal(0))


def refund(commitment: Any) -> Fee:
    """What a returned savings plan gives back, on the first day that it covers no more.

    The days before have borne their share of it in amortised cost, and are given that back.
    """
    upfront, recurring = _prices(commitment)
    service, product, usage = _named(commitment)
    region = commitment["region"] or usage_types.HOME_REGION
    days = (commitment["end_date"] - commitment["start_date"]).days
    borne = (24 * days * (commitment["amount"] - recurring)).quantize(CENT)
    return Fee(
        commitment["id"], region, service, product, usage, None, "Refund", 0, -upfront, -borne
    )


def _days_charged(start: date, end: date, day: date) -> int:
    """How many days the recurring fee of a reservation that is charged on `day` is for."""
    if day.day != 1 and day != start:
        return 0
    rest_of_month = calendar.monthrange(day.year, day.month)[1] - day.day + 1
    return min(rest_of_month, (end - day).days)


def _prices(commitment: Any) -> tuple[Decimal, Decimal]:
    """What is paid once and what is paid each hour, USD, for all of the commitment's units."""
    amount = commitment["amount"]
    count = commitment["count"]
    fixed, recurring = commitment["fixed_price"], commitment["recurring_hourly"]
    if fixed is not None and recurring is not None:
        return (fixed * count).quantize(CENT), recurring * count
    share = _UPFRONT.get(commitment["payment_option"] or "No Upfront", Decimal(0))
    hours = commitment["term_months"] * HOURS_PER_MONTH
    return (amount * share * hours).quantize(CENT), amount * (1 - share)


def _named(commitment: Any) -> tuple[str, str, str]:
    """Service, product code and usage type of the fee."""
    scope = (commitment["scope"] or "").lower()
    prefix = usage_types.prefix(commitment["region"] or usage_types.HOME_REGION)
    if commitment["commitment_type"] == "savings_plan":
        plan = (commitment["plan_type"] or ("EC2Instance" if "ec2" in scope else "Compute")).lower()
        service, word = _PLANS.get(plan, _PLANS["compute"])
        payment = (commitment["payment_option"] or "No Upfront").replace(" ", "")
        years = commitment["term_months"] // 12
        return service, "ComputeSavingsPlans", f"{prefix}{word}:{years}yr{payment}"
    kind = commitment["service"] or next((s for s in ("rds", "elasticache") if s in scope), "ec2")
    service, product, word = _RESERVED.get(kind, _RESERVED["ec2"])
    return service, product, f"{prefix}{word}{commitment['instance_type'] or kind}"
