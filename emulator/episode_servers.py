"""Episodes as a server process has them open: each with keys, permissions, clocks and trail.

The access key of a request names the episode by its code. The first request opens its database,
after half a minute without any it is closed again, and what the register says of an episode is
read anew whenever PostgreSQL tells that it changed.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import asyncpg

from emulator import keys
from emulator.context import Context
from emulator.control import World
from emulator.database.copies import CopyError
from emulator.database.database import Database
from emulator.errors import Fault
from emulator.rate_limits import Drawing
from emulator.seal import Vault
from emulator.server import Server
from emulator.settings import Settings
from emulator.trouble import Trouble
from models import draws, episodes

log = logging.getLogger("driftcloud.episodes")

# Connections of an episode that is played in: opened one by one, as they are needed.
POOL_SIZE: Final = 4
OWNERS: Final = 3
MOST_OPEN: Final = 60
# What an episode may count on at least, of all that the process is allowed.
CONNECTIONS: Final = 4
# Episodes whose last day's connection is kept: with its plans the next day takes half as long.
WARM: Final = 8
IDLE_SECONDS: Final = 30.0
_LOOKED_EVERY_SECONDS: Final = 3.0
_MISSING_KEPT_SECONDS: Final = 1.0
_MOST_MISSING: Final = 4096
_LEAVING_SECONDS: Final = 20.0


class EpisodeTrouble(Trouble):
    """The trouble of an episode: also that it is over, and where its identifiers come from."""

    def __init__(self, server: "EpisodeServer", buckets: Drawing) -> None:
        super().__init__(buckets, server.id)
        self.active = True
        self._server = server

    async def read(self, database: Database) -> None:
        """Learn the orders anew; an episode always looks at its calls."""
        await super().read(database)
        self.active = True

    async def meet(self, ctx: Context) -> None:
        """Let a call suffer what is ordered; refuse a change when the episode is over."""
        if _changes(ctx):
            if self._server.finished:
                raise self._over(ctx)
            session = self._server.database.session(ctx.principal.account_id, "agent")
            operation = ctx.operation.name if ctx.operation else ""
            draws.follow(self._server.seed, await episodes.draw(session), ctx.service, operation)
        await super().meet(ctx)

    def _over(self, ctx: Context) -> Fault:
        action = f"{ctx.service}:{ctx.operation.name if ctx.operation else ''}"
        return Fault(
            "denied",
            principal=ctx.principal.arn,
            action=action,
            resource="*",
            reason=f"because the episode {self._server.id} is finished: it can only be looked at",
            encoded="",
        )


def _changes(ctx: Context) -> bool:
    """Whether a call may change something; sessions are given also in a finished episode."""
    from emulator import operations

    operation = ctx.operation
    return operation is not None and ctx.service != "sts" and not operations.reads(operation)


class EpisodeServer(Server):
    """A server of one episode within the process of the main one."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        vault: Vault,
        row: Mapping[str, Any],
        buckets: Drawing,
    ) -> None:
        super().__init__(settings, database, vault)
        self.id: str = row["id"]
        self.code: str = row["code"]
        self.seed: int = row["seed"] or 0
        self.finished = False
        self.trouble = EpisodeTrouble(self, buckets)
        self.world = replace(self.world, mark=keys.EPISODE + self.code, visited=None)
        self.visits = 0
        self.touched = time.monotonic()
        self.stale = False
        self.on_tick: Callable[[EpisodeServer], None] | None = None
        self.learn(row)

    def _ticked(self, account: str | None) -> None:
        super()._ticked(account)
        if self.on_tick is not None:
            self.on_tick(self)

    def learn(self, row: Mapping[str, Any]) -> None:
        """Take in what the register says."""
        self.finished = row["state"] == "finished"
        self.stale = False

    @property
    def trail_folder(self) -> Path | None:
        """No journal: an episode is closed and opened again while its server runs."""
        return None

    def leave(self) -> None:
        """Note that a request which came in has been answered."""
        self.visits -= 1
        self.touched = time.monotonic()


