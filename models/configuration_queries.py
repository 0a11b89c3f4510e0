"""Queries over what AWS Config knows: a useful part of its SQL, run as SQL over our own tables.

SELECT of properties or COUNT(*), WHERE with =, <>, LIKE, IN and comparisons joined by AND and OR,
GROUP BY and ORDER BY; over resourceId, resourceType, resourceName, awsRegion, accountId, arn,
tags and configuration's fields. What a request says becomes bound values and known columns only.
Source: https://docs.aws.amazon.com/config/latest/developerguide/query-components.html
"""

import re
from collections.abc import Sequence
from typing import Any

from models import configuration
from models.listing import Binder

MOST_TERMS = 50
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<sign><>|!=|<=|>=|[=<>(),*])"
    r"|(?P<word>[A-Za-z_][\w.:-]*))"
)
_PLAIN = {
    "resourceid": "c.id",
    "resourcetype": "c.type",
    "resourcename": "c.name",
    "awsregion": "c.region",
    "arn": "c.own_id",
}
_COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}


class QueryError(ValueError):
    """A query that is not understood; the message says where."""


class Query:
    """A query, read: what it selects, and the SQL that answers it."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._bind = Binder()
        self._terms = 0
        self.fields: list[str] = []
        self._shown: list[str] = []
        self._sql = self._read()

    async def run(self, db: Any, region: str, limit: int, offset: int) -> list[dict[str, Any]]:
        """Rows as nested properties, from `offset` on."""
        place = self._bind(region)
        kinds = " union all ".join(
            configuration.whole(kind).replace("$region", place) for kind in configuration.TYPES
        )
        sql = f"with c as ({kinds}) {self._sql} limit {self._bind(limit, '::int')}"
        sql += f" offset {self._bind(offset, '::int')}"
        rows = await db.fetch(sql, *self._bind.args, plan="custom")
        return [_nested(self.fields, row) for row in rows]

    def _read(self) -> str:
        self._expect("select")
        self._selection()
        where = group = order = ""
        if self._skip("where"):
            where = f" where {self._either()}"
        if self._skip("group"):
            self._expect("by")
            group = " group by " + ", ".join(self._listed())
        if self._skip("order"):
            self._expect("by")
            order = " order by " + ", ".join(self._ordered())
        if self._at != len(self._tokens):
            raise QueryError(f"unexpected {self._tokens[self._at][1]}")
        if not order and not group and "count(*)" not in self._shown:
            order = " order by c.type, c.id"
        return f"select {', '.join(self._shown)} from c{where}{group}{order}"

    def _selection(self) -> None:
        while True:
            kind, word = self._take()
            if word.lower() == "count":
                self._expect("(")
                self._expect("*")
                self._expect(")")
                self.fields.append("COUNT(*)")
                self._shown.append("count(*)")
            elif word == "*":
                raise QueryError("name the properties to select instead of *")
            elif kind == "word":
                self.fields.append(word)
                self._shown.append(self._column(word))
            else:
                raise QueryError(f"unexpected {word}")
            if not self._skip(","):
                return

    def _either(self) -> str:
        parts = [self._both()]
        while self._skip("or"):
            parts.append(self._both())
        return f"({' or '.join(parts)})"

    def _both(self) -> str:
        parts = [self._term()]
        while self._skip("and"):
            parts.append(self._term())
        return f"({' and '.join(parts)})"

    def _term(self) -> str:
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise QueryError(f"at most {MOST_TERMS} conditions")
        if self._skip("("):
            inner = self._either()
            self._expect(")")
            return inner
        negated = "not " if self._skip("not") else ""
        kind, name = self._take()
        if kind != "word":
            raise QueryError(f"unexpected {name}")
        sign = self._take()[1].lower()
        if name.lower() == "tags" and sign == "=":
            return f"{negated}{self._tag(self._text())}"
        column = self._column(name)
        if sign == "in":
            self._expect("(")
            values = [self._text()]
            while self._skip(","):
                values.append(self._text())
            self._expect(")")
            return f"{negated}{column} = any({self._bind(values)}::text[])"
        if sign == "like":
            return f"{negated}{column} like {self._bind(self._text())}::text"
        if sign not in _COMPARISONS:
            raise QueryError(f"unexpected {sign}")
        kind, value = self._take()
        if kind == "number":
            number = f"case when {column} ~ '^-?[0-9]+([.][0-9]+)?$' then {column}::numeric end"
            return f"{negated}({number}) {_COMPARISONS[sign]} {self._bind(value)}::text::numeric"
        text = _unquoted(value) if kind == "text" else value.lower()
        if kind != "text" and text not in ("true", "false"):
            raise QueryError(f"unexpected {value}")
        return f"{negated}{column} {_COMPARISONS[sign]} {self._bind(text)}::text"

    def _tag(self, text: str) -> str:
        key, _, value = text.partition("=")
        return f"c.tags ->> {self._bind(key)}::text = {self._bind(value)}::text"

    def _column(self, name: str) -> str:
        lower = name.lower()
        if lower in _PLAIN:
            return _PLAIN[lower]
        if lower == "accountid":
            return "(select a.account_number from cloud_accounts as a)"
        for prefix, source in (("configuration.", "c.configuration"), ("tags.", "c.tags")):
            if lower.startswith(prefix) and len(name) > len(prefix):
                path = name[len(prefix) :].split(".")
                return f"({source} #>> {self._bind(path)}::text[])"
        raise QueryError(f"unknown property {name}")

    def _listed(self) -> list[str]:
        found = []
        while True:
            kind, word = self._take()
            if kind != "word" or word not in self.fields:
                raise QueryError(f"{word} is not among what is selected")
            found.append(str(self.fields.index(word) + 1))
            if not self._skip(","):
                return found

    def _ordered(self) -> list[str]:
        found = []
        while True:
            _, word = self._take()
            if word.lower() == "count":
                self._expect("(")
                self._expect("*")
                self._expect(")")
                word = "COUNT(*)"
            if word not in self.fields:
                raise QueryError(f"{word} is not among what is selected")
            place = str(self.fields.index(word) + 1)
            direction = " desc" if self._skip("desc") else ""
            if not direction:
                self._skip("asc")
            found.append(place + direction)
            if not self._skip(","):
                return found

    def _text(self) -> str:
        kind, value = self._take()
        if kind == "text":
            return _unquoted(value)
        if kind == "number":
            return value
        raise QueryError(f"unexpected {value}")

    def _take(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise QueryError("unexpected end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _skip(self, word: str) -> bool:
        there = self._at < len(self._tokens) and self._tokens[self._at][1].lower() == word
        self._at += there
        return there

    def _expect(self, word: str) -> None:
        if not self._skip(word):
            raise QueryError(f"expected {word.upper()}")


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at, end = [], 0, len(text.rstrip().removesuffix(";"))
    while at < end:
        match = _TOKEN.match(text, at, end)
        if match is None:
            if not text[at:end].strip():
                break
            raise QueryError(f"unexpected {text[at:end].strip()[:1]}")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    return found


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")


def _nested(fields: Sequence[str], row: Any) -> dict[str, Any]:
    """A row as Config shows it: configuration.state.name lies in objects in objects."""
    found: dict[str, Any] = {}
    for field, value in zip(fields, row, strict=True):
        *path, last = field.split(".") if field != "COUNT(*)" else [field]
        inner = found
        for name in path:
            inner = inner.setdefault(name, {})
        if value is not None:
            inner[last] = value
    return found
