"""Writing an estate: rows into their tables by COPY, as fast as the database takes them."""

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
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


def _cells(values: Sequence[Any], array: bool) -> Sequence[str]:
    """One column of many rows as COPY reads it; column by column, most of it runs in C."""
    kinds = set(map(type, values))
    if kinds == {str}:
        whole = "".join(values)
        clean = not any(map(whole.__contains__, "\\\t\n\r"))
        return values if clean else [_text(value) for value in values]
    if len(kinds) == 1 and uuid.UUID in kinds:
        known = {value: str(value) for value in set(values)}
        return [known[value] for value in values]
    writers = {**_WRITERS, list: _array if array else _json}
    return [writers[type(value)](value) for value in values]


# Whether a trigger names the rows of a table.
_NAMED = """select exists (select from pg_trigger
    where tgrelid = $1::text::regclass and tgname = 'name_new')"""
# Neighbours in the largest indexes are written one after the other.
_ORDER = {"resource_tags": " order by resource_type, resource_id, key"}


async def copy_in(connection: Any, table: str, rows: Sequence[Row]) -> int:
    """COPY rows, all of the same columns as the first, into a table; how many there were.

    In the text format, so that it makes no difference which codecs a connection has. Where no
    trigger names the rows, foreign keys and triggers rest: what refers to what, and both sides of
    tags, are the generator's own work. To be called in a transaction.
    """
    if not rows:
        return 0
    columns = list(rows[0])
    arrays = await _array_columns(connection, table)
    unchecked = not await connection.fetchval(_NAMED, table)
    cells_of = itemgetter(*columns)

    async def chunks() -> Any:
        for start in range(0, len(rows), _ROWS_A_CHUNK):
            chunk = rows[start : start + _ROWS_A_CHUNK]
            if any(len(row) != len(columns) for row in chunk):
                raise ValueError(f"{table}: rows with other columns than the first: {columns}")
            cells = zip(*map(cells_of, chunk), strict=True)
            written = [
                _cells(values, name in arrays) for name, values in zip(columns, cells, strict=True)
            ]
            yield ("\n".join(map("\t".join, zip(*written, strict=True))) + "\n").encode()

    await pour(connection, table, columns, chunks(), unchecked=unchecked)
    return len(rows)


async def pour(
    connection: Any,
    table: str,
    columns: Sequence[str],
    source: Any,
    *,
    form: str = "text",
    unchecked: bool,
) -> None:
    """Insert what `source` yields in one of COPY's forms; `unchecked`: no trigger, no foreign key.

    By way of a temporary table, because PostgreSQL refuses COPY where row security is forced.
    """
    names = ", ".join(columns)
    await connection.execute(
        f"create temporary table bulk on commit drop as select {names} from {table} with no data"
    )
    await connection.copy_to_table("bulk", source=source, columns=columns, format=form)
    await connection.execute(
        f"select driftcloud_unchecked({unchecked}); insert into {table} ({names})"
        f" overriding system value select {names} from bulk{_ORDER.get(table, '')};"
        " select driftcloud_unchecked(false); drop table bulk"
    )


async def _array_columns(connection: Any, table: str) -> frozenset[str]:
    found = await connection.fetch(
        "select attname from pg_attribute where attrelid = $1::text::regclass and attndims > 0",
        table,
    )
    return frozenset(row["attname"] for row in found)
