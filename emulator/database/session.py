"""A session: the database as one account sees it, for the length of one request."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import asyncpg

from emulator.database.connections import Link, Wanted
from emulator.database.failures import unavailable

if TYPE_CHECKING:
    from emulator.database.pool import Pool
    from emulator.trail import Entry

Plan = Literal["generic", "custom"]
Rows = Coroutine[Any, Any, list[asyncpg.Record]]


class Session:
    """Statements for one account and source.

    Outside a transaction each statement takes a connection of its own and is a transaction by
    itself; only one of them may write, because two would not be done or undone together.
    Row security holds every statement to the account.
    """

    __slots__ = (
        "_doomed", "_generic", "_pinned", "_pool", "_wrote", "account_id", "entry", "source",
    )  # fmt: skip

    def __init__(self, pool: "Pool", account_id: UUID | None, source: str = "") -> None:
        self.account_id = account_id
        self.source = source
        # what goes into the trail with the first change that is made (see emulator/trail.py)
        self.entry: Entry | None = None
        self._pool = pool
        self._generic = Wanted.of(account_id, source, "generic")
        self._pinned: Link | None = None
        self._wrote = False
        self._doomed = False

    def fetch(self, sql: str, *args: Any, plan: str = "generic") -> Rows:
        """The rows of a statement that reads.

        `plan` is "custom" where the best plan depends on the values (filtered lists), else
        "generic" (keys, pages). Raises Fault("unavailable") when the database cannot answer.
        """
        if self._pinned is not None:
            return self._run_pinned(self._pinned, sql, args)
        wanted = self._generic
        if plan != "generic":
            wanted = Wanted.of(self.account_id, self.source, plan)
        return self._run(wanted, sql, args)

    async def fetchrow(self, sql: str, *args: Any, plan: str = "generic") -> asyncpg.Record | None:
        """The first row, None where there is none."""
        rows = await self.fetch(sql, *args, plan=plan)
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *args: Any, plan: str = "generic") -> Any:
        """The first column of the first row, None where there is no row."""
        rows = await self.fetch(sql, *args, plan=plan)
        return rows[0][0] if rows else None

    async def write(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """The rows that a writing statement returns.

        Outside a transaction one is allowed in a session's life; it is never sent twice, not
        even when it is unknown whether it was done.
        """
        if self._pinned is not None:
            return await self._run_pinned(self._pinned, sql, args)
        if self._wrote:
            raise RuntimeError("a second write outside a transaction: open session.transaction()")
        self._wrote = True
        if self.entry is not None:
            sql, args = self.entry.joined(sql, args)
        return await self._run(self._generic, sql, args)

    async def attempt(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """The row that an UPDATE … RETURNING changes; none where it is not as that expects.

        Then nothing was done and no call entered, and another statement may write instead.
        """
        if self._pinned is not None:
            return await self._run_pinned(self._pinned, sql, args)
        if self._wrote:
            raise RuntimeError("a second write outside a transaction: open session.transaction()")
        self._wrote = True  # for all that is known while there is no answer
        entry = self.entry
        if entry is not None:
            sql, args = entry.joined_where_changed(sql, args)
        rows = await self._run(self._generic, sql, args)
        self._wrote = bool(rows)
        if entry is not None and rows:
            entry.written = True
        return rows

    async def _run(self, wanted: Wanted, sql: str, args: tuple[Any, ...]) -> list[asyncpg.Record]:
        link = self._pool.at_rest(wanted) or await self._pool.acquire(wanted)
        try:
            if link.has is not wanted:
                await link.settle(wanted)
            rows = await link.fetch(sql, args)
        except asyncpg.PostgresError as error:
            fault = unavailable(error)
            if fault is not None:
                self._pool.release_dirty(link)
                raise fault from error
            # The statement failed as a whole and the server said so: the connection is sound.
            self._pool.release(link)
            raise
        except BaseException as error:
            fault = unavailable(error, closed=link.raw.is_closed())
            self._pool.release_dirty(link)
            if fault is not None:
                raise fault from error
            raise
        self._pool.release(link)
        return rows

    async def _run_pinned(
        self, link: Link, sql: str, args: tuple[Any, ...]
    ) -> list[asyncpg.Record]:
        try:
            return await link.fetch(sql, args)
        except Exception as error:
            fault = unavailable(error, closed=link.raw.is_closed())
            if fault is not None:
                raise fault from error
            raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Session"]:
        """All statements inside are done together or not at all.

        A transaction inside another is part of it; when the inner one fails, so does the whole,
        even where the exception was caught in between.
        """
        if self._pinned is not None:
            try:
                yield self
            except BaseException:
                self._doomed = True
                raise
            return
        link = await self._begin()
        self._pinned, self._doomed = link, False
        try:
            yield self
            if self._doomed:
                raise RuntimeError("part of this transaction failed, so it cannot be committed")
            await self._commit(link)
        except BaseException as error:
            self._pinned = None
            fault = unavailable(error, closed=link.raw.is_closed())
            await self._undo(link, error)
            if fault is not None and fault is not error:
                raise fault from error
            raise
        self._pinned = None
        self._pool.release(link)

    async def _begin(self) -> Link:
        """BEGIN, account and source in one round trip."""
        link = await self._pool.acquire(self._generic)
        differences = self._generic.differences(link.has, local=True)
        try:
            await link.raw.execute(f"begin; {differences}" if differences else "begin")
        except BaseException as error:
            fault = unavailable(error, closed=link.raw.is_closed())
            self._pool.release_dirty(link)
            if fault is not None:
                raise fault from error
            raise
        return link

    async def _commit(self, link: Link) -> None:
        """COMMIT; PostgreSQL answers ROLLBACK when an error inside was swallowed."""
        last = self.entry.before_commit() if self.entry is not None else ""
        if await link.raw.execute(f"{last}commit") != "COMMIT":
            raise RuntimeError("the transaction had failed, so it was rolled back")

    async def _undo(self, link: Link, error: BaseException) -> None:
        if not isinstance(error, Exception) or link.raw.is_closed():
            self._pool.release_dirty(link)  # cancelled: nobody is there to wait for the end
            return
        try:
            if link.raw.is_in_transaction():
                await link.raw.execute("rollback", timeout=5)
        except BaseException:
            self._pool.release_dirty(link)
            raise
        self._pool.release(link)
