"""Recommendations of all kinds and regions, and their sums.

Source: https://docs.aws.amazon.com/cost-management/latest/APIReference/API_Operations_Cost_Optimization_Hub.html.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from models.recommendations import details, hub, spending
from models.recommendations.hub import Shown

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
    discounted = await hub.discounted(ctx.db)
    items = []
    for name in sorted(groups):
        single = hub.once(groups[name], discounted=discounted)
        items.append({
            "group": name,
            "estimatedMonthlySavings": float(sum((one.saved for one in single), Decimal(0))),
            "recommendationCount": len(single),
        })  # fmt: skip
    total = sum((one.saved for one in hub.once(everything, discounted=discounted)), Decimal(0))
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
    number = ctx.principal.account_number
    try:
        return await hub.found(ctx.db, number, ctx.now, given, all_of=all_of, apart=apart)
    except hub.NotEnrolledError:
        raise AwsError(
            "AccessDeniedException", "The account is not enrolled in Cost Optimization Hub."
        ) from None


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
