"""Workers: several server processes on one socket and one database."""

import gc
import logging
import os
import signal
import socket
import time
from dataclasses import replace

from emulator.database.embedded import EmbeddedError, EmbeddedServer
from emulator.serve import SIGNALS, stop
from emulator.serving import run, run_loop
from emulator.settings import Settings
from emulator.shared_buckets import SharedBuckets

log = logging.getLogger("driftcloud.workers")

PATIENCE_SECONDS = 15.0
GLANCE_SECONDS = 0.1
# A worker that dies sooner than this is not replaced at once: something is wrong with it.
SOON_SECONDS = 2.0


def supervise(settings: Settings, listening: socket.socket, launched: EmbeddedServer | None) -> int:
    """Prepare the world, run the workers, replace those that die, end them all on a signal."""
    if launched is not None:
        with stop.cut():
            launched.wait()
    gc.enable()
    run_loop(_prepare(settings, launched))
    crew = _Crew(settings, listening)
    try:
        while not stop.told:
            crew.fill()
            _keep_alive(launched)
            time.sleep(GLANCE_SECONDS)
    finally:
        crew.dismiss()
    return 0


async def _prepare(settings: Settings, launched: EmbeddedServer | None) -> int:
    """Migrate and furnish the world once, before any worker answers."""
    from emulator.database.database import Database
    from emulator.server import Server, vault_of
    from emulator.welcome import prepare, tell

    database = await Database.open(settings, purpose="command" if launched else "server")
    try:
        server = Server(settings, database, vault_of(settings))
        await prepare(server)
        await tell(server)
    finally:
        await database.close()
    return 0


def _keep_alive(launched: EmbeddedServer | None) -> None:
    """Start PostgreSQL again if it died: no loop runs here that would see to it."""
    if launched is None or launched.alive():
        return
    log.error("PostgreSQL died; starting it again")
    try:
        launched.revive()
    except (EmbeddedError, OSError) as error:
        log.error("PostgreSQL did not come back: %s", error)
        time.sleep(1.0)


class _Crew:
    """The worker processes, and the pipe whose end tells them that nobody is left above them."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._size = settings.workers
        self._settings = replace(settings, workers=1)
        self._listening = listening
        # what the workers hold callers to is one, however many they are
        self._buckets = SharedBuckets()
        self._lifeline, self._held = os.pipe()
        self._born: dict[int, float] = {}
        self._pause_until = 0.0

    def fill(self) -> None:
        """Replace whoever died; who dies soon after its birth is replaced a second later."""
        for pid, born in list(self._born.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                log.error("worker %d ended with status %d", pid, status)
                del self._born[pid]
                if time.monotonic() - born < SOON_SECONDS:
                    self._pause_until = time.monotonic() + 1.0
        while len(self._born) < self._size and time.monotonic() >= self._pause_until:
            self._born[self._fork()] = time.monotonic()

    def _fork(self) -> int:
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            os.close(self._held)
            status = run(
                self._settings, self._listening, lifeline=self._lifeline, buckets=self._buckets
            )
        except BaseException:
            log.exception("a worker failed")
        finally:
            os._exit(status)

    def dismiss(self) -> None:
        """End the workers: in good order, or by force those that take too long."""
        os.close(self._held)
        self._buckets.close()
        for pid in self._born:
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + PATIENCE_SECONDS
        while self._born and time.monotonic() < until:
            for pid in list(self._born):
                if os.waitpid(pid, os.WNOHANG)[0]:
                    del self._born[pid]
            time.sleep(0.02)
        for pid in self._born:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
