"""When checks were last asked to look again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models.recommendations.evidence import OWN

_FIND = f"""
select check_id, refreshed_at from trusted_advisor_refreshes
 where account_id = {OWN} and check_id = any($1::text[])
"""
_REFRESH = """
insert into trusted_advisor_refreshes (account_id, check_id, refreshed_at)
values (driftcloud_account(), $1, $2)
on conflict (account_id, check_id) do update set refreshed_at = excluded.refreshed_at
"""


async def find(db: Any, checks: Sequence[str]) -> dict[str, datetime]:
    """Check id → the moment, of those that ever were."""
    rows = await db.fetch(_FIND, list(checks))
    return {row["check_id"]: row["refreshed_at"] for row in rows}


async def refresh(db: Any, check: str, now: datetime) -> None:
    """A check looks again now."""
    await db.write(_REFRESH, check, now)
