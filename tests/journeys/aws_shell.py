"""The AWS CLI for a shell's script: a port that hands commands to the CLI's own process.

A command is its number of words and the words, each ended by NUL; the answer is the exit status in
a line, and the output. What it says of errors is kept.
"""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.journeys import aws_cli

# What `aws` means in a script, at an endpoint.
_FUNCTION = r"""{name}() {{
    local status; exec 3<>/dev/tcp/127.0.0.1/{port}
    printf '%s\0' $(($# + 2)) --endpoint-url {endpoint} "$@" >&3
    read -r status <&3; cat <&3; exec 3<&-; return $status
}}"""


class Shell(socketserver.ThreadingTCPServer):
    """The port, and what the commands said of errors."""

    daemon_threads = True

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Command)
        self.environment = environment | {"PWD": str(folder)}
        self.errors: list[str] = []
        self.turn = threading.Lock()

    def function(self, name: str, endpoint: str) -> str:
        """The function of the shell that runs a command here."""
        return _FUNCTION.format(name=name, port=self.server_address[1], endpoint=endpoint)


class _Command(socketserver.StreamRequestHandler):
    server: Shell

    def handle(self) -> None:
        """Run one command."""
        words = [self._word() for _ in range(int(self._word()))]
        with self.server.turn:
            done = aws_cli.run(self.server.environment, *words)
        self.server.errors.append(done.stderr)
        self.wfile.write(f"{done.returncode}\n{done.stdout}".encode())

    def _word(self) -> str:
        letters = bytearray()
        while (letter := self.rfile.read(1)) not in (b"\0", b""):
            letters += letter
        return letters.decode()


@contextmanager
def shell(environment: dict[str, str], folder: Path) -> Iterator[Shell]:
    """The CLI at a port, with the environment and in the folder of a script."""
    with Shell(environment, folder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
