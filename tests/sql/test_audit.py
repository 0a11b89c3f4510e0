"""Change events: one for each configuration column that changed, with who, what and when."""

import uuid
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from emulator.database.session import Session
from tests.fixtures.database import Account, make_account
from tests.sql import rows


async def events(owner: asyncpg.Connection, account: uuid.UUID) -> list[tuple[Any, ...]]:
    """(type, id, source, field, old, new) of an account, without the creations of rows."""
    found = await owner.fetch(
        "SELECT resource_type, resource_id, change_source, field_name, old_value, new_value"
        " FROM resource_change_events"
        " WHERE account_id = $1 AND new_value IS DISTINCT FROM 'created'"
        " ORDER BY field_name, resource_id",
        account,
    )
    return [tuple(row) for row in found]


async def test_one_event_for_each_changed_column(
    owner: asyncpg.Connection, account: Account
) -> None:
    made = await rows.make(owner, "instances", account.id, instance_type="m5.large")
    await owner.execute(
        "UPDATE instances SET instance_type = 'm5.xlarge', state = 'stopped', env = env,"
        " current_cpu = 12, avg_cpu_7d = 3, hourly_cost = 0.192, state_changed_at = now(),"
        " settles_at = now(), state_reason_code = 'x' WHERE id = $1",
        made["id"],
    )
    name = made["instance_id"]
    assert await events(owner, account.id) == [
        ("instance", name, "manual", "instance_type", "m5.large", "m5.xlarge"),
        ("instance", name, "manual", "state", "running", "stopped"),
    ]


async def test_metrics_costs_and_equal_values_are_no_events(
    owner: asyncpg.Connection, account: Account
) -> None:
    made = await rows.make(owner, "volumes", account.id)
    await owner.execute(
        "UPDATE volumes SET monthly_cost = 9, last_used_at = now(), state = state,"
        " attach_time = now() WHERE id = $1",
        made["id"],
    )
    assert await events(owner, account.id) == []


@pytest.mark.parametrize("source", ["agent", "drift_engine", "manual"])
async def test_an_event_names_its_source(
    owner: asyncpg.Connection, account: Account, source: str
) -> None:
    made = await rows.make(owner, "log_groups", account.id)
    async with owner.transaction():
        await owner.execute("SELECT set_config('driftcloud.source', $1, true)", source)
        await owner.execute("UPDATE log_groups SET retention_days = NULL WHERE id = $1", made["id"])
    assert await events(owner, account.id) == [
        ("log_group", made["arn"], source, "retention_days", "30", None)
    ]


async def test_an_agent_through_a_session_is_recorded(
    owner: asyncpg.Connection, session: Session, account: Account
) -> None:
    made = await rows.make(owner, "volumes", account.id)
    await session.write("UPDATE volumes SET size_gib = 7 WHERE volume_id = $1", made["volume_id"])
    assert await events(owner, account.id) == [
        ("volume", made["volume_id"], "agent", "size_gib", "1", "7")
    ]


async def test_birth_and_death_of_every_resource_type(
    owner: asyncpg.Connection, account: Account
) -> None:
    for t in await owner.fetch("SELECT * FROM driftcloud_resource_types"):
        made = await rows.make(owner, t["table_name"], account.id)
        await owner.execute(f"DELETE FROM {t['table_name']} WHERE id = $1", made["id"])
        found = await owner.fetch(
            "SELECT field_name, old_value, new_value FROM resource_change_events"
            " WHERE account_id = $1 AND resource_type = $2 AND resource_id = $3 ORDER BY new_value",
            account.id,
            t["resource_type"],
            str(made[t["id_column"]]),
        )
        assert [tuple(row) for row in found] == [
            ("lifecycle", None, "created"),
            ("lifecycle", "created", "deleted"),
        ], t["resource_type"]


async def test_events_happen_in_virtual_time(owner: asyncpg.Connection, account: Account) -> None:
    await rows.make(owner, "virtual_clocks", account.id, virtual_date=date(2020, 2, 3))
    await rows.make(owner, "volumes", account.id)
    at = await owner.fetchval(
        "SELECT changed_at FROM resource_change_events WHERE account_id = $1", account.id
    )
    assert at.date() == date(2020, 2, 3)
    now, shown = await owner.fetchrow("SELECT now(), driftcloud_now($1)", account.id)
    assert (now - shown) % timedelta(days=1) == timedelta(0)


async def test_without_a_clock_the_time_is_real(owner: asyncpg.Connection) -> None:
    assert await owner.fetchval("SELECT driftcloud_now($1) = now()", uuid.uuid4())


async def test_the_audit_can_be_silenced(owner: asyncpg.Connection, account: Account) -> None:
    async with owner.transaction():
        await owner.execute("SET LOCAL driftcloud.audit = 'off'")
        made = await rows.make(owner, "volumes", account.id)
        await owner.execute("UPDATE volumes SET size_gib = 9 WHERE id = $1", made["id"])
    quiet = "SELECT count(*) FROM resource_change_events WHERE account_id = $1"
    assert await owner.fetchval(quiet, account.id) == 0


async def test_an_account_can_be_deleted_with_all_it_has(owner: asyncpg.Connection) -> None:
    doomed = await make_account(owner)
    for t in await owner.fetch("SELECT table_name FROM driftcloud_resource_types"):
        await rows.make(owner, t["table_name"], doomed.id)
    await rows.make(
        owner,
        "instances",
        doomed.id,
        tags={"Name": "last"},
        autoscaling_group_id=(await rows.make(owner, "autoscaling_groups", doomed.id))["id"],
    )
    assert await owner.execute("DELETE FROM cloud_accounts WHERE id = $1", doomed.id) == "DELETE 1"
    for table in ("resource_change_events", "resource_tags", "instances"):
        left = await owner.fetchval(
            f"SELECT count(*) FROM {table} WHERE account_id = $1", doomed.id
        )
        assert left == 0, table


async def test_every_configuration_column_is_watched(owner: asyncpg.Connection) -> None:
    """A migration that adds a column must call driftcloud_audit again."""
    forgotten = await owner.fetch(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c"
        " JOIN driftcloud_resource_types t USING (table_name)"
        " JOIN pg_trigger g ON g.tgrelid = c.table_name::regclass AND g.tgname = 'audit_update'"
        " JOIN pg_attribute a ON a.attrelid = g.tgrelid AND a.attname = c.column_name"
        " WHERE c.table_schema = 'public' AND driftcloud_is_configuration(c.column_name)"
        " AND NOT a.attnum = ANY(g.tgattr)"
    )
    assert [tuple(row) for row in forgotten] == []
