"""The template data directory: initdb, roles and migrations done once, and copied ever after."""

import contextlib
import fcntl
import hashlib
import logging
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from emulator.caches import cache_folder
from emulator.database import configuration, laying, postmaster
from emulator.database.installation import EmbeddedError, Runner, system_home

log = logging.getLogger(__name__)

Populate = Callable[[str], None]
"""Fills a new database through the owner's DSN (migrations)."""

# Zeros at a file's end are left out of the pack where they are many.
_MANY_ZEROS = 1 << 16


def key(programs: Path, migrations: Path) -> str:
    """What a template depends on, as one short word."""
    digest = hashlib.sha256()
    binary = (programs / "postgres").stat()
    words = (
        str(binary.st_size), str(binary.st_mtime_ns), platform.machine(), sys.platform,
        repr(configuration.INITDB_OPTIONS), repr(configuration.SETTINGS), configuration.ROLES,
        Path(__file__).read_text(),
    )  # fmt: skip
    for word in words:
        digest.update(word.encode() + b"\0")
    models = Path(__file__).parents[2] / "models"
    makers = [Path(__file__).with_name(name) for name in ("migrate.py", "embedded.py")]
    makers += [models / name for name in ("public_images.py", "regions.py")]
    for file in (*sorted(migrations.glob("*.sql")), *makers):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:20]


def packed(programs: Path, migrations: Path) -> Path:
    """Where the template is cached, or will be."""
    return cache_folder() / f"template-{key(programs, migrations)}"


def lay(data: Path, programs: Path, user: Runner, migrations: Path, populate: Populate) -> None:
    """Make `data` a fresh data directory, from the cached template or a new one."""
    pack = packed(programs, migrations)
    try:
        unpack(pack, data, user)
    except FileNotFoundError:
        log.info("preparing a template of the database; later starts copy it")
    except ValueError as error:
        log.warning("the cached template %s is damaged (%s): it is made anew", pack, error)
        shutil.rmtree(data, ignore_errors=True)
        pack.unlink(missing_ok=True)
    else:
        return
    with _locked(pack.with_suffix(".lock")):
        if not pack.exists():
            build(pack, programs, user, populate)
            _forget_others(pack)
    unpack(pack, data, user)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _forget_others(pack: Path, *, keep: int = 4) -> None:
    """Drop the templates of older versions, so that the cache stays small."""
    packs = [file for file in pack.parent.glob("template-*") if file.suffix == ""]
    for old in sorted(packs, key=lambda file: file.stat().st_mtime, reverse=True)[keep:]:
        old.unlink(missing_ok=True)
        old.with_suffix(".lock").unlink(missing_ok=True)


def build(pack: Path, programs: Path, user: Runner, populate: Populate) -> None:
    """Make a data directory from nothing and pack it; the pack appears whole or not at all."""
    place = system_home() if user.dropped else pack.parent
    workshop = Path(tempfile.mkdtemp(prefix="b", dir=place))
    if len(str(workshop)) > 70 and not user.dropped:
        workshop.rmdir()
        workshop = Path(tempfile.mkdtemp(prefix="driftcloud-", dir="/tmp"))
    user.give(workshop)
    try:
        data = workshop / "data"
        initialise(data, programs, user)
        configuration.write(data, durable=False, names=(own_name(),))
        _populate(data, workshop, programs, user, populate)
        _lighten(data)
        half = pack.with_name(f"{pack.name}.{os.getpid()}.half")
        try:
            _write_pack(data, half)
            half.replace(pack)
        finally:
            half.unlink(missing_ok=True)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def own_name() -> str:
    """The name of the system's user that we are."""
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def initialise(data: Path, programs: Path, user: Runner) -> None:
    """Run initdb."""
    done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603
        [str(programs / "initdb"), "-D", str(data), *configuration.INITDB_OPTIONS],
        capture_output=True,
        env=postmaster.environment(),
        cwd="/",
        umask=0o077,
        check=False,
        **user.popen_options(),
    )
    if done.returncode:
        raise EmbeddedError(f"initdb failed: {done.stderr.decode(errors='replace').strip()}")


