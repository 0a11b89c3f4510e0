"""Budgets as requests word them, held to AWS's rules.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from emulator.context import Context
from handlers.budgets.accounts import invalid, today
from models import budget_periods, budget_spend, budget_standings, cost_categories
from models.budget_spend import ExpressionError

# What AWS takes when no end is given: 06/15/87 00:00 UTC.
FOR_EVER = datetime(2087, 6, 15, tzinfo=UTC)
COST_TYPES = {
    "IncludeTax": True,
    "IncludeSubscription": True,
    "UseBlended": False,
    "IncludeRefund": True,
    "IncludeCredit": True,
    "IncludeUpfront": True,
    "IncludeRecurring": True,
    "IncludeOtherSubscription": True,
    "IncludeSupport": True,
    "IncludeDiscount": True,
    "UseAmortized": False,
}
MOST_PLANNED = {"MONTHLY": 12, "QUARTERLY": 4}
NO_LIMIT = (
    "Unable to create/update budget - please provide one of the followings: Budget Limit/ Planned"
    " Budget Limit/ Auto Adjust Data"
)


async def columns(ctx: Context, budget: Mapping[str, Any]) -> dict[str, Any]:
    """A budget as its table has it; raises InvalidParameterException for what AWS refuses."""
    kind, unit = budget["BudgetType"], budget["TimeUnit"]
    starts_at, ends_at = _time_period(ctx, budget, unit)
    share = kind in budget_standings.SHARES
    if share and not budget.get("BudgetLimit"):
        raise invalid(NO_LIMIT)
    limit = _limit(budget, kind, unit)
    filters, expression = await _filters(ctx, budget, kind)
    metric = (budget.get("Metrics") or [None])[0]
    if metric in ("NormalizedUsageAmount", "Hours"):
        raise invalid(f"Metric {metric} is not supported for {kind} budgets in this account.")
    if metric and (kind == "USAGE") != (metric == "UsageQuantity"):
        raise invalid(f"Metric {metric} is not supported for {kind} budgets.")
    types = {**COST_TYPES, **(budget.get("CostTypes") or {})}
    if types["UseBlended"] and types["UseAmortized"]:
        raise invalid("UseBlended and UseAmortized cannot both be true.")
    if budget.get("BillingViewArn", "").rpartition("/")[2] not in ("", "primary"):
        raise invalid("The billing view does not exist.")
    return {
        "budget_type": kind,
        "time_unit": unit,
        "starts_at": starts_at,
        "ends_at": ends_at,
        **limit,
        "cost_filters": filters,
        "filter_expression": expression,
        "cost_types": types if kind == "COST" and metric is None else None,
        "metric": metric,
        "wall_calendar": ctx.server.settings.clock != "virtual",
        "modified_at": ctx.now,
    }


def _time_period(ctx: Context, budget: Mapping[str, Any], unit: str) -> tuple[datetime, datetime]:
    """Start and end in the client's calendar; they came in shifted, like all times."""
    given = budget.get("TimePeriod") or {}
    start, end = given.get("Start"), given.get("End")
    if unit == "CUSTOM" and (start is None or end is None):
        raise invalid("A budget with a custom period needs its start and its end.")
    if start is None:
        at = today(ctx)
        first, _ = budget_periods.current(unit, at, date.min, date.max)
        starts_at = datetime(first.year, first.month, first.day, tzinfo=UTC)
    else:
        starts_at = min(start, FOR_EVER) + ctx.shift
    ends_at = FOR_EVER if end is None else min(end, FOR_EVER) + ctx.shift
    if ends_at > FOR_EVER or (end is not None and end > FOR_EVER):
        raise invalid(f"End date should not be later than {FOR_EVER:%Y-%m-%d}.")
    if ends_at.date() <= starts_at.date():
        raise invalid("Start date should be earlier than end date.")
    return starts_at, ends_at


def _limit(budget: Mapping[str, Any], kind: str, unit: str) -> dict[str, Any]:
    limit, planned = budget.get("BudgetLimit"), budget.get("PlannedBudgetLimits")
    adjust = budget.get("AutoAdjustData")
    if sum(bool(one) for one in (limit, planned, adjust)) > 1:
        raise invalid(
            "Only one of Budget Limit, Planned Budget Limit and Auto Adjust Data can be specified."
        )
    if not (limit or planned or adjust):
        raise invalid(NO_LIMIT)
    found: dict[str, Any] = {
        "limit_amount": None,
        "limit_unit": None,
        "planned_limits": None,
        "auto_adjust": None,
        "auto_adjusted_at": None,
    }
    if limit:
        _check_spend(limit, kind)
        found |= {"limit_amount": Decimal(limit["Amount"]), "limit_unit": limit["Unit"]}
    elif planned:
        found |= _planned(planned, kind, unit)
    elif adjust:
        found |= {"auto_adjust": _adjusting(adjust, kind, unit), "limit_unit": "USD"}
    return found


