"""Use of the Free Tier in the month to date, and where the month will end.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_freetier_GetFreeTierUsage.html.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import page
from models import budget_periods, budget_spend, free_tier
from models.free_tier import Offer

NOUN = "free_tier"
REGION = "global"
MOST_RESULTS = 1000
DIMENSIONS = {
    "SERVICE": "service",
    "OPERATION": "operation",
    "USAGE_TYPE": "usageType",
    "REGION": "region",
    "FREE_TIER_TYPE": "freeTierType",
    "DESCRIPTION": "description",
}
TESTS: dict[str, Callable[[str, str], bool]] = {
    "EQUALS": lambda text, value: text == value,
    "STARTS_WITH": lambda text, value: text.startswith(value),
    "ENDS_WITH": lambda text, value: text.endswith(value),
    "CONTAINS": lambda text, value: value in text,
}


async def get_free_tier_usage(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Offers of which something was used this month, by service and usage type."""
    asked = page(
        ctx, params, token="nextToken", size="maxResults", default=MOST_RESULTS,  # noqa: S106
        invalid=lambda: _invalid("The pagination token is invalid."),
    )  # fmt: skip
    _check(params.get("filter"))
    shift = timedelta(days=ctx.shift.days)
    today = (ctx.now + ctx.shift).date()
    first, end = budget_periods.current("MONTHLY", today, today.replace(day=1), today.max)
    known = await budget_spend.bounds(ctx.db)
    since = known[0] if known else None
    used = await free_tier.used(ctx.db, first - shift, today - shift, since)
    days, whole = (today - first).days + 1, (end - first).days
    rows = [_usage(offer, amount, amount * whole / days) for offer, amount in used]
    wanted = [row for row in rows if _meets(params.get("filter"), row)]
    shown, token = asked.cut_items(sorted(wanted, key=_key), _key)
    return {"freeTierUsages": list(shown), "nextToken": token}


def _usage(offer: Offer, actual: Decimal, forecast: Decimal) -> dict[str, Any]:
    return {
        "service": offer.service,
        "operation": offer.operation,
        "usageType": offer.usage_type,
        "region": REGION,
        "actualUsageAmount": float(actual),
        "forecastedUsageAmount": float(round(forecast, 8)),
        "limit": float(offer.limit),
        "unit": offer.unit,
        "description": offer.description,
        "freeTierType": offer.kind,
    }


def _key(row: Mapping[str, Any]) -> str:
    return f"{row['service']}/{row['usageType']}"


def _check(expression: Mapping[str, Any] | None) -> None:
    """Raises ValidationException for an expression that says nothing that can be asked."""
    if expression is None:
        return
    given = [name for name in ("And", "Or", "Not", "Dimensions") if expression.get(name)]
    if len(given) != 1:
        raise _invalid("An expression has exactly one of And, Or, Not and Dimensions.")
    root = given[0]
    if root == "Dimensions":
        _check_dimension(expression[root])
    else:
        inner: Sequence[Any] = [expression[root]] if root == "Not" else expression[root]
        for one in inner:
            _check(one)


def _check_dimension(said: Mapping[str, Any]) -> None:
    share = said["Key"] == "USAGE_PERCENTAGE"
    for option in said["MatchOptions"]:
        if (option == "GREATER_THAN_OR_EQUAL") != share:
            raise _invalid(f"Match option {option} is not supported for {said['Key']}.")
    if share and not all(value.replace(".", "", 1).isdigit() for value in said["Values"]):
        raise _invalid("The values of USAGE_PERCENTAGE are numbers.")


def _meets(expression: Mapping[str, Any] | None, row: Mapping[str, Any]) -> bool:
    if expression is None:
        return True
    if expression.get("And"):
        return all(_meets(one, row) for one in expression["And"])
    if expression.get("Or"):
        return any(_meets(one, row) for one in expression["Or"])
    if expression.get("Not"):
        return not _meets(expression["Not"], row)
    said = expression["Dimensions"]
    if said["Key"] == "USAGE_PERCENTAGE":
        share = 100 * row["actualUsageAmount"] / row["limit"]
        return any(share >= float(value) for value in said["Values"])
    text = str(row[DIMENSIONS[said["Key"]]])
    return any(
        TESTS[option](text, value) for option in said["MatchOptions"] for value in said["Values"]
    )


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
