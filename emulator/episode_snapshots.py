"""Snapshots of episodes: a pack's world made once per seed and version of the code, then copied."""

import hashlib
import importlib
import pkgutil
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from types import ModuleType
from typing import Any, Final

from emulator import clients, keys
from emulator.caches import digest
from emulator.control import DEFAULT_ACCOUNT, DEFAULT_END, ControlError, World
from emulator.episode_servers import OWNERS, POOL_SIZE, settings_of
from models import accounts, episodes, guardrails

# What the keys in a snapshot are marked with; no episode has this code.
BASE: Final = "BASE"
# Whose key an episode is played with, in each of its accounts.
PLAYER: Final = "agent"


def pack_of(name: str) -> ModuleType:
    """The pack of that name (freeze-week as well as freeze_week); ControlError: there is none."""
    from drift import packs

    known = sorted(one.name for one in pkgutil.iter_modules(packs.__path__))
    wanted = name.replace("-", "_")
    if wanted not in known:
        raise ControlError(f"there is no pack {name}; there are {', '.join(known)}")
    return importlib.import_module(f"{packs.__name__}.{wanted}")


@cache
def version() -> str:
    """A digest of all that a world is made by."""
    return digest("models", "drift", "sql", "emulator/episode_snapshots.py")


@cache
def _blank_version() -> str:
    """A digest of what an empty world is made by."""
    return digest("sql", "models/public_images.py", "models/regions.py")


@asynccontextmanager
async def opened_database(
    world: World, name: str, code: str = "", *, draws: str = ""
) -> AsyncIterator[World]:
    """Any database of the same PostgreSQL as a world; ids of new rows follow from `draws`."""
    database = world.database.sibling(name, size=POOL_SIZE, owners=OWNERS, owner_draws=draws)
    try:
        mark = keys.EPISODE + code if code else ""
        yield World(database, world.vault, settings_of(world.settings), world.progress, mark)
    finally:
        await database.close()


async def of_pack(world: World, pack: str, seed: int) -> str:
    """The database that episodes of a pack and seed begin as; made where it is not there yet."""
    copies = world.database.copies
    module = pack_of(pack)
    label = hashlib.sha256(f"{module.__name__}/{seed}/{version()}".encode()).hexdigest()[:12]
    name = f"{world.database.name}_base_{label}"
    async with copies.alone(name):
        if name not in await copies.names(name):
            empty, half = await blank(world), f"{name}_new"
            await copies.drop(half)
            await copies.copy(empty, half)
            async with opened_database(world, half, BASE, draws=f"base/{seed}") as made:
                await _fill(made, module, seed)
            await copies.rename(half, name)
        await _keep(world, name, pack_name(module), seed)
    return name


async def blank(world: World) -> str:
    """The database of a world without accounts, which all snapshots are made from."""
    from models import public_images, regions

    copies = world.database.copies
    name = f"{world.database.name}_blank_{_blank_version()[:12]}"
    async with copies.alone(name):
        if name not in await copies.names(name):
            half = f"{name}_new"
            await copies.drop(half)
            await copies.create(half)
            async with opened_database(world, half, draws="blank") as made:
                await made.database.migrate()
                async with made.database.owner() as connection:
                    await public_images.install(connection, list(regions.all_regions()))
            await copies.rename(half, name)
        await _keep(world, name, "", 0)
    return name


async def _keep(world: World, name: str, pack: str, seed: int) -> None:
    """Note that a snapshot is used, and let go of those that older code made."""
    async with world.database.owner() as connection, connection.transaction():
        await episodes.keep_snapshot(connection, name, pack, seed, version())
        for old in await episodes.old_snapshots(connection, version()):
            await episodes.discard(connection, old)
            await episodes.forget_snapshot(connection, old)


def pack_name(module: ModuleType) -> str:
    """A pack as it is called."""
    return module.__name__.rpartition(".")[2]


async def _fill(world: World, pack: ModuleType, seed: int) -> None:
    """Make the world of a pack in an empty database."""
    from drift import loop
    from emulator import control, welcome

    await welcome.found(world, known_client=False)
    await control.estate_create(
        world, pack.ESTATE, seed=seed, days=pack.DAYS, until=DEFAULT_END, account=DEFAULT_ACCOUNT
    )
    async with world.database.owner() as connection:
        made = await accounts.every(connection)
        await guardrails.set_mode(connection, pack.MODE, None)
    if hasattr(pack, "prepare"):
        async with world.database.owner() as connection:
            await pack.prepare(connection, [one.id for one in made])
    await enter_players(world)
    if pack.KNOBS:
        await loop.adjust(world.database, knobs=dict(pack.KNOBS))
    async with world.database.owner() as connection:
        # what is copied again and again is tidied once
        await connection.execute("vacuum (analyze)")


async def enter_players(world: World) -> None:
    """A key in every account that has none of this world's."""
    async with world.database.owner() as connection, connection.transaction():
        have = {row["account_id"] for row in await episodes.marked_keys(connection, code_of(world))}
        for one in await accounts.every(connection):
            if one.id not in have:
                await clients.insert(
                    connection, world.vault, one.number, PLAYER, ["*"], mark=world.mark
                )


def code_of(world: World) -> str:
    """The code of the episode that a world is; empty: it is the main one."""
    return world.mark.removeprefix(keys.EPISODE)


async def rekey(
    world: World, from_code: str, *, kept: Mapping[uuid.UUID, Mapping[str, Any]] | None = None
) -> dict[str, str]:
    """Give the keys of a copied world ids and secrets of its own; the new ids by the old.

    `from_code` is whose keys were copied. The keys of clients that are `kept`, rows of another
    database of the same episode, come over as they are.
    """
    vault, renamed = world.vault, {}
    async with world.database.owner() as connection, connection.transaction():
        for row in await episodes.marked_keys(connection, from_code):
            key_id, secret = keys.generate(world.mark)
            sealed: Mapping[str, Any] = {
                "secret_sealed": vault.seal_secret(secret, key_id, row["account_id"]),
                "secret_key_hash": vault.hash_secret(secret),
                "key_version": vault.version,
            }
            if kept and row["id"] in kept:
                sealed = kept[row["id"]]
                key_id = sealed["access_key_id"]
            await episodes.rekey(
                connection,
                row["id"],
                key_id,
                secret_sealed=sealed["secret_sealed"],
                secret_key_hash=sealed["secret_key_hash"],
                key_version=sealed["key_version"],
            )
            renamed[row["access_key_id"]] = key_id
    return renamed


async def credentials(world: World) -> list[dict[str, Any]]:
    """The keys of an episode with their secrets, the default account's first."""
    async with world.database.owner() as connection:
        rows = await episodes.marked_keys(connection, code_of(world))
        found = {one.id: one for one in await accounts.every(connection)}
    rows = sorted(
        rows, key=lambda row: (row["name"] != PLAYER, not found[row["account_id"]].is_default)
    )
    return [
        {
            "account": found[row["account_id"]].number,
            "name": row["name"],
            "access_key_id": row["access_key_id"],
            "secret_access_key": world.vault.open_secret(
                bytes(row["secret_sealed"]), row["access_key_id"], row["account_id"],
                row["key_version"],
            ),
        }
        for row in rows
        if row["status"] == "active"
    ]  # fmt: skip
