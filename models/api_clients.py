"""API clients: the access keys of an account, and what each may do.

The secret arrives here sealed and hashed; nothing in this module ever sees it in clear.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson

COLUMNS = (
    "id, account_id, name, access_key_id, scopes, status, key_version, created_at, last_used_at,"
    " expires_at"
)

LOOK_UP = "select * from driftcloud_key($1)"

CREATE = f"""
insert into api_clients (account_id, name, access_key_id, secret_key_hash, secret_sealed,
                         key_version, scopes, expires_at)
values ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8)
on conflict (access_key_id) do nothing
returning {COLUMNS}"""

LIST = f"select {COLUMNS} from api_clients where account_id = $1 order by created_at, id"

LIST_ALL = f"select {COLUMNS} from api_clients order by account_id, created_at, id"

NOUNS = "select table_name from information_schema.tables where table_schema = 'public'"

SET_STATUS = f"""
update api_clients set status = $3 where account_id = $1 and access_key_id = $2
returning {COLUMNS}"""

DELETE = f"""
delete from api_clients where account_id = $1 and access_key_id = $2
returning {COLUMNS}"""

# greatest: two processes note the same key, and the later use must win
TOUCH = """
update api_clients k set last_used_at = greatest(k.last_used_at, u.used_at)
from unnest($1::text[], $2::timestamptz[]) as u (access_key_id, used_at)
where k.access_key_id = u.access_key_id"""

SEALED = """
select access_key_id, account_id, secret_sealed, key_version from api_clients
where key_version <> $1 and secret_sealed is not null order by access_key_id"""

SOME_SEALED = """
select access_key_id, account_id, secret_sealed, key_version from api_clients
where secret_sealed is not null order by created_at limit 100"""

# only if nobody changed the key meanwhile
RESEAL = """
update api_clients set secret_sealed = $3, secret_key_hash = $4, key_version = $5
where access_key_id = $1 and secret_sealed = $2 returning access_key_id"""


class Database(Protocol):
    """What these statements need of a session or connection."""

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        """All rows of a statement."""


async def look_up(db: Database, access_key_id: str) -> Mapping[str, Any] | None:
    """What verifying a signature needs to know of a key, of whatever account; None: no such."""
    rows = await db.fetch(LOOK_UP, access_key_id)
    return rows[0] if rows else None


async def create(
    db: Database,
    account_id: Any,
    name: str,
    access_key_id: str,
    *,
    secret_key_hash: str,
    secret_sealed: bytes,
    key_version: int,
    scopes: Sequence[str] = ("read:*",),
    expires_at: datetime | None = None,
) -> Mapping[str, Any] | None:
    """A new key; None when its access key id is taken. `expires_at` is wall-clock time."""
    listed = orjson.dumps(list(scopes)).decode()
    rows = await db.fetch(
        CREATE,
        account_id,
        name,
        access_key_id,
        secret_key_hash,
        secret_sealed,
        key_version,
        listed,
        expires_at,
    )
    return rows[0] if rows else None


async def of_account(db: Database, account_id: Any) -> list[Mapping[str, Any]]:
    """The keys of an account, the oldest first."""
    return list(await db.fetch(LIST, account_id))


async def nouns(connection: Any) -> frozenset[str]:
    """The tables, which scopes may speak of besides what AWS's operations are about."""
    rows = await connection.fetch(NOUNS)
    return frozenset(row["table_name"] for row in rows)


async def of_all(db: Database) -> list[Mapping[str, Any]]:
    """The keys of all accounts (the owner's view)."""
    return list(await db.fetch(LIST_ALL))


async def enable(db: Database, account_id: Any, access_key_id: str) -> Mapping[str, Any] | None:
    """Let a disabled key sign again; None when the account has no such key."""
    return await _set_status(db, account_id, access_key_id, "active")


async def disable(db: Database, account_id: Any, access_key_id: str) -> Mapping[str, Any] | None:
    """Refuse a key without forgetting it; None when the account has no such key."""
    return await _set_status(db, account_id, access_key_id, "disabled")


async def delete(db: Database, account_id: Any, access_key_id: str) -> Mapping[str, Any] | None:
    """Remove a key; None when the account has no such key."""
    rows = await db.fetch(DELETE, account_id, access_key_id)
    return rows[0] if rows else None


async def touch(db: Database, used: Mapping[str, datetime]) -> None:
    """Write down when keys were last used (wall-clock time), all in one statement."""
    if used:
        await db.fetch(TOUCH, list(used), list(used.values()))


async def sealed_otherwise(db: Database, key_version: int) -> list[Mapping[str, Any]]:
    """Keys whose secret is sealed under another master key than `key_version`."""
    return list(await db.fetch(SEALED, key_version))


async def some_sealed(db: Database) -> list[Mapping[str, Any]]:
    """Some keys whose secret is sealed, as `sealed_otherwise` tells them, the oldest first."""
    return list(await db.fetch(SOME_SEALED))


async def reseal(
    db: Database,
    access_key_id: str,
    old: bytes,
    *,
    secret_sealed: bytes,
    secret_key_hash: str,
    key_version: int,
) -> bool:
    """Replace a key's sealed secret `old` by the same secret sealed anew; False: it changed."""
    rows = await db.fetch(RESEAL, access_key_id, old, secret_sealed, secret_key_hash, key_version)
    return bool(rows)


async def _set_status(
    db: Database, account_id: Any, access_key_id: str, status: str
) -> Mapping[str, Any] | None:
    rows = await db.fetch(SET_STATUS, account_id, access_key_id, status)
    return rows[0] if rows else None


async def account_of(db: Any, access_key_id: str) -> str | None:
    """The account number of a key, of whatever account."""
    number: str | None = await db.fetchval("select driftcloud_key_account($1)", access_key_id)
    return number
