"""Migrations: in order, once, whole or not at all, one process at a time."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from emulator.database import configuration, template
from emulator.database import migrate as migrations
from emulator.database.embedded import EmbeddedServer
from emulator.database.migrate import MigrationError, migrate, read, status


@pytest.fixture
async def empty(embedded: EmbeddedServer) -> AsyncIterator[str]:
    """The owner's URL of a database of its own, without a table."""
    sockets = embedded.place.sockets
    admin = await asyncpg.connect(template.dsn(configuration.ADMIN, sockets))
    name = f"t{uuid.uuid4().hex}"
    await admin.execute(f"CREATE DATABASE {name} OWNER {configuration.OWNER}")
    yield template.dsn(configuration.OWNER, sockets, name)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def connection(empty: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to that database."""
    opened = await asyncpg.connect(empty)
    yield opened
    await opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small migrations, of which the second needs the first."""
    (tmp_path / "001_one.sql").write_text("CREATE TABLE one (a int);\n")
    (tmp_path / "002_two.sql").write_text("-- two\nINSERT INTO one VALUES (1);\n")
    (tmp_path / "supabase").mkdir()
    (tmp_path / "supabase" / "other.sql").write_text("not for us")
    return tmp_path


async def test_files_are_applied_in_order_and_once(
    connection: asyncpg.Connection, folder: Path
) -> None:
    assert [m.name for m in await migrate(connection, folder)] == ["001_one.sql", "002_two.sql"]
    assert await migrate(connection, folder) == []
    assert await connection.fetchval("SELECT count(*) FROM one") == 1
    (folder / "003_three.sql").write_text("INSERT INTO one VALUES (3)")
    assert [m.number for m in await migrate(connection, folder)] == [3]


async def test_status_tells_what_was_and_what_will_be(
    connection: asyncpg.Connection, folder: Path
) -> None:
    before = await status(connection, folder)
    assert (before.version, [m.number for m in before.pending]) == (0, [1, 2])
    await migrate(connection, folder)
    (folder / "003_three.sql").write_text("SELECT 3")
    after = await status(connection, folder)
    assert [(a.number, a.name) for a in after.applied] == [(1, "001_one.sql"), (2, "002_two.sql")]
    assert after.applied[0].checksum == hashlib.sha256(b"CREATE TABLE one (a int);\n").hexdigest()
    assert (after.version, [m.number for m in after.pending]) == (2, [3])


async def test_a_changed_file_is_refused(connection: asyncpg.Connection, folder: Path) -> None:
    await migrate(connection, folder)
    (folder / "001_one.sql").write_text("CREATE TABLE one (a bigint);\n")
    with pytest.raises(MigrationError, match=r"001_one.sql has changed .* into a new migration"):
        await migrate(connection, folder)


async def test_line_ends_are_no_change(connection: asyncpg.Connection, folder: Path) -> None:
    await migrate(connection, folder)
    path = folder / "001_one.sql"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert await migrate(connection, folder) == []


async def test_a_newer_database_is_refused(connection: asyncpg.Connection, folder: Path) -> None:
    await migrate(connection, folder)
    (folder / "002_two.sql").unlink()
    with pytest.raises(MigrationError, match=r"has 002_two.sql.* ends at 001_one.sql: update"):
        await migrate(connection, folder)


async def test_a_gap_in_the_ledger_is_refused(connection: asyncpg.Connection, folder: Path) -> None:
    await migrate(connection, folder)
    await connection.execute("DELETE FROM schema_migrations WHERE number = 1")
    with pytest.raises(MigrationError, match=r"001_one.sql was never applied, though 002_two"):
        await status(connection, folder)


def test_a_gap_a_double_and_a_bad_name_are_refused(folder: Path) -> None:
    (folder / "004_four.sql").write_text("SELECT 4")
    with pytest.raises(MigrationError, match=r"migration 003 is missing before 004_four.sql"):
        read(folder)
    (folder / "003_three.sql").write_text("SELECT 3")
    assert [m.number for m in read(folder)] == [1, 2, 3, 4]
    (folder / "003_also.sql").write_text("SELECT 3")
    with pytest.raises(MigrationError, match=r"003_also.sql and 003_three.sql have the same"):
        read(folder)
    (folder / "003_also.sql").rename(folder / "5-five.sql")
    with pytest.raises(MigrationError, match=r"5-five.sql is not named like a migration"):
        read(folder)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="no migrations in"):
        read(tmp_path)


async def test_a_failure_leaves_no_half(connection: asyncpg.Connection, folder: Path) -> None:
    broken = folder / "003_three.sql"
    broken.write_text("CREATE TABLE three (a int);\nINSERT INTO nowhere VALUES (1);\n")
    (folder / "004_four.sql").write_text("CREATE TABLE four (a int)")
    with pytest.raises(MigrationError, match=r'003_three.sql, line 2, failed .*"nowhere"'):
        await migrate(connection, folder)
    assert await connection.fetchval("SELECT to_regclass('three')") is None
    assert (await status(connection, folder)).version == 2
    broken.write_text("CREATE TABLE three (a int);\n")
    assert [m.number for m in await migrate(connection, folder)] == [3, 4]


async def test_a_file_cannot_end_its_transaction_early(
    connection: asyncpg.Connection, folder: Path
) -> None:
    """What a COMMIT inside a file would let through is seen, not taken for done."""
    (folder / "003_three.sql").write_text("CREATE TABLE three (a int); COMMIT;")
    with pytest.raises(MigrationError, match=r"003_three.sql .*transaction"):
        await migrate(connection, folder)


async def test_a_file_of_comments_is_applied(connection: asyncpg.Connection, folder: Path) -> None:
    (folder / "003_three.sql").write_text("-- nothing yet")
    assert len(await migrate(connection, folder)) == 3


async def test_two_at_once_apply_each_file_once(empty: str, folder: Path) -> None:
    (folder / "002_two.sql").write_text("SELECT pg_sleep(0.2); INSERT INTO one VALUES (1);")
    connections = [await asyncpg.connect(empty) for _ in range(3)]
    try:
        applied = await asyncio.gather(*(migrate(c, folder) for c in connections))
        assert sorted(len(a) for a in applied) == [0, 0, 2]
        assert await connections[0].fetchval("SELECT count(*) FROM one") == 1
    finally:
        for connection in connections:
            await connection.close()


async def test_whoever_waits_too_long_says_so(
    empty: str, connection: asyncpg.Connection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_WAIT_SECONDS", 0.1)
    holder = await asyncpg.connect(empty)
    await holder.execute("SELECT pg_advisory_lock($1)", migrations.LOCK)
    with pytest.raises(MigrationError, match="another process has been migrating"):
        await migrate(connection, folder)
    await holder.close()


async def test_the_lock_is_given_back(connection: asyncpg.Connection, folder: Path) -> None:
    (folder / "002_two.sql").write_text("SELECT 1/0")
    with pytest.raises(MigrationError, match="division by zero"):
        await migrate(connection, folder)
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert await connection.fetchval(held) == 0


async def test_our_own_migrations_apply_to_an_empty_database(
    connection: asyncpg.Connection,
) -> None:
    """As the owner, who is no superuser, beside another database that has the roles already."""
    assert [m.number for m in await migrate(connection)] == [m.number for m in read()]
    assert (await status(connection)).pending == []
