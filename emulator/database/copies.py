"""Databases by copying: whole worlds made of others by PostgreSQL's own CREATE DATABASE TEMPLATE.

A database can be copied only while nobody is connected to it. It is closed to new connections and
everybody is told to let go; whoever needs it meanwhile waits for it to open again (`Database`
does), so that a request takes a second longer and none fails. Who copies holds an advisory lock
all the while: a database that is closed without anybody holding it is opened by the first to
find it so.
"""

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from emulator.database import configuration

log = logging.getLogger(__name__)

LET_GO = "driftcloud_let_go"
"""The channel on which processes are told to let go of a database's connections."""

_LOCK = 0x636F_7079  # "copy": first key of the advisory lock of whoever copies a database
_MAINTENANCE = "postgres"
_EMPTY = "template1"
_IDLE_AFTER_SECONDS = 1.0
_LEAVING_SECONDS = 1.0
_PATIENCE_SECONDS = 8.0
_QUIET_SECONDS = 60.0
_GLANCE_SECONDS = 0.02
# Below this size a copy through the log is faster than one of files, which waits for the disk.
_SMALL_BYTES = 96 << 20


_ANYBODY = """
select exists (select from pg_stat_activity where datname = $1 and backend_type = 'client backend')
"""


class CopyError(RuntimeError):
    """A copy that cannot be made; the message says why, and what to do."""


