"""Cost Optimization Hub: what could be saved, from all sources, as it is shown, each once.

Source: https://docs.aws.amazon.com/cost-management/latest/APIReference/API_CostOptimizationHub_Recommendation.html.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from models.recommendations import advice, details, enrollments, purchases
from models.recommendations.advice import Advice
from models.recommendations.evidence import Scope
from models.recommendations.purchases import Purchase


class NotEnrolledError(Exception):
    """The account takes no part in the hub."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of advice beside what is shown of it."""

    advice: Advice | Purchase
    item: Mapping[str, Any]
    saved: Decimal


async def found(
    db: Any,
    number: str,
    now: datetime,
    given: Mapping[str, Any] | None,
    *,
    all_of: bool,
    apart: bool = False,
) -> list[Shown]:
    """What saves account `number` anything and meets a filter; without `all_of` each thing once.

    Commitments are advised for what is left when the rest is done, unless all is asked for
    without being told `apart`. Raises NotEnrolledError.
    """
    enrolment = await enrollments.find(db, enrollments.HUB)
    if enrolment["status"] != "Active":
        raise NotEnrolledError
    after = _after_discounts(enrolment)
    everything = await advice.everything(db, Scope())
    single = advice.once(everything, discounted=after)
    chosen = everything if all_of else single
    shown = [_shown(number, now, one, discounted=after) for one in chosen]
    bought = await purchases.find(
        db, number, now.date(),
        dict(enrolment["preferences"]).get("preferredCommitment") or {},
        () if all_of and not apart else single,
    )  # fmt: skip
    shown += [_purchase(number, now, one) for one in bought]
    return [one for one in shown if one.saved > 0 and _matches(one.item, given or {})]


async def discounted(db: Any) -> bool:
    """Whether savings are told after discounts, as they are unless it is preferred otherwise."""
    return _after_discounts(await enrollments.find(db, enrollments.HUB))


def _after_discounts(enrolment: Mapping[str, Any]) -> bool:
    mode = dict(enrolment["preferences"]).get("savingsEstimationMode", "AfterDiscounts")
    return bool(mode == "AfterDiscounts")


def once(given: Iterable[Shown], *, discounted: bool) -> list[Shown]:
    """Of what can be done to one resource the one thing that comes first."""
    known = list(given)
    advised = [one.advice for one in known if isinstance(one.advice, Advice)]
    chosen = {id(one) for one in advice.once(advised, discounted=discounted)}
    return [one for one in known if isinstance(one.advice, Purchase) or id(one.advice) in chosen]


def _shown(account: str, now: datetime, one: Advice, *, discounted: bool) -> Shown:
    finding, saving = one.finding, one.saving
    saved = saving.discounted if discounted else saving.monthly
    percent = saving.percent_discounted if discounted else saving.percent
    item = {
        "recommendationId": one.id(account),
        "accountId": account,
        "region": finding.region,
        "resourceId": advice.resource_id(finding),
        "resourceArn": finding.arn,
        "currentResourceType": one.type,
        "recommendedResourceType": one.type,
        "estimatedMonthlySavings": float(saved),
        "estimatedSavingsPercentage": float(percent),
        "estimatedMonthlyCost": float(saving.before),
        "currencyCode": "USD",
        "implementationEffort": one.effort,
        "restartNeeded": one.restarts,
        "actionType": one.action,
        "rollbackPossible": one.reversible,
        "currentResourceSummary": details.summary(one, None),
        "recommendedResourceSummary": details.summary(one, one.option),
        "lastRefreshTimestamp": now,
        "recommendationLookbackPeriodInDays": one.days,
        "source": "ComputeOptimizer",
        "tags": [{"key": key, "value": value} for key, value in sorted(finding.tags.items())],
    }
    return Shown(one, item, saved)


def _purchase(account: str, now: datetime, one: Purchase) -> Shown:
    plan = one.type.endswith("SavingsPlans")
    item = {
        "recommendationId": advice.identity(account, one.type, f"{one.region}|{one.what}"),
        "accountId": account,
        "region": one.region,
        "currentResourceType": one.type,
        "recommendedResourceType": one.type,
        "estimatedMonthlySavings": float(one.monthly),
        "estimatedSavingsPercentage": float(one.percent),
        "estimatedMonthlyCost": float(one.before),
        "currencyCode": "USD",
        "implementationEffort": "VeryLow",
        "restartNeeded": False,
        "actionType": "PurchaseSavingsPlans" if plan else "PurchaseReservedInstances",
        "rollbackPossible": False,
        "recommendedResourceSummary": one.summary,
        "lastRefreshTimestamp": now,
        "recommendationLookbackPeriodInDays": purchases.LOOK_BACK_DAYS,
        "source": "CostExplorer",
        "tags": [],
    }
    return Shown(one, item, one.monthly)


_LISTS = {
    "implementationEfforts": "implementationEffort",
    "accountIds": "accountId",
    "regions": "region",
    "resourceTypes": "currentResourceType",
    "actionTypes": "actionType",
    "resourceIds": "resourceId",
    "resourceArns": "resourceArn",
    "recommendationIds": "recommendationId",
}


def _matches(item: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """AND between the members of a filter, OR between the values of one."""
    for name in ("restartNeeded", "rollbackPossible"):
        if given.get(name) is not None and item[name] is not given[name]:
            return False
    for name, member in _LISTS.items():
        if given.get(name) and item.get(member) not in given[name]:
            return False
    tags = given.get("tags")
    return not tags or any(
        one["key"] == other.get("key") and other.get("value") in (None, one["value"])
        for one in item["tags"]
        for other in tags
    )
