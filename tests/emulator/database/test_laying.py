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
