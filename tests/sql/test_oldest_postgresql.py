"""SQL that PostgreSQL 14 understands, though the one that runs here is newer.

What is looked for is what came with 15 to 18 and might be written without thinking. It is a list
and no parser: tests/journeys/test_external_database.py on a PostgreSQL 14 is the proof.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.database import migrate

ROOT = Path(__file__).resolve().parents[2]
# Each with the version that brought it.
NEWER = {
    r"\bNULLS\s+(NOT\s+)?DISTINCT\b": 15,
    r"\bMERGE\s+INTO\b": 15,
    r"\bsecurity_invoker\b": 15,
    r"\bregexp_(count|instr|like|substr)\s*\(": 15,
    r"\bON\s+DELETE\s+SET\s+(NULL|DEFAULT)\s*\(": 15,
    r"\bGRANT\s+(SET|ALTER\s+SYSTEM)\s+ON\s+PARAMETER\b": 15,
    r"\bany_value\s*\(": 16,
    r"\bIS\s+(NOT\s+)?JSON\b": 16,
    r"\bjson_(array|arrayagg|object|objectagg)\s*\([^)]*\b(NULL|ABSENT)\s+ON\s+NULL\b": 16,
    r"\bpg_input_is_valid\s*\(|\barray_(sample|shuffle)\s*\(|\brandom_normal\s*\(": 16,
    r"\bSTORAGE\s+(PLAIN|EXTERNAL|EXTENDED|MAIN)\s*[,)]": 16,
    r"\b(JSON_TABLE|JSON_EXISTS|JSON_QUERY|JSON_VALUE|JSON_SCALAR|JSON_SERIALIZE)\s*\(": 17,
    r"\bmerge_action\s*\(|\bto_bin\s*\(|\btransaction_timeout\b": 17,
    r"\buuidv[47]\s*\(|\bcasefold\s*\(|\barray_(sort|reverse)\s*\(": 18,
    r"\bRETURNING\s+WITH\s*\(": 18,
    r"\bGENERATED\s+ALWAYS\s+AS\s*\([^;]*?\)\s*VIRTUAL\b|\bWITHOUT\s+OVERLAPS\b": 18,
}
# What begins like a statement or holds the words of one.
_STATEMENT = re.compile(
    r"\b(select|insert into|update|delete from|create|alter|grant|returning|from)\b", re.I
)


def _newer(sql: str) -> list[str]:
    bare = re.sub(r"--[^\n]*", "", sql)
    return [
        f"{found[0]!r} came with PostgreSQL {version}"
        for pattern, version in NEWER.items()
        for found in re.finditer(pattern, bare, re.I)
    ]


def _texts(path: Path) -> Iterator[str]:
    """The pieces of SQL in a module: strings that are no docstrings."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
    }  # fmt: skip
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if id(node) not in docstrings and _STATEMENT.search(node.value):
            yield node.value


@pytest.mark.parametrize(
    "sql",
    [
        "create table t (a int, unique nulls not distinct (a))",
        "select any_value(a) from t",
        "delete from t returning with (old as o) o.a",
        "select json_value(a, '$.b') from t",
    ],
)
def test_the_scan_sees_what_is_newer(sql: str) -> None:
    assert _newer(sql)


@pytest.mark.parametrize("migration", migrate.read(), ids=lambda one: one.name)
def test_migrations_are_told_in_words_of_the_oldest(migration: migrate.Migration) -> None:
    assert _newer(migrate.spelled(migration, migrate.OLDEST)) == []


def test_what_is_told_in_other_words_is_told_in_its_own_to_newer_ones() -> None:
    [migration] = [one for one in migrate.read() if one.number == 36]
    assert migrate.spelled(migration, 15) == migration.sql
    assert migrate.spelled(migration, 14) != migration.sql


@pytest.mark.parametrize("folder", ["models", "drift"])
def test_statements_are_in_words_of_the_oldest(folder: str) -> None:
    texts = [
        (path, text) for path in sorted((ROOT / folder).rglob("*.py")) for text in _texts(path)
    ]
    assert len(texts) > 100
    assert [(path.name, found) for path, text in texts for found in _newer(text)] == []
