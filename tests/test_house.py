"""The rules of the house, kept by reading the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import operations

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("driftcloud", "emulator", "handlers", "models", "drift")
LONGEST_FUNCTION = 70
LONGEST_MODULE = 400
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "shared"}
# Which of our own packages each room may import. The emulator reaches handlers by name only; the
# Python module is a client, which speaks to the server as any other does.
MAY_IMPORT = {
    "driftcloud": {"driftcloud"},
    "models": {"models"},
    "drift": {"drift", "models"},
    "handlers": {"handlers", "models", "emulator"},
    "emulator": {"emulator", "models", "drift"},
}
SQL = re.compile(
    r"\b(select\s.+\sfrom|insert\s+into|update\s+\w+\s+set|delete\s+from)\b", re.I | re.S
)


def sources(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


EVERYWHERE = list(sources(*ROOMS, "tests", "examples"))
OURS = list(sources(*ROOMS))


@pytest.mark.parametrize("path", EVERYWHERE, ids=name_of)
def test_modules_and_functions_are_short(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= LONGEST_MODULE, f"{lines} lines"
    for node in ast.walk(parsed(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", EVERYWHERE, ids=name_of)
def test_modules_say_what_they_are(path: Path) -> None:
    docstring = ast.get_docstring(parsed(path))
    assert docstring, "a module begins with a noun phrase that says what it is"
    assert path.stem not in NAMELESS, "a module is named after what it is about"


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        else:
            continue
        for name in names:
            package = name.partition(".")[0]
            if package in ROOMS:
                assert package in MAY_IMPORT[room], f"{room} may not import {name}"


@pytest.mark.parametrize("path", list(sources("handlers")), ids=name_of)
def test_handlers_know_no_sql(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not SQL.search(node.value), f"SQL at line {node.lineno}"


@pytest.mark.parametrize("path", list(sources("handlers", "models", "drift")), ids=name_of)
def test_time_comes_from_the_world(path: Path) -> None:
    """Whoever asks the wall clock, or draws without a seed, cannot be replayed."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            called = f"{node.value.id}.{node.attr}"
            assert called not in ("datetime.now", "datetime.utcnow", "date.today", "time.time")


def test_everything_public_in_handlers_answers_an_operation() -> None:
    operations.verify_all()
    served = operations.served()
    assert "DescribeInstances" in served["ec2"]
    assert set(served["sts"]) >= {"AssumeRole", "GetCallerIdentity", "GetSessionToken"}


def test_no_import_before_its_time() -> None:
    """What costs a quarter of a second to import is not needed for the first AWS answer."""
    import subprocess
    import sys

    code = (
        "import sys\n"
        "import emulator.serve, emulator.server, emulator.app, emulator.gateway, emulator.welcome\n"
        "import handlers.ec2.instances, handlers.sts.caller_identity\n"
        "late = {'sqlalchemy', 'starlette', 'botocore', 'boto3', 'xmltodict'}\n"
        "print(sorted(late & {name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_numbered_migrations_are_commented() -> None:
    for path in sorted((ROOT / "sql").glob("[0-9]*.sql")):
        assert path.read_text().startswith("--"), f"{path.name} begins with what it is for"
