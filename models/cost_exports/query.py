"""The query of an export: which columns of which table, under which names, of which rows.

The language is what AWS documents for QueryStatement, SELECT columns FROM one table, where a
column may be `map['key']` or `map.key` and may have another name (AS), and a condition of
comparisons (=, <>, !=, <, <=, >, >=), IN, LIKE, IS NULL, AND, OR, NOT and parentheses over columns
and literals. `SELECT *`, joins, functions, groups and orders are refused, as AWS refuses them.
Source: https://docs.aws.amazon.com/cur/latest/userguide/dataexports-data-query.html.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from models.cost_exports.column import MAP, Column, Table

LONGEST_TOKENS = 4_000
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<quoted>"[^"]+")
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<mark><>|!=|<=|>=|[=<>(),.*\[\];]))""",
    re.VERBOSE,
)
_COMPARED = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_RESERVED = frozenset(
    ["SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "IS", "NULL", "AS"]
)


class QueryError(Exception):
    """A query that cannot be run; the message says why."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A column of the export: the table's, a key of it if that is a map, and the name it gets."""

    column: Column
    key: str
    name: str

    @property
    def sql(self) -> str:
        """What makes it."""
        return f"({self.column.sql}) ->> {quoted(self.key)}" if self.key else self.column.sql

    @property
    def type(self) -> str:
        """Its type in the export."""
        return "string" if self.key else self.column.type


@dataclass(frozen=True, slots=True)
class Query:
    """A query that can be run: `where` is SQL, made of columns' expressions and quoted literals."""

    table: Table
    columns: tuple[Chosen, ...]
    where: str

    def asks_for(self, sql: str) -> bool:
        """Whether a column or condition is made of that expression."""
        return any(sql in one.column.sql for one in self.columns) or sql in self.where


def quoted(text: str) -> str:
    """A literal of SQL: what a request says becomes data, never language."""
    if "\0" in text:
        raise QueryError("The query contains a character that no text can have.")
    doubled = text.replace("'", "''").replace("\\", "\\\\")
    return f"E'{doubled}'"


def read(statement: str, tables: Sequence[Table]) -> Query:
    """The query of a statement; QueryError with the reason where there is none."""
    return _Reader(statement, tables).query()


class _Reader:
    """A recursive descent over the tokens of one statement."""

    def __init__(self, statement: str, tables: Sequence[Table]) -> None:
        self._tables = tables
        self._tokens = list(_tokens(statement))
        if len(self._tokens) > LONGEST_TOKENS:
            raise QueryError("The query is too long.")
        self._at = 0
        self._depth = 0
        self._table = tables[0]

    def query(self) -> Query:
        self._expect("SELECT")
        start = self._at
        self._skip_to("FROM")
        self._expect("FROM")
        name = self._name("a table")
        found = next((one for one in self._tables if one.name == name.upper()), None)
        if found is None:
            known = ", ".join(one.name for one in self._tables)
            raise QueryError(f"Table {name} does not exist. Tables: {known}.")
        self._table = found
        end, self._at = self._at, start
        columns = self._columns()
        self._at = end
        where = ""
        if self._take("WHERE"):
            where = self._either()
        self._take(";")
        if self._at < len(self._tokens):
            raise QueryError(f"Unsupported syntax near {self._tokens[self._at][1]!r}.")
        return Query(self._table, columns, where)

    def _columns(self) -> tuple[Chosen, ...]:
        found = [self._column()]
        while self._take(","):
            found.append(self._column())
        if self._peek() != "FROM":
            raise QueryError(f"Unsupported syntax near {self._shown()}.")
        names = [one.name.lower() for one in found]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise QueryError(f"Column {twice} is selected more than once.")
        return tuple(found)

    def _column(self) -> Chosen:
        if self._peek() == "*":
            raise QueryError("SELECT * is not supported. Name the columns to export.")
        column, key = self._reference()
        name = self._name("a name") if self._take("AS") else (key or column.name)
        return Chosen(column, key, name)

    def _reference(self) -> tuple[Column, str]:
        """A column, and a key of it."""
        name = self._name("a column")
        column = self._table.column(name)
        if column is None:
            raise QueryError(f"Column {name} does not exist in {self._table.name}.")
        key = ""
        if self._take("."):
            key = self._name("a key")
        elif self._take("["):
            key = self._literal_text()
            self._expect("]")
        if key and column.type != MAP:
            raise QueryError(f"Column {name} has no keys.")
        return column, key

    def _either(self) -> str:
        return self._joined("OR", self._both)

    def _both(self) -> str:
        return self._joined("AND", self._one)

    def _joined(self, word: str, part: Callable[[], str]) -> str:
        found = [part()]
        while self._take(word):
            found.append(part())
        return found[0] if len(found) == 1 else "(" + f" {word} ".join(found) + ")"

    def _one(self) -> str:
        self._depth += 1
        if self._depth > 100:
            raise QueryError("The condition is nested too deeply.")
        try:
            if self._take("NOT"):
                return f"(NOT {self._one()})"
            if self._take("("):
                inner = self._either()
                self._expect(")")
                return inner
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> str:
        column, key = self._reference()
        chosen = Chosen(column, key, "")
        if column.type == MAP and not key:
            raise QueryError(f"Column {column.name} can only be compared by a key of it.")
        sql = f"({chosen.sql})"
        if self._take("IS"):
            negated = "NOT " if self._take("NOT") else ""
            self._expect("NULL")
            return f"({sql} IS {negated}NULL)"
        negated = "NOT " if self._take("NOT") else ""
        if self._take("IN"):
            self._expect("(")
            values = [self._literal(chosen.type)]
            while self._take(","):
                values.append(self._literal(chosen.type))
            self._expect(")")
            return f"({sql} {negated}IN ({', '.join(values)}))"
        if self._take("LIKE"):
            if chosen.type != "string":
                raise QueryError(f"LIKE needs a column of text; {column.name} is none.")
            return f"({sql} {negated}LIKE {quoted(self._literal_text())})"
        operator = self._peek()
        if negated or operator not in _COMPARED:
            raise QueryError(f"Unsupported syntax near {self._shown()}.")
        self._at += 1
        return f"({sql} {_COMPARED[operator]} {self._literal(chosen.type)})"

    def _literal(self, kind: str) -> str:
        """A value that a column of that type can be compared with."""
        if self._at < len(self._tokens) and self._tokens[self._at][0] == "number":
            if kind not in ("double", "integer"):
                raise QueryError(f"{self._shown()} is a number, and the column is of type {kind}.")
            self._at += 1
            return self._tokens[self._at - 1][1]
        if kind == "boolean":
            if self._peek() not in ("TRUE", "FALSE"):
                raise QueryError(f"TRUE or FALSE is expected near {self._shown()}.")
            self._at += 1
            return self._tokens[self._at - 1][1].upper()
        if kind.startswith("timestamp"):
            self._take("TIMESTAMP")
        value = self._literal_text()
        if kind in ("double", "integer"):
            raise QueryError(f"{value!r} is text, and the column is of type {kind}.")
        if kind.startswith("timestamp"):
            return f"{quoted(_instant(value))}::timestamp"
        return quoted(value)

    def _literal_text(self) -> str:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] != "text":
            raise QueryError(f"A value is expected near {self._shown()}.")
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _name(self, what: str) -> str:
        if self._at < len(self._tokens):
            kind, value = self._tokens[self._at]
            if kind == "quoted" or (kind == "name" and value.upper() not in _RESERVED):
                self._at += 1
                return value
        raise QueryError(f"The query names no {what.partition(' ')[2]} near {self._shown()}.")

    def _skip_to(self, word: str) -> None:
        while self._at < len(self._tokens) and self._peek() != word:
            self._at += 1

    def _peek(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        kind, value = self._tokens[self._at]
        return value.upper() if kind in ("name", "mark") else ""

    def _take(self, word: str) -> bool:
        if self._peek() != word:
            return False
        self._at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise QueryError(f"{word} is expected near {self._shown()}.")

    def _shown(self) -> str:
        return repr(self._tokens[self._at][1]) if self._at < len(self._tokens) else "the end"


def _instant(value: str) -> str:
    """A time as PostgreSQL reads it, UTC."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise QueryError(f"{value!r} is not a time.") from None
    if found.tzinfo is not None:
        found = found.astimezone(UTC).replace(tzinfo=None)
    return found.isoformat(sep=" ")


def _tokens(statement: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(statement.rstrip())
    while at < end:
        match = _TOKEN.match(statement, at)
        if match is None:
            raise QueryError(f"Unsupported syntax near {statement[at : at + 20].strip()!r}.")
        kind = match.lastgroup or ""
        value = match[kind]
        if kind == "text":
            value = value[1:-1].replace("''", "'")
        elif kind == "quoted":
            value = value[1:-1]
        yield kind, value
        at = match.end()
