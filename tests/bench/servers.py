"""The servers under measurement: started, watched in /proc, stopped."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.replay import Signer, first_answer

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class Cpu:
    """Processor seconds of a server's own process, and of all below it (PostgreSQL)."""

    own: float
    below: float

    def __sub__(self, other: "Cpu") -> "Cpu":
        return Cpu(self.own - other.own, self.below - other.below)


@dataclass(slots=True)
class ServerProcess:
    """One running server."""

    name: str
    port: int
    process: "subprocess.Popen[bytes]"
    started: float = 0.0

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> Cpu:
        """Processor time so far."""
        own = below = 0.0
        family = _family(self.process.pid)
        for pid in family:
            try:
                words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if pid == self.process.pid:
                own = (int(words[11]) + int(words[12])) / _TICKS
            else:
                below += sum(int(word) for word in words[11:15]) / _TICKS
        return Cpu(own, below)

    def memory_mib(self) -> float:
        """Resident memory of the server's own process."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * _PAGE / 2**20

    def stop(self) -> None:
        """End it as a user would."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)


def _family(root: int) -> list[int]:
    """A process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(words[1]), []).append(int(entry.parent.name))
    family = [root]
    for pid in family:
        family += parents.get(pid, [])
    return family


def start(
    name: str, command: Sequence[str | Path], port: int, probe: tuple[str, str] | None = None
) -> ServerProcess:
    """Start a server and wait for its first answer; `started` is how long that took, in s.

    `probe` is the service and method of the first request. What bytecode could be cached is.
    """
    probe = probe or ("ec2", "describe_regions")
    request = Signer(f"http://127.0.0.1:{port}")(*probe)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment | {"GATEWAY_PORT": str(port), "LOG_LEVEL": "ERROR"},
    )
    server = ServerProcess(name, port, process)
    try:
        first_answer(port, request)
    except BaseException:
        server.stop()
        raise
    server.started = time.perf_counter() - began
    return server


def driftcloud(home: Path, *more: str) -> ServerProcess:
    """Our server on a data folder, its time standing still."""
    port = free_port()
    words: list[str | Path] = [
        _beside("driftcloud"),
        "serve",
        "--port",
        str(port),
        "--data-dir",
        home,
    ]
    words += ["--port", str(port), "--drift-interval", "off"]
    return start("driftcloud", [*words, *more], port)


def driftcloud_command(verb: str, home: Path) -> list[str]:
    """The command line of one of our verbs on a data folder."""
    return [str(_beside("driftcloud")), verb, "--data-dir", str(home)]


def moto(command: str) -> ServerProcess:
    """moto's server; `command` names the program, else the one beside this Python."""
    port = free_port()
    return start("moto", [command or _beside("moto_server"), "-p", str(port)], port)


def ministack(command: str) -> ServerProcess:
    """MiniStack."""
    port = free_port()
    return start("MiniStack", [command], port)


def bare(bodies: Path) -> ServerProcess:
    """uvicorn answering the bytes of a file and nothing else."""
    port = free_port()
    command: list[str | Path] = [sys.executable, "-m", "tests.bench.bare", str(port), bodies]
    return start("bare uvicorn", command, port, ("sts", "get_caller_identity"))


def available(command: str, name: str) -> bool:
    """Whether a baseline's program is here."""
    return shutil.which(command or str(_beside(name))) is not None


def _beside(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def folder() -> Path:
    """A short-named new folder: sockets will live in it."""
    made = Path(tempfile.mkdtemp(prefix="dcb-"))
    made.chmod(0o711)  # PostgreSQL, which does not run as root, has to pass
    return made