def _populate(data: Path, sockets: Path, programs: Path, user: Runner, populate: Populate) -> None:
    # what the log was is not kept: every fresh start would copy it
    quick = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "64MB"}
    quick |= {"wal_recycle": "off", "min_wal_size": "8MB"}
    server = postmaster.launch(programs, user, data, sockets, quick)
    try:
        postmaster.wait_until_it_answers(server.pid, data, configuration.ADMIN, "postgres")
        _roles(sockets)
        populate(dsn(configuration.OWNER, sockets))
        _pack_catalogs(sockets)
    finally:
        postmaster.stop(server.pid)
        server.wait()


def dsn(role: str, sockets: Path, database: str = configuration.DATABASE) -> str:
    """The URL of a role, over the private socket; libpq and asyncpg both read it."""
    from urllib.parse import quote

    return f"postgresql://{role}@/{database}?host={quote(str(sockets))}&port={configuration.PORT}"


def _roles(sockets: Path) -> None:
    """Make the roles and the database: the empty `postgres` database becomes ours."""
    import asyncio

    import asyncpg

    async def run() -> None:
        connection = await asyncpg.connect(dsn(configuration.ADMIN, sockets, "template1"))
        try:
            await connection.execute(configuration.ROLES)
            # 300 files that every fresh start would copy, and nothing here is made from them.
            await connection.execute("alter database template0 is_template false")
            await connection.execute("drop database template0")
            await connection.execute(f"alter database postgres rename to {configuration.DATABASE}")
            await connection.execute(
                f"alter database {configuration.DATABASE} owner to {configuration.OWNER}"
            )
        finally:
            await connection.close()

    asyncio.run(run())


def _pack_catalogs(sockets: Path) -> None:
    """Rewrite the catalogs that migrations made and changed: half of their pages are dead rows.

    Then begin a new file of the log: it will hold nothing but the word that all is well.
    """
    import asyncio

    import asyncpg

    async def run() -> None:
        connection = await asyncpg.connect(dsn(configuration.ADMIN, sockets))
        try:
            for row in await connection.fetch(
                "select oid::regclass::text as name from pg_class where relkind = 'r'"
                " and relnamespace = 'pg_catalog'::regnamespace and pg_relation_size(oid) > 200000"
            ):
                await connection.execute(f"vacuum full {row['name']}")
            await connection.execute("checkpoint")
            await connection.execute("select pg_switch_wal()")
        finally:
            await connection.close()

    asyncio.run(run())


def _lighten(data: Path) -> None:
    """Drop what a data directory does without, as it is made anew: maps, caches, counts."""
    (data / postmaster.LOG_NAME).unlink(missing_ok=True)
    for kind in ("*_fsm", "*_vm", "pg_internal.init", "pgstat.stat"):
        for place in data.rglob(kind):
            place.unlink()


def _write_pack(data: Path, pack: Path) -> None:
    """Write a folder as one file: a header, a table of entries, the bytes of all files."""
    contents, table = [], bytearray()
    for place in sorted(data.rglob("*")):
        status = place.lstat()
        name, stored = str(place.relative_to(data)).encode(), b""
        size = status.st_size if stat.S_ISREG(status.st_mode) else 0
        if stat.S_ISREG(status.st_mode):
            stored = _stored(place.read_bytes())
            contents.append(stored)
        table += laying.ENTRY.pack(len(name), status.st_mode, size, len(stored)) + name
    body = b"".join((table, *contents))
    head = laying.HEAD.pack(len(table), len(body) - len(table), zlib.crc32(body))
    descriptor = os.open(pack, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(laying.MAGIC + head + body)
        out.flush()
        os.fsync(out.fileno())


def _stored(content: bytes) -> bytes:
    short = content.rstrip(b"\0")
    return short if len(content) - len(short) >= _MANY_ZEROS else content


def unpack(pack: Path, data: Path, user: Runner) -> None:
    """Lay a packed folder out as `data`; ValueError when the pack is not what was written."""
    laying.unpack(str(pack), str(data), (user.uid, user.gid) if user.dropped else None)
