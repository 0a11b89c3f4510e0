"""Episodes: worlds of their own to play in, started from packs, forked, compared and reset.

An episode is a database beside the main one, copied from a snapshot, and its access keys lead to
it at the same endpoint. What is done in one world is never seen in another.

A finished episode can still be looked at: calls that change something are refused as AWS refuses
whoever has no permission.
"""

import base64
import re
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from typing import Any, Final

from emulator import episode_snapshots as snapshots
from emulator import worlds
from emulator.control import Answer, ControlError, World
from emulator.database.copies import CopyError
from emulator.episode_servers import have, sweep
from models import accounts, episodes

MAIN: Final = "main"
LONGEST_DAYS: Final = 3660
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
REGION: Final = "us-east-1"

Row = Mapping[str, Any]


async def start(world: World, pack: str, *, seed: int, name: str = "") -> dict[str, Any]:
    """A new episode of a pack: a copy of its snapshot, with access keys of its own."""
    module = snapshots.pack_of(pack)
    pack = snapshots.pack_name(module)
    name, code = await _names(world, name, f"{pack}-{seed}")
    async with world.database.copies.alone(code):
        with _told():
            snapshot = await snapshots.of_pack(world, pack, seed)
            database = _database(world, code)
            await world.database.copies.copy(snapshot, database)
        async with snapshots.opened_database(world, database, code) as made:
            await snapshots.rekey(made, snapshots.BASE)
            begun_on = await _today(made)
        async with world.database.owner() as connection:
            row = await episodes.add(
                connection, id=name, code=code, pack=pack, seed=seed, parent=None,
                database=database, snapshot=snapshot, mode=module.MODE, begun_on=begun_on,
            )  # fmt: skip
    return await _shown(world, row, horizon_days=module.HORIZON)


async def fork(world: World, origin: str, *, name: str = "") -> dict[str, Any]:
    """A copy of a world as it is now, which goes on by itself from here.

    What is copied is what it begins as; its own database is made of that when it is first opened.
    """
    source = None if origin == MAIN else await find(world, origin)
    name, code = await _names(world, name, f"{origin}-fork")
    database, snapshot = _database(world, code), _database(world, code, "at")
    told = source or {"id": MAIN, "pack": None, "seed": None, "mode": "observe"}
    async with world.database.copies.alone(code):
        with _told():
            await _copied(world, source, snapshot)
        async with snapshots.opened_database(world, snapshot, code) as made:
            await made.database.migrate()
            async with made.database.owner() as connection:
                await episodes.separate(connection)
            renamed = await snapshots.rekey(made, source["code"] if source else "")
            await snapshots.enter_players(made)
            begun_on = await _today(made)
            # once it is in the register others may want to copy it, while nobody is in it
            inside = await _inside(made)
        async with world.database.owner() as connection:
            row = await episodes.add(
                connection, id=name, code=code, pack=told["pack"], seed=told["seed"],
                parent=told["id"], database=database, snapshot=snapshot, mode=told["mode"],
                begun_on=begun_on,
            )  # fmt: skip
    return {**_told_row(row), "keys_of_the_origin": renamed, **await _to_play(world, inside)}


async def _copied(world: World, source: Row | None, snapshot: str) -> None:
    """Copy the main world, or an episode, as it is now."""
    copies = world.database.copies
    if source is None:
        await copies.copy(world.database.name, snapshot, let_go=world.database.let_go)
    elif source["made"]:
        await copies.copy(source["database"], snapshot, let_go=_nobody)
    else:
        await copies.copy(source["snapshot"], snapshot)


async def show(world: World, episode: str) -> dict[str, Any]:
    """An episode with all that a client needs to play in it, as it was told when it began."""
    row = await find(world, episode)
    if row["pack"] is None or row["parent"] is not None:
        return await _shown(world, row)
    return await _shown(world, row, horizon_days=snapshots.pack_of(row["pack"]).HORIZON)


async def advance(world: World, episode: str, *, days: int) -> dict[str, Any]:
    """Let days go by in an episode, with the knobs of its pack."""
    if not 1 <= days <= LONGEST_DAYS:
        raise ControlError(f"--days takes 1 to {LONGEST_DAYS}, not {days}")
    row = await find(world, episode)
    if row["state"] != "running":
        raise ControlError(f"the episode {row['id']} is finished; fork or reset it to go on")
    async with opened(world, episode) as inside, world.turns:
        done = await worlds.tick(inside, days=days, account="")
    return {
        "episode": row["id"],
        "virtual_date": done["simulatedDate"],
        "days": days,
        "ticks": done["ticks"],
    }


