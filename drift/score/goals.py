"""Goals: what a pack wants of an account beside its waste, each measured by one number."""

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """A number that is to fall, from what it is without the player to `target` or below.

    `sql` gives it for the account $1. `worth` is what reaching it counts, in USD a month like a
    saving; half of the way counts half.
    """

    name: str
    sql: str
    target: Decimal
    worth: Decimal


_TYPICAL = "record_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')"

# The share of the newest day's cost of resources of which nobody can tell whose they are.
ALLOCATION = Goal(
    "allocated cost",
    f"""
SELECT coalesce(sum(l.on_demand_cost) FILTER (WHERE NOT EXISTS (
           SELECT FROM resource_tags t WHERE t.account_id = l.account_id
              AND t.resource_type = l.resource_type AND t.resource_id = l.resource_id
              AND lower(t.key) IN ('owner', 'team')))
       / nullif(sum(l.on_demand_cost), 0), 0)
  FROM cost_lines_daily l
 WHERE l.account_id = $1 AND l.resource_id IS NOT NULL AND l.{_TYPICAL}
   AND l.date = (SELECT max(date) FROM cost_lines_daily WHERE account_id = $1)""",
    Decimal("0.05"),
    Decimal(200),
)

# By how much a month as dear as the newest days is above the smallest budget, as a share of it.
BUDGET = Goal(
    "budget kept",
    f"""
SELECT greatest(0, coalesce(s.daily * 30 / nullif(b.least, 0) - 1, 0))
  FROM (SELECT sum(unblended_cost) / count(DISTINCT date) AS daily FROM cost_daily
         WHERE account_id = $1 AND {_TYPICAL}
           AND date = (SELECT max(date) FROM cost_daily WHERE account_id = $1)) AS s,
       (SELECT min(limit_amount) AS least FROM budgets
         WHERE account_id = $1 AND budget_type = 'COST' AND time_unit = 'MONTHLY'
           AND name = 'monthly-cost') AS b""",
    Decimal(0),
    Decimal(200),
)


async def measured(connection: Any, goal: Goal, account_id: uuid.UUID) -> Decimal:
    """Where an account stands."""
    return Decimal(await connection.fetchval(goal.sql, account_id) or 0)


def progress(goal: Goal, without: Decimal, reached: Decimal) -> Decimal:
    """How much of the way from doing nothing to the target was gone, 0 to 1."""
    if without <= goal.target:
        return Decimal(0)
    share = (without - reached) / (without - goal.target)
    return min(Decimal(1), max(Decimal(0), share))
