"""The embedded PostgreSQL: a private server that lives and dies with ours."""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from emulator.database import configuration, postmaster, template
from emulator.database.installation import (
    EmbeddedError,
    Runner,
    programs,
    runner,
)
from emulator.database.place import InUseError, Lock, Place, is_locked, locate

__all__ = ["EmbeddedError", "EmbeddedServer", "InUseError", "migrations_folder", "running_url"]

log = logging.getLogger(__name__)

_LOG_LIMIT_BYTES = 8 * 1024 * 1024
_SETTLED_AFTER_SECONDS = 1.0
_RESTART_PAUSES_SECONDS = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def migrations_folder() -> Path:
    """The folder `sql/` of the product."""
    return Path(__file__).resolve().parents[2] / "sql"


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
        self._supervisor: asyncio.Task[None] | None = None

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
            self._lock.release()
            raise

    def _launch(self, place: Place, user: Runner) -> None:
        binaries = programs(user)
        if not (place.data / "PG_VERSION").exists():
            self._lay(place, binaries, user)
        _check_version(place.data)
        configuration.write(place.data, durable=self.durable, names=_names())
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
        self._child = postmaster.launch(binaries, user, place.data, place.sockets, {})
        self.pid = self._child.pid

    def _lay(self, place: Place, binaries: Path, user: Runner) -> None:
        """Lay out fresh data beside its final name, so that half of it is never taken for it."""
        import shutil

        half = place.data.with_name("postgres.new")
        shutil.rmtree(half, ignore_errors=True)
        template.lay(half, binaries, user, self.migrations, self._populate)
        half.rename(place.data)
        threading.Thread(
            target=_settle, args=(place.data,), name="settle-template", daemon=True
        ).start()

    def _populate(self, owner_dsn: str) -> None:
        asyncio.run(_migrate(owner_dsn, self.migrations))

    def wait(self, patience_seconds: float = 120.0) -> None:
        """Block until the server answers; after a crash it first replays its log."""
        postmaster.wait_until_it_answers(
            self.pid,
            self.place.data,
            configuration.OWNER,
            configuration.DATABASE,
            patience_seconds=patience_seconds,
        )

    def halt(self) -> None:
        """Stop the server in good order and give the data folder back."""
        if self._lock is None or not self._lock.held:
            return
        if self.pid:
            postmaster.stop(self.pid)
            self._reap()
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
        if self._lock is None or not self._lock.held:
            await asyncio.to_thread(self.launch)
        try:
            await asyncio.to_thread(self.wait)
        except BaseException:
            await asyncio.to_thread(self.halt)
            raise
        self._supervisor = asyncio.create_task(self._supervise(), name="supervise-postgresql")

    async def stop(self) -> None:
        """Stop the server and its supervision."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor
            self._supervisor = None
        await asyncio.to_thread(self.halt)

    async def _supervise(self) -> None:
        """Start the server again whenever it dies; never give up, but pause between attempts."""
        failures = 0
        while True:
            await _death(self.pid)
            began = time.monotonic()
            log.error("PostgreSQL (%d) died; starting it again", self.pid)
            await asyncio.sleep(
                _RESTART_PAUSES_SECONDS[min(failures, len(_RESTART_PAUSES_SECONDS) - 1)]
            )
            try:
                await asyncio.to_thread(self.revive)
            except (EmbeddedError, OSError) as error:
                failures += 1
                log.error("PostgreSQL did not come back (attempt %d): %s", failures, error)
                continue
            failures = 0
            self.restarts += 1
            log.warning("PostgreSQL is back after %.1f s", time.monotonic() - began)

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


async def _death(pid: int) -> None:
    """Wait until a process is gone, without polling where the system can tell."""
    loop = asyncio.get_running_loop()
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        except OSError:
            pass
        else:
            gone = asyncio.Event()
            loop.add_reader(descriptor, gone.set)
            try:
                await gone.wait()
            finally:
                loop.remove_reader(descriptor)
                os.close(descriptor)
            return
    while not postmaster.ended(pid):  # noqa: ASYNC110 - another process's end sets no event
        await asyncio.sleep(0.25)


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
