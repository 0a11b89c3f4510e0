"""A PostgreSQL server process as its data directory and the process table tell of it."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from emulator.database.installation import EmbeddedError, Runner

POLL_SECONDS = 0.005
LOG_NAME = "postgresql.log"


@dataclass(frozen=True, slots=True)
class PidFile:
    """What `postmaster.pid` says; its lines are documented in PostgreSQL's `pidfile.h`."""

    pid: int
    data: str
    port: int
    socket_folder: str
    status: str

    @classmethod
    def read(cls, data: Path) -> "PidFile | None":
        """The pid file of a data directory, None where there is none or it is not whole."""
        try:
            lines = (data / "postmaster.pid").read_text().split("\n")
            return cls(
                int(lines[0]), lines[1], int(lines[3]), lines[4], "".join(lines[7:8]).strip()
            )
        except (OSError, ValueError, IndexError):
            return None


def claimed_pid(data: Path) -> int | None:
    """The pid on the pid file's first line, whole file or not."""
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def is_server(pid: int, data: Path) -> bool:
    """Whether a live process is a PostgreSQL server on this data directory.

    A pid alone proves nothing: it may be a zombie, or another program's by now.
    """
    words = _command(pid)
    if not words or Path(words[0]).name != "postgres":
        return False
    return str(data) in words


def _command(pid: int) -> list[str]:
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            return []
    done = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
    )
    return done.stdout.decode(errors="replace").split()


def running(data: Path) -> PidFile | None:
    """The live server of a data directory, if there is one (it need not answer yet)."""
    file = PidFile.read(data)
    return file if file is not None and is_server(file.pid, data) else None


def inhabitants(data: Path) -> list[int]:
    """Processes that work inside a data directory (PostgreSQL's all do), where /proc tells."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == data:
                found.append(int(entry.name))
    return found


def clear_stale(data: Path, socket_folder: Path, *, patience_seconds: float = 10.0) -> None:
    """Remove the pid and lock files of a server that is gone.

    PostgreSQL believes any living pid of the same user in there. Its processes may outlive a
    killed postmaster by a moment, and no second one may start over them: wait for these first.
    """
    deadline = time.monotonic() + patience_seconds
    while inhabitants(data) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in inhabitants(data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
            time.sleep(0.1)
    (data / "postmaster.pid").unlink(missing_ok=True)
    for left in socket_folder.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def answers(path: Path, user: str, database: str) -> bool:
    """Whether a server lets `user` in at a socket: the start-up packet, by hand.

    Plain sockets, because a driver's import costs more than PostgreSQL's whole start.
    """
    body = struct.pack("!I", 196608)
    for word in ("user", user, "database", database):
        body += word.encode() + b"\0"
    body += b"\0"
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(path))
            connection.sendall(struct.pack("!I", len(body) + 4) + body)
            if connection.recv(1) != b"R":
                return False
            connection.sendall(b"X\0\0\0\x04")
            return True
    except OSError:
        return False


def ended(pid: int) -> bool:
    """Whether a process is gone (a zombie is)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    words = Path(f"/proc/{pid}/stat")
    if words.exists():
        with contextlib.suppress(OSError):
            return words.read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def command(programs: Path, data: Path, socket_folder: Path) -> list[str]:
    """The command line of a server on a data directory."""
    return [str(programs / "postgres"), "-D", str(data), "-k", str(socket_folder)]


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back what a signal's handler would raise until a child that was made is known.

    A signal is never blocked: the child would begin with it blocked.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # handlers run in the main thread
        return
    held: list[tuple[int, FrameType | None]] = []
    usual = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in usual.items():
        if callable(handler):
            signal.signal(number, lambda *given: held.append(given))
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
    for number, frame in held:
        handler = usual[number]
        if callable(handler):
            handler(number, frame)


def launch(
    programs: Path, user: Runner, data: Path, socket_folder: Path, options: dict[str, str]
) -> "subprocess.Popen[bytes]":
    """Start a server on a data directory, as a direct child in a session of its own.

    Of its own, so that a Ctrl-C at the terminal reaches us first and we stop it in good order.
    """
    words = command(programs, data, socket_folder)
    for name, value in options.items():
        words += ["-c", f"{name}={value}"]
    log_file = os.open(data / LOG_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.fchmod(log_file, 0o600)
        if user.dropped:
            os.fchown(log_file, user.uid, user.gid)
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]  # noqa: S603
            words,
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=log_file,
            cwd=data,
            env=environment(),
            start_new_session=True,
            umask=0o077,
            **user.popen_options(),
        )
    finally:
        os.close(log_file)


def launch_aside(words: Sequence[str], lock: int) -> "subprocess.Popen[bytes]":
    """Start a program that becomes a server when all is laid out, and until then has the lock."""
    return subprocess.Popen(  # noqa: S603
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=environment(),
        start_new_session=True,
        umask=0o077,
        pass_fds=(lock,),
    )


def environment() -> dict[str, str]:
    """The environment of PostgreSQL's programs: nothing of ours, so no secret of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def wait_until_it_answers(
    pid: int, data: Path, user: str, database: str, *, patience_seconds: float = 120.0
) -> None:
    """Block until a starting server lets `user` in; recovery after a crash may take its time."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        file = PidFile.read(data)
        if file is not None and file.pid == pid and file.status == "ready":
            if answers(Path(file.socket_folder) / f".s.PGSQL.{file.port}", user, database):
                return
        elif ended(pid):
            raise EmbeddedError(f"PostgreSQL did not start; its last words: {last_words(data)}")
        time.sleep(POLL_SECONDS)
    raise EmbeddedError(f"PostgreSQL did not answer within {patience_seconds:g} s")


def last_words(data: Path) -> str:
    """The end of the server's log."""
    try:
        text = (data / LOG_NAME).read_text(errors="replace")
    except OSError:
        return "(no log)"
    return text[-1000:].strip() or "(nothing)"


def stop(pid: int, *, fast_seconds: float = 15.0) -> None:
    """End a server: in good order first, at once where that takes too long.

    Even the last resort loses nothing that was committed: the log is replayed at the next start.
    """
    for number, seconds in (
        (signal.SIGINT, fast_seconds),
        (signal.SIGQUIT, 5.0),
        (signal.SIGKILL, 5.0),
    ):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if ended(pid):
                return
            time.sleep(POLL_SECONDS)
