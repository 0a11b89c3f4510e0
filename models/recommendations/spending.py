"""What an account spends, which savings are measured by."""

from decimal import Decimal
from typing import Any

from models.recommendations.evidence import OWN, TODAY

_MONTH = f"""
select coalesce(sum(amortized_cost), 0) as usd, count(distinct date) as days from cost_daily
 where account_id = {OWN} and date > {TODAY} - 30 and date <= {TODAY}
"""


async def month(db: Any) -> Decimal:
    """USD of the last thirty days; of fewer, as if all had been like them."""
    row = await db.fetchrow(_MONTH)
    return Decimal(row["usd"]) / row["days"] * 30 if row["days"] else Decimal(0)
