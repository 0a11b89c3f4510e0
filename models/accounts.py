"""Accounts: the twelve-digit worlds of the simulated cloud, made, found, emptied and deleted."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import md5
from typing import Any

from models import belongings

_NUMBER = re.compile(r"[0-9]{12}")

# An account is older than anything in it, also when its estate ends long ago.
FOUNDED = datetime(2021, 3, 1, 9, tzinfo=UTC)

_DATED = (
    ("users", "created_at"), ("user_groups", "created_at"), ("roles", "created_at"),
    ("policies", "created_at"), ("policy_versions", "created_at"),
    ("policy_attachments", "created_at"), ("instance_profiles", "created_at"),
    ("resource_change_events", "changed_at"),
)  # fmt: skip

# A freeze goes with what it froze; the mode of the guardrails stays, like the keys.
_THAW = """update cloud_accounts set freeze_optimizations_until = null
            where freeze_optimizations_until is not null and ($1::uuid is null or id = $1)"""


class AccountError(ValueError):
    """A wish about an account that cannot be granted; the message says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `virtual_date` is its newest simulated day, None before its first one."""

    id: uuid.UUID
    number: str
    name: str
    alias: str | None
    email: str | None
    seed: int | None
    virtual_date: date | None
    is_default: bool


_SELECT = """
select a.id, a.account_number, a.name, a.alias, a.email, c.seed, c.virtual_date, a.is_default
  from cloud_accounts a left join virtual_clocks c on c.account_id = a.id
"""


def _account(row: Any) -> Account:
    return Account(uuid.UUID(str(row[0])), *tuple(row)[1:])


async def find(connection: Any, number_or_name: str) -> Account | None:
    """The account of that number, alias or name (a name only where it is nobody else's too).

    `connection` is an asyncpg connection of the owner role, here and below.
    """
    rows = await connection.fetch(
        _SELECT + " where a.account_number = $1 or a.alias = $1 or a.name = $1"
        " order by a.account_number <> $1, a.alias is distinct from $1 limit 2",
        number_or_name,
    )
    exact = [row for row in rows if number_or_name in (row["account_number"], row["alias"])]
    if exact:
        return _account(exact[0])
    return _account(rows[0]) if len(rows) == 1 else None


async def every(connection: Any) -> list[Account]:
    """All accounts by number."""
    return [_account(row) for row in await connection.fetch(_SELECT + " order by a.account_number")]


async def create(
    connection: Any,
    number: str,
    name: str,
    *,
    alias: str | None = None,
    email: str | None = None,
    default: bool = False,
) -> Account:
    """A new account; its id follows from its number, so that worlds can be made again alike.

    Raises AccountError for what is no account number, and for a number or alias that is taken.
    """
    if _NUMBER.fullmatch(number) is None:
        raise AccountError(f"an account number has twelve digits: {number!r} has not")
    row = await connection.fetchrow(
        """insert into cloud_accounts
                  (id, account_number, name, alias, email, is_default, created_at)
           values ($1, $2, $3, $4, $5,
                   $6 and not exists (select from cloud_accounts where is_default), $7)
           on conflict do nothing returning id""",
        id_of(number), number, name, alias, email or f"aws+{name}@example.com", default, FOUNDED,
    )  # fmt: skip
    if row is None:
        raise AccountError(f"there is an account {number} already, or one with the alias {alias!r}")
    found = await find(connection, number)
    assert found is not None  # noqa: S101 - it was just made
    return found


def id_of(number: str) -> uuid.UUID:
    """The id of the account of that number."""
    return uuid.UUID(bytes=md5(number.encode(), usedforsecurity=False).digest(), version=4)


async def ensure(connection: Any, number: str, name: str, *, default: bool = False) -> Account:
    """The account of that number, made if there is none."""
    found = await find(connection, number)
    if found is not None:
        return found
    return await create(connection, number, name, default=default)


async def delete(connection: Any, account_id: uuid.UUID) -> None:
    """Remove an account with everything in it, its access keys included."""
    async with connection.transaction():
        await belongings.silence(connection)
        await belongings.empty(connection, [account_id])
        await connection.execute("delete from cloud_accounts where id = $1", account_id)


async def reset(connection: Any, account_id: uuid.UUID | None = None) -> None:
    """Empty one account, or all: the accounts themselves, their keys and roles stay.

    One transaction; other accounts are untouched. Public machine images stay.
    """
    async with connection.transaction():
        await belongings.silence(connection)
        if account_id is None:
            found = await connection.fetch("select id from cloud_accounts")
            await belongings.empty(connection, [row["id"] for row in found])
        else:
            await belongings.empty(connection, [account_id])
        await connection.execute(_THAW, account_id)


async def antedate(connection: Any, account_id: uuid.UUID) -> None:
    """Let what an account had before its history began be as old as the account.

    Before its first virtual day its time is the wall clock's, which may be long after the history.
    """
    for table, column in _DATED:
        await connection.execute(
            f"update {table} set {column} = $2"
            f" where account_id = $1 and {column} > driftcloud_now($1)",
            account_id, FOUNDED,
        )  # fmt: skip


async def is_empty(connection: Any, account_id: uuid.UUID) -> bool:
    """Whether the account has neither history nor any instance, bucket or volume."""
    return not await connection.fetchval(
        """select exists (select from metrics_daily where account_id = $1)
               or exists (select from instances where account_id = $1)
               or exists (select from s3_buckets where account_id = $1)
               or exists (select from volumes where account_id = $1)""",
        account_id,
    )


async def set_seed(connection: Any, account_id: uuid.UUID, seed: int) -> None:
    """Fix what the account's days are drawn from; its date stays."""
    await connection.execute(
        """insert into virtual_clocks (account_id, seed) values ($1, $2)
           on conflict (account_id) do update set seed = excluded.seed""",
        account_id,
        seed,
    )
