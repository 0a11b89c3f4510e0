"""Records of the bill, counted: how many lines a finer report of the past would have."""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Sequence
from datetime import date
from typing import Any

_MINE = "account_id = ANY (ARRAY(SELECT driftcloud_paid_accounts()))"
# Of the rows without resources each says how many lines it was made of.
_LINES = f"SELECT service, sum(resources)::bigint AS records FROM cost_daily WHERE {_MINE} AND date >= $1 AND date < $2 AND ($3::text[] IS NULL OR service = ANY ($3)) GROUP BY 1 ORDER BY 1"
_ROWS = f"SELECT service, count(*) AS records FROM cost_daily WHERE {_MINE} AND date >= $1 AND date < $2 AND ($3::text[] IS NULL OR service = ANY ($3)) GROUP BY 1 ORDER BY 1"


async def counted(
    db: Any, start: date, end: date, services: Sequence[str] | None, *, resources: bool
) -> dict[str, int]:
    """Records of the days from `start` to before `end` by service, with or without resources."""
    given = None if services is None else list(services)
    rows = await db.fetch(_LINES if resources else _ROWS, start, end, given)
    return {row["service"]: row["records"] for row in rows}