async def finish(world: World, episode: str) -> dict[str, Any]:
    """End an episode: from now on it can be looked at, and nothing in it changes any more."""
    row = await find(world, episode)
    async with world.database.owner() as connection:
        row = await episodes.finish(connection, row["id"])
    async with opened(world, row["id"]) as inside:
        today = await _today(inside)
    return {**_told_row(row), "virtual_date": today, "finished_at": row["finished_at"]}


async def reset(world: World, episode: str) -> dict[str, Any]:
    """Let an episode be again what it began as; its access keys stay good."""
    copies = world.database.copies
    async with copies.alone((await find(world, episode))["code"]):
        row = await find(world, episode)
        database = _database(world, row["code"])
        with _told():
            taken = {row["database"], *await copies.names(database)}
            database = next(
                name
                for n in range(1000)
                if (name := f"{database}_{n}" if n else database) not in taken
            )
            await copies.copy(row["snapshot"], database)
        async with _looked_into(world, row) as before, before.database.owner() as connection:
            kept = {one["id"]: one for one in await episodes.marked_keys(connection, row["code"])}
        async with snapshots.opened_database(world, database, row["code"]) as after:
            await snapshots.rekey(after, snapshots.BASE, kept=kept)
        async with world.database.owner() as connection, connection.transaction():
            for gone in (row["database"], _branch_of(row)):
                await episodes.discard(connection, gone)
            row = await episodes.restart(connection, row["id"], database)
    return await _shown(world, row)


async def delete(world: World, episode: str) -> Answer:
    """Delete an episode with all that happened in it."""
    row = await find(world, episode)
    async with world.database.owner() as connection, connection.transaction():
        await episodes.remove(connection, row["id"])
        for gone in (row["database"], _branch_of(row)):
            await episodes.discard(connection, gone)
        if not await episodes.users_of_snapshot(connection, row["snapshot"]):
            await episodes.discard(connection, row["snapshot"])
    await sweep(world)
    return {"episode": row["id"], "status": "deleted"}


async def every(world: World) -> Answer:
    """The episodes: pack, seed, where they came from, how far they are."""
    async with world.database.owner() as connection:
        rows = await episodes.every(connection)
    shown = []
    for row in rows:
        today = row["begun_on"]
        if row["made"]:
            async with _looked_into(world, row) as inside:
                today = await _today(inside)
        shown.append({**_told_row(row), "virtual_date": today})
    return shown


async def find(world: World, name: str) -> Row:
    """The register's row of an episode; ControlError: there is none."""
    async with world.database.owner() as connection:
        row = await episodes.find(connection, name)
    if row is None:
        if name == MAIN:
            raise ControlError("main is the world beside which episodes are played, and no episode")
        raise ControlError(f"there is no episode {name}; see driftcloud episode list")
    return row


@asynccontextmanager
async def opened(world: World, episode: str) -> AsyncIterator[World]:
    """An episode as the verbs work on a world; "main" is the main one itself."""
    if episode == MAIN:
        yield world
        return
    row = await find(world, episode)
    # a server process has it open for its clients, and its connections know their statements
    served = await world.visited(row["code"]) if world.visited else None
    if served is not None:
        try:
            if served.database.name == row["database"]:
                yield served.world
                return
        finally:
            served.leave()
    await have(world, row)
    async with snapshots.opened_database(world, row["database"], row["code"]) as inside:
        await inside.database.migrate()
        yield inside


@asynccontextmanager
async def _looked_into(world: World, row: Row) -> AsyncIterator[World]:
    """An episode to be read in and no more: one that was never opened is what it began as."""
    name = row["database" if row["made"] else "snapshot"]
    async with snapshots.opened_database(world, name, row["code"]) as inside:
        await inside.database.migrate()
        yield inside


@asynccontextmanager
async def counterfactual(world: World, episode: str) -> AsyncIterator[World]:
    """What would have become of an episode had nobody done anything in it.

    A copy of what it began as, advanced to the virtual day that it has reached. It is kept for the
    next who asks, and only the days since then are made; it goes with the episode's own database.
    One at a time has it.
    """
    row = await find(world, episode)
    database = _branch_of(row)
    copies = world.database.copies
    async with copies.alone(database):
        async with opened(world, episode) as inside:
            reached = await _days(inside)
        try:
            if not await _caught_up(world, row, reached):
                # one that was cut off in the midst of its days, or is ahead: made once more
                await copies.drop(database)
                await _caught_up(world, row, reached)
            async with snapshots.opened_database(world, database) as branch:
                yield branch
        except BaseException:
            await copies.drop(database)
            raise
        finally:
            await _drop_orphan(world, row)


async def forget_counterfactual(world: World, episode: str) -> None:
    """Drop what is kept of what would have become of an episode."""
    database = _branch_of(await find(world, episode))
    async with world.database.copies.alone(database):
        await world.database.copies.drop(database)


