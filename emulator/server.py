"""A server process: what it holds while it runs, from opening the database to closing it."""

import asyncio
import contextlib
import logging
import os
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator import clients, memory, trail_files, trail_journal
from emulator.clock import Clocks
from emulator.control import World
from emulator.counters import Counters
from emulator.database.database import Database
from emulator.database.embedded import EmbeddedServer
from emulator.dispatch import Dispatcher
from emulator.fragments import Fragments
from emulator.keys import Keys
from emulator.permissions import Permissions
from emulator.resource_policies import ResourcePolicies
from emulator.seal import Vault, load_masters
from emulator.settings import Settings
from emulator.trail import Trail
from emulator.trouble import Trouble
from models import (
    api_clients,
    cache_clusters,
    call_tallies,
    episodes,
    event_outbox,
    fault_rules,
    grants,
    instances,
    load_balancers,
    managed_services,
    rds_instances,
    resource_policies,
    streaming_clusters,
    virtual_clocks,
)

if TYPE_CHECKING:
    from emulator.context import Context
    from emulator.episode_servers import EpisodeServer, EpisodeServers
    from emulator.rate_limits import Drawing

log = logging.getLogger("driftcloud.server")

KEYS_WRITTEN_EVERY_SECONDS = 20.0
CALLS_WRITTEN_EVERY_SECONDS = 1.0
LEAST_SETTLING_SECONDS = 0.1
# Episodes whose days go by at once: each takes a whole core, and 50 MB of a connection.
TURNS = 4
# The longest lists that are written at once: more than one, as one may have 30,000 rows.
LISTS = 2


