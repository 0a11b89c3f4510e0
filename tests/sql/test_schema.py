"""The 26 tables of the first schema, as the catalogue describes them; what every table needs."""

import re
import uuid
from typing import Any

import asyncpg
import pytest

from tests.sql.schema import TABLES

_TYPES = {"timestamp with time zone": "timestamptz"}


def promised() -> dict[str, list[str]]:
    """Table → its lines, from the literal."""
    tables: dict[str, list[str]] = {}
    for line in TABLES.strip().splitlines():
        if line.startswith("    "):
            tables[next(reversed(tables))].append(line.strip())
        else:
            tables[line.split()[0]] = []
    return tables


TOUCHED = [line.split()[0] for line in TABLES.splitlines() if "kept by a trigger" in line]

_COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
       pg_get_expr(d.adbin, d.adrelid) AS default,
       (SELECT array_agg(pg_get_constraintdef(k.oid) ORDER BY k.contype) FROM pg_constraint k
         WHERE k.conrelid = a.attrelid AND k.conkey = ARRAY[a.attnum] AND k.contype <> 'n') AS rules
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum
"""


def column_line(column: Any) -> str:
    """One column of the catalogue in the form of the literal."""
    parts = [column["name"], _TYPES.get(column["type"], column["type"])]
    if column["required"]:
        parts.append("not null")
    if column["default"] is not None:
        parts.append("default " + re.sub(r"::[a-z]+", "", column["default"]))
    rules = "\n".join(column["rules"] or [])
    if check := re.search(r"CHECK .*ARRAY\[(.*)\]", rules):
        values = re.sub(r"::text|'", "", check[1])
        parts.append(f"in ({values})")
    if key := re.search(r"REFERENCES (\w+)\((\w+)\) ON DELETE ([A-Z ]+)", rules):
        parts.append(f"-> {key[1]}.{key[2]} on delete {key[3].lower()}")
    if "PRIMARY KEY" in rules:
        parts.append("primary key")
    if "UNIQUE" in rules:
        parts.append("unique")
    return " ".join(parts)


async def described(owner: asyncpg.Connection, table: str) -> list[str]:
    """A table of the database in the form of the literal: columns, then keys, then indexes."""
    lines = [column_line(column) for column in await owner.fetch(_COLUMNS, table)]
    for row in await owner.fetch(
        "SELECT pg_get_constraintdef(oid) AS d FROM pg_constraint"
        " WHERE conrelid = $1::text::regclass AND contype = 'u' AND cardinality(conkey) > 1",
        table,
    ):
        lines.append(row["d"].replace("UNIQUE", "unique"))
    for row in await owner.fetch(
        "SELECT indexname AS name, indexdef AS d FROM pg_indexes"
        " WHERE schemaname = 'public' AND tablename = $1",
        table,
    ):
        match = re.fullmatch(r"CREATE .* USING (\w+) (\(.*?\))( WHERE (.*))?", row["d"])
        assert match is not None
        columns = match[2].replace(" jsonb_path_ops", "").replace(" DESC", " desc")
        line = f"index {row['name']} {match[1]} {columns}"
        if match[4]:
            where = re.sub(r"::text|^\(|\)$", "", match[4])
            line += " where " + re.sub(r"^\w+ IS NOT NULL$", "not null", where)
        lines.append(line)
    return lines


def test_the_literal_describes_26_tables() -> None:
    assert len(promised()) == 26


@pytest.mark.parametrize("table", promised())
async def test_a_promised_table_is_there_to_the_letter(
    owner: asyncpg.Connection, table: str
) -> None:
    lines = promised()[table]
    actual = await described(owner, table)
    columns = [line for line in lines if not line.startswith(("index ", "unique "))]
    # random as promised, but where an episode's or a tick's ids follow from its seed
    actual = [column.replace("driftcloud_uuid()", "gen_random_uuid()") for column in actual]
    assert actual[: len(columns)] == columns
    assert [line for line in lines if line not in actual] == []


async def test_later_columns_do_not_stand_in_the_way_of_the_first_schema(
    owner: asyncpg.Connection,
) -> None:
    """A column that was added is nullable, defaulted, or filled in by a trigger."""
    filled = {("rds_instances", "identifier"), ("cache_clusters", "identifier")}
    rows = await owner.fetch(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL"
        " AND table_name = ANY($1)",
        list(promised()),
    )
    first = {(table, line.split()[0]) for table, lines in promised().items() for line in lines}
    assert {(r[0], r[1]) for r in rows} - first == filled


async def test_every_table_has_a_comment(owner: asyncpg.Connection) -> None:
    bare = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p', 'v', 'm') AND obj_description(oid, 'pg_class') IS NULL"
    )
    assert [r["relname"] for r in bare] == []


async def test_every_foreign_key_has_an_index_that_begins_with_it(
    owner: asyncpg.Connection,
) -> None:
    """Else deleting the parent reads the whole child."""
    bare = await owner.fetch(
        "SELECT k.conrelid::regclass::text AS t, k.conname FROM pg_constraint k"
        " WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND NOT EXISTS ("
        "   SELECT FROM pg_index i WHERE i.indrelid = k.conrelid"
        "      AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)"
    )
    assert [tuple(r) for r in bare] == []


async def test_the_ledger_belongs_to_accounts(owner: asyncpg.Connection) -> None:
    """By triggers for each statement, where others have a foreign key."""
    line = (
        "INSERT INTO cost_lines_daily (account_id, date, region, service, product_code, usage_type,"
        " operation) SELECT id, '2026-01-01', '', '', '', '', '' FROM unnest($1::uuid[]) AS a (id)"
    )
    transaction = owner.transaction()
    await transaction.start()
    try:
        account, nobody = uuid.uuid4(), uuid.uuid4()
        await owner.execute("INSERT INTO cloud_accounts (id, name) VALUES ($1, 'ledger')", account)
        await owner.execute(line, [account])
        moved = "UPDATE cost_lines_daily SET account_id = $1 WHERE account_id = $2"
        for wrong, args in (
            (line, [[account, nobody]]),
            (moved, [nobody, account]),
            ("UPDATE cloud_accounts SET id = $1 WHERE id = $2", [nobody, account]),
        ):
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                async with owner.transaction():
                    await owner.execute(wrong, *args)
        counted = "SELECT count(*) FROM cost_lines_daily WHERE account_id = $1"
        assert await owner.fetchval(counted, account) == 1
        await owner.execute("DELETE FROM cloud_accounts WHERE id = $1", account)
        assert await owner.fetchval(counted, account) == 0
    finally:
        await transaction.rollback()


async def test_updated_at_is_kept_by_a_trigger(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        "SELECT tgrelid::regclass::text AS t FROM pg_trigger WHERE tgname = 'touch'"
    )
    assert set(TOUCHED) - {r["t"] for r in rows} == set()
    columns = await owner.fetch(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'updated_at'"
    )
    assert {r["table_name"] for r in columns} == {r["t"] for r in rows}


async def test_resource_types_name_what_exists(owner: asyncpg.Connection) -> None:
    for t in await owner.fetch("SELECT * FROM driftcloud_resource_types"):
        columns = {r["name"] for r in await owner.fetch(_COLUMNS, t["table_name"])}
        assert t["id_column"] in columns
        assert ("tags" in columns) == t["tags_column"], t["resource_type"]
        assert (t["parent_column"] or "account_id") in columns


async def test_a_table_of_days_holds_a_year_of_them(owner: asyncpg.Connection) -> None:
    """As PostgreSQL has it, so that no tick of a young account reads all of its days for one."""
    rows = await owner.fetch(
        """SELECT a.attrelid::regclass::text AS name, a.attoptions AS options FROM pg_attribute a
             JOIN pg_class c ON c.oid = a.attrelid
            WHERE a.attname = 'date' AND c.relkind = 'r' AND c.relname ~ '_daily'"""
    )
    assert {"metrics_daily", "cost_lines_daily", "cost_daily"} <= {r["name"] for r in rows}
    assert {r["name"]: r["options"] for r in rows if r["options"] != ["n_distinct=400"]} == {}
