"""The contents of a world, resource by resource, in a form in which two worlds can be compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_TABLES = """
select t.resource_type, t.table_name, t.id_column, t.parent_column, t.parent_table,
       array_agg(c.column_name::text order by c.ordinal_position) filter (
           where driftcloud_is_configuration(c.column_name::text) and c.udt_name <> 'uuid'
                 and c.column_name::text !~ $1) as told,
       array_agg(c.column_name::text) as columns
  from driftcloud_resource_types t
  join information_schema.columns c
    on c.table_schema = 'public' and c.table_name = t.table_name
 group by 1, 2, 3, 4, 5 order by 1
"""
# Secrets, and what is kept in mind beside the configuration.
_NOT_TOLD = "secret|password|sealed|token|key_version|^last_|^settle"
_GONE = ("terminated", "shutting-down", "deleting", "deleted", "released", "cancelled", "canceled")
_STANDING_STILL = ("stopped", "stopping")


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: what is configured of it, and its cost, USD a month of 730 hours."""

    account: str
    resource_type: str
    resource_id: str
    columns: Mapping[str, Any]
    monthly_cost: Decimal


async def read(connection: Any) -> dict[tuple[str, str, str], Resource]:
    """Every resource of a world that is there, by account number, type and id."""
    found = {}
    for table in await connection.fetch(_TABLES, _NOT_TOLD):
        for row in await connection.fetch(_statement(table)):
            one = Resource(
                row["account"], table["resource_type"], row["resource_id"], row["told"],
                Decimal(row["cost"]),
            )  # fmt: skip
            found[one.account, one.resource_type, one.resource_id] = one
    return found


def _statement(table: Mapping[str, Any]) -> str:
    """The rows of one table; its names are those of the catalogue."""
    name, columns = table["table_name"], set(table["columns"])
    state = next((f"lower(r.{one}::text)" for one in ("state", "status") if one in columns), None)
    gone = f"{state} = any (array{list(_GONE)})" if state else "false"
    still = f"{state} = any (array{list(_STANDING_STILL)})" if state else "false"
    # public images belong to no account, and are alike everywhere
    owner = "a.id = r.account_id"
    joined = f"{name} r"
    if table["parent_table"] is not None:
        owner = "a.id = p.account_id"
        joined += f" join {table['parent_table']} p on p.id = r.{table['parent_column']}"
    unsaid = sorted(columns - set(table["told"] or ()))
    told = f"jsonb_strip_nulls(to_jsonb(r) - array{unsaid}::text[])"
    return (
        f"select a.account_number as account, r.{table['id_column']}::text as resource_id,"
        f" {told} as told, {_cost(columns, still)} as cost"
        f" from {joined} join cloud_accounts a on {owner}"
        f" where r.{table['id_column']} is not null and not coalesce({gone}, false)"
    )


def _cost(columns: set[str], still: str) -> str:
    """A row's cost a month: what stands still costs what it stores."""
    parts = []
    monthly = [one for one in ("monthly_cost", "estimated_monthly_cost") if one in columns]
    if monthly:
        parts.append(f"coalesce({', '.join(f'r.{one}' for one in monthly)}, 0)")
    elif "hourly_cost" in columns:
        parts.append(f"case when {still} then 0 else coalesce(r.hourly_cost, 0) * 730 end")
    if "storage_monthly_cost" in columns:
        parts.append("coalesce(r.storage_monthly_cost, 0)")
    return f"({' + '.join(parts) or '0'})::numeric(16,4)"
