"""Clients of the API: making, listing and ending the access keys of accounts."""

import os
from collections.abc import Mapping, Set
from typing import Any

from emulator import keys, operations, scopes, seal
from emulator.control import Answer, ControlError, World
from emulator.seal import Vault
from models import accounts, api_clients

# The channel on which changed keys are told, and what is said when the master key changed: no
# access key id has such a form.
CHANGED = "api_clients_changed"
MASTERS_CHANGED = "*"


async def create(
    world: World,
    *,
    account: str,
    name: str,
    scopes: list[str],
    access_key_id: str = "",
    secret_access_key: str = "",
) -> dict[str, Any]:
    """A new key of an account; the only time that its secret is told."""
    async with world.database.owner() as connection:
        return await insert(
            connection, world.vault, account, name, scopes, access_key_id, secret_access_key,
            mark=world.mark,
        )  # fmt: skip


async def insert(
    connection: Any,
    vault: Vault,
    account: str,
    name: str,
    scopes: list[str],
    access_key_id: str = "",
    secret_access_key: str = "",
    *,
    mark: str = "",
) -> dict[str, Any]:
    """The same over a connection of the owner role, perhaps within a transaction."""
    await _check(connection, scopes, access_key_id)
    drawn_id, drawn_secret = keys.generate(mark)
    key_id, secret = access_key_id or drawn_id, secret_access_key or drawn_secret
    owner = await accounts.find(connection, account)
    if owner is None:
        raise ControlError(f"there is no account {account}; see driftcloud accounts list")
    made = await api_clients.create(
        connection,
        owner.id,
        name,
        key_id,
        secret_key_hash=vault.hash_secret(secret),
        secret_sealed=vault.seal_secret(secret, key_id, owner.id),
        key_version=vault.version,
        scopes=scopes,
    )
    if made is None:
        raise ControlError(f"the access key {key_id} exists already")
    return {
        "access_key_id": key_id,
        "secret_access_key": secret,
        "account": account,
        "name": name,
        "scopes": scopes,
    }


async def _check(connection: Any, wanted: list[str], access_key_id: str) -> None:
    nouns: Set[str] = frozenset()
    # the modules that tell them are many, and whoever starts afresh waits
    if not all(scopes.known(one, nouns) for one in wanted):
        nouns = operations.nouns() | await api_clients.nouns(connection)
    wrong = [one for one in wanted if not scopes.valid(one) or not scopes.known(one, nouns)]
    if wrong or not wanted:
        raise ControlError(
            f"no such scope: {', '.join(wrong) or '(none given)'}; scopes are *, admin:*, and"
            " read: or write: followed by a table or *, such as read:*,write:instances"
        )
    if access_key_id and not keys.well_formed(access_key_id):
        raise ControlError("an access key id has 1 to 128 letters, digits and _+=,.@-")


async def every(world: World) -> Answer:
    """All keys of all accounts, without their secrets."""
    async with world.database.owner() as connection:
        numbers = {one.id: one.number for one in await accounts.every(connection)}
        return [
            {
                "access_key_id": one["access_key_id"],
                "account": numbers[one["account_id"]],
                "name": one["name"],
                "scopes": one["scopes"],
                "status": one["status"],
                "created_at": one["created_at"],
                "last_used_at": one["last_used_at"],
            }
            for one in await api_clients.of_all(connection)
        ]


async def set_status(world: World, access_key_id: str, status: str) -> Answer:
    """Disable or enable a key."""
    change = api_clients.disable if status == "disabled" else api_clients.enable
    await _with_key(world, access_key_id, change)
    return {"access_key_id": access_key_id, "status": status}


async def delete(world: World, access_key_id: str) -> Answer:
    """Delete a key."""
    await _with_key(world, access_key_id, api_clients.delete)
    return {"access_key_id": access_key_id, "status": "deleted"}


async def rotate_master(world: World) -> Answer:
    """A new master key, and all secrets sealed anew under it.

    Where the key comes from the environment it is changed there, and this verb seals anew what
    older versions still seal.
    """
    vault = world.vault
    if world.settings.embedded and not os.environ.get(seal.MASTER_KEY_VARIABLE):
        home = world.settings.data_dir
        seal.add_master(home)
        vault.learn(seal.load_masters(home, os.environ))
    resealed = 0
    async with world.database.owner() as connection:
        # running servers read the master keys again before they meet what the new one sealed
        await connection.execute("select pg_notify($1, $2)", CHANGED, MASTERS_CHANGED)
        for row in await api_clients.sealed_otherwise(connection, vault.version):
            resealed += await _reseal(connection, vault, row)
    return {"version": vault.version, "resealed": resealed}


async def check_master(connection: Any, vault: Vault) -> None:
    """Refuse a master key that opens no secret here: every call would fail, every new key be lost.

    Raises ControlError.
    """
    rows = await api_clients.some_sealed(connection)
    if rows and not any(_opens(vault, row) for row in rows):
        raise ControlError(
            f"this master key opens none of the {len(rows)} access keys in the database: give the"
            f" one that they were made with, in the variable {seal.MASTER_KEY_VARIABLE} or, where"
            f" that is not set, in the file {seal.MASTER_KEY_FILE} of the data folder"
        )


def _opens(vault: Vault, row: Mapping[str, Any]) -> bool:
    sealed, key_id = bytes(row["secret_sealed"]), row["access_key_id"]
    try:
        vault.open_secret(sealed, key_id, row["account_id"], row["key_version"])
    except seal.SealError:
        return False
    return True


async def _reseal(connection: Any, vault: Vault, row: Mapping[str, Any]) -> bool:
    key_id, account_id = row["access_key_id"], row["account_id"]
    old = bytes(row["secret_sealed"])
    try:
        secret = vault.open_secret(old, key_id, account_id, row["key_version"])
    except seal.SealError as error:
        raise ControlError(f"the secret of {key_id} does not open: {error}") from None
    return await api_clients.reseal(
        connection,
        key_id,
        old,
        secret_sealed=vault.seal_secret(secret, key_id, account_id),
        secret_key_hash=vault.hash_secret(secret),
        key_version=vault.version,
    )


async def _with_key(world: World, access_key_id: str, change: Any) -> None:
    async with world.database.owner() as connection:
        found = await api_clients.look_up(connection, access_key_id)
        if found is None or await change(connection, found["account_id"], access_key_id) is None:
            raise ControlError(f"there is no access key {access_key_id}; see driftcloud keys list")
