"""Belongings: the tables that an account's things are in, counted, emptied and taken out."""

import uuid
from collections.abc import Sequence
from typing import Any

# What an emptied account keeps: who may sign in its name, and what they may become.
KEPT = (
    "api_clients", "roles", "users", "user_groups", "group_members", "policies",
    "policy_versions", "policy_attachments", "inline_policies", "instance_profiles",
    "password_policies", "service_uses", "organizations", "organizational_units", "org_members",
    "org_policy_attachments",
)  # fmt: skip

# Bulk work is no event, and tags go with their rows by themselves.
_SILENCE = """select set_config('driftcloud.audit', 'off', true),
                     set_config('driftcloud.tags_from', 'column', true)"""

# Keys without a secret came with an estate or by drift, and so did users who have no others.
_STRANGERS = """
with gone as (delete from api_clients where secret_key_hash = '' and secret_sealed is null
                 and account_id = any($1::uuid[]) returning account_id, user_name)
delete from users u using gone g
 where u.account_id = g.account_id and lower(u.name) = lower(g.user_name) and not exists (
       select from api_clients k where k.account_id = u.account_id
          and lower(k.user_name) = lower(u.name) and k.secret_key_hash <> '')"""

# Every table that belongs to an account, directly or through a parent, children before parents:
# name, the column that leads to the parent (or account_id), the parent.
_OWNED = """
with recursive edges as (
    select c.conrelid::regclass::text as child, c.confrelid::regclass::text as parent,
           (select attname from pg_attribute
             where attrelid = c.conrelid and attnum = c.conkey[1]) as via
      from pg_constraint c
     where c.contype = 'f' and c.connamespace in ('public'::regnamespace, 'truth'::regnamespace)
       and c.conparentid = 0
    union all
    select name, 'cloud_accounts', 'account_id' from driftcloud_account_tables()
), owned as (
    select child, parent, via, 1 as depth from edges where parent = 'cloud_accounts'
    union
    select e.child, e.parent, e.via, o.depth + 1
      from edges e join owned o on o.child = e.parent
     where o.depth < 8 and e.child <> e.parent
)
select child as name, max(depth) as depth,
       coalesce(max('account_id') filter (where parent = 'cloud_accounts'), max(via)) as via,
       coalesce(max(parent) filter (where parent = 'cloud_accounts'), max(parent)) as parent
  from owned
 group by child
 order by (child <> 'resource_tags'), depth desc, name
"""

# A table of many pages that nothing refers to is truncated where it is all theirs: the files of all
# others cost more to make anew than their rows to delete.
_FILLED = """
select n as name, pg_relation_size(n::regclass) > 512 * 1024 and not exists (
           select from pg_constraint
            where contype = 'f' and confrelid = n::regclass and conrelid <> confrelid) as large
  from unnest($1::text[]) as n where pg_relation_size(n::regclass) > 0"""

_OTHER_ACCOUNTS = "select exists (select from cloud_accounts where id <> all($1::uuid[]))"


async def silence(connection: Any) -> None:
    """Let what this transaction does be no event, and tags go with their rows."""
    await connection.execute(_SILENCE)


async def owned(connection: Any) -> list[Any]:
    """The tables that an emptied account has nothing in: name, via, parent; children first.

    Images are not among them, because some are public.
    """
    return [
        row
        for row in await connection.fetch(_OWNED)
        if row["name"] not in KEPT and row["name"] != "images"
    ]


def whose(table: Any) -> str:
    """The condition that a row of an owned table is of the accounts in $1."""
    if table["parent"] == "cloud_accounts":
        return f"{table['via']} = any($1::uuid[])"
    return (
        f"{table['via']} in (select id from {table['parent']} where account_id = any($1::uuid[]))"
    )


async def empty(connection: Any, account_ids: Sequence[uuid.UUID]) -> None:
    """Empty all tables of these accounts but what is `KEPT`, in one transaction.

    Quickly where nobody else has a row in any: whoever is writing finishes before, and readers are
    hardly held up.
    """
    tables, ids = await owned(connection), list(account_ids)
    await connection.execute("delete from images where account_id = any($1::uuid[])", ids)
    await connection.execute(_STRANGERS, ids)
    direct = [table["name"] for table in tables if table["parent"] == "cloud_accounts"]
    if not await others(connection, direct, ids) and await _cleared(
        connection, tables, direct, ids
    ):
        return
    for table in tables:
        await silence(connection)  # a trigger of the last statement may have spoken up
        await connection.execute(f"delete from {table['name']} where {whose(table)}", ids)


async def others(connection: Any, names: Sequence[str], account_ids: Sequence[uuid.UUID]) -> bool:
    """Whether an account beside these has a row in any of these tables with account ids."""
    ids = list(account_ids)
    if not await connection.fetchval(_OTHER_ACCOUNTS, ids):
        return False
    rows = " or ".join(
        f"exists (select from {name} where account_id <> all($1::uuid[]))" for name in names
    )
    found: bool = await connection.fetchval(f"select {rows}", ids)
    return found


async def _cleared(
    connection: Any, tables: Sequence[Any], direct: list[str], ids: list[uuid.UUID]
) -> bool:
    """Empty whole tables, unless somebody else has come to have a row meanwhile."""
    names = [table["name"] for table in tables]
    savepoint = connection.transaction()
    await savepoint.start()
    resting = await unchecked(connection)
    mode = "share row exclusive" if resting else "access exclusive"
    await connection.execute(f"lock table {', '.join(names)} in {mode} mode")
    if await others(connection, direct, ids):
        await savepoint.rollback()
        return False
    if resting:
        filled = await connection.fetch(_FILLED, names)
        statements = [
            f"{'truncate' if table['large'] else 'delete from'} {table['name']}" for table in filled
        ]
        await connection.execute(";".join((*statements, "select driftcloud_unchecked(false)")))
    else:
        await connection.execute(f"truncate {', '.join(names)}")
    await savepoint.commit()
    return True


async def unchecked(connection: Any) -> bool:
    """Let triggers and foreign keys rest, where the owner may: whether they do."""
    await connection.execute("select driftcloud_unchecked(true)")
    resting: bool = await connection.fetchval("show session_replication_role") == "replica"
    return resting
