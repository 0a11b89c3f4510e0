"""The ten quick wins: every line of the tutorial is run, and the bill falls each time."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.aws_shell import shell
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
    "command aws --endpoint-url http://127.0.0.1:4566": "one_aws",
    ".venv/bin/driftcloud": DRIFTCLOUD,
}


def script(function: str) -> str:
    """The tutorial's lines, with what each section and each bill prints marked."""
    lines = [function, "set -o pipefail"]
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
    started = Process("--estate", "startup", "--seed", "2", "--drift-interval", "off")
    started.start()
    yield started
    started.stop()


def test_each_win_shows_in_the_bill(process: Process, tmp_path: Path) -> None:
    with shell(CLIENT, tmp_path) as cli:
        done = subprocess.run(
            ["bash", "-c", script(cli.function("one_aws", process.url))],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "DRIFTCLOUD_DATA_DIR": str(process.home),
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    said, errors = done.stdout, done.stderr + "".join(cli.errors)
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
