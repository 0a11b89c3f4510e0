"""Migrations: the numbered files of sql/, applied to a database in order and once each."""

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg

FOLDER = Path(__file__).resolve().parents[2] / "sql"
"""Where the migrations are: beside the package, in a checkout as in an installed wheel."""

LOCK = 0x6472_6966_7463_6C64  # "driftcld": one advisory lock for a database's migrations
LOCK_WAIT_SECONDS = 300.0
OLDEST = 14
"""The oldest PostgreSQL that is served."""
_NAME = re.compile(r"(\d{3,})_[a-z0-9_]+\.sql")
# A file that a database has had is never edited. What one says in words that an older PostgreSQL
# does not know is said to it in others, and a later file does the rest: 063 has an index of its
# own for the rows that these constraints would let through.
_NEWER_WORDS = {15: {36: ("UNIQUE NULLS NOT DISTINCT (", "UNIQUE (")}}

_CREATE_LEDGER = """
CREATE TABLE IF NOT EXISTS public.schema_migrations (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    seconds    numeric(10,3) NOT NULL
);
COMMENT ON TABLE public.schema_migrations IS 'The migrations that this database has had.';
COMMENT ON COLUMN public.schema_migrations.checksum IS 'SHA-256 of the file, line ends as LF.';
ALTER TABLE public.schema_migrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.schema_migrations FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON public.schema_migrations TO CURRENT_USER USING (true) WITH CHECK (true);
REVOKE ALL ON public.schema_migrations FROM PUBLIC;
"""


