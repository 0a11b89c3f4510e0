"""Writing an estate: rows into their tables by COPY, as fast as the database takes them."""

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
_ROWS_A_CHUNK = 2_000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _text(value: str) -> str:
    return value.translate(_ESCAPES)


def _json(value: object) -> str:
    return _text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _array(values: Sequence[str]) -> str:
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return _text("{" + ",".join(f'"{value}"' for value in quoted) + "}")


_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _value: "\\N",
    str: _text,
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    Decimal: str,
    uuid.UUID: str,
    datetime: str,
    date: str,
    dict: _json,
}


def _writer(column: str, arrays: frozenset[str]) -> Callable[[Any], str]:
    """A list is an array of text or a list of JSON, as the column says."""
    return _array if column in arrays else _json


async def copy_in(connection: Any, table: str, rows: Sequence[Row]) -> int:
    """COPY rows, all of the same columns as the first, into a table; how many there were.

    In the text format, so that it makes no difference which codecs a connection has; and by way
    of a temporary table, because PostgreSQL refuses COPY where row security is forced. To be
    called in a transaction.
    """
    if not rows:
        return 0
    columns = list(rows[0])
    arrays = await _array_columns(connection, table)
    lists = {name: _writer(name, arrays) for name in columns}

    async def chunks() -> Any:
        for start in range(0, len(rows), _ROWS_A_CHUNK):
            lines = []
            for row in rows[start : start + _ROWS_A_CHUNK]:
                cells = [
                    lists[name](value) if type(value) is list else _WRITERS[type(value)](value)
                    for name, value in ((name, row[name]) for name in columns)
                ]
                if len(row) != len(columns):
                    raise ValueError(f"{table}: a row with other columns than the first: {row}")
                lines.append("\t".join(cells))
            yield ("\n".join(lines) + "\n").encode()

    names = ", ".join(columns)
    await connection.execute(
        f"create temporary table bulk on commit drop as select {names} from {table} with no data"
    )
    await connection.copy_to_table("bulk", source=chunks(), columns=columns)
    await connection.execute(f"insert into {table} ({names}) select {names} from bulk")
    await connection.execute("drop table bulk")
    return len(rows)


async def _array_columns(connection: Any, table: str) -> frozenset[str]:
    found = await connection.fetch(
        "select attname from pg_attribute where attrelid = $1::text::regclass and attndims > 0",
        table,
    )
    return frozenset(row["attname"] for row in found)
