"""Cases of AWS Support and what was written to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models import single_rows

_OWN = "(select driftcloud_account())"
_FIND = f"""
select case_id, display_id, subject, status, service_code, category_code, severity_code, language,
       submitted_by, email_addresses, created_at, case_id as position
  from support_cases
 where account_id = {_OWN} and (case_id = any($1::text[]) or $1 is null)
   and (display_id = $2 or $2 is null) and (created_at >= $3 or $3 is null)
   and (created_at < $4 or $4 is null) and ($5 or status <> 'resolved')
   and (case_id > $6 or $6 is null)
 order by case_id limit $7
"""
_WRITTEN = f"""
select case_id, body, submitted_by, created_at, id::text as position from support_communications
 where account_id = {_OWN} and case_id = any($1::text[])
   and (created_at >= $2 or $2 is null) and (created_at < $3 or $3 is null)
 order by case_id, created_at desc, id
"""
_COUNT = f"select count(*) from support_cases where account_id = {_OWN}"
_STATUS = f"""
update support_cases set status = $2 where account_id = {_OWN} and case_id = $1 returning case_id
"""


async def find(
    db: Any,
    *,
    ids: Sequence[str] | None = None,
    display: str | None = None,
    after: datetime | None = None,
    before: datetime | None = None,
    resolved: bool = False,
    following: str | None = None,
    limit: int | None = None,
) -> list[Any]:
    """Cases by id; resolved ones only if they are asked for."""
    wanted = None if ids is None else list(ids)
    given = (wanted, display, after, before, resolved, following, limit)
    return list(await db.fetch(_FIND, *given, plan="custom"))


async def written(
    db: Any, ids: Sequence[str], after: datetime | None = None, before: datetime | None = None
) -> list[Any]:
    """What was written to cases, the newest first."""
    return list(await db.fetch(_WRITTEN, list(ids), after, before, plan="custom"))


async def count(db: Any) -> int:
    """How many cases there ever were."""
    return int(await db.fetchval(_COUNT))


async def insert(db: Any, table: str, row: dict[str, Any]) -> None:
    """A new row of support_cases or support_communications."""
    await single_rows.insert(db, table, row)


async def set_status(db: Any, case_id: str, status: str) -> None:
    """A case is resolved, or open again."""
    await db.write(_STATUS, case_id, status)
