"""The laying out of fresh data: cut off, by whichever death, it is never taken for whole."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from emulator.database import postmaster
from emulator.database.embedded import EmbeddedServer
from emulator.database.installation import runner
from emulator.database.place import locate


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty data folder."""
    folder = Path(tempfile.mkdtemp(prefix="dc-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def ask(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_laying_that_is_cut_off_is_done_again(home: Path, embedded: EmbeddedServer) -> None:
    """Also where another has left half of it before."""
    half = locate(home, runner()).data.with_name("postgres.new")
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = EmbeddedServer(home)
    server.launch()
    laying = server.pid
    os.kill(laying, signal.SIGKILL)
    await server.start()
    try:
        assert server.pid != laying
        assert await ask(server.owner_dsn, "select count(*) from cloud_accounts") == 0
        assert await ask(server.owner_dsn, "show fsync") == "on"
        assert not half.exists()
    finally:
        await server.stop()


def attributes(folder: Path) -> str | None:
    """What lsattr shows of a folder; None where there is nothing to show."""
    done = subprocess.run(["lsattr", "-d", folder], capture_output=True, text=True, check=False)
    return done.stdout.split()[0] if done.returncode == 0 else None


@pytest.mark.skipif(shutil.which("chattr") is None, reason="e2fsprogs are not installed")
def test_the_databases_lie_apart(home: Path, embedded: EmbeddedServer) -> None:
    """Where the file system can be told: else each file of one may cost a search."""
    subprocess.run(["chattr", "+T", home], capture_output=True, check=False)
    if "T" not in (attributes(home) or ""):
        pytest.skip("the file system has no such attribute")
    server = EmbeddedServer(home)
    for _ in ("laid out", "of an earlier version"):
        server.launch()
        server.wait()
        server.halt()
        base = server.place.data / "base"
        assert {"1", "5"} <= {place.name for place in base.iterdir()} <= {"1", "5", "pgsql_tmp"}
        assert "T" in (attributes(base) or "")
        subprocess.run(["chattr", "-T", base], check=True)


LAUNCHER_PROGRAM = """
import os, signal, sys
from pathlib import Path
from emulator.database.embedded import EmbeddedServer

server = EmbeddedServer(Path(sys.argv[1]))
server.launch()
print(server.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_who_is_killed_while_data_is_laid_out_leaves_no_server(
    home: Path, embedded: EmbeddedServer
) -> None:
    """What lays it out holds the lock until it is done, and serves nobody then."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", LAUNCHER_PROGRAM, str(home)],
        stdout=subprocess.PIPE,
        check=False,
    )
    laying = int(done.stdout)
    server = EmbeddedServer(home)
    await server.start()
    try:
        assert server.pid != laying
        assert postmaster.ended(laying)
        assert await ask(server.owner_dsn, "select count(*) from cloud_accounts") == 0
    finally:
        await server.stop()
