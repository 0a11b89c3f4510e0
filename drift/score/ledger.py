"""What was spent in two worlds on the same days, resource by resource."""

# ruff: noqa: E501 - the lines of SQL read better whole

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from drift.score.changes import Key

ZERO = Decimal(0)

# What concerns the whole bill moves with everything that drift does, and is nobody's doing.
_SHARED = "('EdpDiscount', 'Tax', 'Credit', 'Refund')"
_LINES = f"""
SELECT resource_type AS kind, resource_id AS id, sum(on_demand_cost) AS cost,
       coalesce(sum(on_demand_cost) FILTER (WHERE eligible IS NOT NULL), 0) AS eligible,
       sum(amortized_cost - on_demand_cost) AS discount, sum(unblended_cost) AS charged
  FROM cost_lines_daily
 WHERE account_id = $1 AND date > $2 AND record_type NOT IN {_SHARED}
 GROUP BY 1, 2"""


@dataclass(frozen=True, slots=True)
class Spending:
    """USD over the days played. `discount` is what commitments change in the whole account: less
    than nothing where they pay, more where they lie idle."""

    cost: Mapping[Key, Decimal]
    eligible: Mapping[Key, Decimal]
    discount: Decimal
    charged: Decimal


async def read(connection: Any, account_id: uuid.UUID, begun_on: date) -> Spending:
    """What an account spent after the day on which its episode began."""
    cost: dict[Key, Decimal] = {}
    eligible: dict[Key, Decimal] = {}
    discount = charged = ZERO
    for row in await connection.fetch(_LINES, account_id, begun_on):
        discount += row["discount"]
        charged += row["charged"]
        if row["kind"] is not None and row["id"] is not None:
            key = (row["kind"], row["id"])
            cost[key] = row["cost"]
            eligible[key] = row["eligible"]
    return Spending(cost, eligible, discount, charged)


@dataclass(frozen=True, slots=True)
class Fall:
    """By how much less was spent than if nothing had been done, by the price list of demand."""

    without: Spending
    actual: Spending

    def of(self, keys: Iterable[Key]) -> Decimal:
        """Of some resources; less than nothing where they became dearer."""
        return sum(
            (self.without.cost.get(key, ZERO) - self.actual.cost.get(key, ZERO) for key in keys),
            ZERO,
        )

    def eligible(self, keys: Iterable[Key]) -> Decimal:
        """Of that, what commitments may cover."""
        return sum(
            (
                self.without.eligible.get(key, ZERO) - self.actual.eligible.get(key, ZERO)
                for key in keys
            ),
            ZERO,
        )

    @property
    def discount(self) -> Decimal:
        """What commitments save more than without the players; less than nothing: what they waste more."""
        return self.without.discount - self.actual.discount

    @property
    def charged(self) -> Decimal:
        """Of the whole bill."""
        return self.without.charged - self.actual.charged
