"""The welcome: what a fresh world gets before its first request, and how to talk to it."""

import ipaddress
import shlex
import sys
from typing import TYPE_CHECKING

from emulator import clients, control, worlds
from emulator.control import DEFAULT_ACCOUNT, ControlError, World
from emulator.settings import default_data_dir
from models import accounts, api_clients, episodes

if TYPE_CHECKING:
    from emulator.server import Server
    from emulator.settings import Settings

# The client that the whole ecosystem is used to.
KNOWN_KEY = KNOWN_SECRET = "test"  # noqa: S105 - on loopback only, see `prepare`


async def prepare(server: "Server") -> None:
    """Make a fresh database usable: its account, its client, its estate.

    Raises ControlError when the well-known client would be reachable from elsewhere.
    """
    world, settings = server.world, server.settings
    loopback = _is_loopback(settings.host)
    await found(world, known_client=settings.embedded and loopback)
    if not loopback and await _knows_test(server):
        raise ControlError(
            f"refusing to listen on {settings.host}: the client test/test is enabled and everybody"
            f" knows it. Make a key of your own ({_command('keys create --name me', settings)}),"
            f" then run: {_command('keys disable test', settings)}"
        )
    if sys.stderr.isatty():
        from emulator.cli import bar

        world.progress = bar
    await worlds.finish_histories(world)
    if settings.estate and await _is_empty(server):
        await control.estate_create(world, settings.estate, seed=settings.seed, days=settings.days)
        server.clocks.forget()


async def found(world: World, *, known_client: bool) -> None:
    """Give a database that has no account yet its first one, perhaps with the known client.

    One that has keys must open them: ControlError where it does not.
    """
    async with world.database.owner() as connection, connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtext('driftcloud.found'))")
        if await accounts.every(connection):
            await clients.check_master(connection, world.vault)
            return
        made = await accounts.ensure(connection, DEFAULT_ACCOUNT, "prod", default=True)
        await worlds.furnish(connection, made)
        if known_client:
            await clients.insert(
                connection,
                world.vault,
                DEFAULT_ACCOUNT,
                KNOWN_KEY,
                ["*"],
                KNOWN_KEY,
                KNOWN_SECRET,
            )


async def tell(server: "Server") -> None:
    """Say on standard output how to talk to the server."""
    settings = server.settings
    # 0.0.0.0 and :: are every address of this machine; this one is known to be there
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    host = f"[{host}]" if ":" in host else host
    url = f"http://{host}:{settings.port}"
    async with server.database.owner() as connection:
        await episodes.serve_at(connection, url)
    lines = [f"driftcloud answers at {url}"]
    if await _knows_test(server):
        lines += [
            "",
            "  export AWS_ENDPOINT_URL=" + url,
            "  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test",
            "  export AWS_DEFAULT_REGION=us-east-1",
            "  aws ec2 describe-instances",
        ]
    else:
        lines.append(f"make a key with: {_command('keys create --name me', settings)}")
    lines += ["", f"health: {url}/_driftcloud/health   stop: Ctrl-C"]
    print("\n".join(lines), flush=True)


def _command(words: str, settings: "Settings") -> str:
    """A command for this server's world: another shell may know of no settings but the defaults."""
    if settings.embedded and settings.data_dir != default_data_dir():
        words += f" --data-dir {shlex.quote(str(settings.data_dir.absolute()))}"
    return f"driftcloud {words}"


async def _is_empty(server: "Server") -> bool:
    async with server.database.owner() as connection:
        return all(
            [
                await accounts.is_empty(connection, one.id)
                for one in await accounts.every(connection)
            ]
        )


async def _knows_test(server: "Server") -> bool:
    async with server.database.owner() as connection:
        found = await api_clients.look_up(connection, KNOWN_KEY)
    if found is None or found["status"] != "active":
        return False
    vault = server.vault
    return bool(found["secret_key_hash"] == vault.hash_secret(KNOWN_SECRET, found["key_version"]))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
