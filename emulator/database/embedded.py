"""The embedded PostgreSQL: a private server that lives and dies with ours."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.database import configuration, laying, postmaster, template
from emulator.database.installation import (
    EmbeddedError,
    Runner,
    programs,
    runner,
)
from emulator.database.place import InUseError, Lock, Place, is_locked, locate

if TYPE_CHECKING:
    import asyncio

__all__ = ["EmbeddedError", "EmbeddedServer", "InUseError", "migrations_folder", "running_url"]

log = logging.getLogger(__name__)

_LOG_LIMIT_BYTES = 8 * 1024 * 1024
_SETTLED_AFTER_SECONDS = 1.0


def migrations_folder() -> Path:
    """The folder `sql/` of the product."""
    return Path(__file__).resolve().parents[2] / "sql"


class _Meeting(threading.Thread):
    """The first connection to a server that starts: it takes longest, others import meanwhile."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(name="meet-postgresql", daemon=True)
        self._work = work
        self._error: EmbeddedError | None = None
        self.start()

    def run(self) -> None:
        """Meet it."""
        try:
            self._work()
        except EmbeddedError as error:
            self._error = error

    def outcome(self) -> None:
        """Block until they met; raises the EmbeddedError for which they did not."""
        self.join()
        if self._error is not None:
            raise self._error


class EmbeddedServer:
    """One PostgreSQL on one data folder, started by this process or taken over by it.

    `start` and `stop` are for an event loop; `launch`, `wait` and `halt` are the same without
    one, so that a program may launch first and import the rest while PostgreSQL starts.
    """

    def __init__(
        self,
        home: Path,
        *,
        durable: bool = False,
        migrations: Path | None = None,
        purpose: str = "server",
    ) -> None:
        self.home = home
        self.durable = durable
        self.migrations = migrations or migrations_folder()
        self.purpose = purpose
        self.pid = 0
        self.restarts = 0
        self._place: Place | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._lock: Lock | None = None
        self._aside = False
        self._meeting: _Meeting | None = None
        self._supervisor: asyncio.Task[None] | None = None
        # whoever begins a server and whoever ends it take turns: none begins behind the end
        self._turn = threading.RLock()

    @property
    def place(self) -> Place:
        """The server's folders."""
        if self._place is None:
            raise EmbeddedError("the embedded PostgreSQL has not been started")
        return self._place

    @property
    def owner_dsn(self) -> str:
        """The URL of the role that owns the tables: migrations, ticks, control."""
        return template.dsn(configuration.OWNER, self.place.sockets)

    @property
    def api_dsn(self) -> str:
        """The URL of the role that requests run as."""
        return template.dsn(configuration.API, self.place.sockets)

    @property
    def libpq_url(self) -> str:
        """The URL to give to psql; it holds no secret: the operating system's user is the key."""
        return self.owner_dsn

    def launch(self) -> None:
        """Begin to start (or take over) the server; not from a thread that runs a loop."""
        user = runner()
        self._place = place = locate(self.home, user)
        self._lock = Lock(place.home)
        self._lock.take(self.purpose)
        try:
            self._launch(place, user)
        except BaseException:
            self.halt()
            raise
        self._meeting = _Meeting(partial(self._meet, self.pid, fresh=self._aside))

    def _meet(self, pid: int, *, fresh: bool) -> None:
        self._wait(pid, 120.0)
        if fresh:
            # what was laid out is brought to the disk from now on, and what comes later at once
            configuration.write(self.place.data, durable=self.durable, names=_names())
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGHUP)
            self._settle()

    def _launch(self, place: Place, user: Runner, *, aside: bool = True) -> None:
        self._aside = False
        binaries = programs(user)
        if not _is_laid(place.data):
            if aside and self._launch_aside(place, binaries, user):
                return
            self._lay(place, binaries, user)
        _check_version(place.data)
        configuration.write(place.data, durable=self.durable, names=_names())
        laying.spread(str(place.data / laying.DATABASES))
        orphan = postmaster.running(place.data)
        if orphan is not None and orphan.socket_folder == str(place.sockets):
            log.warning("taking over the PostgreSQL that a killed server left (%d)", orphan.pid)
            os.kill(orphan.pid, signal.SIGHUP)
            self._child, self.pid = None, orphan.pid
            return
        if orphan is not None:
            postmaster.stop(orphan.pid)
        if (place.data / "postmaster.pid").exists():
            postmaster.clear_stale(place.data, place.sockets)
        _trim_log(place.data)
        with postmaster.uninterrupted():
            self._child = postmaster.launch(binaries, user, place.data, place.sockets, {})
            self.pid = self._child.pid

    def _launch_aside(self, place: Place, binaries: Path, user: Runner) -> bool:
        """Start a process that lays out the data and becomes the server; False: no template yet."""
        pack = template.packed(binaries, self.migrations)
        if self._lock is None or not sys.executable or not pack.exists():
            return False
        words = laying.command(
            (str(pack.absolute()), str(_clear_half(place.data)), str(place.data)),
            (user.uid, user.gid),
            self._lock.descriptor,
            configuration.files(durable=self.durable, names=_names(), laid=False),
        )
        words += [postmaster.LOG_NAME, *postmaster.command(binaries, place.data, place.sockets)]
        with postmaster.uninterrupted():
            self._child = postmaster.launch_aside(words, self._lock.descriptor)
            self.pid = self._child.pid
        self._aside = True
        return True

    def _lay(self, place: Place, binaries: Path, user: Runner) -> None:
        """Lay out fresh data beside its final name, so that half of it is never taken for it."""
        half = _clear_half(place.data)
        template.lay(half, binaries, user, self.migrations, self._populate)
        half.rename(place.data)
        self._settle()

    def _settle(self) -> None:
        threading.Thread(
            target=_settle, args=(self.place.data,), name="settle-template", daemon=True
        ).start()

    def _populate(self, owner_dsn: str) -> None:
        import asyncio

        asyncio.run(_migrate(owner_dsn, self.migrations))

    def wait(self, patience_seconds: float = 120.0) -> None:
        """Block until the server answers; after a crash it first replays its log."""
        meeting, self._meeting = self._meeting, None
        try:
            if meeting is None:
                self._wait(self.pid, patience_seconds)
            else:
                meeting.outcome()
        except EmbeddedError:
            with self._turn:
                halted = self._lock is None or not self._lock.held
                if halted or not self._aside or _is_laid(self.place.data):
                    raise
                # what is wrong is found, and mended or told, where it is done here
                self._reap()
                self._launch(self.place, runner(), aside=False)
            self._wait(self.pid, patience_seconds)

    def _wait(self, pid: int, patience_seconds: float) -> None:
        postmaster.wait_until_it_answers(
            pid,
            self.place.data,
            configuration.OWNER,
            configuration.DATABASE,
            patience_seconds=patience_seconds,
        )

    def halt(self) -> None:
        """Stop the server in good order and give the data folder back."""
        with self._turn:
            if self._lock is None or not self._lock.held:
                return
            if self.pid:
                postmaster.stop(self.pid)
                self._reap()
            if self._meeting is not None:
                self._meeting.join(5)
                self._meeting = None
            self.pid = 0
            self._lock.release()

    def _reap(self) -> None:
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(5)

    async def start(self) -> None:
        """Start the server, wait until it answers, and keep it alive until `stop`.

        After `launch` only the rest is done.
        """
        from emulator.database import supervision  # after the launch, as all that takes its time

        if self._lock is None or not self._lock.held:
            await supervision.aside(self.launch)
        try:
            await supervision.aside(self.wait)
        except BaseException:
            await supervision.aside(self.halt)
            raise
        self._supervisor = supervision.begin(self)

    async def stop(self) -> None:
        """Stop the server and its supervision."""
        from emulator.database import supervision

        if self._supervisor is not None:
            await supervision.end(self._supervisor)
            self._supervisor = None
        await supervision.aside(self.halt)

    def alive(self) -> bool:
        """Whether the process of the server lives."""
        if self._child is not None and self._child.poll() is not None:
            return False
        return not postmaster.ended(self.pid)

    def revive(self) -> None:
        """Start a server that died, and block until it answers."""
        self._reap()
        self._launch(self.place, runner())
        self.wait()


