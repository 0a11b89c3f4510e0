"""The database of a server: embedded or external, opened from the settings, closed in order."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from emulator.database import configuration
from emulator.database.connections import API_SETTINGS, OWNER_SETTINGS, connect
from emulator.database.embedded import EmbeddedServer, InUseError, running_url
from emulator.database.listener import Callback, Listener
from emulator.database.migrate import Migration, migrate
from emulator.database.pool import Pool
from emulator.database.session import Session

if TYPE_CHECKING:
    from emulator.settings import Settings

log = logging.getLogger(__name__)

OWNER_POOL_SIZE = 4
_COMMAND_SECONDS = 20.0  # the server ends a statement after 15; this ends a dead connection


class Database:
    """Two pools over one PostgreSQL: requests as `driftcloud_api`, the rest as the owner."""

    def __init__(
        self,
        owner_dsn: str,
        *,
        api_dsn: str | None = None,
        size: int = 12,
        server: EmbeddedServer | None = None,
        wait_seconds: float = 10.0,
    ) -> None:
        self.server = server
        self._owner_dsn = owner_dsn
        self._api_dsn = api_dsn
        self.pool = Pool(self._connect_api, size=size, wait_seconds=wait_seconds)
        self._owners = Pool(self.connect_owner, size=OWNER_POOL_SIZE, wait_seconds=60.0)
        self._listener = Listener(self.connect_owner)

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
                await database.migrate()
            except BaseException:
                await database.close()
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

    async def listen(self, channel: str, callback: Callback) -> None:
        """Call back with the payload of each notification, None when some may be missed."""
        await self._listener.listen(channel, callback)

    async def close(self) -> None:
        """Finish what runs, close the connections, stop the embedded server."""
        await self._listener.close()
        await self.pool.close()
        await self._owners.close()
        if self.server is not None:
            await self.server.stop()

    async def connect_owner(self) -> asyncpg.Connection:
        """A connection of one's own as the owner; close it yourself."""
        return await connect(self._owner_dsn, OWNER_SETTINGS, command_seconds=None)

    async def _connect_api(self) -> asyncpg.Connection:
        if self._api_dsn is not None:
            return await connect(self._api_dsn, API_SETTINGS, command_seconds=_COMMAND_SECONDS)
        return await connect(
            self._owner_dsn,
            API_SETTINGS,
            role=configuration.API,
            command_seconds=_COMMAND_SECONDS,
        )
