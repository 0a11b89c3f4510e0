"""Workers: several server processes on one socket and one database."""

import logging
import os
import signal
import socket
import time
from dataclasses import replace

from emulator.database.embedded import EmbeddedServer
from emulator.settings import Settings

log = logging.getLogger("driftcloud.workers")

PATIENCE_SECONDS = 15.0
# A worker that dies sooner than this is not replaced at once: something is wrong with it.
SOON_SECONDS = 2.0


def supervise(settings: Settings, listening: socket.socket, launched: EmbeddedServer | None) -> int:
    """Prepare the world, run the workers, replace those that die, end them all on a signal."""
    import uvloop

    if launched is not None:
        launched.wait()
    uvloop.run(_prepare(settings, launched))
    stopping: list[int] = []
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda number, _frame: stopping.append(number))
    workers = {_fork(settings, listening): time.monotonic() for _ in range(settings.workers)}
    while not stopping:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in workers:
            log.error("worker %d ended with status %d", pid, status)
            lived = time.monotonic() - workers.pop(pid)
            time.sleep(0 if lived > SOON_SECONDS else 1.0)
            workers[_fork(settings, listening)] = time.monotonic()
        elif launched is not None and pid == 0:
            time.sleep(0.1)
        else:
            time.sleep(0.1)
    _end(set(workers))
    if launched is not None:
        launched.halt()
    return 0


async def _prepare(settings: Settings, launched: EmbeddedServer | None) -> None:
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


def _fork(settings: Settings, listening: socket.socket) -> int:
    pid = os.fork()
    if pid:
        return pid
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    from emulator.serve import run

    status = 1
    try:
        status = run(replace(settings, workers=1), listening, purpose="worker")
    except BaseException:
        log.exception("a worker failed")
    finally:
        os._exit(status)


def _end(workers: set[int]) -> None:
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + PATIENCE_SECONDS
    while workers and time.monotonic() < until:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        workers.discard(pid)
        time.sleep(0.05)
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
