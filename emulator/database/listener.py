"""The listener: one connection per process that hears PostgreSQL's notifications."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg

log = logging.getLogger(__name__)

Callback = Callable[[str | None], None]
"""Called with a notification's payload; with None when some may have been missed (drop caches)."""

# What a listener's connection calls itself, and how many processes hear this database's channels.
LISTENING: Final = "driftcloud listener"
LISTENERS: Final = """
select count(*) from pg_stat_activity
 where datname = current_database() and application_name = 'driftcloud listener'"""

_PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_HEARTBEAT_SECONDS = 30.0

# What tells that a connection is of no use any more.
_LOST: Final = (
    OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError,
)  # fmt: skip


class Listener:
    """Subscriptions that outlive their connection.

    When it is lost, subscribers are told at once, and again when they are subscribed anew: what
    was sent in between is lost.
    """

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._callbacks: dict[str, list[Callback]] = {}
        self._connection: asyncpg.Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    @property
    def alive(self) -> bool:
        """Whether notifications are being heard right now."""
        return self._connection is not None and not self._connection.is_closed()

    async def listen(self, channel: str, callback: Callback) -> None:
        """Hear a channel from now on."""
        if not channel.replace("_", "").isalnum():
            raise ValueError(f"no such channel: {channel!r}")
        known = channel in self._callbacks
        self._callbacks.setdefault(channel, []).append(callback)
        async with self._lock:
            if self._task is None:
                with contextlib.suppress(*_LOST):
                    await self._open()
                self._task = asyncio.create_task(self._keep(), name="listen")
            elif self._connection is not None and not known:
                with contextlib.suppress(*_LOST):
                    await self._connection.add_listener(channel, self._heard)

    def let_go(self) -> None:
        """Close the connection; it is opened again as soon as the database lets it."""
        if self._connection is not None and not self._connection.is_closed():
            self._connection.terminate()

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            connection.terminate()

    def _heard(self, _connection: Any, _pid: int, channel: str, payload: object) -> None:
        for callback in self._callbacks.get(channel, ()):
            self._call(callback, str(payload))

    def _call(self, callback: Callback, payload: str | None) -> None:
        try:
            callback(payload)
        except Exception:
            log.exception("a subscriber failed")

    def _tell_all(self) -> None:
        for callbacks in self._callbacks.values():
            for callback in callbacks:
                self._call(callback, None)

    async def _open(self) -> None:
        connection = await self._connect()
        try:
            for channel in self._callbacks:
                await connection.add_listener(channel, self._heard)
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection

    async def _keep(self) -> None:
        """Watch over the connection for ever."""
        failures = 0
        while True:
            if self._connection is not None:
                await self._until_lost(self._connection)
                self._connection = None
                self._tell_all()
            await asyncio.sleep(_PAUSES_SECONDS[min(failures, len(_PAUSES_SECONDS) - 1)])
            try:
                async with self._lock:
                    await self._open()
            except _LOST as error:
                failures += 1
                log.debug("not listening: %s", error)
            else:
                failures = 0
                self._tell_all()

    async def _until_lost(self, connection: asyncpg.Connection) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        while not lost.is_set() and not connection.is_closed():
            try:
                async with asyncio.timeout(_HEARTBEAT_SECONDS):
                    await lost.wait()
            except TimeoutError:
                try:
                    await connection.execute("select 1", timeout=10)
                except _LOST:
                    connection.terminate()
                    return
