"""Budgets, with what was spent of them and what is to be expected.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Budgets.html.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.tags import TagRules
from handlers.budgets import budget_input
from handlers.budgets.accounts import budget_page, check_account, invalid, today, whole_days
from handlers.budgets.budget_notifications import budget_of
from handlers.budgets.budget_notifications import checked as checked_notifications
from models import budget_alerts, budget_periods, budget_spend, budget_standings, budgets
from models.budget_standings import Standing

TAGS = TagRules(
    code="InvalidParameterException", too_many="ServiceQuotaExceededException", most=200
)
MOST_BUDGETS = 20_000
UNIT_OF_SHARES = "PERCENTAGE"
# How far back the history of a budget's performance goes.
HISTORY = {"DAILY": 60, "MONTHLY": 12, "QUARTERLY": 4}


async def create_budget(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A budget, with notifications and who is told."""
    check_account(ctx, params)
    given = params["Budget"]
    row = await budget_input.columns(ctx, given)
    said = checked_notifications(row, params.get("NotificationsWithSubscribers") or ())
    name = given["BudgetName"]
    row |= {"name": name, "arn": _arn(ctx, name), "tags": TAGS.checked(params.get("ResourceTags"))}
    if row["auto_adjust"]:
        row["auto_adjusted_at"] = ctx.now
    async with ctx.db.transaction():
        if await budgets.count(ctx.db) >= MOST_BUDGETS:
            raise AwsError(
                "CreationLimitExceededException",
                f"Unable to create budget - an account can have at most {MOST_BUDGETS} budgets.",
            )
        if not await budgets.insert(ctx.db, row):
            raise AwsError(
                "DuplicateRecordException",
                f"Error creating budget: {name} - the budget already exists.",
            )
        found = await budget_of(ctx, given, "Unable to create budget")
        for one, subscribers in said:
            await budgets.add_notification(ctx.db, found["id"], one, subscribers)
    return {}


