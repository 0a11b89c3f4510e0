"""The day's connection as models know a session: rows by name, jsonb as Python has it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson

from drift.day import Day

_JSON = ("json", "jsonb")


class DaySession:
    """What models ask a request's session for, within the transaction of a tick."""

    def __init__(self, day: Day) -> None:
        self._connection = day.connection
        self.account_id = day.account_id
        self._plain: bool | None = None

    async def fetch(self, sql: str, *args: Any, plan: str = "generic") -> list[dict[str, Any]]:
        """All rows of a statement."""
        statement = await self._connection.prepare(sql)
        given, coded = list(args), []
        if await self._is_plain():
            coded = [one.name for one in statement.get_attributes() if one.type.name in _JSON]
            for n, kind in enumerate(statement.get_parameters()):
                if kind.name in _JSON and args[n] is not None:
                    given[n] = orjson.dumps(args[n]).decode()
        rows: Sequence[Any] = await statement.fetch(*given)
        return [_decoded(dict(row), coded) for row in rows]

    async def fetchrow(self, sql: str, *args: Any, plan: str = "generic") -> dict[str, Any] | None:
        """The first row, None where there is none."""
        rows = await self.fetch(sql, *args)
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *args: Any, plan: str = "generic") -> Any:
        """The first column of the first row, None where there is no row."""
        row = await self.fetchrow(sql, *args)
        return next(iter(row.values())) if row else None

    async def write(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        """The rows that a writing statement returns."""
        return await self.fetch(sql, *args)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["DaySession"]:
        """All statements inside are done together or not at all."""
        async with self._connection.transaction():
            yield self

    async def _is_plain(self) -> bool:
        """Whether the connection has jsonb as text: that of a pool has it as Python does."""
        if self._plain is None:
            self._plain = isinstance(await self._connection.fetchval("SELECT '{}'::jsonb"), str)
        return self._plain


def _decoded(row: dict[str, Any], coded: Sequence[str]) -> dict[str, Any]:
    for name in coded:
        if row[name] is not None:
            row[name] = orjson.loads(row[name])
    return row
