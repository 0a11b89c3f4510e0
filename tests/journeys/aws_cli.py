"""The AWS CLI, as people run it: the program of PyPI, many commands in one process.

Every start of `aws` takes the better part of a second, nearly all of it imports; the commands of
a test process share one process of the CLI, which runs each by the CLI's own main function, with
the environment that it was given.
"""

import atexit
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.fixtures.server import Cloud

ROOT = Path(__file__).resolve().parents[2]
# The program itself, for what must have a process of its own.
AWS = Path(sys.executable).parent / "aws"


def run(
    environment: dict[str, str], *words: str, keep: str = ""
) -> "subprocess.CompletedProcess[str]":
    """What `aws …` prints in that environment (beside the usual one), and its exit status.

    `keep` names commands of one environment, profile and region, of which the second and those
    after it find models and credentials read.
    """
    process = _program()
    assert process.stdin is not None
    assert process.stdout is not None
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    whole = {**kept, "PWD": str(ROOT), **environment}
    process.stdin.write(json.dumps([whole, words, keep]) + "\n")
    process.stdin.flush()
    status, out, err = json.loads(process.stdout.readline())
    return subprocess.CompletedProcess(words, status, out, err)


def text(cloud: Cloud, *words: str) -> str:
    """What a command that must go well prints."""
    done = run(cloud.environment, "--endpoint-url", cloud.running.url, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def aws(cloud: Cloud, *words: str) -> Any:
    """What the AWS CLI prints, read as JSON; None for nothing."""
    printed = text(cloud, *words)
    return json.loads(printed) if printed.strip() else None


@cache
def _program() -> "subprocess.Popen[str]":
    home = tempfile.mkdtemp()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.aws_commands"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        # where it keeps the sessions of roles is settled at its start
        env={**os.environ, "HOME": home},
    )
    atexit.register(_end, process, home)
    return process


def _end(process: "subprocess.Popen[str]", home: str) -> None:
    process.kill()
    process.wait()
    shutil.rmtree(home, ignore_errors=True)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()
