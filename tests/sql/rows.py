"""A row for any table, made from what the catalogue says of it."""

import re
import uuid
from datetime import UTC, date, datetime
from typing import Any

import asyncpg

_REQUIRED = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, a.attnotnull AS required,
       (a.atthasdef OR a.attidentity <> '') AS defaulted,
       (SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k WHERE k.conrelid = a.attrelid
           AND k.conkey = ARRAY[a.attnum] AND k.contype = 'c' LIMIT 1) AS rule,
       (SELECT k.confrelid::regclass::text || '.' || f.attname FROM pg_constraint k
          JOIN pg_attribute f ON f.attrelid = k.confrelid
           AND f.attnum = k.confkey[cardinality(k.confkey)]
         WHERE k.conrelid = a.attrelid AND k.conkey[cardinality(k.conkey)] = a.attnum
           AND k.contype = 'f'
        UNION ALL SELECT 'cloud_accounts.id' FROM driftcloud_account_tables() t
         WHERE t.name::regclass = a.attrelid AND a.attname = 'account_id' LIMIT 1) AS parent
  FROM pg_attribute a
 WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""


async def tables(connection: asyncpg.Connection) -> list[str]:
    """Names of all tables, in order."""
    rows = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind = 'r' ORDER BY 1"
    )
    return [row["relname"] for row in rows]


# What may be null, but of which a check on several columns wants one.
NEEDED = {
    ("s3_contents", "object_id"),
    ("s3_objects", "size_bytes"),
    ("security_group_rules", "cidr_ipv4"),
}


def value(kind: str, rule: str | None) -> Any:
    """A value of a type that no other row has, or the first that a check allows."""
    if rule and (allowed := re.search(r"ARRAY\[(.*?)\]", rule)):
        first = allowed[1].split(",")[0].replace("::text", "").strip("'")
        return int(first) if kind == "integer" else first
    if kind.startswith("timestamp"):
        return datetime(2026, 6, 30, tzinfo=UTC)
    values: dict[str, Any] = {
        "text": uuid.uuid4().hex,
        "uuid": uuid.uuid4(),
        "date": date(2026, 6, 30),
        "jsonb": {},
        "bytea": b"",
        "boolean": False,
    }
    return values.get(kind, [] if kind.endswith("[]") else 1)


async def values(
    owner: asyncpg.Connection, table: str, account: uuid.UUID, **given: Any
) -> dict[str, Any]:
    """What a new row of an account needs; missing parents are made."""
    row: dict[str, Any] = {}
    for column in await owner.fetch(_REQUIRED, table):
        name = column["name"]
        if name in given:
            row[name] = given[name]
        elif name == "account_id":
            row[name] = account
        elif (column["required"] and not column["defaulted"]) or (table, name) in NEEDED:
            if column["parent"]:
                parent, key = column["parent"].split(".")
                row[name] = (await make(owner, parent, account))[key]
            else:
                row[name] = value(column["type"], column["rule"])
    return row


async def insert(connection: asyncpg.Connection, table: str, row: dict[str, Any]) -> None:
    """Insert one row."""
    columns = ", ".join(f'"{name}"' for name in row)
    places = ", ".join(f"${i}" for i in range(1, len(row) + 1))
    await connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", *row.values())


async def make(
    owner: asyncpg.Connection, table: str, account: uuid.UUID, **given: Any
) -> dict[str, Any]:
    """Insert a row of an account as the owner, and return it whole."""
    row = await values(owner, table, account, **given)
    columns = ", ".join(f'"{name}"' for name in row)
    places = ", ".join(f"${i}" for i in range(1, len(row) + 1))
    made = await owner.fetchrow(
        f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING *", *row.values()
    )
    assert made is not None
    return dict(made)
