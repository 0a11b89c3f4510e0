"""Recommendations of all kinds and regions, and their sums.

Source: https://docs.aws.amazon.com/cost-management/latest/APIReference/API_Operations_Cost_Optimization_Hub.html.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from handlers.cost_optimization_hub import details
from models.recommendations import advice, enrollments, purchases, spending
from models.recommendations.advice import Advice
from models.recommendations.evidence import Scope
from models.recommendations.purchases import Purchase

NOUN = "metrics_daily"
DEFAULT_RESULTS, DEFAULT_SUMMARIES = 100, 100
LONGEST = Decimal(10) ** 12
NUMBERS = ("estimatedMonthlySavings", "estimatedSavingsPercentage", "estimatedMonthlyCost")
TEXTS = ("accountId", "region", "resourceId", "resourceArn", "currentResourceType",
         "recommendedResourceType", "implementationEffort", "actionType", "recommendationId",
         "restartNeeded", "rollbackPossible", "source")  # fmt: skip
GROUPS = {
    "AccountId": "accountId",
    "Region": "region",
    "ActionType": "actionType",
    "ResourceType": "currentResourceType",
    "RestartNeeded": "restartNeeded",
    "RollbackPossible": "rollbackPossible",
    "ImplementationEffort": "implementationEffort",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of advice beside what is shown of it."""

    advice: Advice | Purchase
    item: Mapping[str, Any]
    saved: Decimal


async def list_recommendations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What could be done, each resource once unless all is asked for; most saved comes first."""
    page = _page(ctx, params, DEFAULT_RESULTS)
    found = await _found(ctx, params.get("filter"), all_of=bool(
        params.get("includeAllRecommendations")))  # fmt: skip
    order = params.get("orderBy") or {}
    keyed = sorted(((_key(one, order), one) for one in found), key=lambda one: one[0])
    cut, token = page.cut_items(keyed, lambda one: one[0])
    return {"items": [one.item for _, one in cut], "nextToken": token}


async def get_recommendation(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One recommendation with both resources, as it is and as it would be, and their costs."""
    wanted = params["recommendationId"]
    given = {"recommendationIds": [wanted]}
    found = await _found(ctx, given, all_of=False) or await _found(ctx, given, all_of=True)
    for one in found:
        hidden = ("currentResourceSummary", "recommendedResourceSummary")
        told = {name: value for name, value in one.item.items() if name not in hidden}
        lookback = one.item["recommendationLookbackPeriodInDays"]
        return told | {
            "costCalculationLookbackPeriodInDays": lookback,
            "estimatedSavingsOverCostCalculationLookbackPeriod": float(
                one.saved * lookback * 24 / 730
            ),
            "currentResourceDetails": details.current(one.advice),
            "recommendedResourceDetails": details.recommended(one.advice),
        }
    raise AwsError("ResourceNotFoundException", f"Recommendation {wanted} was not found.")