async def describe_budget(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One budget, calculated up to the newest day."""
    check_account(ctx, params)
    row = await budget_of(ctx, params, "Unable to get budget")
    [shown] = await _shown(ctx, [row], bool(params.get("ShowFilterExpression")))
    return {"Budget": shown}


async def describe_budgets(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's budgets by name."""
    check_account(ctx, params)
    asked = budget_page(ctx, params, 100)
    rows = await budgets.listed(ctx.db, after=asked.after, limit=asked.fetch)
    rows, token = asked.cut(rows, "name")  # type: ignore[assignment]
    shown = await _shown(ctx, rows, bool(params.get("ShowFilterExpression")))
    return {"Budgets": shown, "NextToken": token}


async def update_budget(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Replace a budget by another of the same name; its notifications stay."""
    check_account(ctx, params)
    given = params["NewBudget"]
    given["BudgetName"]
    before = await budget_of(ctx, given, "Unable to update budget")
    changes = await budget_input.columns(ctx, given)
    if (given.get("TimePeriod") or {}).get("Start") is None:
        changes["starts_at"] = before["starts_at"]
    if changes["budget_type"] != before["budget_type"]:
        raise invalid("The type of a budget cannot be changed.")
    if changes["auto_adjust"]:
        changes["auto_adjusted_at"] = before["auto_adjusted_at"] or ctx.now
    await budgets.update(ctx.db, before["id"], changes)
    return {}


async def delete_budget(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a budget with its notifications and actions."""
    check_account(ctx, params)
    name = params["BudgetName"]
    if not await budgets.delete(ctx.db, name):
        raise AwsError(
            "NotFoundException",
            f"Unable to delete budget: {name} - the budget doesn't exist. Try creating it first. ",
        )
    return {}


async def describe_budget_performance_history(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What was budgeted and what was spent, period by period, oldest first."""
    check_account(ctx, params)
    row = await budget_of(ctx, params, "Unable to get budget")
    most = HISTORY.get(row["time_unit"])
    if most is None:
        raise invalid(f"Budget history isn't available for {row['time_unit']} budgets.")
    periods = await _history(ctx, row, params.get("TimePeriod") or {}, most)
    asked = budget_page(ctx, params)
    shown, token = asked.cut_items(periods, lambda one: one[0].isoformat())
    [standing] = await budget_standings.standings(ctx.db, [row], today(ctx), whole_days(ctx))
    question = budget_standings.question(row, shown)
    [amounts] = await budget_spend.amounts(ctx.db, [question], whole_days(ctx))
    unit = _unit(row)
    spent = []
    for (start, end), amount in zip(shown, amounts, strict=True):
        limit = budget_standings.limit_of(row, start)
        spent.append(
            {
                "BudgetedAmount": _spend(standing.limit if limit is None else limit, unit),
                "ActualAmount": _spend(amount or Decimal(0), unit),
                "TimePeriod": {"Start": _midnight(ctx, start), "End": _midnight(ctx, end)},
            }
        )
    return {
        "BudgetPerformanceHistory": {
            "BudgetName": row["name"],
            "BudgetType": row["budget_type"],
            "CostFilters": row["cost_filters"] or {},
            "CostTypes": row["cost_types"],
            "TimeUnit": row["time_unit"],
            "BudgetedAndActualAmountsList": spent,
        },
        "NextToken": token,
    }


async def _history(
    ctx: Context, row: Any, asked: Mapping[str, Any], most: int
) -> list[budget_periods.Period]:
    """The periods that are asked for, of those in which the ledger has a day."""
    known = await budget_spend.bounds(ctx.db)
    if known is None:
        return []
    shift, unit = whole_days(ctx), row["time_unit"]
    end = known[1] + shift + budget_periods.DAY
    oldest = budget_periods.before(unit, today(ctx), most - 1)
    since = max(known[0] + shift, oldest[0][0] if oldest else known[0] + shift)
    if asked.get("Start"):
        since = max(since, (asked["Start"] + ctx.shift).date())
    if asked.get("End"):
        end = min(end, (asked["End"] + ctx.shift).date())
    return budget_periods.between(unit, since, end)


async def _shown(ctx: Context, rows: Sequence[Any], expressions: bool) -> list[dict[str, Any]]:
    judged = await budget_alerts.judge(ctx.db, rows, ctx.now, whole_days(ctx))
    return [_budget(ctx, row, judged.standings[row["id"]], expressions) for row in rows]


def _budget(ctx: Context, row: Any, standing: Standing, expressions: bool) -> dict[str, Any]:
    unit = _unit(row)
    calculated = {"ActualSpend": _spend(standing.actual or Decimal(0), unit)}
    if standing.forecast is not None and row["time_unit"] != "DAILY":
        calculated["ForecastedSpend"] = _spend(standing.forecast, unit)
    shown = {
        "BudgetName": row["name"],
        "BudgetLimit": _spend(standing.limit, unit),
        "PlannedBudgetLimits": row["planned_limits"],
        "CostFilters": row["cost_filters"] or {},
        "CostTypes": row["cost_types"],
        "TimeUnit": row["time_unit"],
        "TimePeriod": {
            "Start": budget_input.moved(row["starts_at"], ctx.shift),
            "End": budget_input.moved(row["ends_at"], ctx.shift),
        },
        "CalculatedSpend": calculated,
        "BudgetType": row["budget_type"],
        "LastUpdatedTime": row["modified_at"],
    }
    if row["auto_adjust"]:
        shown["AutoAdjustData"] = _adjusting(row, standing)
    if expressions:
        shown["FilterExpression"] = budget_standings.expression(row)
        shown["Metrics"] = [row["metric"]] if row["metric"] else None
    return shown


def _adjusting(row: Any, standing: Standing) -> dict[str, Any]:
    shown = {**row["auto_adjust"], "LastAutoAdjustTime": row["auto_adjusted_at"]}
    options = row["auto_adjust"].get("HistoricalOptions")
    if options:
        looked = {"LookBackAvailablePeriods": standing.looked_back} if standing.looked_back else {}
        shown["HistoricalOptions"] = {**options, **looked}
    return shown


def _unit(row: Any) -> str:
    return UNIT_OF_SHARES if row["budget_type"] in budget_standings.SHARES else row["limit_unit"]


def _spend(amount: Decimal, unit: str) -> dict[str, str]:
    """An amount to a thousandth, written with one decimal at least: 100.0, 26.467."""
    text = f"{amount:.3f}".rstrip("0")
    return {"Amount": f"{text}0" if text.endswith(".") else text, "Unit": unit}


def _midnight(ctx: Context, day: Any) -> datetime:
    return budget_input.moved(datetime(day.year, day.month, day.day, tzinfo=UTC), ctx.shift)


def _arn(ctx: Context, name: str) -> str:
    return f"arn:aws:budgets::{ctx.principal.account_number}:budget/{name}"
