"""Resource tables as rows: what there is, its columns, and pages of it, for whoever speaks no AWS.

Names of tables and columns come from the catalogue, values are bound; row security holds every
statement to the caller's account.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.listing import Binder

# What no client may read, whatever table gets it one day.
_HIDDEN = re.compile("secret|password|token_hash|sealed|key_version")
_NOT_SHOWN = frozenset(("api_clients",))

_TABLES = """
select t.resource_type, t.table_name, t.id_column, c.column_name, c.udt_name,
       case when t.guarded <> '{}' then t.default_policy end as policy,
       col_description(format('%I', t.table_name)::regclass, c.ordinal_position::int) as about
  from driftcloud_resource_types as t
  join information_schema.columns as c
    on c.table_schema = 'public' and c.table_name = t.table_name
 order by t.table_name, c.ordinal_position
"""
_ONE = """
select c.column_name, c.udt_name from information_schema.columns as c
 where c.table_schema = 'public' and c.table_name = $1 order by c.ordinal_position
"""
KINDS = {
    "text": "text", "int2": "integer", "int4": "integer", "int8": "integer", "numeric": "number",
    "float8": "number", "float4": "number", "bool": "boolean", "timestamptz": "time",
    "date": "date", "uuid": "uuid", "jsonb": "json", "json": "json", "_text": "texts",
}  # fmt: skip
_CASTS = {
    "text": "text", "integer": "bigint", "number": "numeric", "boolean": "boolean",
    "time": "timestamptz", "date": "date", "uuid": "uuid",
}  # fmt: skip
COMPARISONS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of resources: its type, the column of its ids, its columns and their kinds.

    `policy` is the optimization_policy of what says nothing else; None: nothing is guarded.
    """

    name: str
    resource_type: str
    id_column: str
    columns: dict[str, str]
    about: dict[str, str | None]
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """A comparison: `operator` is eq, any, lt, lte, gt, gte, is_null or contains."""

    column: str
    operator: str
    value: Any


async def tables(db: Any) -> dict[str, Table]:
    """Every table of resources, by name."""
    found: dict[str, Table] = {}
    for row in await db.fetch(_TABLES):
        name, column = row["table_name"], row["column_name"]
        kind = KINDS.get(row["udt_name"])
        if name in _NOT_SHOWN or kind is None or _HIDDEN.search(column):
            continue
        made = Table(name, row["resource_type"], row["id_column"], {}, {}, row["policy"])
        table = found.setdefault(name, made)
        table.columns[column] = kind
        table.about[column] = row["about"]
    return found


async def columns_of(db: Any, table: str) -> dict[str, str]:
    """The columns of one table and their kinds; `table` comes from code."""
    rows = await db.fetch(_ONE, table)
    return {r["column_name"]: KINDS[r["udt_name"]] for r in rows if r["udt_name"] in KINDS}


async def page(
    db: Any,
    table: str,
    columns: dict[str, str],
    tests: Sequence[Test],
    *,
    order: Sequence[str],
    descending: bool = False,
    after: Sequence[Any] | None = None,
    limit: int = 100,
) -> list[Any]:
    """Rows that pass every test, in the order of some columns, after those of the last row."""
    bind = Binder()
    conditions = [_condition(columns[test.column], test, bind) for test in tests]
    if after is not None:
        places = [f"{bind(value)}::{_CASTS[columns[name]]}"
                  for name, value in zip(order, after, strict=True)]  # fmt: skip
        sign = "<" if descending else ">"
        conditions.append(f"({', '.join(map(_quoted, order))}) {sign} ({', '.join(places)})")
    sql = f"select {', '.join(map(_quoted, columns))} from {_quoted(table)}"
    if conditions:
        sql += " where " + " and ".join(conditions)
    direction = " desc" if descending else ""
    sql += " order by " + ", ".join(f"{_quoted(name)}{direction}" for name in order)
    rows: list[Any] = await db.fetch(f"{sql} limit {bind(limit, '::int')}", *bind.args,
                                     plan="custom")  # fmt: skip
    return rows


def _condition(kind: str, test: Test, bind: Binder) -> str:
    column, operator, value = _quoted(test.column), test.operator, test.value
    if operator == "is_null":
        return f"{column} is {'' if value else 'not '}null"
    if operator == "contains":
        if kind == "json":
            return f"{column}::jsonb @> {bind(value)}::jsonb"
        if kind == "texts":
            return f"{bind(value)}::text = any({column})"
        return f"position({bind(value)}::text in {column}) > 0"
    if kind == "json":
        return f"{column}::jsonb = {bind(value)}::jsonb"
    if kind == "texts":
        return f"{column} = {bind(value)}::text[]"
    cast = _CASTS[kind]
    if operator == "any":
        return f"{column} = any({bind(value)}::{cast}[])"
    return f"{column} {COMPARISONS.get(operator, '=')} {bind(value)}::{cast}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# What the account's resources cost a month as they are now: 730 hours, and stocks by the month.
_MONTHLY = """
select coalesce(sum(c.cost), 0) as monthly_cost from (
    select hourly_cost * 730 as cost from instances where state in ('pending', 'running')
    union all select monthly_cost from volumes where state not in ('deleting', 'deleted')
    union all select monthly_cost from snapshots
    union all select case when state in ('stopping', 'stopped') then 0 else hourly_cost * 730 end
                     + coalesce(storage_monthly_cost, 0)
                from rds_instances where state <> 'deleting'
    union all select monthly_cost from rds_snapshots
    union all select hourly_cost * 730 from cache_clusters where status <> 'deleting'
    union all select hourly_cost * 730 from load_balancers
    union all select hourly_cost * 730 from elastic_ips
    union all select hourly_cost * 730 from nat_gateways where state not in ('deleting', 'deleted')
    union all select hourly_cost * 730 from vpc_endpoints where state not in ('deleting', 'deleted')
    union all select coalesce(estimated_monthly_cost, 0) from lambda_functions
    union all select hourly_cost * 730 from managed_services where lower(status) <> 'deleting'
    union all select hourly_cost * 730 from streaming_clusters where lower(status) <> 'deleting'
) as c
"""
_TAKE = """
with old as (delete from gateway_signatures where account_id = (select driftcloud_account())
                and seen_at < now() - make_interval(secs => $2))
insert into gateway_signatures (account_id, signature) values (driftcloud_account(), $1)
on conflict do nothing returning signature
"""


async def monthly_cost(db: Any) -> Any:
    """What all of the account's resources cost a month by their own rows, USD (Decimal)."""
    return (await db.fetch(_MONTHLY))[0]["monthly_cost"]


async def take_signature(db: Any, signature: str, kept_seconds: float) -> bool:
    """Note a request's signature; False when it was seen before."""
    return bool(await db.write(_TAKE, signature, kept_seconds))
