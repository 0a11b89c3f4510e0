"""Purchases: commitments that would save, for what is left once everything else is done.

Use that ends, or shrinks, needs no commitment: what other advice saves is taken off the days
before it is asked what of them a commitment should cover, so that nothing is counted twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from models import commitment_advice, reservation_offers
from models.commitment_advice import Account, Group, Outcome
from models.commitment_advice import Purchase as Bought
from models.recommendations.advice import HUB_TYPES, Advice
from models.savings_plan_offerings import Offering

LOOK_BACK_DAYS, LEAST_DAYS = 30, 7
HOURS, MONTH_HOURS = 24, 730
MONTHS = {"OneYear": 12, "ThreeYears": 36}
PAYMENTS = {
    "NoUpfront": "No Upfront",
    "PartialUpfront": "Partial Upfront",
    "AllUpfront": "All Upfront",
}
DEFAULT = {"term": "OneYear", "paymentOption": "NoUpfront"}
PLANS = {"ComputeSavingsPlans": "Compute", "SageMakerSavingsPlans": "SageMaker"}
RESERVATIONS = {
    "RdsReservedInstances": ("rds", "Amazon Relational Database Service"),
    "ElastiCacheReservedInstances": ("elasticache", "Amazon ElastiCache"),
    "OpenSearchReservedInstances": ("opensearch", "Amazon OpenSearch Service"),
}
# Which use on the bill a resource of a kind makes.
_SERVICES = {
    "instance": "ec2",
    "autoscaling_group": "ec2",
    "container_service": "fargate",
    "lambda_function": "lambda",
    "rds_instance": "rds",
    "cache_cluster": "elasticache",
    "managed_service": "sagemaker",
}


@dataclass(frozen=True, slots=True)
class Purchase:
    """A commitment worth buying; configuration and pricing in Cost Optimization Hub's members."""

    type: str
    region: str
    what: str
    summary: str
    monthly: Decimal
    before: Decimal
    configuration: Mapping[str, Any]
    pricing: Mapping[str, float]

    @property
    def percent(self) -> Decimal:
        """How much of what the use costs now."""
        return self.monthly / self.before * 100 if self.before else Decimal(0)


async def find(
    db: Any, number: str, today: date, preferred: Mapping[str, str], done: Iterable[Advice]
) -> list[Purchase]:
    """What an account should buy, `done` being what it does besides; nothing of a young bill."""
    tomorrow = today + timedelta(days=1)
    first = tomorrow - timedelta(days=LOOK_BACK_DAYS)
    [account] = await commitment_advice.load(db, [number], first, tomorrow, tomorrow)
    if len(account.days) < LEAST_DAYS:
        return []
    for one in done:
        _take_off(account, one)
    wanted = DEFAULT | dict(preferred)
    months, payment = MONTHS[wanted["term"]], PAYMENTS[wanted["paymentOption"]]
    terms = {"accountScope": "Linked", "term": wanted["term"],
             "paymentOption": wanted["paymentOption"]}  # fmt: skip
    found = [_plan(account, name, months, payment, terms) for name in PLANS]
    for name in RESERVATIONS:
        found += _reservations(account, name, months, payment, terms)
    return [one for one in found if one is not None]


def _take_off(account: Account, one: Advice) -> None:
    """Count what advice saves as use that nothing need cover."""
    service = _SERVICES.get(one.finding.kind)
    if service is None or one.type != HUB_TYPES[one.finding.kind]:
        return
    name = {"fargate": "Fargate", "lambda": ""}.get(service, one.finding.row.get("type"))
    daily = one.saving.discounted / MONTH_HOURS * HOURS
    for day in account.days:
        for usage in day.usage:
            if (usage.service, usage.type, usage.region) == (service, name, one.finding.region):
                usage.taken += min(daily, usage.left)


def _plan(
    account: Account, name: str, months: int, payment: str, terms: Mapping[str, str]
) -> Purchase | None:
    offering = Offering(PLANS[name], months, payment)
    hours = commitment_advice.hours_for(account, offering)
    commitment = commitment_advice.best_commitment(hours, offering.share)
    if not commitment:
        return None
    outcome = Outcome(hours, offering.share, commitment)
    demand = outcome.demand / hours.count * MONTH_HOURS
    pricing = {
        "monthlySavingsPlansEligibleCost": float(demand),
        "estimatedMonthlyCommitment": float(commitment * MONTH_HOURS),
        "savingsPercentage": float(outcome.monthly / demand * 100),
        "estimatedOnDemandCost": float(outcome.remaining / hours.count * MONTH_HOURS),
    }
    return Purchase(
        name, "global", name, f"${commitment:f}/hour {offering.description}", outcome.monthly,
        demand, {**terms, "hourlyCommitment": f"{commitment:f}"}, pricing,
    )  # fmt: skip


def _reservations(
    account: Account, name: str, months: int, payment: str, terms: Mapping[str, str]
) -> list[Purchase]:
    service, called = RESERVATIONS[name]
    found = []
    for group, (node, hourly) in commitment_advice.groups(account, service).items():
        sold = reservation_offers.sold(group, node, months, payment)
        if sold is None:
            continue
        best = commitment_advice.best_purchase(sold.offer, sold.share, hourly)
        if best.count and best.saved > 0:
            found.append(_reservation(group, node, name, called, best, hourly, terms))
    return found


def _reservation(
    group: Group, node: str, name: str, called: str, best: Bought, hourly: Sequence[Decimal],
    terms: Mapping[str, str],
) -> Purchase:  # fmt: skip
    demand = sum(hourly, Decimal(0)) / len(hourly) * MONTH_HOURS
    saved, offer = best.saved * MONTH_HOURS, best.offer
    configuration = {
        **terms,
        "service": called,
        "reservedInstancesRegion": group.region,
        "instanceType": node,
        "numberOfInstancesToPurchase": str(best.count),
        "upfrontCost": f"{best.count * offer.upfront:.4f}",
        "monthlyRecurringCost": f"{best.count * offer.recurring_hourly * MONTH_HOURS:.4f}",
    }
    if group.service == "rds":
        configuration |= {
            "databaseEngine": group.engine,
            "deploymentOption": "Multi-AZ" if group.multi else "Single-AZ",
        }
    pricing = {
        "estimatedOnDemandCost": float(demand),
        "monthlyReservationEligibleCost": float(demand),
        "savingsPercentage": float(saved / demand * 100),
        "estimatedMonthlyAmortizedReservationCost": float(
            best.count * offer.effective_hourly * MONTH_HOURS
        ),
    }
    what = "|".join((group.family, group.platform, group.engine, str(group.multi)))
    return Purchase(name, group.region, what, f"{best.count} {node} reservations", saved, demand,
                    configuration, pricing)  # fmt: skip
