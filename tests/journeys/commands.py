"""The process that commands of driftcloud are forked from, as what they import is known there.

A command is a process of its own, with its own words, environment and output, but need not read a
thousand modules again. Who connects sends a line of JSON, the environment and the words; a line of
JSON answers with the exit status, what was printed and what was told as errors.
"""

import atexit
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]


def run(
    environment: Mapping[str, str], words: Sequence[str], *, seconds: float
) -> "subprocess.CompletedProcess[str]":
    """What a command of `driftcloud` answers, at the latest after so many seconds."""
    with socket.socket(socket.AF_UNIX) as there:
        there.settimeout(seconds)
        there.connect(_source())
        with there.makefile("rw") as line:
            line.write(json.dumps([dict(environment), list(words)]) + "\n")
            line.flush()
            status, out, err = json.loads(line.readline())
    return subprocess.CompletedProcess(list(words), status, out, err)


@cache
def _source() -> str:
    """Where the process listens; it ends with this one."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.commands"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    atexit.register(_end, process)
    return process.stdout.readline().strip()


def _end(process: "subprocess.Popen[str]") -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.wait(10)


def serve() -> None:
    """Fork a process for every connection, until nobody is left to connect."""
    import emulator.cli
    import emulator.control
    import emulator.server  # noqa: F401 - what all commands import

    with tempfile.TemporaryDirectory(prefix="dc-") as home, socket.socket(socket.AF_UNIX) as here:
        here.bind(f"{home}/s")
        here.listen()
        print(f"{home}/s", flush=True)
        with selectors.DefaultSelector() as either:
            either.register(here, selectors.EVENT_READ)
            either.register(sys.stdin, selectors.EVENT_READ)
            while all(key.fileobj is here for key, _ in either.select()):
                connection, _ = here.accept()
                if not os.fork():
                    here.close()
                    _command(connection)
                connection.close()
                _reap()


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _command(connection: socket.socket) -> None:
    """Be the command that a connection asks for, and end."""
    from emulator.cli import main

    with connection, connection.makefile("rw") as line:
        environment, words = json.loads(line.readline())
        os.environ.clear()
        os.environ.update(environment)
        with (
            Path(os.devnull).open() as nothing,
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
        ):
            for number, file in enumerate((nothing, out, err)):
                os.dup2(file.fileno(), number)
            try:
                status = main(words)
            except SystemExit as left:
                status = left.code if isinstance(left.code, int) else 1
            except BaseException:  # as the interpreter does at a program's end
                sys.excepthook(*sys.exc_info())
                status = 1
            sys.stdout.flush()
            sys.stderr.flush()
            line.write(json.dumps([status, _whole(out), _whole(err)]) + "\n")
            line.flush()
    os._exit(0)


def _whole(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


if __name__ == "__main__":
    serve()