def settings_of(settings: Settings) -> Settings:
    """The settings of an episode: its days go by when it is advanced, and only then."""
    return replace(settings, estate="", drift_interval="off", pool_size=POOL_SIZE)


class EpisodeServers:
    """The episodes that this process has open."""

    def __init__(self, main: Server) -> None:
        self._main = main
        self._open: dict[str, EpisodeServer] = {}
        self._opening: dict[str, asyncio.Task[EpisodeServer | None]] = {}
        self._missing: dict[str, float] = {}
        self._closing: set[asyncio.Task[Any]] = set()
        self._warm: list[EpisodeServer] = []

    def __len__(self) -> int:
        return len(self._open)

    async def find(self, access_key_id: str) -> EpisodeServer | None:
        """The episode of an access key, open and up to date; None: the key is of none."""
        code = keys.mark_of(access_key_id).removeprefix(keys.EPISODE)
        return await self.visit(code) if code else None

    async def visit(self, code: str) -> EpisodeServer | None:
        """The same by its code. Whoever visits it is to `leave`."""
        found = self._open.get(code)
        while found is None or found.stale:
            if self._missing.get(code, 0.0) > time.monotonic():
                return None
            found = await self._fresh(code)
            if found is None:
                return None
        found.visits += 1
        return found

    def changed(self, code: str | None) -> None:
        """Something was said of an episode in the register; None: of any."""
        self._missing.clear()
        for server in self._open.values():
            server.stale = server.stale or code in (None, server.code)
        if code in self._open:
            # one that is gone, or plays on in another database, is left at once
            task = asyncio.create_task(self._fresh(code), name=f"look at {code}")
            self._closing.add(task)
            task.add_done_callback(self._looked_again)

    def _looked_again(self, task: "asyncio.Task[Any]") -> None:
        self._closing.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.debug("an episode could not be looked at", exc_info=task.exception())

    async def _fresh(self, code: str) -> EpisodeServer | None:
        task = self._opening.get(code)
        if task is None:
            task = asyncio.create_task(self._look(code), name=f"open {code}")
            self._opening[code] = task
            task.add_done_callback(lambda done: self._looked(code, done))
        # shielded: the client that asked first may hang up while others wait
        return await asyncio.shield(task)

    def _looked(self, code: str, done: "asyncio.Task[EpisodeServer | None]") -> None:
        self._opening.pop(code, None)
        if not done.cancelled():
            done.exception()

    async def _look(self, code: str) -> EpisodeServer | None:
        """What the register says of a code: another database is opened in place of the old."""
        known = self._open.get(code)
        if known is not None:
            known.stale = False  # what is told from here on makes it stale again
        async with self._main.database.owner() as connection:
            row = await episodes.find_code(connection, code)
        if known is not None and (row is None or known.database.name != row["database"]):
            self._retire(known)
            known = None
        if row is None:
            if len(self._missing) >= _MOST_MISSING:
                self._missing.clear()
            self._missing[code] = time.monotonic() + _MISSING_KEPT_SECONDS
            return None
        if known is not None:
            known.learn(row)
            return known
        server = await self._begin(row)
        self._open[code] = server
        return server

    async def _begin(self, row: Mapping[str, Any]) -> EpisodeServer:
        main = self._main
        if main.database.allowance.limit is None:
            await main.database.divide_connections()
        self._make_room(but=1)
        database = main.database.sibling(
            row["database"], size=POOL_SIZE, owners=OWNERS, api_draws=f"episode/{row['seed']}"
        )
        try:
            await have(main.world, row)
            await database.migrate()
            server = EpisodeServer(
                settings_of(main.settings), database, main.vault, row, main.trouble.buckets
            )
            server.on_tick = self._advanced
            await server.start()
        except BaseException:
            await database.close()
            raise
        return server

    def _advanced(self, server: EpisodeServer) -> None:
        """Let others go cold when days go by in many."""
        self._warm = [one for one in self._warm if one is not server] + [server]
        if len(self._warm) > WARM:
            self._warm.pop(0).database.forget_work()

    def _retire(self, server: EpisodeServer) -> None:
        """Close an episode once its last request is answered; a new one may be opened already."""
        if self._open.get(server.code) is server:
            del self._open[server.code]
        self._warm = [one for one in self._warm if one is not server]
        task = asyncio.create_task(_end(server), name=f"close {server.id}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def run(self) -> None:
        """Close what nobody uses, and drop the databases that nothing leads to any more."""
        cleared = False
        while True:
            await asyncio.sleep(_LOOKED_EVERY_SECONDS)
            self._rest()
            try:
                if not cleared:
                    await clear(self._main.world)
                    cleared = True
                await self._main.database.divide_connections()
                await sweep(self._main.world)
            except (Fault, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("databases of episodes could not be dropped: %s", error)

    def _rest(self) -> None:
        self.changed(None)  # a notification may have been missed
        now = time.monotonic()
        for server in list(self._open.values()):
            if not server.visits and now - server.touched > IDLE_SECONDS:
                self._retire(server)
        self._make_room()

    def _make_room(self, but: int = 0) -> None:
        """Close those that rest longest, of more than there are connections for."""
        limit = self._main.database.allowance.limit
        most = MOST_OPEN if limit is None else min(MOST_OPEN, limit // CONNECTIONS)
        at_rest = [one for one in self._open.values() if not one.visits]
        at_rest.sort(key=lambda one: one.touched)
        for server in at_rest[: max(len(self._open) + but - most, 0)]:
            self._retire(server)

    async def stop(self) -> None:
        """Close every episode."""
        for task in list(self._opening.values()):
            task.cancel()
        for server in list(self._open.values()):
            self._retire(server)
        if self._closing:
            await asyncio.wait(self._closing)


async def _end(server: EpisodeServer) -> None:
    until = time.monotonic() + _LEAVING_SECONDS
    while server.visits and time.monotonic() < until:  # noqa: ASYNC110 - rare, and no hurry
        await asyncio.sleep(0.02)
    if server.visits:
        log.warning("the episode %s is closed over %d requests", server.id, server.visits)
    try:
        await server.stop()
        await server.database.close()
    except Exception:
        log.warning("the episode %s did not close in order", server.id, exc_info=True)


async def have(main: World, row: Mapping[str, Any]) -> None:
    """Make the database of an episode that was forked, and is opened for the first time.

    Raises Fault("unavailable") where it cannot be made now.
    """
    if row["made"]:
        return
    try:
        await main.database.copies.have(row["snapshot"], row["database"])
    except CopyError as error:
        raise Fault("unavailable") from error
    async with main.database.owner() as connection:
        now = await episodes.find(connection, row["id"])
    if now is None or now["database"] != row["database"]:
        # deleted, or begun anew, while it was being made
        await main.database.copies.drop(row["database"])


async def clear(main: World) -> None:
    """Discard the databases of episodes that killed commands left half made.

    Who makes one holds its episode's code until it is in the register.
    """
    async with main.database.owner() as connection:
        left = await episodes.strays(connection, main.database.name)
    forsaken = [one for one in left if await main.database.copies.forsaken(one[1])]
    async with main.database.owner() as connection:
        # looked at again: whoever let go of a code meanwhile has entered its episode
        still = await episodes.strays(connection, main.database.name) if forsaken else []
        for name, code in forsaken:
            if (name, code) in still:
                await episodes.discard(connection, name)


async def sweep(main: World) -> None:
    """Drop the databases that were discarded."""
    async with main.database.owner() as connection:
        names = await episodes.discarded(connection)
    for name in names:
        with contextlib.suppress(asyncpg.ObjectInUseError):
            await main.database.copies.drop(name)
            async with main.database.owner() as connection:
                await episodes.dropped(connection, name)
