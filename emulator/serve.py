"""Serving: from `driftcloud serve` to PostgreSQL's launch, and on to `emulator.serving`.

What is imported here is imported before PostgreSQL starts, and therefore little.
"""

import gc
import logging
import signal
import socket

from emulator.database.embedded import EmbeddedServer
from emulator.settings import Settings

log = logging.getLogger("driftcloud.serve")

BACKLOG = 2048
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def serve(settings: Settings) -> int:
    """Run a server until it is told to stop; the exit status of the process."""
    from emulator import logs

    logs.configure(settings.log_level)
    await_signals()
    gc.disable()  # a tenth of the time, and nothing is thrown away before the first answer
    launched = None
    try:
        # the address first: where another server has it, nothing is begun
        listening = _listen(settings)
        settings.port = listening.getsockname()[1]
        if settings.embedded:
            # PostgreSQL starts while Python imports the rest
            launched = EmbeddedServer(settings.data_dir, durable=settings.durable)
            launched.launch()
        if settings.workers > 1:
            from emulator.workers import supervise

            return supervise(settings, listening, launched)
        from emulator.serving import run

        return run(settings, listening, launched=launched)
    except KeyboardInterrupt:
        return 0
    finally:
        if launched is not None:
            launched.halt()


def await_signals() -> None:
    """While there is no loop to tell, being told to stop ends whatever is going on."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # an answer leaves at once, whichever event loop serves it
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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