async def _caught_up(world: World, row: Row, reached: Mapping[str, date | None]) -> bool:
    """Bring the branch of an episode to the days that its accounts reached; whether they agree."""
    database, copies = _branch_of(row), world.database.copies
    if database not in await copies.names(database):
        with _told():
            await copies.copy(row["snapshot"], database)
    async with snapshots.opened_database(world, database) as branch:
        await branch.database.migrate()
        until = max((day for day in reached.values() if day), default=None)
        today = await _today(branch)
        if until is not None and today is not None and until > today:
            async with world.turns:
                await worlds.tick(branch, days=(until - today).days, account="")
        # accounts that the player opened are not of the branch
        return (await _days(branch)).items() <= reached.items()


async def _drop_orphan(world: World, row: Row) -> None:
    """Drop a branch whose episode was deleted or began anew while it was looked at."""
    async with world.database.owner() as connection:
        now = await episodes.find(connection, row["id"])
    if now is None or now["database"] != row["database"]:
        await world.database.copies.drop(_branch_of(row))


def _branch_of(row: Row) -> str:
    """The database of what would have become of an episode; a reset leads to another."""
    return f"{row['database']}_if"


def _database(world: World, code: str, kind: str = "ep") -> str:
    return f"{world.database.name}_{kind}_{code.lower()}"


async def _names(world: World, name: str, usual: str) -> tuple[str, str]:
    """The id of a new episode, and a code that no other has."""
    if name and (not _NAME.fullmatch(name) or name == MAIN):
        raise ControlError(
            f"an episode is called by letters, digits, - and _ (not {MAIN}): {name!r} is not"
        )
    async with world.database.owner() as connection:
        taken = await episodes.names(connection)
    if name in taken:
        raise ControlError(f"there is an episode {name} already; see driftcloud episode list")
    code = snapshots.BASE
    while code in taken or code == snapshots.BASE:
        code = base64.b32encode(secrets.token_bytes(5)).decode()[:4]
    number = 1
    while not name:
        word = usual if number == 1 else f"{usual}-{number}"
        name, number = "" if word in taken else word, number + 1
    return name[:63], code


async def _today(world: World) -> date | None:
    """The newest virtual day of a world."""
    return max((day for day in (await _days(world)).values() if day), default=None)


async def _days(world: World) -> dict[str, date | None]:
    """The newest virtual day of each account."""
    async with world.database.owner() as connection:
        return {one.number: one.virtual_date for one in await accounts.every(connection)}


def _told_row(row: Row) -> dict[str, Any]:
    return {
        "episode": row["id"],
        "pack": row["pack"],
        "seed": row["seed"],
        "parent": row["parent"],
        "state": row["state"],
        "mode": row["mode"],
        "begun_on": row["begun_on"],
    }


async def _shown(world: World, row: Row, **more: Any) -> dict[str, Any]:
    """An episode with all that a client needs to play in it."""
    async with _looked_into(world, row) as one:
        inside = await _inside(one)
    return {**_told_row(row), **more, **await _to_play(world, inside)}


async def _inside(world: World) -> dict[str, Any]:
    """What an episode's own world knows of whoever plays in it."""
    async with world.database.owner() as connection:
        numbers = [one.number for one in await accounts.every(connection)]
    return {
        "virtual_date": await _today(world),
        "accounts": numbers,
        "keys": await snapshots.credentials(world),
    }


async def _to_play(world: World, inside: dict[str, Any]) -> dict[str, Any]:
    """The same with where it is played, and the first key as a shell takes it."""
    endpoint, keys = await _endpoint(world), inside["keys"]
    first = keys[0] if keys else {"access_key_id": "", "secret_access_key": "", "account": ""}
    lines = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": first["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": first["secret_access_key"],
        "AWS_DEFAULT_REGION": REGION,
    }
    return {
        "virtual_date": inside["virtual_date"],
        "endpoint": endpoint,
        "account": first["account"],
        "access_key_id": first["access_key_id"],
        "secret_access_key": first["secret_access_key"],
        "region": REGION,
        "accounts": inside["accounts"],
        "keys": keys,
        "export": "\n" + "\n".join(f"export {name}={value}" for name, value in lines.items()),
    }


async def _endpoint(world: World) -> str:
    async with world.database.owner() as connection:
        url = await episodes.served_at(connection)
    return url or f"http://{world.settings.host}:{world.settings.port}"


def _nobody() -> None:
    """Nobody in this process is connected to what is copied, or else hears of it."""


@contextmanager
def _told() -> Iterator[None]:
    """A copy that fails is told as any wish that cannot be granted."""
    try:
        yield
    except CopyError as error:
        raise ControlError(str(error), 409) from error