async def list_recommendation_summaries(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What could be saved by groups, and altogether where each resource is counted once."""
    group = params["groupBy"]
    if group not in GROUPS:
        raise _wrong(f"groupBy must be one of {', '.join(GROUPS)}.")
    page = _page(ctx, params, DEFAULT_SUMMARIES)
    everything = await _found(ctx, params.get("filter"), all_of=True, apart=True)
    groups: dict[str, list[Shown]] = {}
    for one in everything:
        groups.setdefault(_text(one.item[GROUPS[group]]), []).append(one)
    discounted = await _discounted(ctx)
    items = []
    for name in sorted(groups):
        single = _once(groups[name], discounted=discounted)
        items.append({
            "group": name,
            "estimatedMonthlySavings": float(sum((one.saved for one in single), Decimal(0))),
            "recommendationCount": len(single),
        })  # fmt: skip
    total = sum((one.saved for one in _once(everything, discounted=discounted)), Decimal(0))
    cut, token = page.cut_items(items, lambda one: str(one["group"]))
    told: dict[str, Any] = {
        "estimatedTotalDedupedSavings": float(total),
        "items": list(cut),
        "groupBy": group,
        "currencyCode": "USD",
        "nextToken": token,
    }
    if "SavingsPercentage" in (params.get("metrics") or ()):
        spent = await spending.month(ctx.db)
        percent = total / spent * 100 if spent else Decimal(0)
        told["metrics"] = {"savingsPercentage": f"{percent:.2f}"}
    return told


async def _found(
    ctx: Context, given: Mapping[str, Any] | None, *, all_of: bool, apart: bool = False
) -> list[Shown]:
    """What saves anything and meets a filter; without `all_of` each resource once.

    Commitments are advised for what is left when the rest is done, unless all is asked for
    without being told `apart`.
    """
    enrolment = await enrollments.find(ctx.db, enrollments.HUB)
    if enrolment["status"] != "Active":
        raise AwsError(
            "AccessDeniedException", "The account is not enrolled in Cost Optimization Hub."
        )
    discounted = await _discounted(ctx)
    everything = await advice.everything(ctx.db, Scope())
    once = advice.once(everything, discounted=discounted)
    chosen = everything if all_of else once
    shown = [_shown(ctx, one, discounted=discounted) for one in chosen]
    bought = await purchases.find(
        ctx.db, ctx.principal.account_number, ctx.now.date(),
        dict(enrolment["preferences"]).get("preferredCommitment") or {},
        () if all_of and not apart else once,
    )  # fmt: skip
    shown += [_purchase(ctx, one) for one in bought]
    return [one for one in shown if one.saved > 0 and _matches(one.item, given or {})]


async def _discounted(ctx: Context) -> bool:
    """Whether savings are told after discounts, as they are unless it is preferred otherwise."""
    row = await enrollments.find(ctx.db, enrollments.HUB)
    mode = dict(row["preferences"]).get("savingsEstimationMode", "AfterDiscounts")
    return bool(mode == "AfterDiscounts")


def _once(found: Iterable[Shown], *, discounted: bool) -> list[Shown]:
    given = [one.advice for one in found if isinstance(one.advice, Advice)]
    chosen = {id(one) for one in advice.once(given, discounted=discounted)}
    return [one for one in found if isinstance(one.advice, Purchase) or id(one.advice) in chosen]


def _shown(ctx: Context, one: Advice, *, discounted: bool) -> Shown:
    finding, saving = one.finding, one.saving
    saved = saving.discounted if discounted else saving.monthly
    percent = saving.percent_discounted if discounted else saving.percent
    account = ctx.principal.account_number
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
        "lastRefreshTimestamp": ctx.now,
        "recommendationLookbackPeriodInDays": one.days,
        "source": "ComputeOptimizer",
        "tags": [{"key": key, "value": value} for key, value in sorted(finding.tags.items())],
    }
    return Shown(one, item, saved)


def _purchase(ctx: Context, one: Purchase) -> Shown:
    account = ctx.principal.account_number
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
        "lastRefreshTimestamp": ctx.now,
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


def _key(one: Shown, order: Mapping[str, Any]) -> str:
    """Where a recommendation stands in the list, as text."""
    dimension = order.get("dimension") or "EstimatedMonthlySavings"
    member = dimension[:1].lower() + dimension[1:]
    descending = (order.get("order") or "Desc") == "Desc"
    tail = f" {one.item['recommendationId']}"
    if member in NUMBERS:
        number = Decimal(str(one.item[member]))
        return f"{LONGEST - number if descending else number:018.4f}{tail}"
    if member not in TEXTS:
        raise _wrong(f"orderBy has no dimension {dimension}.")
    text = _text(one.item.get(member, ""))
    if descending and order.get("order"):
        text = "".join(chr(0x10FFFF - ord(letter)) for letter in text) + chr(0x10FFFF)
    return text + tail


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _page(ctx: Context, params: Mapping[str, Any], default: int) -> pages.Page:
    return pages.page(
        ctx,
        params,
        token="nextToken",  # noqa: S106 - the name of a member
        size="maxResults",
        default=default,
        invalid=lambda: _wrong("The nextToken is not valid."),
    )


def _wrong(message: str) -> AwsError:
    return AwsError("ValidationException", message)
