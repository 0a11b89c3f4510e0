"""The database of a server: embedded or external, opened from the settings, closed in order."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from emulator.database import configuration
from emulator.database.allowance import Allowance
from emulator.database.connections import API_SETTINGS, OWNER_SETTINGS, connect
from emulator.database.copies import LET_GO, Copies, with_name
from emulator.database.embedded import EmbeddedServer, InUseError, running_url
from emulator.database.listener import LISTENERS, LISTENING, Callback, Listener
from emulator.database.migrate import Migration, MigrationError, migrate
from emulator.database.pool import Pool
from emulator.database.session import Session

if TYPE_CHECKING:
    from emulator.settings import Settings

log = logging.getLogger(__name__)

OWNER_POOL_SIZE = 4
_COMMAND_SECONDS = 20.0  # the server ends a statement after 15; this ends a dead connection
# How long a connection waits for a database that is closed while it is copied.
_COPYING_SECONDS = 15.0
_ORPHANED_SECONDS = 1.0
_GLANCE_SECONDS = 0.02
# How PostgreSQL, or a pooler before it, says that a role is not to be taken on.
_REFUSED = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidParameterValueError,
    asyncpg.ProtocolViolationError,
    asyncpg.FeatureNotSupportedError,
)
# "busy": held by whoever works over several transactions, and waited for by whoever copies.
_BUSY_LOCK = 0x6275_7379


class Database:
    """Two pools over one PostgreSQL: requests as `driftcloud_api`, the rest as the owner."""

    def __init__(
        self,
        owner_dsn: str,
        *,
        api_dsn: str | None = None,
        size: int = 12,
        owners: int = OWNER_POOL_SIZE,
        server: EmbeddedServer | None = None,
        wait_seconds: float = 10.0,
        api_draws: str = "",
        owner_draws: str = "",
        allowance: Allowance | None = None,
    ) -> None:
        self.server = server
        self._owner_dsn = owner_dsn
        self._api_dsn = api_dsn
        # what the ids of new rows follow from, where they are not to be random
        self._api_settings = {**API_SETTINGS, **_drawing(api_draws)}
        self.owner_draws = owner_draws
        self._owner_settings = {**OWNER_SETTINGS, **_drawing(owner_draws)}
        # what was pending when it was opened
        self.applied: list[Migration] = []
        self.copies = Copies(owner_dsn)
        # what the pools of all siblings may have open together
        self.allowance = Allowance()
        self.pool = Pool(
            self._connect_api, size=size, wait_seconds=wait_seconds, allowance=allowance
        )
        self._owners = Pool(self.connect_owner, size=owners, wait_seconds=60.0, allowance=allowance)
        self._listener = Listener(self._connect_listener)

    @classmethod
    async def open(
        cls,
        settings: "Settings",
        *,
        purpose: str = "server",
        server: EmbeddedServer | None = None,
    ) -> "Database":
        """Open the database that the settings name, and migrate it.

        `purpose` is "server" (its folder must be free), "command" (a running server's database
        is used, else one is started for the command's time) or "worker" (the parent's is used,
        nothing is migrated). A `server` that was launched before is waited for.
        """
        if settings.database_url:
            database = cls(settings.database_url, size=settings.pool_size)
        else:
            database = await cls._open_embedded(settings, purpose, server)
        if purpose != "worker":
            try:
                database.applied = await database.migrate()
                if settings.database_url:
                    await database.check_role()
            except BaseException as error:
                await database.close()
                if settings.database_url and isinstance(error.__cause__, OSError):
                    place = urlsplit(settings.database_url).netloc.rpartition("@")[2]
                    raise MigrationError(
                        f"no PostgreSQL answers at {place or 'the local socket'}"
                        f" ({error.__cause__ or 'it takes too long'}); see --database-url"
                    ) from None
                if isinstance(error.__cause__, asyncpg.ProtocolViolationError):
                    raise MigrationError(
                        f"{error.__cause__}: something between here and PostgreSQL refuses what"
                        " connections are set to; give the address of the database itself, and of"
                        " no pooler"
                    ) from None
                raise
        return database

    @classmethod
    async def _open_embedded(
        cls, settings: "Settings", purpose: str, server: EmbeddedServer | None
    ) -> "Database":
        if purpose != "server" and server is None:
            found = await asyncio.to_thread(running_url, settings.data_dir)
            if found is not None:
                return cls._attached(found, settings.pool_size)
            if purpose == "worker":
                raise InUseError(f"no server runs on {settings.data_dir}")
        if server is None:
            server = EmbeddedServer(settings.data_dir, durable=settings.durable, purpose=purpose)
        try:
            await server.start()
        except InUseError:
            found = await asyncio.to_thread(running_url, settings.data_dir)
            if purpose != "command" or found is None:
                raise
            return cls._attached(found, settings.pool_size)
        return cls(server.owner_dsn, api_dsn=server.api_dsn, size=settings.pool_size, server=server)

    @classmethod
    def _attached(cls, owner_dsn: str, size: int) -> "Database":
        api_dsn = owner_dsn.replace(f"//{configuration.OWNER}@", f"//{configuration.API}@", 1)
        return cls(owner_dsn, api_dsn=api_dsn, size=size)

    def sibling(
        self, name: str, *, size: int, owners: int, api_draws: str = "", owner_draws: str = ""
    ) -> "Database":
        """Another database of the same PostgreSQL, as the same roles.

        `api_draws` and `owner_draws` are what the ids of new rows follow from, of requests
        and of the owner's work; without them they are random.
        """
        api_dsn = None if self._api_dsn is None else with_name(self._api_dsn, name)
        return Database(
            with_name(self._owner_dsn, name), api_dsn=api_dsn, size=size, owners=owners,
            api_draws=api_draws, owner_draws=owner_draws, allowance=self.allowance,
        )  # fmt: skip

    @property
    def name(self) -> str:
        """The database's name within its PostgreSQL."""
        return self.copies.home

    @property
    def libpq_url(self) -> str:
        """The URL for psql and other clients: as the owner."""
        return self._owner_dsn

    @property
    def embedded(self) -> bool:
        """Whether this process runs the PostgreSQL itself."""
        return self.server is not None

    def session(self, account_id: UUID, source: str = "agent") -> Session:
        """The database as one account sees it; `source` is agent, drift_engine or manual."""
        return self.pool.session(account_id, source)

    @asynccontextmanager
    async def owner(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection that sees all accounts: keys, ticks, control. Long statements may run."""
        async with self._owners.connection() as connection:
            yield connection

    async def migrate(self, folder: Path | None = None) -> list[Migration]:
        """Apply the migrations that are pending; return them."""
        async with self.owner() as connection:
            return await (migrate(connection) if folder is None else migrate(connection, folder))

    async def check_role(self) -> None:
        """Refuse a PostgreSQL in which requests would not run as the role that row security holds.

        A user may be no member of that role, and a pooler in between may drop the settings with
        which a connection takes it on: requests would then see the rows of all accounts.
        Raises MigrationError.
        """
        try:
            connection = await self._connect_api()
        except _REFUSED as error:
            user = urlsplit(self._owner_dsn).username or "the user of --database-url"
            raise MigrationError(
                f"requests cannot run as the role {configuration.API} ({error}). As an "
                f"administrator run: GRANT {configuration.API} TO {user}. Where a pooler is in "
                "between, give the address of the database itself"
            ) from None
        try:
            found = await connection.fetchval("select current_user::text")
        finally:
            await connection.close(timeout=5)
        if found != configuration.API:
            raise MigrationError(
                f"requests would run as {found}, who sees all accounts, and not as "
                f"{configuration.API}: something between here and PostgreSQL drops the settings "
                "of connections; give the address of the database itself, and of no pooler"
            )

    async def listen(self, channel: str, callback: Callback) -> None:
        """Call back with the payload of each notification, None when some may be missed."""
        await self._listener.listen(channel, callback)

    @asynccontextmanager
    async def undisturbed(self) -> AsyncIterator[None]:
        """Let whoever wants to copy this database wait, for work of several transactions."""
        async with self.owner() as connection:
            await connection.execute("select pg_advisory_lock_shared($1)", _BUSY_LOCK)
            yield  # what was locked is unlocked by the pool's reset

    async def divide_connections(self) -> None:
        """Allow the siblings this process's part of all connections that PostgreSQL takes."""
        async with self.owner() as connection:
            self.allowance.divide(
                int(await connection.fetchval("show max_connections")),
                await connection.fetchval(LISTENERS),
            )

    async def hear_of_copies(self) -> None:
        """Let go of all connections whenever this database is about to be copied."""
        await self.listen(LET_GO, lambda payload: self.let_go() if payload else None)

    def let_go(self) -> None:
        """Close the connections, those at work as soon as they are done."""
        self.pool.let_go()
        self._owners.let_go()
        self._listener.let_go()

    def forget_work(self) -> None:
        """Close the owner's connections: each keeps the plans of all statements it ever ran."""
        self._owners.let_go()

    async def close(self) -> None:
        """Finish what runs, close the connections, stop the embedded server."""
        await self._listener.close()
        await self.pool.close()
        await self._owners.close()
        if self.server is not None:
            await self.server.stop()

    async def connect_owner(self) -> asyncpg.Connection:
        """A connection of one's own as the owner; close it yourself."""
        return await self._patiently(
            lambda: connect(self._owner_dsn, self._owner_settings, command_seconds=None)
        )

    async def _connect_listener(self) -> asyncpg.Connection:
        settings = {**self._owner_settings, "application_name": LISTENING}
        return await self._patiently(
            lambda: connect(self._owner_dsn, settings, command_seconds=None)
        )

    async def _connect_api(self) -> asyncpg.Connection:
        dsn, role = (self._api_dsn, None) if self._api_dsn else (self._owner_dsn, configuration.API)
        return await self._patiently(
            lambda: connect(dsn, self._api_settings, role=role, command_seconds=_COMMAND_SECONDS)
        )

    async def _patiently(
        self, opening: Callable[[], Awaitable[asyncpg.Connection]]
    ) -> asyncpg.Connection:
        """A connection, waited for while the database is closed to be copied, or all are taken."""
        began = looked = time.monotonic()
        while True:
            try:
                return await opening()
            except (asyncpg.ObjectNotInPrerequisiteStateError, asyncpg.TooManyConnectionsError):
                now = time.monotonic()
                if now - began > _COPYING_SECONDS:
                    raise
            if now - looked > _ORPHANED_SECONDS:
                looked = now
                await self.copies.open_again(self.name)
            await asyncio.sleep(_GLANCE_SECONDS)


def _drawing(draws: str) -> dict[str, str]:
    return {"driftcloud.draws": draws} if draws else {}
