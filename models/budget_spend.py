"""What budgets measure: costs, usage, utilisation and coverage, added up from the ledger.

One statement answers for any number of budgets and periods. Utilisation and coverage come from
the same lines: a commitment's amortized cost lies on what it covered and, as its fee, on what it
left unused.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from models import cost_categories
from models.budget_periods import Period
from models.cost_expressions import (
    MINE,
    Categories,
    Compiler,
    ExpressionError,
    categories_in,
)
from models.listing import Binder

_USED = "l.record_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')"
_OF_PLANS = "l.eligible IN ('ec2', 'fargate', 'lambda', 'sagemaker')"
_OF_RESERVATIONS = (
    "l.eligible IN ('ec2', 'rds', 'elasticache', 'opensearch') AND l.usage_unit = 'Hrs'"
)
_BOUNDS = f"SELECT min(l.date) AS first, max(l.date) AS last FROM cost_daily l WHERE {MINE}"

# type → what is counted, of how much (null: it is the amount itself), and which rows concern it.
_MEASURES = {
    "USAGE": ("l.usage_amount", "NULL::numeric", _USED),
    "SAVINGS_PLANS_UTILIZATION": (
        "l.amortized_cost * (l.record_type = 'SavingsPlanCoveredUsage')::int",
        "l.amortized_cost",
        "l.record_type IN ('SavingsPlanCoveredUsage', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee')",
    ),
    "RI_UTILIZATION": (
        "l.amortized_cost * (l.record_type = 'DiscountedUsage')::int",
        "l.amortized_cost",
        "l.record_type IN ('DiscountedUsage', 'RIFee', 'Fee')",
    ),
    "SAVINGS_PLANS_COVERAGE": (
        "l.on_demand_cost * (l.record_type = 'SavingsPlanCoveredUsage')::int",
        "l.on_demand_cost",
        f"l.record_type IN ('Usage', 'SavingsPlanCoveredUsage') AND {_OF_PLANS}",
    ),
    "RI_COVERAGE": (
        "l.usage_amount * (l.record_type = 'DiscountedUsage')::int",
        "l.usage_amount",
        f"l.record_type IN ('Usage', 'DiscountedUsage') AND {_OF_RESERVATIONS}",
    ),
}
# Which lines each member of CostTypes speaks of, when it is false.
_LEFT_OUT = {
    "IncludeTax": ("Tax",),
    "IncludeCredit": ("Credit",),
    "IncludeRefund": ("Refund",),
    "IncludeDiscount": ("EdpDiscount",),
    "IncludeUpfront": ("Fee", "SavingsPlanUpfrontFee"),
    "IncludeRecurring": ("RIFee", "SavingsPlanRecurringFee"),
    "IncludeSubscription": ("Fee", "SavingsPlanUpfrontFee", "RIFee", "SavingsPlanRecurringFee"),
}
AMORTIZED = ("AmortizedCost", "NetAmortizedCost")


@dataclass(frozen=True, slots=True)
class Question:
    """What one budget measures, over which periods of the client's calendar."""

    budget_type: str
    periods: Sequence[Period]
    filter: Mapping[str, Any] | None = None
    cost_types: Mapping[str, bool] | None = None
    amortized: bool = False


async def amounts(
    db: Any, questions: Sequence[Question], shift: timedelta
) -> list[list[Decimal | None]]:
    """What each question's periods came to: USD, units, or percent.

    None: there was nothing of which a percentage could be taken. Raises ExpressionError where a
    filter cannot be had.
    """
    if not questions:
        return []
    categories: Categories = {}
    if any(categories_in(one.filter) for one in questions):
        categories = await cost_categories.versions(db)
    bind = Binder()
    parts = [_part(n, one, shift, categories, bind) for n, one in enumerate(questions)]
    rows = await db.fetch(" UNION ALL ".join(parts), *bind.args, plan="custom")
    found: list[list[Decimal | None]] = [[None] * len(one.periods) for one in questions]
    for row in rows:
        one = questions[row["question"]]
        found[row["question"]][row["at"] - 1] = _amount(one, row["part"], row["whole"])
    return found


def check(filter_: Mapping[str, Any] | None, categories: Categories) -> None:
    """Raises ExpressionError where a filter cannot be had of the ledger."""
    if filter_:
        Compiler(Binder(), categories, date.min, date.max).condition(filter_)


async def bounds(db: Any) -> tuple[date, date] | None:
    """The first and the newest day of the ledger; None: it is empty."""
    rows = await db.fetch(_BOUNDS)
    return (rows[0]["first"], rows[0]["last"]) if rows[0]["first"] else None


def _amount(question: Question, part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    if question.budget_type in ("COST", "USAGE"):
        return part or Decimal(0)
    return 100 * (part or Decimal(0)) / whole if whole else None


def _part(n: int, one: Question, shift: timedelta, categories: Categories, bind: Binder) -> str:
    starts = [start - shift for start, _ in one.periods]
    ends = [end - shift for _, end in one.periods]
    first, last = min(starts, default=date.min), max(ends, default=date.min)
    part, whole, rows = _measure(one, bind)
    lines = "eligible" in rows
    compiler = Compiler(bind, categories, first, last)
    condition = f" AND {compiler.condition(one.filter)}" if one.filter else ""
    days = (
        f"SELECT l.date, sum({part}) AS part, sum({whole}) AS whole"
        f" FROM {'cost_lines_daily' if lines else 'cost_daily'} l {compiler.joins()}"
        f" WHERE {MINE} AND l.date >= {bind(first, '::date')} AND l.date < {bind(last, '::date')}"
        f" AND {rows}{condition} GROUP BY l.date"
    )
    return (
        f"SELECT {n} AS question, r.at::int AS at, sum(d.part) AS part, sum(d.whole) AS whole"
        f" FROM unnest({bind(starts, '::date[]')}, {bind(ends, '::date[]')})"
        f" WITH ORDINALITY AS r (first, last, at)"
        f" LEFT JOIN ({days}) d ON d.date >= r.first AND d.date < r.last GROUP BY r.at"
    )


def _measure(one: Question, bind: Binder) -> tuple[str, str, str]:
    if one.budget_type != "COST":
        return _MEASURES[one.budget_type]
    column = "l.amortized_cost" if one.amortized else "l.unblended_cost"
    types = one.cost_types or {}
    without = {
        kind for name, kinds in _LEFT_OUT.items() if types.get(name) is False for kind in kinds
    }
    rows = f"l.record_type <> ALL ({bind(sorted(without), '::text[]')})" if without else "true"
    if types.get("IncludeSupport") is False:
        rows += " AND l.service NOT LIKE 'AWS Support%'"
    return column, "NULL::numeric", rows


__all__ = ["AMORTIZED", "ExpressionError", "Question", "amounts", "bounds", "check"]
