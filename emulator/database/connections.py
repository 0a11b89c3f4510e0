"""One connection to PostgreSQL: how it is opened, and what is remembered of it."""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from asyncpg.prepared_stmt import PreparedStatement

SOURCES = ("", "manual", "agent", "drift_engine")
PLANS = {"generic": "force_generic_plan", "custom": "force_custom_plan"}
_STATEMENTS = 400  # per connection; list filters compose a statement for each combination

_SESSION = {
    "application_name": "driftcloud",
    "timezone": "UTC",
    "jit": "off",
    "search_path": "public",
}
API_SETTINGS = {
    **_SESSION,
    "plan_cache_mode": PLANS["generic"],
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "5s",
    # tags that are not in their index yet are read through by whoever asks for `tags @>`
    "gin_pending_list_limit": "64kB",
}
OWNER_SETTINGS = {
    **_SESSION,
    "statement_timeout": "10min",
    "idle_in_transaction_session_timeout": "10min",
    "lock_timeout": "60s",
}


@dataclass(slots=True, frozen=True, eq=False)
class Wanted:
    """The settings that a connection must have for a request's statements.

    Equal ones are one object (`Wanted.of`), so that comparing them is free.
    """

    account: str = ""
    source: str = ""
    plan: str = "generic"

    @staticmethod
    @lru_cache(maxsize=4096)
    def of(account: UUID | None, source: str, plan: str) -> "Wanted":
        """Checked settings: they are sent as text, so nothing else may get into them."""
        if source not in SOURCES or plan not in PLANS:
            raise ValueError(f"no such source or plan: {source!r}, {plan!r}")
        if account is not None and not isinstance(account, UUID):
            raise TypeError("the account is a UUID")
        return Wanted("" if account is None else str(account), source, plan)

    def differences(self, had: "Wanted | None", *, local: bool = False) -> str:
        """The statement that turns a connection from `had` into this; empty when it is so.

        `local` lets it hold for the running transaction only.
        """
        pairs = []
        if had is None or had.account != self.account:
            pairs.append(("driftcloud.account", self.account))
        if had is None or had.source != self.source:
            pairs.append(("driftcloud.source", self.source))
        if had is None or had.plan != self.plan:
            pairs.append(("plan_cache_mode", PLANS[self.plan]))
        scope = "true" if local else "false"
        calls = ", ".join(f"set_config('{name}', '{value}', {scope})" for name, value in pairs)
        return f"select {calls}" if calls else ""


FRESH = Wanted.of(None, "", "generic")


@dataclass(slots=True)
class Link:
    """A pooled connection, the settings it has (None: unknown), its prepared statements.

    `age` is that of its pool when it was opened (see `Pool.let_go`).
    """

    raw: asyncpg.Connection
    has: Wanted | None = FRESH
    statements: dict[str, PreparedStatement] = field(default_factory=dict)
    age: int = 0

    async def settle(self, wanted: Wanted) -> None:
        """Give the connection these settings; a round trip only where they differ."""
        if self.has is wanted:
            return
        statement = wanted.differences(self.has)
        if statement:
            self.has = None  # unknown until the answer is here
            await self.raw.execute(statement)
        self.has = wanted

    async def fetch(self, sql: str, args: tuple[Any, ...]) -> list[asyncpg.Record]:
        """The rows of a prepared statement.

        A plan made before a migration is refused before anything is done, so it is safe to
        prepare that statement once more.
        """
        statement = self.statements.get(sql)
        if statement is not None:
            try:
                return await statement.fetch(*args)  # type: ignore[no-any-return]
            except (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError):
                self.statements.clear()
                await self.raw.reload_schema_state()
                if self.raw.is_in_transaction():
                    raise
        statement = await self._prepare(sql)
        return await statement.fetch(*args)  # type: ignore[no-any-return]

    async def _prepare(self, sql: str) -> PreparedStatement:
        if len(self.statements) >= _STATEMENTS:
            del self.statements[next(iter(self.statements))]
        statement = await self.raw.prepare(sql)
        self.statements[sql] = statement
        return statement

    async def mend(self) -> None:
        """Bring a connection of unknown state back to rest."""
        self.has = None
        await self.raw.execute("select 1", timeout=5)  # waits for a cancelled statement's end
        if self.raw.is_in_transaction():
            await self.raw.execute("rollback", timeout=5)


async def connect(
    dsn: str, settings: dict[str, str], *, role: str | None = None, command_seconds: float | None
) -> asyncpg.Connection:
    """Open a connection; `role` is taken on for good, so that not even RESET ROLE undoes it."""
    given = {**settings, "role": role} if role else settings
    connection = await asyncpg.connect(
        dsn,
        timeout=10,
        command_timeout=command_seconds,
        server_settings=given,
        # a tick has a quarter of a thousand statements: with room for fewer, or forgotten by the
        # next tick, each is planned anew
        statement_cache_size=500,
        max_cached_statement_lifetime=0,
    )
    try:
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", format="binary", encoder=_to_jsonb, decoder=_from_jsonb
        )
        await connection.set_type_codec(
            "json", schema="pg_catalog", format="binary", encoder=to_json, decoder=orjson.loads
        )
    except BaseException:
        connection.terminate()
        raise
    return connection


def to_json(value: Any) -> bytes:
    """A value as JSON text; decimals as numbers, times and UUIDs as text."""
    return orjson.dumps(value, default=_plain)


def _to_jsonb(value: Any) -> bytes:
    return b"\x01" + to_json(value)  # the binary form is a version byte and the text


def _from_jsonb(data: bytes) -> Any:
    return orjson.loads(data[1:])


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
