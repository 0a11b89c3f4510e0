"""Sessions: one account's view, one write, whole transactions, clean connections."""

import asyncio
import contextlib
import uuid
from datetime import UTC
from decimal import Decimal

import asyncpg
import pytest

from emulator.database.connections import Wanted
from emulator.database.database import Database
from emulator.database.session import Session
from emulator.errors import Fault
from tests.fixtures.database import Account

ADD_LOG_GROUP = (
    "insert into log_groups (account_id, name) values (driftcloud_account(), $1) returning name"
)
NAMES = "select name from log_groups order by name"


async def names(session: Session) -> list[str]:
    return [row["name"] for row in await session.fetch(NAMES)]


async def test_json_comes_out_as_values_and_goes_in_as_values(session: Session) -> None:
    value = {"a": [1, 2.5, None, True], "snow": "☃", "nested": {"x": {}}}
    assert await session.fetchval("select $1::jsonb", value) == value
    assert await session.fetchval("select $1::json", [value]) == [value]
    assert await session.fetchval("select $1::jsonb", "text") == "text"
    assert (
        await session.fetchval("select jsonb_typeof($1::jsonb)", {"n": Decimal("1.5")}) == "object"
    )
    assert await session.fetchval("select $1::jsonb", {"n": Decimal("1.50"), "i": Decimal(3)}) == {
        "n": 1.5,
        "i": 3,
    }
    assert await session.fetchval("select null::jsonb") is None


async def test_types(session: Session, account: Account) -> None:
    row = await session.fetchrow(
        "select driftcloud_account() as id, 1.10::numeric as price, now() as at"
    )
    assert row is not None
    assert row["id"] == account.id
    assert row["price"] == Decimal("1.10")
    assert row["at"].utcoffset() == UTC.utcoffset(None)


async def test_requests_run_as_the_api_role_with_limits(session: Session) -> None:
    row = await session.fetchrow(
        "select current_user as role, current_setting('statement_timeout') as statement,"
        " current_setting('idle_in_transaction_session_timeout') as idle,"
        " current_setting('lock_timeout') as lock, current_setting('driftcloud.source') as source,"
        " current_setting('plan_cache_mode') as plan"
    )
    assert row is not None
    assert tuple(row) == ("driftcloud_api", "15s", "10s", "5s", "agent", "force_generic_plan")
    mode = "select current_setting('plan_cache_mode')"
    assert await session.fetchval(mode, plan="custom") == "force_custom_plan"
    assert await session.fetchval(mode) == "force_generic_plan"


async def test_one_write_only(database: Database, account: Account) -> None:
    session = database.session(account.id)
    assert [row["name"] for row in await session.write(ADD_LOG_GROUP, "one")] == ["one"]
    with pytest.raises(RuntimeError, match="second write"):
        await session.write(ADD_LOG_GROUP, "two")
    assert await names(session) == ["one"]


async def test_a_transaction_is_whole(session: Session) -> None:
    async with session.transaction():
        await session.write(ADD_LOG_GROUP, "one")
        async with session.transaction():
            await session.write(ADD_LOG_GROUP, "two")
    assert await names(session) == ["one", "two"]

    async def fail_halfway() -> None:
        async with session.transaction():
            await session.write(ADD_LOG_GROUP, "three")
            raise LookupError

    with pytest.raises(LookupError):
        await fail_halfway()
    assert await names(session) == ["one", "two"]


async def test_a_failed_part_dooms_the_transaction(session: Session) -> None:
    async def swallow() -> None:
        async with session.transaction():
            try:
                async with session.transaction():
                    await session.write(ADD_LOG_GROUP, "half")
                    raise LookupError
            except LookupError:
                pass

    with pytest.raises(RuntimeError, match="part of this transaction"):
        await swallow()
    assert await names(session) == []


async def test_a_swallowed_database_error_is_not_committed(session: Session) -> None:
    async def swallow() -> None:
        async with session.transaction():
            await session.write(ADD_LOG_GROUP, "one")
            with pytest.raises(asyncpg.DivisionByZeroError):
                await session.fetch("select 1/0")

    with pytest.raises(RuntimeError, match="rolled back"):
        await swallow()
    assert await names(session) == []


