"""How budgets stand: what they allow now, what was spent, and what will have been at the end.

The forecast is what was spent so far and, for each day that is left, the mean of the last four
weeks: whole weeks, so that weekends weigh what they weigh.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from models import budget_periods, budget_spend
from models.budget_periods import DAY, Period
from models.budget_spend import Question

WINDOW = 28
HUNDRED = Decimal(100)
SHARES = {"RI_UTILIZATION", "RI_COVERAGE", "SAVINGS_PLANS_UTILIZATION", "SAVINGS_PLANS_COVERAGE"}


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget at a moment; `actual` is None where there was nothing to take a percentage of.

    `looked_back` says how many periods a limit was taken from that follows the past.
    """

    period: Period
    limit: Decimal
    actual: Decimal | None
    forecast: Decimal | None
    looked_back: int = 0


async def standings(
    db: Any, budgets: Sequence[Any], today: date, shift: timedelta
) -> list[Standing]:
    """How budgets stand on a day of the client's calendar."""
    if not budgets:
        return []
    known = await budget_spend.bounds(db)
    first = known[0] + shift if known else today
    asked = [_periods(one, today, first) for one in budgets]
    questions = [question(one, periods) for one, periods in zip(budgets, asked, strict=True)]
    found = await budget_spend.amounts(db, questions, shift)
    return [
        _standing(one, periods, amounts, today, first)
        for one, periods, amounts in zip(budgets, asked, found, strict=True)
    ]


def question(budget: Any, periods: Sequence[Period]) -> Question:
    """What is asked of the ledger for a budget."""
    types = budget["cost_types"] or {}
    amortized = types.get("UseAmortized") or budget["metric"] in budget_spend.AMORTIZED
    return Question(
        budget["budget_type"],
        periods,
        expression(budget),
        types,
        bool(amortized),
    )


def expression(budget: Any) -> Mapping[str, Any] | None:
    """A budget's filter as an expression, whichever way it was given."""
    if budget["filter_expression"]:
        found: Mapping[str, Any] = budget["filter_expression"]
        return found
    return from_filters(budget["cost_filters"] or {})


# The keys of CostFilters and the dimensions that they are:
# https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create-filters.html.
FILTERS = {
    "AZ": "AZ",
    "Operation": "OPERATION",
    "PurchaseType": "PURCHASE_TYPE",
    "Service": "SERVICE",
    "UsageType": "USAGE_TYPE",
    "UsageTypeGroup": "USAGE_TYPE_GROUP",
    "LinkedAccount": "LINKED_ACCOUNT",
    "Region": "REGION",
    "InstanceType": "INSTANCE_TYPE",
    "InstanceTypeFamily": "INSTANCE_TYPE_FAMILY",
    "Platform": "PLATFORM",
    "OperatingSystem": "OPERATING_SYSTEM",
    "Tenancy": "TENANCY",
    "DatabaseEngine": "DATABASE_ENGINE",
    "CacheEngine": "CACHE_ENGINE",
    "DeploymentOption": "DEPLOYMENT_OPTION",
    "RecordType": "RECORD_TYPE",
    "LegalEntityName": "LEGAL_ENTITY_NAME",
    "InvoicingEntity": "INVOICING_ENTITY",
    "BillingEntity": "BILLING_ENTITY",
    "SavingsPlanArn": "SAVINGS_PLAN_ARN",
    "ReservationId": "RESERVATION_ID",
}


def from_filters(filters: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    """CostFilters as an expression; a key that is none raises KeyError.

    Tags come as `user:Key$Value` (https://docs.aws.amazon.com/aws-cost-management/latest/
    APIReference/API_budgets_Budget.html), cost categories as `Name$Value`.
    """
    parts: list[dict[str, Any]] = []
    for name, values in filters.items():
        if name in ("TagKeyValue", "CostCategory"):
            kind = "Tags" if name == "TagKeyValue" else "CostCategories"
            by_key: dict[str, list[str]] = {}
            for text in values:
                key, _, value = text.partition("$")
                by_key.setdefault(key.removeprefix("user:"), []).append(value)
            parts += [{kind: {"Key": key, "Values": given}} for key, given in by_key.items()]
        else:
            parts.append({"Dimensions": {"Key": FILTERS[name], "Values": list(values)}})
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {"And": parts}


def limit_of(budget: Any, start: date) -> Decimal | None:
    """What a budget allows in the period that begins at `start`; None: it follows the ledger."""
    if budget["auto_adjust"]:
        return None
    if budget["planned_limits"]:
        keys = sorted(budget["planned_limits"], key=int)
        moments = [datetime.fromtimestamp(int(key), UTC) for key in keys]
        at = budget_periods.planned(moments, start)
        # before the first plan its amount already holds
        return Decimal(budget["planned_limits"][keys[at or 0]]["Amount"])
    return Decimal(budget["limit_amount"])


def _periods(budget: Any, today: date, first: date) -> list[Period]:
    """The current period up to today, the window of the forecast, and the past to adjust to."""
    start, end = _current(budget, today)
    seen = (start, max(start, min(end, today + DAY)))
    window = (max(first, today - DAY * (WINDOW - 1)), today + DAY)
    past: list[Period] = []
    options = (budget["auto_adjust"] or {}).get("HistoricalOptions")
    if options:
        whole = budget_periods.before(budget["time_unit"], start, options["BudgetAdjustmentPeriod"])
        past = [one for one in whole if one[1] > first]
    return [seen, window, *past]


def _current(budget: Any, today: date) -> Period:
    return budget_periods.current(
        budget["time_unit"], today, budget["starts_at"].date(), budget["ends_at"].date()
    )


def _standing(
    budget: Any, periods: list[Period], amounts: list[Decimal | None], today: date, first: date
) -> Standing:
    start, end = _current(budget, today)
    actual, recent, *past = amounts
    days = max(1, (periods[1][1] - periods[1][0]).days)
    mean = (recent or Decimal(0)) / days
    left = max(0, (end - max(start, today + DAY)).days)
    share = budget["budget_type"] in SHARES
    forecast = None if share or actual is None else actual + mean * left
    limit = HUNDRED if share and budget["limit_amount"] is None else limit_of(budget, start)
    if limit is None:
        known = [one or Decimal(0) for one in past]
        limit = sum(known, Decimal(0)) / len(known) if known else mean * (end - start).days
    return Standing((start, end), limit, actual, forecast, len(past))
