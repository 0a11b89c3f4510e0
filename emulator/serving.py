"""The serving of requests on an event loop, from opening the database to a clean end."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from emulator.database.embedded import EmbeddedServer
from emulator.serve import BACKLOG, SIGNALS, stop
from emulator.settings import Settings

if TYPE_CHECKING:
    from emulator.rate_limits import Drawing

GRACE_SECONDS = 10
# Containers made and not let go of before the collector looks for cycles among them, and its
# rounds before it looks at older ones. A list of 1,000 rows needs a few thousand at once; requests
# leave no cycles behind, refused ones neither.
COLLECTED_AFTER = (5_000, 10, 10)


def run(
    settings: Settings,
    listening: socket.socket,
    *,
    launched: EmbeddedServer | None = None,
    lifeline: int | None = None,
    buckets: "Drawing | None" = None,
) -> int:
    """Answer on a socket that listens already, in this process.

    With a `lifeline` this is a worker: the database is its parent's, and it stops when the
    other end of that pipe is closed, which also a killed parent does. It draws from the same
    `buckets` as its siblings.
    """
    return run_loop(_run(settings, listening, launched, lifeline, buckets))


def run_loop(work: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine on the fastest event loop there is; being told to stop cancels it."""
    runner: Callable[..., int] = asyncio.run
    with contextlib.suppress(ImportError):  # Windows has none
        from uvloop import run as runner
    try:
        return runner(_cancellable(work))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        stop.await_signals()  # the loop left the system's own handlers behind


async def _cancellable(work: Coroutine[Any, Any, int]) -> int:
    task = asyncio.current_task()
    if task is not None:
        _on_signals(task.cancel)
        if stop.told:
            task.cancel()
    return await work


async def _run(
    settings: Settings,
    listening: socket.socket,
    launched: EmbeddedServer | None,
    lifeline: int | None,
    buckets: "Drawing | None",
) -> int:
    from emulator import lean_uvicorn
    from emulator.app import App
    from emulator.front import FrontProtocol
    from emulator.server import open_server
    from emulator.welcome import prepare, tell

    worker = lifeline is not None
    purpose = "worker" if worker else "server"
    async with open_server(settings, purpose=purpose, launched=launched, buckets=buckets) as server:
        gc.freeze()  # what was imported: the first look at it would take 16 ms
        gc.enable()
        if not worker:
            await prepare(server)
        server.drift()
        config = lean_uvicorn.Config(
            App(server),
            http=FrontProtocol,
            ws="none",
            lifespan="off",
            access_log=False,
            proxy_headers=False,
            log_config=None,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        front = _Front(config)
        if not worker:
            await tell(server)
        # what is here stays: the collector need not look at it again, which takes it 12 ms
        gc.freeze()
        gc.set_threshold(*COLLECTED_AFTER)
        server.rest()
        await front.serve([listening], lifeline)
    return 0


def _on_signals(act: Any) -> None:
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        try:
            loop.add_signal_handler(number, act)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))


class _Front:
    """A uvicorn server that stops on SIGINT and SIGTERM and then returns, raising nothing."""

    def __init__(self, config: object) -> None:
        from emulator import lean_uvicorn

        self._server = lean_uvicorn.Server(config)  # type: ignore[arg-type]

    async def serve(self, sockets: list[socket.socket], lifeline: int | None) -> None:
        """Answer until a signal comes, or until the lifeline is cut."""
        _on_signals(self._stop)
        loop = asyncio.get_running_loop()
        if lifeline is not None:
            loop.add_reader(lifeline, self._orphaned, lifeline)
        # `_serve` is `serve` without the handlers that raise the signal again at the end
        with contextlib.suppress(asyncio.CancelledError):
            await self._server._serve(sockets=sockets)

    def _stop(self) -> None:
        # told twice, whoever still waits for an answer is let go
        self._server.force_exit = self._server.should_exit
        self._server.should_exit = True

    def _orphaned(self, lifeline: int) -> None:
        asyncio.get_running_loop().remove_reader(lifeline)
        self._stop()
