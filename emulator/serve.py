"""Serving: from `driftcloud serve` to PostgreSQL's launch, and on to `emulator.serving`.

What is imported here is imported before PostgreSQL starts, and therefore little.
"""

import contextlib
import errno
import gc
import logging
import signal
import socket
from collections.abc import Iterator

from emulator.database.embedded import EmbeddedServer
from emulator.settings import Settings

log = logging.getLogger("driftcloud.serve")

BACKLOG = 2048
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """What the system told us before there was a loop to be told.

    A signal is noted, and heeded between the steps of a start: what a handler raises in the middle
    of an import may be lost there. A step that may take long is `cut` short.
    """

    def __init__(self) -> None:
        self.told = False
        self._cutting = False

    def await_signals(self) -> None:
        """Note signals from now on."""
        for number in SIGNALS:
            signal.signal(number, self._hear)

    def heed(self) -> None:
        """Raise KeyboardInterrupt if we were told to stop."""
        if self.told:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def cut(self) -> Iterator[None]:
        """Something during which being told to stop raises KeyboardInterrupt at once."""
        self._cutting = True
        try:
            self.heed()
            yield
        finally:
            self._cutting = False

    def _hear(self, number: int, frame: object) -> None:
        self.told = True
        if self._cutting:
            raise KeyboardInterrupt


stop = Stop()


def serve(settings: Settings) -> int:
    """Run a server until it is told to stop; the exit status of the process."""
    from emulator import logs

    logs.configure(settings.log_level)
    stop.await_signals()
    gc.disable()  # a tenth of the time, and nothing is thrown away before the first answer
    launched = None
    try:
        # the address first: where another server has it, nothing is begun
        listening = _listen(settings)
        settings.port = listening.getsockname()[1]
        if settings.embedded:
            # PostgreSQL starts while Python imports the rest
            launched = EmbeddedServer(settings.data_dir, durable=settings.durable)
            with stop.cut():
                launched.launch()
        stop.heed()
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


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # an answer leaves at once, whichever event loop serves it
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        advice = "is it an address of this machine?"
        if error.errno == errno.EADDRINUSE:
            advice = "is another server running there? Choose another with --port."
        elif error.errno == errno.EACCES:
            advice = "ports below 1024 are root's: choose another with --port."
        raise OSError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; {advice}"
        ) from None
    listening.listen(BACKLOG)
    listening.setblocking(False)
    return listening
