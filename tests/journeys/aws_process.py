"""The AWS CLI in one process for many commands: the program itself, without half a second each.

`python -m tests.journeys.aws_process` prints the port that it listens on. A command is its number
of words and the words, each ended by NUL; the answer is the exit status in a line, and the output.
"""

import contextlib
import io
import socketserver

from awscli.clidriver import create_clidriver

# The same for the shell: what `aws` means in a script.
SHELL = r"""aws() {
    local status; exec 3<>/dev/tcp/127.0.0.1/$AWS_PROCESS
    printf '%s\0' $(($# + 2)) --endpoint-url "$AWS_PROCESS_ENDPOINT" "$@" >&3
    read -r status <&3; cat <&3; exec 3<&-; return $status
}
"""


DRIVER = create_clidriver()


class _Command(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """Run one command."""
        words = [self._word() for _ in range(int(self._word()))]
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(out):
            try:
                status = DRIVER.main(words)
            except SystemExit as left:
                status = int(left.code or 0)
        self.wfile.write(b"%d\n%s" % (status, out.buffer.getvalue()))

    def _word(self) -> str:
        letters = bytearray()
        while (letter := self.rfile.read(1)) not in (b"\0", b""):
            letters += letter
        return letters.decode()


if __name__ == "__main__":
    with socketserver.TCPServer(("127.0.0.1", 0), _Command) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
