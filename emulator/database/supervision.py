"""The supervision of an embedded PostgreSQL, on an event loop: started again whenever it dies."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from emulator.database import postmaster
from emulator.database.installation import EmbeddedError

if TYPE_CHECKING:
    from emulator.database.embedded import EmbeddedServer

log = logging.getLogger("emulator.database.embedded")

_RESTART_PAUSES_SECONDS = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def aside(work: Callable[[], None]) -> Awaitable[None]:
    """Work that blocks, done while the loop goes on."""
    return asyncio.to_thread(work)


def begin(server: "EmbeddedServer") -> "asyncio.Task[None]":
    """Watch over a server that answers."""
    return asyncio.create_task(_supervise(server), name="supervise-postgresql")


async def end(supervisor: "asyncio.Task[None]") -> None:
    """Watch no longer."""
    supervisor.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await supervisor


async def _supervise(server: "EmbeddedServer") -> None:
    """Start the server again whenever it dies; never give up, but pause between attempts."""
    failures = 0
    while True:
        await _death(server.pid)
        began = time.monotonic()
        log.error("PostgreSQL (%d) died; starting it again", server.pid)
        await asyncio.sleep(
            _RESTART_PAUSES_SECONDS[min(failures, len(_RESTART_PAUSES_SECONDS) - 1)]
        )
        try:
            await asyncio.to_thread(server.revive)
        except (EmbeddedError, OSError) as error:
            failures += 1
            log.error("PostgreSQL did not come back (attempt %d): %s", failures, error)
            continue
        failures = 0
        server.restarts += 1
        log.warning("PostgreSQL is back after %.1f s", time.monotonic() - began)


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
