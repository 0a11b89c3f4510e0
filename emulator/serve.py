"""Serving: from `driftcloud serve` to the first answer, and to a clean end."""

import asyncio
import logging
import signal
import socket

from emulator.database.embedded import EmbeddedServer
from emulator.settings import Settings

log = logging.getLogger("driftcloud.serve")

GRACE_SECONDS = 10
BACKLOG = 2048


def serve(settings: Settings) -> int:
    """Run a server until it is told to stop; the exit status of the process."""
    from emulator import logs

    logs.configure(settings.log_level)
    launched = None
    if settings.embedded:
        # PostgreSQL starts while Python imports the rest
        launched = EmbeddedServer(settings.data_dir, durable=settings.durable)
        launched.launch()
    listening = _listen(settings)
    if settings.workers > 1:
        from emulator.workers import supervise

        return supervise(settings, listening, launched)
    return run(settings, listening, launched=launched)


def run(
    settings: Settings,
    listening: socket.socket,
    *,
    purpose: str = "server",
    launched: EmbeddedServer | None = None,
) -> int:
    """Answer on a socket that listens already, in this process."""
    import uvloop

    return uvloop.run(_run(settings, listening, purpose, launched))


async def _run(
    settings: Settings, listening: socket.socket, purpose: str, launched: EmbeddedServer | None
) -> int:
    import uvicorn

    from emulator.app import App
    from emulator.front import FrontProtocol
    from emulator.server import open_server
    from emulator.welcome import prepare, tell

    async with open_server(settings, purpose=purpose, launched=launched) as server:
        if purpose == "server":
            await prepare(server)
        config = uvicorn.Config(
            App(server),
            http=FrontProtocol,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        front = _Front(config)
        if purpose == "server":
            await tell(server)
        await front.serve(sockets=[listening])
    return 0


class _Front:
    """A uvicorn server that stops on SIGINT and SIGTERM and then returns, raising nothing."""

    def __init__(self, config: object) -> None:
        import uvicorn

        self._server = uvicorn.Server(config)  # type: ignore[arg-type]

    async def serve(self, sockets: list[socket.socket]) -> None:
        """Answer until a signal comes."""
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM"):
            loop.add_signal_handler(getattr(signal, name), self._stop)
        # `_serve` is `serve` without the handlers that raise the signal again at the end
        await self._server._serve(sockets=sockets)

    def _stop(self) -> None:
        self._server.force_exit = self._server.should_exit
        self._server.should_exit = True


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        raise OSError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; is another"
            " server running there? Choose another with --port."
        ) from None
    listening.listen(BACKLOG)
    listening.setblocking(False)
    return listening
