"""Row security of every table: an account neither sees nor writes what is another's."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from emulator.database.connections import API_SETTINGS, connect
from emulator.database.embedded import EmbeddedServer
from tests.fixtures.database import Account
from tests.sql import rows

SHARED = {"driftcloud_resource_types"}  # the same for everybody, read-only
HIDDEN = {
    "drift_happenings",
    "drift_settings",
    "fault_rules",
    "resource_profiles",
    "schema_migrations",
    "throttle_settings",
}
READ_ONLY = SHARED | {"virtual_clocks", "cloud_accounts"}
APPEND_ONLY = {
    "commitment_utilization_daily",
    "data_transfer_daily",
    "log_group_usage_daily",
    "metrics_daily",
    "resource_change_events",
    "s3_bucket_usage_daily",
}


@pytest.fixture
async def api(embedded: EmbeddedServer, account: Account) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the API's role, held to `account`."""
    connection = await connect(embedded.api_dsn, API_SETTINGS, command_seconds=None)
    await connection.execute("SELECT set_config('driftcloud.account', $1, false)", str(account.id))
    yield connection
    await connection.close()


async def key_of(
    owner: asyncpg.Connection, table: str, row: dict[str, Any]
) -> tuple[str, list[Any]]:
    """A condition that finds one row by its primary key, and its parameters."""
    names = await owner.fetch(
        "SELECT a.attname AS n FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
        " AND a.attnum = ANY(i.indkey) WHERE i.indrelid = $1::text::regclass AND i.indisprimary",
        table,
    )
    where = " AND ".join(f'"{r["n"]}" = ${i}' for i, r in enumerate(names, 1))
    return where, [row[r["n"]] for r in names]


async def test_security_is_forced_everywhere(owner: asyncpg.Connection) -> None:
    loose = await owner.fetch(
        "SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity"
        " AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))"
    )
    assert [r["relname"] for r in loose] == []


async def test_policies_are_for_the_owner_and_the_api_alone(owner: asyncpg.Connection) -> None:
    policies = await owner.fetch(
        "SELECT DISTINCT policyname, roles::text[] AS roles, permissive FROM pg_policies"
        " WHERE schemaname = 'public'"
    )
    me = await owner.fetchval("SELECT current_user::text")
    assert {(p["policyname"], *p["roles"], p["permissive"]) for p in policies} == {
        ("owner_all", me, "PERMISSIVE"),
        ("api_own", "driftcloud_api", "PERMISSIVE"),
        ("api_public", "driftcloud_api", "PERMISSIVE"),
    }


async def test_nobody_else_has_a_privilege(owner: asyncpg.Connection) -> None:
    grants = await owner.fetch(
        "SELECT table_name, grantee, privilege_type FROM information_schema.table_privileges"
        " WHERE table_schema = 'public' AND grantee <> current_user"
    )
    assert {g["grantee"] for g in grants} == {"driftcloud_api"}
    held: dict[str, set[str]] = {table: set() for table in await rows.tables(owner)}
    for grant in grants:
        held[grant["table_name"]].add(grant["privilege_type"])
    assert {table for table, privileges in held.items() if not privileges} == HIDDEN
    assert all(held[table] == {"SELECT"} for table in READ_ONLY)
    assert all(held[table] == {"SELECT", "INSERT"} for table in APPEND_ONLY)
    assert {p for g in held.values() for p in g} == {"SELECT", "INSERT", "UPDATE", "DELETE"}


async def test_the_api_role_is_weak(owner: asyncpg.Connection) -> None:
    role = await owner.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
        " (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid) AS owned"
        " FROM pg_roles r WHERE rolname = 'driftcloud_api'"
    )
    assert tuple(role) == (False, False, False, False, 0)


async def test_no_account_reaches_into_another(
    owner: asyncpg.Connection, api: asyncpg.Connection, account: Account, other_account: Account
) -> None:
    for table in await rows.tables(owner):
        if table in HIDDEN | SHARED | {"cloud_accounts"}:
            continue
        mine = await rows.make(owner, table, account.id)
        theirs = await rows.make(owner, table, other_account.id)
        await reads_only_its_own(owner, api, table, mine, theirs)
        await writes_only_its_own(owner, api, table, mine, theirs, other_account)


