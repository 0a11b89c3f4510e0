"""The process in which the AWS CLI runs command after command.

A line of JSON says the environment and the words of a command, and under what name the CLI that has
read its models and credentials is kept for more commands of that name (empty: it is not); a line of
JSON answers with the exit status, what was printed and what was told as errors.
"""

import contextlib
import importlib
import io
import json
import os
import sys
from typing import IO, Any

from awscli.clidriver import create_clidriver

# Its import settles where the sessions of roles are kept: in the home of this process.
importlib.import_module("awscli.customizations.assumerole")
# The CLI says in its own environment where its data are.
DATA = {"AWS_DATA_PATH": os.environ["AWS_DATA_PATH"]}


def serve(asked: IO[str], told: IO[str]) -> None:
    """Run command after command until there are no more."""
    drivers: dict[str, Any] = {}
    for line in asked:
        environment, words, keep = json.loads(line)
        os.environ.clear()
        os.environ.update({**environment, **DATA})
        os.chdir(environment["PWD"])  # where files that a command names are looked for
        out, err = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                driver = drivers.get(keep) or create_clidriver()
                if keep:
                    drivers[keep] = driver
                status = driver.main(words)
            except SystemExit as left:
                status = left.code if isinstance(left.code, int) else 1
        printed = [one.buffer.getvalue().decode() for one in (out, err)]
        told.write(json.dumps([status, *printed]) + "\n")
        told.flush()


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