class Server:
    """One process that answers: its database, keys, clocks and background tasks."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        vault: Vault,
        buckets: "Drawing | None" = None,
    ) -> None:
        self.settings = settings
        self.database = database
        self.vault = vault
        self.keys = Keys(vault, self._look_up_key)
        self.permissions = Permissions(database)
        self.resource_policies = ResourcePolicies(database)
        self.clocks = Clocks(self._virtual_date, shifted=settings.clock != "virtual")
        self.counters = Counters()
        self.fragments = Fragments()
        self.writing = asyncio.Semaphore(LISTS)
        self.trouble = Trouble(buckets)
        self.trail = Trail(database)
        self.dispatcher = Dispatcher(database, self.clocks, vault)
        self.world = World(
            database, vault, settings, visited=self._visit, turns=asyncio.Semaphore(TURNS)
        )
        self._episodes: EpisodeServers | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._counting = asyncio.Lock()
        self._answering: set[asyncio.Task[None]] = set()

    @property
    def trail_folder(self) -> Path | None:
        """Where the trail's journals lie; None: none is kept."""
        return trail_journal.folder_of(self.settings)

    async def start(self) -> None:
        """Hear what changes elsewhere, and begin what runs by itself."""
        await self.database.hear_of_copies()
        await self.database.listen("api_clients_changed", self._key_changed)
        await self.database.listen("driftcloud_policies", self.permissions.forget)
        await self.database.listen(resource_policies.CHANGED, self.resource_policies.forget)
        await self.database.listen("driftcloud_tick", self._ticked)
        await self.database.listen(fault_rules.CHANGED, self._trouble_changed)
        await self.database.listen(call_tallies.ASKED, self._asked_for_calls)
        await self.trouble.read(self.database)
        self._begin(self._write_used_keys(), "used keys")
        self._begin(self._write_calls(), "calls")
        if self.trail_folder is not None:
            await self.trail.keep_journal(self.trail_folder)
        self._begin(self.trail.run(), "trail")
        await self.database.listen(event_outbox.CHANNEL, self.dispatcher.wake)
        self._begin(self.dispatcher.run(), "dispatch")
        self._begin(trail_files.run(self), "files of trails")
        if self.settings.transition_seconds > 0:
            self._begin(self._settle(), "transitions")

    async def enter(self, ctx: "Context", access_key_id: str) -> Keys:
        """Let a request into the episode that its access key names; the keys to look among.

        Where there is no such episode it stays in the main world. Whoever is let in leaves again
        (`leave`), so that nothing is closed over it.
        """
        episode = await (await self.have_episodes()).find(access_key_id)
        if episode is None:
            return self.keys
        ctx._server = episode
        return episode.keys

    async def _visit(self, code: str) -> "EpisodeServer | None":
        return await (await self.have_episodes()).visit(code)

    def leave(self) -> None:
        """Note that a request was answered; the main world does not count."""

    async def have_episodes(self) -> "EpisodeServers":
        """The episodes that this process has open; from now on it hears of what becomes of them."""
        if self._episodes is None:
            from emulator.episode_servers import EpisodeServers

            self._episodes = EpisodeServers(self)
            await self.database.listen(episodes.CHANGED, self._episodes.changed)
            self._begin(self._episodes.run(), "episodes")
        return self._episodes

    def drift(self) -> None:
        """Let days go by, from when the world is whole: histories are written undisturbed."""
        if self.settings.drift_seconds is not None:
            from drift import loop

            self._begin(loop.run(self.database, self.settings.drift_seconds), "drift")

    def rest(self) -> None:
        """Give back memory whenever little is asked for, from when all is there that stays."""
        self._begin(memory.run(self.counters), "memory")

    async def stop(self) -> None:
        """End the background tasks; what they still hold is written."""
        await self.trouble.stop()
        if self._episodes is not None:
            await self._episodes.stop()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        if self._answering:
            await asyncio.wait(self._answering)
        with contextlib.suppress(Exception):
            await self._flush_used_keys()
        with contextlib.suppress(Exception):
            await self.flush_calls()
        with contextlib.suppress(Exception):
            await self.trail.flush()
        self.trail.end_journal()

    def _begin(self, work: Any, name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_report)
        self._tasks.append(task)

    async def _look_up_key(self, access_key_id: str) -> Mapping[str, Any] | None:
        session = self.database.pool.session(None)
        row: Mapping[str, Any] | None = await api_clients.look_up(session, access_key_id)
        if row is not None and not self.vault.knows(row["key_version"]):
            self._learn_masters()
        return row

    def _learn_masters(self) -> None:
        """Read the master keys again: `driftcloud keys rotate-master` has made a new one."""
        with contextlib.suppress(OSError, ValueError):
            self.vault.learn(_masters(self.settings))

    async def _virtual_date(self, account_id: uuid.UUID) -> date | None:
        return await virtual_clocks.newest_day(self.database.session(account_id), account_id)

    def _key_changed(self, access_key_id: str | None) -> None:
        if access_key_id is None or access_key_id == clients.MASTERS_CHANGED:
            self._learn_masters()
            self.keys.invalidate_all()
        else:
            self.keys.invalidate(access_key_id)

    def _ticked(self, account: str | None) -> None:
        self.clocks.forget(account or "")

    def _trouble_changed(self, _payload: str | None) -> None:
        self.trouble.changed(self.database)

    async def _write_used_keys(self) -> None:
        """Keep last_used_at behind the requests: it never costs one of them a write."""
        while True:
            await asyncio.sleep(KEYS_WRITTEN_EVERY_SECONDS)
            with contextlib.suppress(Exception):
                await self._flush_used_keys()

    async def _flush_used_keys(self) -> None:
        used, uses = self.keys.take_used(), self.keys.take_uses()
        if used or uses:
            async with self.database.owner() as connection:
                await api_clients.touch(connection, used)
                await grants.note_uses(connection, uses)

    async def _write_calls(self) -> None:
        """Tell the database how many calls were made, behind the requests."""
        while True:
            await asyncio.sleep(CALLS_WRITTEN_EVERY_SECONDS)
            with contextlib.suppress(Exception):
                await self.flush_calls()

    async def flush_calls(self) -> None:
        """Add the calls counted here to those of all processes."""
        async with self._counting:
            if calls := self.keys.take_calls():
                async with self.database.owner() as connection:
                    await call_tallies.add(connection, calls)

    def _asked_for_calls(self, word: str | None) -> None:
        if word is not None:
            task = asyncio.create_task(self._tell_calls(word), name="asked for calls")
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _tell_calls(self, word: str) -> None:
        """Write down all that was counted and answered until now, and say so."""
        with contextlib.suppress(Exception):
            await self.trail.flush()
            await self.flush_calls()
            async with self.database.owner() as connection:
                await call_tallies.answer(connection, word)

    async def _settle(self) -> None:
        """End the transitions whose time has come."""
        while True:
            await asyncio.sleep(max(self.settings.transition_seconds / 4, LEAST_SETTLING_SECONDS))
            try:
                async with self.database.owner() as connection:
                    await connection.execute(instances.SETTLE)
                    await connection.execute(rds_instances.SETTLE)
                    await connection.execute(managed_services.SETTLE)
                    await connection.execute(cache_clusters.SETTLE)
                    await connection.execute(streaming_clusters.SETTLE)
                    await connection.execute(load_balancers.SETTLE)
            except Exception:
                log.warning("transitions could not be settled", exc_info=True)


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("%s ended", task.get_name(), exc_info=task.exception())


def vault_of(settings: Settings) -> Vault:
    """What seals this server's secrets; an embedded world's key lies in its data folder."""
    if settings.embedded:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Vault(_masters(settings))


def _masters(settings: Settings) -> dict[int, bytes]:
    return load_masters(settings.data_dir if settings.embedded else None, os.environ)


@asynccontextmanager
async def open_world(settings: Settings) -> AsyncIterator[World]:
    """The world for one command: the running server's database, or one started for it."""
    # the database first: it lays out an empty data folder, and the master key goes into that
    database = await Database.open(settings, purpose="command")
    try:
        from emulator.welcome import found

        vault = vault_of(settings)
        world = World(database, vault, settings)
        await found(world, known_client=settings.embedded)
        yield world
    finally:
        await database.close()


@asynccontextmanager
async def open_server(
    settings: Settings,
    *,
    purpose: str = "server",
    launched: EmbeddedServer | None = None,
    buckets: "Drawing | None" = None,
) -> AsyncIterator[Server]:
    """A server from its first to its last moment; `purpose` as in `Database.open`.

    `buckets`: what several such processes draw calls from together.
    """
    # while PostgreSQL starts, where it does: a new key has to reach the disk
    vault = None if launched is None else vault_of(settings).prepared()
    database = await Database.open(settings, purpose=purpose, server=launched)
    try:
        server = Server(settings, database, vault or vault_of(settings), buckets)
        await server.start()
        try:
            yield server
        finally:
            await server.stop()
    finally:
        await database.close()