async def reads_only_its_own(
    owner: asyncpg.Connection,
    api: asyncpg.Connection,
    table: str,
    mine: dict[str, Any],
    theirs: dict[str, Any],
) -> None:
    where, key = await key_of(owner, table, mine)
    assert await api.fetchval(f"SELECT count(*) FROM {table} WHERE {where}", *key) == 1, table
    where, key = await key_of(owner, table, theirs)
    assert await api.fetchval(f"SELECT count(*) FROM {table} WHERE {where}", *key) == 0, table


async def writes_only_its_own(
    owner: asyncpg.Connection,
    api: asyncpg.Connection,
    table: str,
    mine: dict[str, Any],
    theirs: dict[str, Any],
    other: Account,
) -> None:
    column = next(iter(mine))
    where, key = await key_of(owner, table, theirs)
    for verb, statement in (
        ("UPDATE", f"UPDATE {table} SET {column} = {column} WHERE {where}"),
        ("DELETE", f"DELETE FROM {table} WHERE {where}"),
    ):
        if await api.fetchval("SELECT has_table_privilege($1, $2)", table, verb):
            assert await api.execute(statement, *key) == f"{verb} 0", table
        else:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await api.execute(statement, *key)
    assert await owner.fetchval(f"SELECT count(*) FROM {table} WHERE {where}", *key) == 1, table
    foreign = await rows.values(owner, table, other.id)
    if table != "virtual_clocks":  # one row per account: a second is refused in any case
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await rows.insert(api, table, foreign)
    if "account_id" in mine:
        where, key = await key_of(owner, table, mine)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await api.execute(
                f"UPDATE {table} SET account_id = ${len(key) + 1} WHERE {where}", *key, other.id
            )


async def test_without_an_account_nothing_is_seen(
    owner: asyncpg.Connection, embedded: EmbeddedServer, account: Account
) -> None:
    connection = await connect(embedded.api_dsn, API_SETTINGS, command_seconds=None)
    try:
        for table in await rows.tables(owner):
            if table in HIDDEN:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetchval(f"SELECT count(*) FROM {table}")
            elif table == "images":
                assert await connection.fetchval("SELECT count(account_id) FROM images") == 0
            elif table not in SHARED:
                assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0, table
    finally:
        await connection.close()


async def test_an_account_sees_itself_and_renames_itself_only(
    api: asyncpg.Connection, account: Account, other_account: Account
) -> None:
    seen = await api.fetch("SELECT id FROM cloud_accounts")
    assert [r["id"] for r in seen] == [account.id]
    assert await api.execute("UPDATE cloud_accounts SET name = 'mine'") == "UPDATE 1"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.execute("UPDATE cloud_accounts SET freeze_optimizations_until = NULL")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.execute("DELETE FROM cloud_accounts")


async def test_public_images_are_seen_by_all_and_written_by_none(
    owner: asyncpg.Connection, api: asyncpg.Connection, account: Account
) -> None:
    image = await rows.make(owner, "images", account.id)
    await owner.execute(
        "UPDATE images SET account_id = NULL, public = true WHERE id = $1", image["id"]
    )
    one = "FROM images WHERE id = $1"
    assert await api.fetchval(f"SELECT count(*) {one}", image["id"]) == 1
    assert (
        await api.execute("UPDATE images SET name = 'x' WHERE id = $1", image["id"]) == "UPDATE 0"
    )
    assert await api.execute(f"DELETE {one}", image["id"]) == "DELETE 0"
    await owner.execute(f"DELETE {one}", image["id"])


async def test_tags_cannot_be_put_on_what_is_not_seen(
    owner: asyncpg.Connection, api: asyncpg.Connection, account: Account, other_account: Account
) -> None:
    theirs = await rows.make(owner, "instances", other_account.id)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await api.execute(
            "INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value)"
            " VALUES ($1, 'instance', $2, 'k', 'v')",
            account.id,
            theirs["instance_id"],
        )


async def test_a_key_is_looked_up_without_an_account(
    owner: asyncpg.Connection, embedded: EmbeddedServer, account: Account
) -> None:
    made = await rows.make(owner, "api_clients", account.id)
    connection = await connect(embedded.api_dsn, API_SETTINGS, command_seconds=None)
    try:
        found = await connection.fetch("SELECT * FROM driftcloud_client($1)", made["access_key_id"])
        assert len(found) == 1
        assert found[0]["client_id"] == made["id"]
        assert found[0]["account_number"] == account.number
        assert found[0]["status"] == "active"
        assert await connection.fetch("SELECT * FROM driftcloud_client('none')") == []
    finally:
        await connection.close()
