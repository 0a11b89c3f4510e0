"""The embedded PostgreSQL: its settings, its privacy, its life and its deaths."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from emulator.caches import cache_folder
from emulator.database import configuration, postmaster, template
from emulator.database.embedded import (
    EmbeddedServer,
    InUseError,
    migrations_folder,
    running_url,
)
from emulator.database.installation import SYSTEM_USER, EmbeddedError, Runner, programs, runner
from emulator.database.place import LOCK_NAME, locate


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty data folder."""
    folder = Path(tempfile.mkdtemp(prefix="dc-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _let_pass(folder: Path) -> None:
    """Let root's unprivileged PostgreSQL into a folder under this one."""
    if os.geteuid() == 0:
        folder.chmod(0o711)


@pytest.fixture
def few(home: Path) -> Path:
    """A folder with the first migration alone: how a template is made does not follow from many."""
    folder = home / "few"
    folder.mkdir()
    first = min(migrations_folder().glob("*.sql"))
    shutil.copy(first, folder)
    return folder


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def ask(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def ask_patiently(dsn: str, sql: str) -> object:
    deadline = time.monotonic() + 30
    while True:
        try:
            return await ask(dsn, sql)
        except (OSError, asyncpg.PostgresError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)


async def test_settings(owner: asyncpg.Connection) -> None:
    for name, value in {
        "listen_addresses": "",
        "fsync": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "jit": "off",
        "synchronous_commit": "off",
        "unix_socket_permissions": "0700",
        "server_version_num": "18",
    }.items():
        assert (await owner.fetchval("select current_setting($1)", name)).startswith(value)


async def test_roles_are_no_more_than_they_must_be(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        "select rolname, rolsuper, rolbypassrls from pg_roles where rolname = any($1)",
        [configuration.API, configuration.OWNER],
    )
    assert {tuple(row) for row in rows} == {
        (configuration.API, False, False),
        (configuration.OWNER, False, False),
    }


async def test_files_are_private(embedded: EmbeddedServer) -> None:
    place, user = embedded.place, runner()
    for folder in (place.data, place.sockets):
        status = folder.stat()
        assert stat.S_IMODE(status.st_mode) == 0o700
        assert status.st_uid == user.uid
    home = place.home.stat()
    assert stat.S_IMODE(home.st_mode) == (0o710 if user.dropped else 0o700)
    assert not user.dropped or home.st_gid == user.gid
    assert stat.S_IMODE((place.home / LOCK_NAME).stat().st_mode) == 0o600
    wide = [file for file in place.data.rglob("*") if file.is_file() and file.stat().st_mode & 0o77]
    assert wide == []
    socket = place.sockets / f".s.PGSQL.{configuration.PORT}"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700


def test_no_secret_and_no_network(embedded: EmbeddedServer) -> None:
    words = Path(f"/proc/{embedded.pid}/cmdline").read_bytes().split(b"\0")
    assert [word for word in words if word][1:] == [
        b"-D",
        str(embedded.place.data).encode(),
        b"-k",
        str(embedded.place.sockets).encode(),
    ]
    assert "@/" in embedded.libpq_url  # neither a password nor a host


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_is_not_let_in(embedded: EmbeddedServer) -> None:
    """Even one who could reach the socket: PostgreSQL asks the kernel who calls."""
    psql = programs(runner()) / "psql"
    for extra in ({"user": 65534, "group": 65534}, {"user": SYSTEM_USER}):
        done = subprocess.run(
            [psql, embedded.libpq_url, "-c", "select 1"],
            capture_output=True,
            extra_groups=[],
            check=False,
            **extra,
        )
        assert done.returncode == 2
    answer = subprocess.check_output([psql, embedded.libpq_url, "-Atc", "select current_user"])
    assert answer == b"driftcloud_owner\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops its privileges")
def test_root_drops_to_an_own_user(embedded: EmbeddedServer) -> None:
    lines = Path(f"/proc/{embedded.pid}/status").read_text().splitlines()
    ids = {line[:3]: line.split()[1:] for line in lines if line.startswith(("Uid", "Gid"))}
    user = runner()
    assert user.name == SYSTEM_USER
    assert ids == {"Uid": [str(user.uid)] * 4, "Gid": [str(user.gid)] * 4}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lay data elsewhere")
async def test_root_data_in_an_unreachable_place_lies_aside(home: Path) -> None:
    """As under /root: its permissions stay, and the data is found again."""
    deep = home / "deep" / "data"
    server = EmbeddedServer(deep)
    await server.start()
    try:
        assert not server.place.data.is_relative_to(home)
        assert _mode(home) == 0o700
        assert locate(deep, runner()) == server.place
        assert await asyncio.to_thread(running_url, deep) == server.libpq_url
    finally:
        await server.stop()
        shutil.rmtree(server.place.data.parent)


def test_a_folder_behind_a_closed_one_is_out_of_reach(home: Path) -> None:
    stranger = Runner("nobody", 65534, 65534, dropped=True)
    assert not stranger.reaches(home)
    home.chmod(0o711)
    assert stranger.reaches(home)


async def test_data_outlives_the_server(home: Path) -> None:
    server = EmbeddedServer(home, durable=True)
    await server.start()
    pid = server.pid
    assert await ask(server.owner_dsn, "select current_setting('synchronous_commit')") == "on"
    await _remember(server.owner_dsn)
    await server.stop()
    assert postmaster.ended(pid)
    assert not (server.place.data / "postmaster.pid").exists()
    assert list(server.place.sockets.iterdir()) == []
    await server.start()
    assert await ask(server.owner_dsn, "select answer from remembered") == 42
    await server.stop()


async def _remember(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("create table remembered as select 42 as answer")
    await connection.close()


async def test_a_second_server_is_refused_and_a_command_can_connect(
    embedded: EmbeddedServer,
) -> None:
    second = EmbeddedServer(embedded.home)
    with pytest.raises(InUseError, match=f"in use by process {os.getpid()} \\(server\\)"):
        await second.start()
    await second.stop()
    url = await asyncio.to_thread(running_url, embedded.home)
    assert url == embedded.libpq_url
    assert await ask(url, "select 1") == 1


def test_nothing_runs_on_a_folder_that_is_not_there(home: Path) -> None:
    assert running_url(home) is None
    assert running_url(home / "missing") is None
    assert not (home / "missing").exists()


async def test_a_killed_postgresql_comes_back(home: Path) -> None:
    server = EmbeddedServer(home, durable=True)
    await server.start()
    try:
        await _remember(server.owner_dsn)
        for restarts in (1, 2):
            os.kill(server.pid, signal.SIGKILL)
            await _restarted(server, restarts)
            assert await ask_patiently(server.owner_dsn, "select answer from remembered") == 42
    finally:
        await server.stop()


async def _restarted(server: EmbeddedServer, times: int) -> None:
    async with asyncio.timeout(60):
        while server.restarts < times:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


OWNER_PROGRAM = """
import asyncio, sys
from pathlib import Path
from emulator.database.embedded import EmbeddedServer

async def main():
    server = EmbeddedServer(Path(sys.argv[1]), durable=True)
    await server.start()
    print(server.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.parametrize("orphan_lives", [True, False])
async def test_after_the_owning_process_is_killed(home: Path, orphan_lives: bool) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER_PROGRAM, str(home), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    orphan = int(await owner.stdout.readline())
    server = EmbeddedServer(home, durable=True)
    url = await asyncio.to_thread(running_url, home)
    assert url is not None
    await _remember(url)
    owner.kill()
    await owner.wait()
    if not orphan_lives:
        os.kill(orphan, signal.SIGKILL)
    await server.start()
    try:
        assert (server.pid == orphan) is orphan_lives
        assert await ask(server.owner_dsn, "select answer from remembered") == 42
        os.kill(server.pid, signal.SIGKILL)  # one that was taken over is watched too
        await _restarted(server, 1)
        assert await ask_patiently(server.owner_dsn, "select answer from remembered") == 42
    finally:
        await server.stop()
    assert postmaster.ended(orphan)


def _sleeper(user: Runner) -> "subprocess.Popen[bytes]":
    options = user.popen_options()
    return subprocess.Popen(["/bin/sleep", "600"], **options)  # type: ignore[call-overload,no-any-return]


async def test_a_stale_pid_of_another_program_is_no_server(home: Path) -> None:
    """PostgreSQL itself would refuse: the pid lives, and belongs to the same user."""
    server = EmbeddedServer(home)
    await server.start()
    text = (server.place.data / "postmaster.pid").read_text()
    await server.stop()
    user = runner()
    sleeper = _sleeper(user)
    try:
        stale = server.place.data / "postmaster.pid"
        stale.write_text(text.replace(text.split("\n")[0], str(sleeper.pid), 1))
        user.give(stale)
        (server.place.sockets / f".s.PGSQL.{configuration.PORT}.lock").write_text(
            f"{sleeper.pid}\n"
        )
        assert postmaster.running(server.place.data) is None
        assert running_url(home) is None
        await server.start()
        assert await ask(server.owner_dsn, "select 1") == 1
        assert sleeper.poll() is None
        await server.stop()
    finally:
        sleeper.kill()
        sleeper.wait()


async def test_a_long_path_gets_a_short_private_socket(home: Path) -> None:
    _let_pass(home)
    deep = home / ("long" * 30)
    server = EmbeddedServer(deep)
    await server.start()
    try:
        sockets = server.place.sockets
        assert not sockets.is_relative_to(home)
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert sockets.stat().st_uid == runner().uid
        assert await ask(server.owner_dsn, "select 1") == 1
    finally:
        await server.stop()
        shutil.rmtree(server.place.sockets)


async def test_data_of_another_version_is_not_touched(home: Path) -> None:
    data = locate(home, runner()).data
    data.mkdir()
    (data / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedError, match="written by PostgreSQL 15"):
        await EmbeddedServer(home).start()


def test_a_folder_that_cannot_be_used_is_told_of(home: Path) -> None:
    data = locate(home, runner()).data
    (data / "base").mkdir(parents=True)
    with pytest.raises(EmbeddedError, match="is damaged: it holds no PG_VERSION"):
        EmbeddedServer(home).launch()
    assert [one.name for one in data.iterdir()] == ["base"]
    file = home / "file"
    file.touch()
    with pytest.raises(EmbeddedError, match="is not a folder"):
        EmbeddedServer(file).launch()
    with pytest.raises(EmbeddedError, match=r"cannot be used .*--data-dir"):
        EmbeddedServer(file / "below").launch()


async def test_a_damaged_template_is_made_anew(
    home: Path, monkeypatch: pytest.MonkeyPatch, embedded: EmbeddedServer, few: Path
) -> None:
    """Truncated, altered or empty: found before anything of it is used."""
    user, binaries = runner(), programs(runner())
    name = f"template-{template.key(binaries, embedded.migrations)}"
    good = cache_folder() / name
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    pack = cache_folder() / name
    content = good.read_bytes()
    altered = bytearray(content)
    altered[len(altered) // 2] ^= 1
    for damaged in (b"", content[:-1], content[:100], bytes(altered)):
        pack.write_bytes(damaged)
        pack.chmod(0o600)
        with pytest.raises(ValueError, match=r"too short|not whole|differs"):
            template.unpack(pack, home / "data", user)
        assert not (home / "data").exists()
    pack = template.packed(binaries, few)
    pack.write_bytes(altered)
    pack.chmod(0o600)
    server = EmbeddedServer(home / "db", migrations=few)
    _let_pass(home)
    await server.start()
    await server.stop()
    template.unpack(pack, home / "data", user)
    pack.chmod(0o666)
    with pytest.raises(ValueError, match="others may write"):
        template.unpack(pack, home / "other", user)


async def test_two_starts_at_once_from_an_empty_cache(
    home: Path, monkeypatch: pytest.MonkeyPatch, few: Path
) -> None:
    _let_pass(home)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    servers = [EmbeddedServer(home / name, migrations=few) for name in ("a", "b")]
    await asyncio.gather(*(server.start() for server in servers))
    for server in servers:
        assert await ask(server.owner_dsn, "select count(*) from cloud_accounts") == 0
    await asyncio.gather(*(server.stop() for server in servers))
    left = sorted(path.suffix for path in (home / "cache" / "driftcloud").iterdir())
    assert left == ["", ".lock"]