async def test_a_transaction_knows_its_account_whatever_the_connection_had(
    database: Database, account: Account, other_account: Account
) -> None:
    for mine in (account, other_account, account):
        session = database.session(mine.id, "drift_engine")
        async with session.transaction():
            row = await session.fetchrow(
                "select driftcloud_account(), current_setting('driftcloud.source')"
            )
            assert row is not None
            assert tuple(row) == (mine.id, "drift_engine")


@pytest.mark.parametrize("inside", [True, False])
async def test_cancelled_work_is_undone_and_the_connection_stays_clean(
    database: Database, account: Account, other_account: Account, inside: bool
) -> None:
    async def hang_up() -> None:
        session = database.session(account.id)
        if not inside:
            await session.write("select pg_sleep(30)")
            return
        async with session.transaction():
            await session.write(ADD_LOG_GROUP, "lost")
            await session.fetch("select pg_sleep(30)")

    tasks = [asyncio.create_task(hang_up()) for _ in range(database.pool.size + 3)]
    await asyncio.sleep(0.3)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    views = await asyncio.gather(*(names(database.session(account.id)) for _ in range(30)))
    assert views == [[]] * 30
    session = database.session(other_account.id)
    assert await session.fetchval("select driftcloud_account()") == other_account.id
    assert database.pool.open <= database.pool.size


async def test_an_error_leaves_the_connection_usable(session: Session) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await session.fetch("select 1/0")
    assert await session.fetchval("select 1") == 1


async def test_a_lost_connection_is_unavailable_once_and_then_replaced(
    database: Database, account: Account, owner: asyncpg.Connection
) -> None:
    session = database.session(account.id)
    task = asyncio.create_task(session.fetch("select pg_sleep(20)"))
    await asyncio.sleep(0.2)
    await owner.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(20)'"
    )
    with pytest.raises(Fault) as caught:
        await task
    assert caught.value.kind == "unavailable"
    assert await session.fetchval("select 1") == 1


async def test_a_changed_table_does_not_break_prepared_statements(
    session: Session, owner: asyncpg.Connection
) -> None:
    await owner.execute("create table replanned (a int); grant select on replanned to public")
    assert await session.fetch("select * from replanned") == []
    await owner.execute("alter table replanned alter a type text, add b int")
    for _ in range(30):
        assert await session.fetch("select * from replanned") == []
    await owner.execute("drop table replanned")


def test_only_checked_settings_become_text() -> None:
    with pytest.raises(ValueError, match="no such source"):
        Wanted.of(None, "x'; drop table cloud_accounts; --", "generic")
    with pytest.raises(TypeError):
        Wanted.of("x'", "agent", "generic")
    one = uuid.uuid4()
    assert Wanted.of(one, "agent", "generic").differences(Wanted.of(one, "", "generic")) == (
        "select set_config('driftcloud.source', 'agent', false)"
    )


async def test_settings_that_were_forgotten_are_known_again(
    database: Database, account: Account
) -> None:
    async def who() -> tuple[uuid.UUID, int]:
        rows = await database.session(account.id).fetch(
            "select driftcloud_account() as account, pg_backend_pid() as pid"
        )
        return rows[0]["account"], rows[0]["pid"]

    before = await who()
    Wanted.of.cache_clear()
    assert await who() == before


async def test_a_connection_is_mended_and_kept(database: Database, account: Account) -> None:
    pid = await database.session(account.id).fetchval("select pg_backend_pid()")
    waiting = asyncio.create_task(database.session(account.id).fetchval("select pg_sleep(20)"))
    await asyncio.sleep(0.1)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    while database.pool.idle < database.pool.open:  # noqa: ASYNC110 - it is mended by itself
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    found = "select count(*) from pg_stat_activity where pid = $1"
    assert await database.session(account.id).fetchval(found, pid) == 1
