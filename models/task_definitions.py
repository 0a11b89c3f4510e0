"""Task definitions: families of ECS and their revisions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from models import single_rows
from models.listing import Column, Database, Listing

# Names sort as text; a revision has no more than ten digits.
_POSITION = "(d.family || ':' || lpad(d.revision::text, 10, '0'))"
_DOWN = "(d.family || ':' || lpad((9999999999 - d.revision)::text, 10, '0'))"
_COLUMNS = (
    "arn", "family", "revision", "region", "status", "cpu", "memory", "network_mode",
    "compatibilities", "definition", "registered_by", "deregistered_at", "delete_requested_at",
    "tags", "created_at",
)  # fmt: skip
_SELECT = ", ".join(f"d.{name}" for name in _COLUMNS)
_BY: dict[str, Column | str] = {
    "region": "d.region",
    "arn": "d.arn",
    "family": "d.family",
    "prefix": "d.family",
    "status": "d.status",
    "revision": Column("d.revision", "int"),
}
LISTING = Listing(
    f"{_SELECT}, {_POSITION} as position", "task_definitions as d", key=_POSITION, columns=_BY,
    tagged="task_definition", tagged_by="d.arn",
)  # fmt: skip
NEWEST_FIRST = Listing(
    f"d.arn, {_DOWN} as position", "task_definitions as d", key=_DOWN, columns=_BY
)
_WITH_ACTIVE = (
    "exists (select from task_definitions as a where a.account_id = d.account_id"
    " and a.region = d.region and a.family = d.family and a.status = 'ACTIVE')"
)
FAMILIES = Listing(
    "d.family",
    "task_definitions as d",
    key="d.family",
    columns={**_BY, "any_active": Column(_WITH_ACTIVE, "bool")},
    always="d.revision = (select max(m.revision) from task_definitions as m"
    " where m.account_id = d.account_id and m.region = d.region and m.family = d.family)",
)
_FIND = f"""
select {_SELECT} from task_definitions as d
 where d.account_id = driftcloud_account() and d.region = $1 and d.family = $2
   and case when $3::int is null then d.status = 'ACTIVE' else d.revision = $3 end
 order by d.revision desc limit 1
"""
# Registrations of one family take turns, and no number is given twice, even after a deletion.
_NEXT = """
with turn as (select pg_advisory_xact_lock(hashtext('task definition' || $1), hashtext($2)))
select coalesce((select max(d.revision) from task_definitions as d, turn
                  where d.account_id = driftcloud_account() and d.region = $1 and d.family = $2),
                0) + 1 as revision
  from turn
"""
_DEREGISTER = """
update task_definitions set status = 'INACTIVE', deregistered_at = $2 where arn = $1
"""
_REQUEST_DELETION = """
update task_definitions set status = 'DELETE_IN_PROGRESS', delete_requested_at = $2
 where account_id = driftcloud_account() and arn = any($1::text[])
"""


async def find(db: Database, region: str, family: str, revision: int | None) -> Any | None:
    """A revision, or the newest ACTIVE one of the family."""
    rows = await db.fetch(_FIND, region, family, revision)
    return rows[0] if rows else None


async def next_revision(db: Any, region: str, family: str) -> int:
    """The number of the revision that is registered next; others of the family wait."""
    [row] = await db.write(_NEXT, region, family)
    return int(row["revision"])


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a revision."""
    return await single_rows.insert(db, "task_definitions", row)


async def deregister(db: Any, arn: str, now: datetime) -> None:
    """Make a revision INACTIVE: services go on with it, nothing new is made of it."""
    await db.write(_DEREGISTER, arn, now)


async def request_deletion(db: Any, arns: Sequence[str], now: datetime) -> None:
    """Mark revisions, which are deleted as soon as nothing uses them."""
    await db.write(_REQUEST_DELETION, list(arns), now)