class Copies:
    """The databases of one PostgreSQL beside the one that `owner_dsn` leads to."""

    def __init__(self, owner_dsn: str) -> None:
        self._owner_dsn = owner_dsn
        # the embedded server lets its own user be the superuser as well
        self.embedded = urlsplit(owner_dsn).netloc == f"{configuration.OWNER}@"
        self.home = urlsplit(owner_dsn).path.lstrip("/")

    async def copy(
        self, source: str, target: str, *, let_go: Callable[[], None] | None = None
    ) -> None:
        """Make `target` of `source`; with `let_go` others may be at work in `source`.

        `let_go` is called for this process's own pools, the others are told by notification.
        Raises CopyError: no right to create databases, or work in `source` that does not end.
        """
        async with self.connected() as connection, _locked(connection, source):
            if let_go is None:
                await self._create(connection, source, target)
                return
            await self._quiet(connection, source)
            await connection.execute("checkpoint" if self.embedded else "select 1")
            await self._close(connection, source, let_go)
            try:
                await self._empty(connection, source)
                await self._create(connection, source, target)
            finally:
                await _allow(connection, source, True)

    async def have(self, source: str, target: str) -> None:
        """Make `target` of `source`, in which nobody is at work, where it is not there yet."""
        async with self.connected() as connection, _locked(connection, target):
            if not await connection.fetchval(
                "select exists (select from pg_database where datname = $1)", target
            ):
                await self._create(connection, source, target)

    async def create(self, name: str) -> None:
        """An empty database."""
        async with self.connected() as connection:
            await self._create(connection, _EMPTY, name)

    async def drop(self, name: str) -> None:
        """Delete a database; whoever is connected to it has a second to leave."""
        async with self.connected() as connection:
            until = time.monotonic() + _LEAVING_SECONDS
            while (  # noqa: ASYNC110 - other processes leave it
                time.monotonic() < until and await connection.fetchval(_ANYBODY, name)
            ):
                await asyncio.sleep(_GLANCE_SECONDS)
            await connection.execute(f"drop database if exists {_quoted(name)} with (force)")

    async def rename(self, name: str, new: str) -> None:
        """Give a database, to which nobody is connected, another name."""
        async with self.connected() as connection:
            await connection.execute(f"alter database {_quoted(name)} rename to {_quoted(new)}")

    async def names(self, prefix: str) -> set[str]:
        """The databases whose names begin so."""
        async with self.connected() as connection:
            rows = await connection.fetch(
                "select datname from pg_database where starts_with(datname::text, $1)", prefix
            )
            return {row["datname"] for row in rows}

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """Hold a name, so that whoever else wants to make the same database waits."""
        async with self.connected() as connection, _locked(connection, name):
            yield

    async def forsaken(self, name: str) -> bool:
        """Whether nobody holds a name."""
        async with self.connected() as connection:
            free: bool = await connection.fetchval(
                "select pg_try_advisory_lock($1, hashtext($2))", _LOCK, name
            )
            return free  # the lock goes with the connection

    async def open_again(self, name: str) -> None:
        """Let connections in where a copy was cut off; nothing while it is still being made."""
        async with self.connected() as connection:
            if not await connection.fetchval(
                "select pg_try_advisory_lock($1, hashtext($2))", _LOCK, name
            ):
                return
            if await connection.fetchval(
                "select datallowconn from pg_database where datname = $1", name
            ):
                return
            log.warning("the copying of %s was cut off; it is open again", name)
            await _allow(connection, name, True)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection that is to none of the worlds."""
        connection = await self._connect()
        try:
            yield connection
        finally:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=5)

    async def _connect(self) -> asyncpg.Connection:
        dsn = self._owner_dsn
        if self.embedded:
            dsn = dsn.replace(f"//{configuration.OWNER}@", f"//{configuration.ADMIN}@", 1)
        settings = {"application_name": "driftcloud copies", "lock_timeout": "60s"}
        place = with_name(dsn, _MAINTENANCE)
        try:
            return await asyncpg.connect(place, timeout=10, server_settings=settings)
        except asyncpg.InvalidCatalogNameError:
            if not self.embedded:
                raise CopyError(f"there is no database {_MAINTENANCE} to work from") from None
        # the embedded server is laid out without one, as most never need it
        first = await asyncpg.connect(with_name(dsn, _EMPTY), timeout=10, server_settings=settings)
        try:
            with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                await first.execute(f"create database {_MAINTENANCE} template {_EMPTY}")
        finally:
            await first.close(timeout=5)
        return await asyncpg.connect(place, timeout=10, server_settings=settings)

    async def _quiet(self, connection: asyncpg.Connection, name: str) -> None:
        """Wait until no tick or migration is going on: they hold advisory locks."""
        deadline = time.monotonic() + _QUIET_SECONDS
        while await connection.fetchval(
            "select exists (select from pg_locks l join pg_database d on d.oid = l.database"
            " where l.locktype = 'advisory' and d.datname = $1)",
            name,
        ):
            if time.monotonic() > deadline:
                raise CopyError(f"days have been going by in {name} for a minute; try again later")
            await asyncio.sleep(_GLANCE_SECONDS)

    async def _close(
        self, connection: asyncpg.Connection, name: str, let_go: Callable[[], None]
    ) -> None:
        """Close a database, and tell all that are in it."""
        teller = await asyncpg.connect(with_name(self._owner_dsn, name), timeout=10)
        try:
            await _allow(connection, name, False)
            await teller.execute("select pg_notify($1, $2)", LET_GO, name)
        finally:
            await teller.close(timeout=5)
        let_go()

    async def _empty(self, connection: asyncpg.Connection, name: str) -> None:
        """Wait until nobody is in a database; who idles in it is sent away after a second."""
        began = time.monotonic()
        while True:
            rows = await connection.fetch(
                "select pid, state, application_name from pg_stat_activity"
                " where datname = $1 and backend_type = 'client backend'",
                name,
            )
            if not rows:
                return
            waited = time.monotonic() - began
            if waited > _PATIENCE_SECONDS:
                who = ", ".join(sorted({row["application_name"] or "a client" for row in rows}))
                raise CopyError(
                    f"{len(rows)} connections to {name} ({who}) are in the midst of something;"
                    " try again when it is done"
                )
            if waited > _IDLE_AFTER_SECONDS:
                for row in rows:
                    if row["state"] == "idle":
                        await connection.execute("select pg_terminate_backend($1)", row["pid"])
            await asyncio.sleep(_GLANCE_SECONDS)

    async def _create(self, connection: asyncpg.Connection, source: str, target: str) -> None:
        version = connection.get_server_version().major
        strategy = ""
        if version >= 15:
            files = await self._without_sync(connection) or (
                await connection.fetchval("select pg_database_size($1::name)", source)
                > _SMALL_BYTES
            )
            strategy = f" strategy {'file_copy' if files else 'wal_log'}"
        if version >= 18:
            # where the file system can, blocks are shared until one side changes them
            await connection.execute("set file_copy_method = clone")
        owner = f" owner {configuration.OWNER}" if self.embedded else ""
        statement = f"create database {_quoted(target)}{owner} template {_quoted(source)}{strategy}"
        try:
            await connection.execute(statement)
        except asyncpg.InsufficientPrivilegeError as error:
            raise CopyError(
                "episodes are databases of their own, and the role of --database-url may create"
                f" none ({error}): ALTER ROLE … CREATEDB lets it"
            ) from None
        except asyncpg.ObjectInUseError as error:
            raise CopyError(f"somebody is connected to {source}: {error}") from None

    async def _without_sync(self, connection: asyncpg.Connection) -> bool:
        """Let this one connection not wait for the disk; whether it does not.

        Nine tenths of the time of a copy are fsync of the new files, and a copy can be made
        again. The setting is read by the one process that is told to; checkpoints and the log
        of all worlds are synchronised as ever. Where commits are to wait for the disk
        (`--durable`), so do copies.
        """
        if not self.embedded or await connection.fetchval("show synchronous_commit") == "on":
            return False
        pid = await connection.fetchval("select pg_backend_pid()")
        await connection.execute("alter system set fsync = off")
        try:
            os.kill(pid, signal.SIGHUP)
            for _ in range(50):
                if await connection.fetchval("show fsync") == "off":
                    return True
                await asyncio.sleep(0.002)
            return False
        except OSError:
            return False
        finally:
            await connection.execute("alter system reset fsync")


def with_name(dsn: str, name: str) -> str:
    """The URL of another database of the same server."""
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(path=f"/{name}"))


@asynccontextmanager
async def _locked(connection: asyncpg.Connection, name: str) -> AsyncIterator[None]:
    """Hold the lock of a database's copying; it ends with the connection at the latest."""
    while not await connection.fetchval(  # noqa: ASYNC110 - another session holds it
        "select pg_try_advisory_lock($1, hashtext($2))", _LOCK, name
    ):
        await asyncio.sleep(_GLANCE_SECONDS)
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("select pg_advisory_unlock($1, hashtext($2))", _LOCK, name)


async def _allow(connection: asyncpg.Connection, name: str, allowed: bool) -> None:
    word = "true" if allowed else "false"
    await connection.execute(f"alter database {_quoted(name)} with allow_connections {word}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
