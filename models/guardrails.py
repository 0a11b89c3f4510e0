"""Guardrails as operators set them: modes, freezes, approvals, and the breaches that were seen.

sql/056_guardrails.sql judges every change; these statements run over the owner's connection.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

POLICY, FREEZE = "optimization_policy", "optimization_freeze_until"

_SET_MODE = """
update cloud_accounts set guardrails = $1 where $2::uuid is null or id = $2
returning account_number as account, guardrails
"""
_MODES = """
select account_number as account, guardrails, freeze_optimizations_until as frozen_until
  from cloud_accounts order by account_number
"""
_FREEZE_ACCOUNTS = """
update cloud_accounts set freeze_optimizations_until = $1 where $2::uuid is null or id = $2
returning account_number as account, freeze_optimizations_until as frozen_until
"""
_TYPES = """
select t.resource_type, t.table_name, t.id_column, t.parent_column, t.parent_table,
       t.tags_column, t.default_policy, array_agg(c.column_name::text) as columns
  from driftcloud_resource_types as t
  join information_schema.columns as c
    on c.table_schema = 'public' and c.table_name = t.table_name
 where t.guarded <> '{}' group by t.resource_type order by t.resource_type
"""
_TAG = """
insert into resource_tags (account_id, resource_type, resource_id, key, value)
values ($1, $2, $3, $4, driftcloud_time_tag($5))
on conflict (resource_type, resource_id, key) do update set value = excluded.value
"""
_UNTAG = """
delete from resource_tags
 where account_id = $1 and resource_type = $2 and resource_id = $3 and key = $4
"""
_APPROVE = """
insert into truth.approvals (account_id, resource_type, resource_id, until, approved_at)
values ($1, $2, $3, driftcloud_now($1) + make_interval(days => $4), driftcloud_now($1))
on conflict (account_id, resource_type, resource_id)
   do update set until = excluded.until, approved_at = excluded.approved_at
returning until
"""
_BREACHES = """
select a.account_number as account, b.date, b.at, b.principal, b.kind, b.resource_type,
       b.resource_id, b.operation, b.detail
  from truth.breaches as b join cloud_accounts as a on a.id = b.account_id
 where $1::uuid is null or b.account_id = $1 order by b.at, b.id
"""


async def set_mode(connection: Any, mode: str, account_id: UUID | None) -> Sequence[Any]:
    """Let the guardrails of one account, or of all, `observe` or `enforce`."""
    rows: Sequence[Any] = await connection.fetch(_SET_MODE, mode, account_id)
    return rows


async def modes(connection: Any) -> dict[str, Any]:
    """Mode (`guardrails`) and freeze (`frozen_until`) of every account, by its number."""
    return {row["account"]: row for row in await connection.fetch(_MODES)}


async def freeze_accounts(
    connection: Any, until: datetime | None, account_id: UUID | None
) -> Sequence[Any]:
    """Freeze one account, or all, until a virtual time; None ends the freeze."""
    rows: Sequence[Any] = await connection.fetch(_FREEZE_ACCOUNTS, until, account_id)
    return rows


async def find(connection: Any, name: str, account_id: UUID | None) -> Sequence[Mapping[str, Any]]:
    """Guarded resources that an id, ARN or name means: account_id, type and id of each."""
    branches = []
    for kind in await connection.fetch(_TYPES):
        own = f"r.{kind['id_column']}::text"
        # an instance's name is a tag, which its whole group may share
        wanted = ("arn",) if kind["table_name"] == "instances" else ("arn", "identifier", "name")
        names = [own] + [f"r.{one}" for one in wanted if one in kind["columns"]]
        owner, table = "r.account_id", f"{kind['table_name']} as r"
        if kind["parent_table"]:
            owner = "p.account_id"
            table += f" join {kind['parent_table']} as p on p.id = r.{kind['parent_column']}"
        branches.append(
            f"select {owner} as account_id, '{kind['resource_type']}' as resource_type,"
            f" {own} as resource_id from {table} where $1 in ({', '.join(names)})"
            f" and ($2::uuid is null or {owner} = $2)"
        )
    rows: Sequence[Mapping[str, Any]] = await connection.fetch(
        " union all ".join(branches), name, account_id
    )
    return rows


async def freeze(connection: Any, resource: Mapping[str, Any], until: datetime | None) -> None:
    """Freeze one resource until a virtual time: by its column, else by its tag."""
    kind = await _type(connection, resource["resource_type"])
    if FREEZE in kind["columns"]:
        await connection.execute(
            f"update {kind['table_name']} set {FREEZE} = $1 where {kind['id_column']}::text = $2",
            until, resource["resource_id"],
        )  # fmt: skip
        return
    place = (resource["account_id"], resource["resource_type"], resource["resource_id"], FREEZE)
    if until is None:
        await connection.execute(_UNTAG, *place)
    else:
        await connection.execute(_TAG, *place, until)


async def policy(connection: Any, resource: Mapping[str, Any]) -> str:
    """The optimization_policy that holds for a resource."""
    kind = await _type(connection, resource["resource_type"])
    if POLICY in kind["columns"]:
        sql = f"select {POLICY} from {kind['table_name']} where {kind['id_column']}::text = $1"
        found = await connection.fetchval(sql, resource["resource_id"])
    else:
        found = await connection.fetchval(
            "select driftcloud_policy(value, null) from resource_tags"
            " where resource_type = $1 and resource_id = $2 and key = $3",
            resource["resource_type"], resource["resource_id"], POLICY,
        )  # fmt: skip
    return str(found or kind["default_policy"])


async def approve(connection: Any, resource: Mapping[str, Any], days: int | None) -> Any:
    """Give leave to change a resource, for some virtual days or for good; when it ends."""
    return await connection.fetchval(
        _APPROVE, resource["account_id"], resource["resource_type"], resource["resource_id"], days
    )


async def breaches(connection: Any, account_id: UUID | None) -> Sequence[Mapping[str, Any]]:
    """The breaches of one account, or of all, the oldest first."""
    rows: Sequence[Mapping[str, Any]] = await connection.fetch(_BREACHES, account_id)
    return rows


async def _type(connection: Any, resource_type: str) -> Mapping[str, Any]:
    return next(
        row for row in await connection.fetch(_TYPES) if row["resource_type"] == resource_type
    )
