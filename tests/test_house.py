"""The rules of the house, kept by reading the source."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Source:
    """A module as it is written."""

    path: Path
    text: str
    module: ast.Module
    nodes: list[ast.AST]

    @property
    def room(self) -> str:
        return self.path.relative_to(ROOT).parts[0]


def too_long(source: Source) -> Iterator[str]:
    lines = len(source.text.splitlines())
    if lines > LONGEST_MODULE:
        yield f"{lines} lines"
    for node in source.nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{node.name} has {length} lines"


def nameless(source: Source) -> Iterator[str]:
    if not ast.get_docstring(source.module):
        yield "a module begins with a noun phrase that says what it is"
    if source.path.stem in NAMELESS:
        yield "a module is named after what it is about"


def wrong_imports(source: Source) -> Iterator[str]:
    room = source.room
    if room not in ROOMS:
        return
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom):
            if node.level:
                yield f"line {node.lineno}: imports are absolute"
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        else:
            continue
        for name in names:
            package = name.partition(".")[0]
            if package in ROOMS and package not in MAY_IMPORT[room]:
                yield f"{room} may not import {name}"


def sql_in_handlers(source: Source) -> Iterator[str]:
    if source.room != "handlers":
        return
    for node in source.nodes:
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if SQL.search(node.value):
            yield f"SQL at line {node.lineno}"


def wall_clocks(source: Source) -> Iterator[str]:
    if source.room not in ("handlers", "models", "drift"):
        return
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            called = f"{node.value.id}.{node.attr}"
            if called in ("datetime.now", "datetime.utcnow", "date.today", "time.time"):
                yield f"{called} at line {node.lineno}"


RULES = (too_long, nameless, wrong_imports, sql_in_handlers, wall_clocks)


def judged(path: Path, text: str) -> dict[str, list[str]]:
    """What each rule says of a module."""
    module = ast.parse(text, str(path))
    source = Source(path, text, module, list(ast.walk(module)))
    return {rule.__name__: list(rule(source)) for rule in RULES}


@pytest.fixture(scope="module")
def house() -> dict[str, list[str]]:
    """Where each rule is broken, every module read once."""
    found: dict[str, list[str]] = {rule.__name__: [] for rule in RULES}
    for path in sources(*ROOMS, "tests", "examples"):
        for rule, complaints in judged(path, path.read_text()).items():
            found[rule] += [f"{path.relative_to(ROOT)}: {one}" for one in complaints]
    return found


@pytest.mark.parametrize("rule", [rule.__name__ for rule in RULES])
def test_every_module_keeps_the_rules(house: dict[str, list[str]], rule: str) -> None:
    assert house[rule] == []


def test_the_rules_tell_who_breaks_them() -> None:
    path = ROOT / "handlers" / "ec2" / "helpers.py"
    text = "from . import x\nimport drift.days\nnow = datetime.now()\na = 'select a from b'\n"
    long = "def long():\n" + "    pass\n" * LONGEST_FUNCTION
    assert judged(path, text + long) == {
        "too_long": [f"long has {LONGEST_FUNCTION + 1} lines"],
        "nameless": [
            "a module begins with a noun phrase that says what it is",
            "a module is named after what it is about",
        ],
        "wrong_imports": ["line 1: imports are absolute", "handlers may not import drift.days"],
        "sql_in_handlers": ["SQL at line 4"],
        "wall_clocks": ["datetime.now at line 3"],
    }


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
