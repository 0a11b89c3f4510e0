"""What subscribers of budgets and anomalies were told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

_ADD = """
insert into cost_alerts (account_id, at, source, about, subscriber, address, message)
select driftcloud_account(), $1, $2, $3, s ->> 'kind', s ->> 'address', $5::jsonb
  from jsonb_array_elements($4::jsonb) as s
returning id
"""


async def add(
    db: Any,
    at: datetime,
    source: str,
    about: str,
    subscribers: Sequence[tuple[str, str]],
    message: Mapping[str, Any],
) -> None:
    """Remember that each of `subscribers`, kind and address, was told; `at` is virtual."""
    if subscribers:
        told = [{"kind": kind, "address": address} for kind, address in subscribers]
        await db.write(_ADD, at, source, about, told, dict(message))
