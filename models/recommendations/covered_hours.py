"""How many hours of instances were covered by commitments in a look-back."""

from collections.abc import Sequence
from typing import Any

from models.recommendations.evidence import OWN, TODAY

_HOURS = f"""
select l.resource_id as id,
       coalesce(sum(l.usage_amount) filter (where l.record_type = 'DiscountedUsage'), 0) as reserved,
       coalesce(sum(l.usage_amount) filter (where l.record_type = 'SavingsPlanCoveredUsage'), 0)
           as planned,
       coalesce(sum(l.usage_amount) filter (where l.record_type = 'Usage'), 0) as on_demand
  from cost_lines_daily l
 where l.account_id = {OWN} and l.resource_type = 'instance' and l.resource_id = any($1::text[])
   and l.eligible = 'ec2' and l.date > {TODAY} - $2::int and l.date <= {TODAY}
 group by 1
"""  # noqa: E501 - the lines of SQL read better whole


async def of(db: Any, instances: Sequence[str], days: int) -> dict[str, Any]:
    """Instance → hours reserved, planned and on_demand; those that ran."""
    rows = await db.fetch(_HOURS, list(instances), days)
    return {row["id"]: row for row in rows}
