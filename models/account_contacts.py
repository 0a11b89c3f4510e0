"""Whom AWS writes to about an account, and what the account itself is called."""

from collections.abc import Mapping
from typing import Any

_OWN = "account_id = (select driftcloud_account()) and kind = $1"
_FIND = f"select details from account_contacts where {_OWN}"
_PUT = """
insert into account_contacts (account_id, kind, details) values (driftcloud_account(), $1, $2)
on conflict (account_id, kind) do update set details = excluded.details
"""
_DELETE = f"delete from account_contacts where {_OWN} returning kind"
_ACCOUNT = """
select account_number, name, created_at from cloud_accounts
 where id = (select driftcloud_account())
"""
_RENAME = "update cloud_accounts set name = $1 where id = (select driftcloud_account())"


async def find(db: Any, kind: str) -> dict[str, Any] | None:
    """The contact of a kind (PRIMARY, BILLING, OPERATIONS, SECURITY), or None."""
    row = await db.fetchrow(_FIND, kind)
    return None if row is None else dict(row["details"])


async def put(db: Any, kind: str, details: Mapping[str, Any]) -> None:
    """Name the contact of a kind, in place of the one there was."""
    await db.write(_PUT, kind, dict(details))


async def delete(db: Any, kind: str) -> bool:
    """Forget the contact of a kind; False when there was none."""
    return bool(await db.write(_DELETE, kind))


async def account(db: Any) -> Any:
    """The caller's account: account_number, name, created_at."""
    return await db.fetchrow(_ACCOUNT)


async def rename(db: Any, name: str) -> None:
    """Call the caller's account by another name."""
    await db.write(_RENAME, name)
