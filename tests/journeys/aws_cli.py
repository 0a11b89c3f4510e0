"""The AWS CLI, as people run it: the program of PyPI in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.fixtures.server import Cloud

AWS = Path(sys.executable).parent / "aws"


def aws(cloud: Cloud, *words: str) -> Any:
    """What the AWS CLI prints, read as JSON; None for nothing."""
    done = subprocess.run(
        [AWS, "--endpoint-url", cloud.running.url, *words],
        env=os.environ | cloud.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None
