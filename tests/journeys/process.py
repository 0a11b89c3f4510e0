"""A `driftcloud serve` of its own process and data folder, to be killed and started again."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from tests.journeys import commands

COMMAND = [sys.executable, "-m", "emulator.cli"]
ROOT = Path(__file__).resolve().parents[2]


class Process:
    """The server, its output, and what the command line says of it."""

    program: Sequence[str] = COMMAND
    environment: ClassVar[Mapping[str, str]] = {}
    """Variables for the server and for every command."""

    def __init__(self, *options: str) -> None:
        # short-named because sockets live in it, and a folder that the server itself makes
        self.base = Path(tempfile.mkdtemp(prefix="dc-"))
        self.base.chmod(0o711)
        self.home = self.base / "w"
        self.options = options
        self.url = ""
        self.child: subprocess.Popen[bytes] | None = None
        self.log = self.base / "log"
        self.said = self.base / "said"

    def start(self, **environment: str) -> float:
        """Start, and wait until it answers; the seconds that took."""
        began = time.monotonic()
        command = [*self.program, "serve", "--port", "0", "--data-dir", str(self.home)]
        with self.log.open("ab") as log, self.said.open("wb") as said:
            self.child = subprocess.Popen(
                [*command, *self.options],
                stdout=said,
                stderr=log,
                cwd=ROOT,
                env=_environment({**self.environment, **environment}),
            )
        while not self._answers():
            if self.child.poll() is not None or time.monotonic() - began > 60:
                if self.child.poll() is None:
                    self.stop()
                raise AssertionError(f"it did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.02)
        return time.monotonic() - began

    def _answers(self) -> bool:
        words = self.said.read_text().split()
        if "at" not in words:
            return False
        self.url = words[words.index("at") + 1]
        try:
            return bool(self.health()["status"] == "running")
        except OSError:
            return False

    @property
    def pid(self) -> int:
        """Of the process that was started."""
        assert self.child is not None
        return self.child.pid

    def health(self) -> dict[str, Any]:
        """What it says of itself."""
        with urllib.request.urlopen(f"{self.url}/_driftcloud/health", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        assert self.child is not None
        self.child.kill()
        self.child.wait()

    def stop(self, number: int = signal.SIGTERM, *, seconds: float = 20) -> int:
        """Ask it to stop; its exit status."""
        assert self.child is not None
        self.child.send_signal(number)
        return self.child.wait(seconds)

    def cli(self, *words: str) -> Any:
        """What a command answers, from its JSON."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """A command on this data folder."""
        words = (*words, "--data-dir", str(self.home))
        environment = _environment(dict(self.environment))
        if self.program is COMMAND and words[0] != "serve":
            return commands.run(environment, words, seconds=120)
        return subprocess.run(
            [*self.program, *words],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=environment,
            timeout=120,
            check=False,
        )

    async def command(self, *words: str) -> Any:
        """The same as `cli`, while other things go on."""
        return await asyncio.to_thread(self.cli, *words)

    def processes(self) -> dict[int, str]:
        """Everything that runs on this data folder, by pid: the first words of its command."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if str(self.home) in command and state != "Z":
                found[int(entry.name)] = command
        return found

    def postgres(self) -> int:
        """The pid of its PostgreSQL."""
        return int((self.home / "postgres" / "postmaster.pid").read_text().split("\n")[0])

    def remove(self) -> None:
        """End whatever is left of it, and forget its data."""
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.base, ignore_errors=True)


def _environment(more: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "DRIFTCLOUD" not in name}
    return {**kept, "DRIFTCLOUD_DRIFT_INTERVAL": "off", **more}