async def _migrate(owner_dsn: str, folder: Path) -> None:
    import asyncpg

    from emulator.database.migrate import migrate

    connection = await asyncpg.connect(owner_dsn)
    try:
        await migrate(connection, folder)
    finally:
        await connection.close()
    if folder == migrations_folder():
        await _furnish(owner_dsn)


async def _furnish(owner_dsn: str) -> None:
    """Put in what every world has, and what takes longest: the public machine images."""
    from emulator.database.connections import OWNER_SETTINGS, connect
    from models import public_images, regions

    connection = await connect(owner_dsn, OWNER_SETTINGS, command_seconds=None)
    try:
        await public_images.install(connection, list(regions.all_regions()))
    finally:
        await connection.close()


def _names() -> tuple[str, ...]:
    """The system's users that may log in: whoever runs the server."""
    return (template.own_name(),)


def _is_laid(data: Path) -> bool:
    """Whether there is data: it gets its name when it is whole. EmbeddedError for what is left."""
    laid = (data / "PG_VERSION").exists()
    if not laid and data.is_dir() and any(data.iterdir()):
        raise EmbeddedError(
            f"{data} is damaged: it holds no PG_VERSION. Restore it from a copy, or move it away"
            " and start anew"
        )
    return laid


def _clear_half(data: Path) -> Path:
    """Where data is laid out, so that half of it is never taken for it; cleared."""
    half = data.with_name("postgres.new")
    if half.exists():
        import shutil

        shutil.rmtree(half, ignore_errors=True)
    return half


def _check_version(data: Path) -> None:
    from emulator.database.installation import MAJOR

    found = (data / "PG_VERSION").read_text().strip()
    if found != str(MAJOR):
        raise EmbeddedError(
            f"{data} was written by PostgreSQL {found}, this is {MAJOR}: "
            "choose another folder (--data-dir), or dump and restore the old one"
        )


def _trim_log(data: Path) -> None:
    """Keep the server's log small: one file and the one before it."""
    file = data / postmaster.LOG_NAME
    with contextlib.suppress(FileNotFoundError):
        if file.stat().st_size > _LOG_LIMIT_BYTES:
            file.replace(file.with_suffix(".log.1"))


def _settle(data: Path) -> None:
    """Bring freshly copied files to the disk, behind the running server's back.

    Not before it has answered: the disk would be busy with these while it waits for its own.
    """
    time.sleep(_SETTLED_AFTER_SECONDS)
    for folder, _, files in os.walk(data):
        for name in files:
            with contextlib.suppress(OSError):
                descriptor = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_CLOEXEC)  # noqa: PTH118
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)


def running_url(home: Path, *, patience_seconds: float = 60.0) -> str | None:
    """The owner's URL of the server that runs on a data folder, None when there is none.

    A server that is still starting is waited for.
    """
    if not home.expanduser().exists():
        return None
    place = locate(home, runner())
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        file = postmaster.running(place.data)
        if file is not None and file.status == "ready":
            return template.dsn(configuration.OWNER, Path(file.socket_folder))
        if file is None and not is_locked(place.home):
            return None
        time.sleep(0.02)
    raise EmbeddedError(f"the server of {place.home} did not become ready")
