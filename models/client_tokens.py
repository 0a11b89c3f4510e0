"""Client tokens: requests that must not be done twice."""

from typing import Any

CLAIM = """
insert into client_tokens (account_id, service, operation, region, token, request_hash, created_at)
values (driftcloud_account(), $1, $2, $3, $4, $5, driftcloud_now(driftcloud_account()))
on conflict do nothing
returning token
"""
FIND = """
select request_hash, answer from client_tokens
 where account_id = driftcloud_account() and service = $1 and operation = $2 and token = $3
"""
REMEMBER = """
update client_tokens set answer = $4
 where account_id = driftcloud_account() and service = $1 and operation = $2 and token = $3
"""


async def claim(
    db: Any, service: str, operation: str, region: str, token: str, request_hash: str
) -> Any | None:
    """Take the token; None when it is ours now, else the row of the request that had it first.

    Concurrent claims of one token wait for each other's transaction.
    """
    if await db.write(CLAIM, service, operation, region, token, request_hash):
        return None
    return await db.fetchrow(FIND, service, operation, token)


async def remember(db: Any, service: str, operation: str, token: str, answer: Any) -> None:
    """Keep what the request answered, for whoever asks again."""
    await db.write(REMEMBER, service, operation, token, answer)
