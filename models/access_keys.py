"""Access keys as IAM sees them: the rows of api_clients by their users."""

from datetime import datetime
from typing import Any

_OWN = "account_id = (select driftcloud_account())"
_COLUMNS = (
    "access_key_id, user_name, status, scopes, created_at, last_used_at, last_used_service,"
    " last_used_region"
)
_OF_USER = f"""
select {_COLUMNS} from api_clients
 where {_OWN} and lower(user_name) = lower($1) and ($2::text is null or access_key_id > $2)
 order by access_key_id limit $3::int
"""
_NEWEST = f"""
select scopes from api_clients where {_OWN} and lower(user_name) = lower($1)
 order by created_at desc, id desc limit 1
"""
_CREATE = """
insert into api_clients (account_id, name, user_name, access_key_id, secret_key_hash,
                         secret_sealed, key_version, scopes, created_at)
values (driftcloud_account(), $1, $1, $2, $3, $4, $5, $6::jsonb, $7)
on conflict (access_key_id) do nothing returning id
"""
_CHANGE = f"""
update api_clients set status = $3
 where {_OWN} and lower(user_name) = lower($1) and access_key_id = $2 returning id
"""
_DELETE = f"""
delete from api_clients
 where {_OWN} and lower(user_name) = lower($1) and access_key_id = $2 returning id
"""


async def of_user(db: Any, user: str, after: str | None = None, limit: int | None = None) -> Any:
    """The keys of a user, by id."""
    return await db.fetch(_OF_USER, user, after, limit)


async def find(db: Any, access_key_id: str) -> Any | None:
    """A key of the account."""
    return await db.fetchrow(
        f"select {_COLUMNS} from api_clients where {_OWN} and access_key_id = $1", access_key_id
    )


async def newest_scopes(db: Any, user: str) -> tuple[str, ...]:
    """The scopes of a user's newest key; none where it has no key."""
    return tuple(await db.fetchval(_NEWEST, user) or ())


async def create(
    db: Any,
    user: str,
    access_key_id: str,
    secret_key_hash: str,
    secret_sealed: bytes,
    key_version: int,
    scopes: tuple[str, ...],
    created_at: datetime,
) -> None:
    """A new key of a user; `created_at` is real time."""
    await db.write(
        _CREATE, user, access_key_id, secret_key_hash, secret_sealed, key_version, list(scopes),
        created_at,
    )  # fmt: skip


async def set_status(db: Any, user: str, access_key_id: str, status: str) -> bool:
    """Disable or enable a user's key; False: it has no such key."""
    return bool(await db.write(_CHANGE, user, access_key_id, status))


async def delete(db: Any, user: str, access_key_id: str) -> bool:
    """Delete a user's key; False: it has no such key."""
    return bool(await db.write(_DELETE, user, access_key_id))