class MigrationError(RuntimeError):
    """A folder of migrations and a database that do not fit; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file: `name` is its file name, `checksum` its SHA-256 in hex."""

    number: int
    name: str
    sql: str
    checksum: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration that a database has had."""

    number: int
    name: str
    checksum: str
    applied_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Status:
    """What a database has had, and what it lacks, both in order."""

    applied: list[Applied]
    pending: list[Migration]

    @property
    def version(self) -> int:
        """Number of the newest applied migration; 0: none."""
        return self.applied[-1].number if self.applied else 0


def read(folder: Path = FOLDER) -> list[Migration]:
    """Return the migrations of a folder in order, after checking that they count 1, 2, 3 …"""
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise MigrationError(
                f"{path.name} is not named like a migration: call it NNN_what_it_makes.sql, "
                "or move it into a subfolder if it is none"
            )
        number = int(match[1])
        if number in found:
            raise MigrationError(
                f"{found[number].name} and {path.name} have the same number: "
                "give the newer one the next free number"
            )
        text = path.read_text(encoding="utf-8")  # universal newlines: CRLF checkouts hash alike
        checksum = hashlib.sha256(text.encode()).hexdigest()
        found[number] = Migration(number, path.name, text, checksum)
    if not found:
        raise MigrationError(f"no migrations in {folder}: the installation is incomplete")
    for number in range(1, max(found) + 1):
        if number not in found:
            following = found[min(n for n in found if n > number)]
            raise MigrationError(
                f"migration {number:03d} is missing before {following.name}: "
                "restore the file, or renumber the ones after it if none was ever applied"
            )
    return [found[number] for number in sorted(found)]


async def status(connection: asyncpg.Connection, folder: Path = FOLDER) -> Status:
    """Compare a database with a folder; raise MigrationError where they contradict each other."""
    migrations = read(folder)
    applied = await _applied(connection)
    for had, migration in zip(applied, migrations, strict=False):
        _compare(had, migration)
    if len(applied) > len(migrations):
        raise MigrationError(
            f"the database has {applied[len(migrations)].name}, and this version of driftcloud "
            f"ends at {migrations[-1].name}: update driftcloud, or use another database"
        )
    return Status(applied, migrations[len(applied) :])


def _compare(had: Applied, migration: Migration) -> None:
    if had.number != migration.number:
        raise MigrationError(
            f"{migration.name} was never applied, though {had.name} was: the ledger "
            "schema_migrations has lost a row; restore it, or start from a new database"
        )
    if had.checksum != migration.checksum:
        raise MigrationError(
            f"{migration.name} has changed since it was applied on {had.applied_at:%Y-%m-%d}: "
            "restore the file as it was and put the change into a new migration"
        )


async def _applied(connection: asyncpg.Connection) -> list[Applied]:
    if await connection.fetchval("SELECT to_regclass('public.schema_migrations')") is None:
        return []
    rows = await connection.fetch(
        "SELECT number, name, checksum, applied_at, seconds FROM public.schema_migrations"
        " ORDER BY number"
    )
    return [
        Applied(r["number"], r["name"], r["checksum"], r["applied_at"], float(r["seconds"]))
        for r in rows
    ]


async def migrate(connection: asyncpg.Connection, folder: Path = FOLDER) -> list[Migration]:
    """Apply what a database lacks, each file in a transaction of its own; return what was applied.

    `connection` is the owner's. A file that fails leaves no trace, the ones before it stay, and
    running again goes on from there. Several may run at once: one works, the others wait for it.
    """
    found = connection.get_server_version()
    if found.major < OLDEST:
        raise MigrationError(
            f"this is PostgreSQL {found.major}, and driftcloud needs {OLDEST} or newer: "
            "take another server, or leave --database-url out for the embedded one"
        )
    try:
        if not (await status(connection, folder)).pending:
            return []
        async with _alone(connection):
            pending = (await status(connection, folder)).pending  # another may have just done it
            if pending and await _applied(connection) == []:
                async with connection.transaction():
                    await _create_ledger(connection)
            for migration in pending:
                await _apply(connection, migration)
    except asyncpg.InsufficientPrivilegeError as error:
        who = await connection.fetchrow("SELECT current_user AS role, current_database() AS name")
        raise MigrationError(
            f"{who['role']} may not have its tables in the database {who['name']} ({error}): as an "
            f"administrator run ALTER DATABASE {who['name']} OWNER TO {who['role']}, or connect as "
            "the role that made the tables there"
        ) from None
    return pending


async def _create_ledger(connection: asyncpg.Connection) -> None:
    if await connection.fetchval("SELECT to_regclass('public.schema_migrations')") is None:
        await connection.execute(_CREATE_LEDGER)


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    started = time.perf_counter()
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL search_path = public")
            await connection.execute("SET LOCAL statement_timeout = 0")
            sql = spelled(migration, connection.get_server_version().major)
            await connection.execute(f"{sql}\n;SELECT")  # no file is an empty query
            if not connection.is_in_transaction():
                raise MigrationError(
                    f"{migration.name} ends its transaction by COMMIT or ROLLBACK, and may be half "
                    "applied: take that out of the file, and start from a new database"
                )
            await connection.execute(
                "INSERT INTO public.schema_migrations (number, name, checksum, seconds)"
                " VALUES ($1, $2, $3, $4::float8)",
                migration.number,
                migration.name,
                migration.checksum,
                time.perf_counter() - started,
            )
    except asyncpg.PostgresError as error:
        advice = getattr(error, "hint", None) or "mend the cause and run again"
        raise MigrationError(
            f"{migration.name}{_line(migration, error)} failed and was rolled back: "
            f"{error.args[0]}. The migrations before it are in place. {advice}"
        ) from error


def spelled(migration: Migration, version: int) -> str:
    """The text of a migration in words that a PostgreSQL of this major version knows."""
    sql = migration.sql
    for since, words in _NEWER_WORDS.items():
        if version < since and migration.number in words:
            sql = sql.replace(*words[migration.number])
    return sql


def _line(migration: Migration, error: asyncpg.PostgresError) -> str:
    position = getattr(error, "position", None)
    if position is None:
        return ""
    return f", line {migration.sql.count(chr(10), 0, int(position) - 1) + 1},"


@asynccontextmanager
async def _alone(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Hold the migrations' lock. It is asked for, not waited for, so that no timeout bites."""
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
        if time.monotonic() > deadline:
            raise MigrationError(
                "another process has been migrating this database for "
                f"{LOCK_WAIT_SECONDS:.0f} seconds: see pg_locks, and end it if it hangs"
            )
        await asyncio.sleep(0.05)
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.fetchval("SELECT pg_advisory_unlock($1)", LOCK)
