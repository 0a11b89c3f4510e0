"""Keeping an estate: the rows of a finished one taken out, and laid into an empty database again.

Only where no other account has anything that a number or a name of it could be in the way of, and
where triggers may rest: what is laid is whole already, and none of it is an event.
"""

import io
import uuid
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from models import belongings
from models.estates.writing import pour

Progress = Callable[[int, int, str], None]

# Beyond this an estate is not kept: to lay it would take long as well.
LARGEST_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class KeptTable:
    """The rows that accounts have in one table, in COPY's binary form, compressed."""

    name: str
    columns: tuple[str, ...]
    rows: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """All that accounts have: large tables each by itself, small ones together.

    `small` are their columns by table; `records` their rows as COPY's text of (table, row),
    compressed.
    """

    large: tuple[KeptTable, ...]
    small: dict[str, tuple[str, ...]]
    records: bytes


_DIRECT = "account_id"

# Numbers that a sequence gives are the whole database's, and so are names that must be unique.
_NUMBERED = """
select distinct attrelid::regclass::text from pg_attribute a join pg_class c on c.oid = a.attrelid
 where attidentity <> '' and relnamespace in ('public'::regnamespace, 'truth'::regnamespace)"""
_NAMED = ("rds_instances", "cache_clusters", "s3_buckets", "elastic_ips", "instances", "volumes")

# To make a table for them would take longer than to read their rows as text.
_SMALL_BYTES = 128 << 10
_PIECE_BYTES = 64 << 10

_SEQUENCES = """
select c.name, attname as column, s.sequence, l.last
  from unnest($1::text[]) as c (name)
  join pg_attribute on attrelid = c.name::regclass and attidentity <> ''
 cross join pg_get_serial_sequence(c.name, attname) as s (sequence)
 cross join pg_sequence_last_value(s.sequence::regclass) as l (last)"""

# The tables with triggers that never rest: what they write elsewhere need not be laid.
_FOLLOWED = "select tgrelid::regclass::text from pg_trigger where tgenabled = 'A'"

# The tables of which the planner knows nothing. What it knows of others was much the same estate.
_UNKNOWN = """
select n from unnest($1::text[]) as n
 where coalesce(pg_stat_get_last_analyze_time(n::regclass),
                pg_stat_get_last_autoanalyze_time(n::regclass)) is null"""

_UNTOUCHED = """
select not exists (select from trail_events where account_id = any($1::uuid[]))
   and $2 = (select count(*) from resource_change_events
              where account_id = any($1::uuid[]) and change_source <> 'drift_engine')"""

_COLUMNS = """
select attname from pg_attribute
 where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = ''
   and atttypid <> 'xid8'::regtype  -- which transaction it was is another database's number
 order by attnum"""


async def alone(connection: Any, account_ids: Sequence[uuid.UUID]) -> bool:
    """Whether no other account has a row whose number or name an estate of these could meet."""
    names = {row[0] for row in await connection.fetch(_NUMBERED)} | set(_NAMED)
    direct = {one["name"] for one in await belongings.owned(connection) if one["via"] == _DIRECT}
    return not await belongings.others(connection, sorted(names & direct), account_ids)


async def counts(connection: Any, account_ids: Sequence[uuid.UUID]) -> dict[str, int]:
    """How many rows these accounts have in each table that is emptied with them, where any."""
    tables = [one for one in await belongings.owned(connection) if one["via"] == _DIRECT]
    rows = await connection.fetch(
        " union all ".join(
            f"select '{one['name']}', count(*) from {one['name']} where {belongings.whose(one)}"
            for one in tables
        ),
        list(account_ids),
    )
    return {name: count for name, count in rows if count}


async def take(connection: Any, account_ids: Sequence[uuid.UUID], events: int) -> Kept | None:
    """All that these accounts have, as it is at one moment.

    None where it is too large, or where somebody had a hand in it: where a call of theirs is on
    record, or a change beside the engine's and the `events` of the plan.
    """
    ids, large, small, records = list(account_ids), [], {}, io.BytesIO()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        tables = await _filled(connection)
        if sum(one["bytes"] for one in tables) > LARGEST_BYTES or not await connection.fetchval(
            _UNTOUCHED, ids, events
        ):
            return None
        followed = await _followed(connection)
        for one in tables:
            name, where = one["name"], belongings.whose(one)
            columns = tuple(row[0] for row in await connection.fetch(_COLUMNS, name))
            if one["bytes"] <= _SMALL_BYTES and name not in followed:
                before = records.tell()
                query = f"select '{name}', t::text from {name} t where {where}"
                await connection.copy_from_query(query, ids, output=records)
                if records.tell() > before:
                    small[name] = columns
                continue
            query = f"select {', '.join(columns)} from {name} where {where}"
            large.append(KeptTable(name, columns, await _packed(connection, query, ids)))
    return Kept(tuple(large), small, zlib.compress(records.getvalue(), 1))


