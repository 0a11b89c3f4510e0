"""The close of a month: allocate what was spent, explain what stands out, keep to the budget.

The bill, Cost Explorer and the budget must tell one story. Machines without an owner cannot be
charged to anybody, something has made the cost jump, and the budget is about to be missed.
"""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from drift import leave
from drift.packs import governance
from drift.score.goals import ALLOCATION, BUDGET
from drift.spikes import spike

ESTATE: Final = "startup"
DAYS: Final = 40
HORIZON: Final = 7
PATTERNS: Final = frozenset({"cost_anomaly_group", "ec2_gpu_idle", "untagged"})
GOALS: Final = (ALLOCATION, BUDGET)
KNOBS: Final[dict[str, Any]] = {"mess": 0.3, "odds": {"runaway_group": 0.0, "gpu_left_on": 0.0}}
MODE: Final = "observe"

# What a month costs, going by the last four weeks, and a fiftieth for whatever comes.
_USUAL: Final = """
SELECT round(sum(unblended_cost) / 28 * 30 * 1.02, 2) FROM cost_daily
 WHERE account_id = $1 AND date > (driftcloud_now($1))::date - 28
   AND record_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')"""
_BUDGET: Final = """
INSERT INTO budgets (account_id, name, arn, budget_type, time_unit, starts_at, ends_at,
                     limit_amount, limit_unit, modified_at)
SELECT a.id, 'monthly-cost', 'arn:aws:budgets::' || a.account_number || ':budget/monthly-cost',
       'COST', 'MONTHLY', '2021-04-01Z', '2087-06-15Z', $2, 'USD', driftcloud_now(a.id)
  FROM cloud_accounts a WHERE a.id = $1
ON CONFLICT DO NOTHING"""


async def prepare(connection: Any, accounts: Sequence[uuid.UUID]) -> None:
    """A budget that the usual month keeps, machines that nobody owns, and a spike of cost."""
    await governance.prepare(connection, accounts)
    for account_id in accounts:
        usual: Decimal | None = await connection.fetchval(_USUAL, account_id)
        if usual:
            await connection.execute(_BUDGET, account_id, usual)
    await leave.give(connection, accounts[0], everywhere=True)
    await spike(connection, accounts[0])
