"""The pool: few connections, handed to whoever has waited longest."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from emulator.database.allowance import Allowance
from emulator.database.connections import FRESH, Link, Wanted
from emulator.database.failures import unavailable
from emulator.database.session import Session
from emulator.errors import Fault

log = logging.getLogger(__name__)

Connect = Callable[[], Awaitable[asyncpg.Connection]]


class Pool:
    """Up to `size` connections, opened as they are needed.

    Whoever waits is served in the order of coming (a stack gave a p99 seven times as long).
    Among idle connections the one that already has the wanted settings is taken, the most
    recently used first, so that setting the account costs no round trip of its own.

    With an `allowance` it has more than `least` only while that allows it.
    """

    def __init__(
        self,
        connect: Connect,
        *,
        size: int = 12,
        wait_seconds: float = 10.0,
        least: int = 2,
        allowance: Allowance | None = None,
    ) -> None:
        self._connect = connect
        self.size = size
        self.wait_seconds = wait_seconds
        self.least = min(least, size)
        self._allowance = allowance
        if allowance is not None:
            allowance.join(self)
        # when a connection last came back, on the monotonic clock
        self.used_at = 0.0
        self._idle: list[Link] = []
        self._waiters: deque[asyncio.Future[Link | None]] = deque()
        self._open = 0
        # connections of an earlier age are closed when they come back
        self._age = 0
        self._menders: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def open(self) -> int:
        """Connections that exist or are being opened."""
        return self._open

    @property
    def idle(self) -> int:
        """Connections at rest."""
        return len(self._idle)

    def session(self, account_id: UUID | None, source: str = "") -> Session:
        """A session for one account and source; it takes a connection per statement."""
        return Session(self, account_id, source)

    def at_rest(self, wanted: Wanted) -> Link | None:
        """A connection that rests and has these settings: the way without awaiting."""
        idle = self._idle
        if self._closed or self._waiters or not idle:
            return None
        link = idle[-1]
        if link.has is not wanted or link.raw.is_closed():
            return None
        return idle.pop()

    async def acquire(self, wanted: Wanted) -> Link:
        """A connection to work with; its settings may still have to be settled.

        Raises Fault("unavailable") when none comes free in time or none can be opened.
        """
        while True:
            if self._closed:
                raise Fault("unavailable")
            link = self._take(wanted)
            if link is not None:
                return link
            if self._open < self.size and not self._waiters and self._may_open():
                return await self._new()
            link = await self._wait()
            if link is not None and not link.raw.is_closed():
                return link
            if link is not None:
                self._open -= 1
            if self._open < self.size:
                return await self._new()

    def _take(self, wanted: Wanted) -> Link | None:
        """The best idle connection; dead ones are dropped on the way."""
        if self._waiters:
            return None
        best = -1
        for at in range(len(self._idle) - 1, -1, -1):
            link = self._idle[at]
            if link.raw.is_closed():
                del self._idle[at]
                self._open -= 1
                best -= at < best
            elif link.has is wanted:
                return self._idle.pop(at)
            elif best < 0 and link.has is not None and link.has.plan == wanted.plan:
                best = at
        if best >= 0:
            return self._idle.pop(best)
        if self._idle and self._open >= self.size:
            return self._idle.pop()
        return None

    def _may_open(self) -> bool:
        return self._allowance is None or self._allowance.may_open(self)

    async def _new(self) -> Link:
        self._open += 1
        age = self._age
        try:
            return Link(await self._connect(), age=age)
        except BaseException as error:
            self._open -= 1
            self._wake(None)
            fault = unavailable(error, closed=True)
            if fault is not None:
                raise fault from error
            raise

    async def _wait(self) -> Link | None:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Link | None] = loop.create_future()
        self._waiters.append(waiter)
        timer = loop.call_later(self.wait_seconds, _give_up, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                link = waiter.result()  # it came just as the caller went
                if link is None:
                    self._wake(None)
                else:
                    self.release(link)
            raise
        finally:
            timer.cancel()

    def _wake(self, link: Link | None) -> bool:
        """Hand a connection (None: the right to open one) to the first in the queue."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(link)
                return True
        return False

    def release(self, link: Link) -> None:
        """Give a connection back; the one who has waited longest gets it."""
        if link.raw.is_closed():
            self._open -= 1
            self._wake(None)
        elif self._closed:
            self._open -= 1
            link.raw.terminate()
        elif link.age != self._age:
            self._open -= 1
            link.raw.terminate()
            self._wake(None)
        elif not self._wake(link):
            self.used_at = time.monotonic()
            self._idle.append(link)

    def close_idle(self) -> None:
        """Close the connection that has rested longest."""
        self._open -= 1
        self._idle.pop(0).raw.terminate()

    def release_dirty(self, link: Link) -> None:
        """Give back a connection whose state is unknown: it is mended first, or dropped."""
        if link.raw.is_closed() or self._closed:
            self.release(link)
            return
        task = asyncio.get_running_loop().create_task(self._mend(link))
        self._menders.add(task)
        task.add_done_callback(self._menders.discard)

    async def _mend(self, link: Link) -> None:
        try:
            await link.mend()
        except BaseException as error:
            log.debug("a connection could not be mended: %s", error)
            link.raw.terminate()
            if not isinstance(error, Exception):
                raise
        finally:
            self.release(link)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A whole connection for work across accounts; what it set is reset afterwards."""
        link = await self.acquire(FRESH)
        try:
            yield link.raw
        except BaseException as error:
            fault = unavailable(error, closed=link.raw.is_closed())
            self.release_dirty(link)
            if fault is not None and fault is not error:
                raise fault from error
            raise
        try:
            await link.raw.reset()
        except BaseException:
            link.raw.terminate()
            raise
        finally:
            self.release(link)

    def let_go(self) -> None:
        """Close every connection: those at rest now, those at work when they come back.

        Whoever needs one from now on gets a fresh one.
        """
        self._age += 1
        for link in self._idle:
            self._open -= 1
            link.raw.terminate()
        self._idle.clear()

    async def close(self, *, patience_seconds: float = 5.0) -> None:
        """Close all connections; those at work may first finish what they are doing."""
        self._closed = True
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_exception(Fault("unavailable"))
        # menders end by themselves; one cancelled before its first step would never release
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_seconds
        while self._open > len(self._idle) and loop.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for link in self._idle:
            self._open -= 1
            try:
                await link.raw.close(timeout=1)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                link.raw.terminate()
        self._idle.clear()


def _give_up(waiter: "asyncio.Future[Link | None]") -> None:
    if not waiter.done():
        waiter.set_exception(Fault("unavailable"))