async def _packed(connection: Any, query: str, ids: list[uuid.UUID]) -> bytes:
    packer, pieces = zlib.compressobj(1), []

    async def put(data: bytes) -> None:
        pieces.append(packer.compress(data))

    await connection.copy_from_query(query, ids, output=put, format="binary")
    return b"".join((*pieces, packer.flush()))


async def _unpacked(packed: bytes) -> AsyncIterator[bytes]:
    unpacker = zlib.decompressobj()
    for at in range(0, len(packed), _PIECE_BYTES):
        yield unpacker.decompress(packed[at : at + _PIECE_BYTES])


async def lay(
    connection: Any, account_ids: Sequence[uuid.UUID], kept: Kept, progress: Progress
) -> bool:
    """Put kept rows in the place of all that these accounts have; whether triggers could rest.

    To be called in a transaction. The clocks were turned just now. `progress(done, total, what)`
    is told of every large table.
    """
    if not await belongings.unchecked(connection):
        return False
    ids = list(account_ids)
    await belongings.empty(connection, ids)
    followed = await _followed(connection)
    for one in kept.large:
        if one.name in followed and not await _written(connection, ids, [one.name]):
            await _pour(connection, one)
    names = [*kept.small, *(one.name for one in kept.large)]
    written = await _written(connection, ids, names)
    for at, one in enumerate(kept.large, 1):
        if one.name not in written:
            await _pour(connection, one)
        progress(at, len(kept.large), "kept tables")
    await _pour_small(connection, kept, written)
    for row in await connection.fetch(_SEQUENCES, names):
        await connection.execute(
            "select setval($1::text::regclass, greatest($2::bigint, max({column})))"
            " from {name}".format_map(row), row["sequence"], row["last"],
        )  # fmt: skip
    await connection.execute(
        "update virtual_clocks set last_tick_at = now() where account_id = any($1::uuid[])", ids
    )
    unknown = await connection.fetch(_UNKNOWN, names)
    if unknown:
        await connection.execute("analyze " + ", ".join(row[0] for row in unknown))
    return True


async def _pour(connection: Any, table: KeptTable) -> None:
    source = _unpacked(table.rows)
    await pour(connection, table.name, table.columns, source, form="binary", unchecked=True)


async def _pour_small(connection: Any, kept: Kept, written: set[str]) -> None:
    await connection.execute("create temporary table bulk (name text, row text) on commit drop")
    source = io.BytesIO(zlib.decompress(kept.records))
    await connection.copy_to_table("bulk", source=source)
    inserts = [
        f"insert into {name} ({', '.join(columns)}) overriding system value"
        f" select {', '.join(f'(r).{column}' for column in columns)}"
        f" from (select row::{name} as r from bulk where name = '{name}' offset 0) as records"
        for name, columns in kept.small.items()
        if name not in written
    ]
    await connection.execute(
        ";".join(
            (
                "select driftcloud_unchecked(true)",
                *inserts,
                "select driftcloud_unchecked(false)",
                "drop table bulk",
            )
        )
    )


async def _written(connection: Any, ids: list[uuid.UUID], names: Sequence[str]) -> set[str]:
    """The tables of these in which the accounts have rows: triggers have written them."""
    owned = await _owned(connection)
    rows = await connection.fetch(
        " union all ".join(
            f"select '{name}', exists (select from {name} where {belongings.whose(owned[name])})"
            for name in names
        ),
        ids,
    )
    return {name for name, found in rows if found}


async def _followed(connection: Any) -> set[str]:
    return {row[0] for row in await connection.fetch(_FOLLOWED)}


async def _filled(connection: Any) -> list[dict[str, Any]]:
    """The tables with anything in them, and how many bytes they are."""
    owned = await _owned(connection)
    sizes = await connection.fetch(
        "select n as name, pg_relation_size(n::regclass) as bytes from unnest($1::text[]) as n",
        list(owned),
    )
    return [{**owned[row["name"]], **row} for row in sizes if row["bytes"]]


async def _owned(connection: Any) -> dict[str, Any]:
    images = {"name": "images", "via": _DIRECT, "parent": "cloud_accounts"}
    return {one["name"]: one for one in (*await belongings.owned(connection), images)}
