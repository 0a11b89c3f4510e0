"""The ten quick wins: every line of the tutorial is run, and the bill falls each time."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.aws_process import SHELL
from tests.journeys.process import Process

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "quick-wins.md"
DRIFTCLOUD = f"{sys.executable} -m emulator.cli"
CLIENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}
# The CLI as the tutorial has it, but for a process that is started once for all lines.
INSTEAD = {
    "command aws --endpoint-url http://127.0.0.1:4566": "aws_process",
    ".venv/bin/driftcloud": DRIFTCLOUD,
}


def script() -> str:
    """The tutorial's lines, with what each section and each bill prints marked."""
    lines = [SHELL.replace("aws()", "aws_process()", 1), "set -o pipefail"]
    for command, heading in re.findall(
        r"^\$ (.*)$|^## (\d+)\.", DOCUMENT.read_text(), re.MULTILINE
    ):
        for written, run in INSTEAD.items():
            command = command.replace(written, run)
        if command.startswith("bill "):
            command = f"printf 'bill: '; {command}"
        lines.append(command or f"echo section: {heading}")
    return "\n".join(lines)


@pytest.fixture
def process() -> Iterator[Process]:
    started = Process("--estate", "startup", "--drift-interval", "off")
    started.start()
    yield started
    started.stop()


@pytest.fixture
def aws_port(tmp_path: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.journeys.aws_process"]
    environment = os.environ | CLIENT | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        yield child.stdout.readline().decode().strip()
        child.terminate()


def test_each_win_shows_in_the_bill(process: Process, aws_port: str, tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", script()],
        cwd=tmp_path,
        env=os.environ
        | CLIENT
        | {
            "PYTHONPATH": str(ROOT),
            "DRIFTCLOUD_DATA_DIR": str(process.home),
            "AWS_PROCESS": aws_port,
            "AWS_PROCESS_ENDPOINT": process.url,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said, errors = done.stdout, done.stderr
    assert "Traceback" not in errors
    unexpected = re.findall(r"^An error occurred \((?!NoSuchLifecycle).*", errors, re.MULTILINE)
    assert not unexpected
    sections = re.split(r"^section: ", said, flags=re.MULTILINE)[1:]
    assert len(sections) == 10
    for section in sections:
        before, after = map(float, re.findall(r"^bill: ([\d.]+)$", section, re.MULTILINE))
        assert after < before, section + errors
    # what is left of the first kind is innocent, and nothing that was acted on was
    left = sections[-1].partition("waste:")[2].strip().splitlines()[1:]
    assert left
    assert all(line.split()[-1] != "-" for line in left if "us-east-1" in line)
