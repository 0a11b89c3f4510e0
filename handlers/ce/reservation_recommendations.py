"""Recommendations to buy reservations: as many as save most over the days that were.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetReservationPurchaseRecommendation.html.
Sizes of a family share a reservation, so that it is for the type on which the family spends most.
The scope PAYER is the caller's account; LINKED is every account on its bill, one by one.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from emulator.context import Context
from handlers.ce import commitment_questions as questions
from handlers.ce.commitment_questions import figure, percent
from handlers.ce.periods import invalid
from handlers.ce.reservations import SERVICES
from handlers.ce.savings_plan_recommendations import LOOKBACKS, MOST_SHOWN, PAYMENTS, TERMS
from models import commitment_advice, reservation_offers
from models.commitment_advice import MONTH_HOURS, Account, Group, Purchase
from models.prices.interpolation import weight

NOUN = "commitments"


async def get_reservation_purchase_recommendation(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The reservations of a service that would save most, by region and family."""
    service = SERVICES.get(params["Service"])
    if service is None:
        raise invalid(
            f"Service {params['Service']} is invalid. Valid values are {', '.join(SERVICES)}"
        )
    term = params.get("TermInYears") or "ONE_YEAR"
    payment = params.get("PaymentOption") or "NO_UPFRONT"
    if payment not in PAYMENTS:
        raise invalid(
            f"Payment option {payment} is invalid. Valid values are {', '.join(PAYMENTS)}"
        )
    lookback = params.get("LookbackPeriodInDays") or "SEVEN_DAYS"
    scope = params.get("AccountScope") or "PAYER"
    wanted = (params.get("ServiceSpecification") or {}).get("EC2Specification") or {}
    offering_class = wanted.get("OfferingClass") or "STANDARD"
    loaded, regions = await _accounts(ctx, params, scope, lookback)
    found = [
        one
        for account in loaded
        for one in _worth(account, service, regions, TERMS[term], PAYMENTS[payment], offering_class)
    ]
    found.sort(key=lambda one: -one[0])
    shown, token = questions.cut(
        ctx, params, [one[1] for one in found], size="PageSize", default=MOST_SHOWN
    )
    monthly = sum((one[0] for one in found), Decimal(0))
    demand = sum((Decimal(one[1]["EstimatedMonthlyOnDemandCost"]) for one in found), Decimal(0))
    specification = {"EC2Specification": {"OfferingClass": offering_class}}
    recommendation = {
        "AccountScope": scope,
        "LookbackPeriodInDays": lookback,
        "TermInYears": term,
        "PaymentOption": payment,
        "ServiceSpecification": specification if service == "ec2" else None,
        "RecommendationDetails": list(shown),
        "RecommendationSummary": {
            "TotalEstimatedMonthlySavingsAmount": figure(monthly),
            "TotalEstimatedMonthlySavingsPercentage": figure(percent(monthly, demand)),
            "CurrencyCode": "USD",
        },
    }
    day = ctx.now.replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "Metadata": {
            "RecommendationId": _id(ctx, service, term, payment, lookback, scope),
            "GenerationTimestamp": questions.stamp(ctx, day),
        },
        "Recommendations": [recommendation] if found else [],
        "NextPageToken": token,
    }


async def _accounts(
    ctx: Context, params: Mapping[str, Any], scope: str, lookback: str
) -> tuple[list[Account], Sequence[str] | None]:
    """The accounts that a recommendation is for, and the regions that it is asked for."""
    leaves = questions.leaves(params.get("Filter"), ("LINKED_ACCOUNT", "REGION"))
    named = [leaf.values for leaf in leaves if leaf.key == "LINKED_ACCOUNT"]
    if params.get("AccountId"):
        named.append((params["AccountId"],))
    numbers = [ctx.principal.account_number]
    if scope == "LINKED":
        numbers = await commitment_advice.accounts(ctx.db)
    numbers = [one for one in numbers if all(one in values for values in named)]
    regions = [leaf.values for leaf in leaves if leaf.key == "REGION"]
    tomorrow = ctx.now.date() + timedelta(days=1)
    first = tomorrow - timedelta(days=LOOKBACKS[lookback])
    loaded = await commitment_advice.load(ctx.db, numbers, first, tomorrow, tomorrow)
    return loaded, regions[0] if regions else None


def _worth(
    account: Account, service: str, regions: Sequence[str] | None, months: int, payment: str,
    offering_class: str,
) -> list[tuple[Decimal, dict[str, Any]]]:  # fmt: skip
    """What is worth buying for an account: its monthly savings, and the recommendation."""
    found = []
    for group, (name, hourly) in commitment_advice.groups(account, service).items():
        if regions is not None and group.region not in regions:
            continue
        sold = reservation_offers.sold(group, name, months, payment, offering_class.lower())
        if sold is None:
            continue
        best = commitment_advice.best_purchase(sold.offer, sold.share, hourly)
        if best.count and best.saved > 0:
            detail = _detail(account, group, name, best)
            found.append((best.saved * MONTH_HOURS, detail))
    return found


def _detail(account: Account, group: Group, name: str, best: Purchase) -> dict[str, Any]:
    """ReservationPurchaseRecommendationDetail."""
    offer, each = best.offer, best.offer.effective_hourly / best.share
    units = weight(name.removesuffix(".search").rpartition(".")[2])
    used = [one / each for one in best.hourly]
    average, days = sum(used, Decimal(0)) / len(used), len(used)
    demand = sum(best.hourly, Decimal(0)) / days
    lookback = 24 * days * (best.count * offer.effective_hourly + demand - best.covered)
    upfront, recurring = best.count * offer.upfront, best.count * offer.recurring_hourly
    gained = (best.covered - recurring) * MONTH_HOURS
    return {
        "AccountId": account.number,
        "InstanceDetails": reservation_offers.described(group, name),
        "RecommendedNumberOfInstancesToPurchase": str(best.count),
        "RecommendedNormalizedUnitsToPurchase": figure(best.count * units),
        "MinimumNumberOfInstancesUsedPerHour": figure(min(used)),
        "MinimumNormalizedUnitsUsedPerHour": figure(min(used) * units),
        "MaximumNumberOfInstancesUsedPerHour": figure(max(used)),
        "MaximumNormalizedUnitsUsedPerHour": figure(max(used) * units),
        "AverageNumberOfInstancesUsedPerHour": figure(average),
        "AverageNormalizedUnitsUsedPerHour": figure(average * units),
        "AverageUtilization": figure(percent(best.covered, best.room)),
        "EstimatedBreakEvenInMonths": figure(upfront / gained if gained > 0 else 0),
        "CurrencyCode": "USD",
        "EstimatedMonthlySavingsAmount": figure(best.saved * MONTH_HOURS),
        "EstimatedMonthlySavingsPercentage": figure(percent(best.saved, demand)),
        "EstimatedMonthlyOnDemandCost": figure(demand * MONTH_HOURS),
        "EstimatedReservationCostForLookbackPeriod": figure(lookback),
        "UpfrontCost": figure(upfront),
        "RecurringStandardMonthlyCost": figure(recurring * MONTH_HOURS),
    }


def _id(ctx: Context, *asked: str) -> str:
    text = "|".join((ctx.principal.account_number, str(ctx.now.date()), *asked))
    return str(uuid.UUID(bytes=blake2b(text.encode(), digest_size=16).digest()))