def _planned(planned: Mapping[str, Any], kind: str, unit: str) -> dict[str, Any]:
    most = MOST_PLANNED.get(unit)
    if most is None:
        raise invalid("Planned budget limits are for MONTHLY and QUARTERLY budgets.")
    if len(planned) > most:
        raise invalid(f"A {unit} budget has at most {most} planned limits.")
    for key, spend in planned.items():
        _check_spend(spend, kind)
        if not key.isascii() or not key.isdigit() or not _begins_a_month(int(key)):
            raise invalid(f"{key} is not the epoch second of the first day of a period.")
    units = {spend["Unit"] for spend in planned.values()}
    if len(units) > 1:
        raise invalid("Planned budget limits must have one unit.")
    return {"planned_limits": dict(planned), "limit_unit": units.pop()}


def _begins_a_month(seconds: int) -> bool:
    if seconds > FOR_EVER.timestamp():
        return False
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment == moment.replace(day=1, hour=0, minute=0, second=0)


def _adjusting(adjust: Mapping[str, Any], kind: str, unit: str) -> dict[str, Any]:
    if kind != "COST" or unit == "CUSTOM":
        raise invalid("Auto-adjusting budgets are COST budgets with a recurring period.")
    if adjust["AutoAdjustType"] == "HISTORICAL":
        options = adjust.get("HistoricalOptions")
        if not options:
            raise invalid("HistoricalOptions is required when AutoAdjustType is HISTORICAL.")
        kept = {"BudgetAdjustmentPeriod": options["BudgetAdjustmentPeriod"]}
        return {"AutoAdjustType": "HISTORICAL", "HistoricalOptions": kept}
    if adjust.get("HistoricalOptions"):
        raise invalid("HistoricalOptions is only allowed when AutoAdjustType is HISTORICAL.")
    return {"AutoAdjustType": "FORECAST"}


def _check_spend(spend: Mapping[str, Any], kind: str) -> None:
    amount, unit = Decimal(spend["Amount"]), spend["Unit"]
    if kind in budget_standings.SHARES:
        if unit != "PERCENTAGE" or amount != budget_standings.HUNDRED:
            raise invalid(f"The limit of a {kind} budget must be 100 PERCENTAGE.")
    elif kind == "COST" and unit != "USD":
        raise invalid("Unit must be USD for COST budgets.")
    elif amount <= 0:
        raise invalid("The amount of a budget must be greater than 0.")


async def _filters(
    ctx: Context, budget: Mapping[str, Any], kind: str
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    filters, expression = budget.get("CostFilters"), budget.get("FilterExpression")
    if expression and (filters or budget.get("CostTypes")):
        raise invalid("FilterExpression cannot be used together with CostFilters or CostTypes.")
    if budget.get("Metrics") and (filters or budget.get("CostTypes")):
        raise invalid("Metrics cannot be used together with CostFilters or CostTypes.")
    try:
        wanted = expression or budget_standings.from_filters(filters or {})
    except KeyError as error:
        raise invalid(f"Filter key {error.args[0]} is not supported.") from None
    _check_dimensions(wanted, kind)
    try:
        budget_spend.check(wanted, await cost_categories.versions(ctx.db))
    except ExpressionError as error:
        raise invalid(str(error)) from None
    return (dict(filters) if filters else None), (dict(expression) if expression else None)


def _check_dimensions(wanted: Mapping[str, Any] | None, kind: str) -> None:
    """Usage is of a kind, and what reservations cover is of one service."""
    keys = _dimensions(wanted) if wanted else {}
    if kind == "USAGE" and not {"USAGE_TYPE", "USAGE_TYPE_GROUP"} & set(keys):
        raise invalid("A USAGE budget must be filtered by usage type or usage type group.")
    if kind in ("RI_UTILIZATION", "RI_COVERAGE") and keys.get("SERVICE") != 1:
        raise invalid(f"A {kind} budget must be filtered by exactly one service.")


def _dimensions(expression: Mapping[str, Any]) -> dict[str, int]:
    """The dimensions that an expression speaks of, with how many values each is given."""
    inner = [*(expression.get("And") or ()), *(expression.get("Or") or ())]
    if expression.get("Not"):
        inner.append(expression["Not"])
    found: dict[str, int] = {}
    for one in inner:
        for key, count in _dimensions(one).items():
            found[key] = found.get(key, 0) + count
    own = expression.get("Dimensions")
    if own:
        found[own["Key"]] = found.get(own["Key"], 0) + len(own.get("Values") or ())
    return found


def moved(moment: datetime, shift: timedelta) -> datetime:
    """A moment of the client's calendar as all times leave: the writer will shift it forward."""
    return moment - shift
