"""The pool: fair, bounded, never mixing up accounts."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from emulator.database import configuration
from emulator.database.allowance import Allowance
from emulator.database.connections import API_SETTINGS, Wanted, connect
from emulator.database.database import Database
from emulator.database.embedded import EmbeddedServer
from emulator.database.failures import retrying
from emulator.database.pool import Pool
from emulator.errors import Fault
from emulator.settings import Settings
from tests.fixtures.database import Account, make_account

ANY = Wanted.of(None, "", "generic")


@asynccontextmanager
async def pool_of(
    embedded: EmbeddedServer, size: int, wait_seconds: float = 10.0
) -> AsyncIterator[Pool]:
    async def open_one() -> asyncpg.Connection:
        return await connect(embedded.api_dsn, API_SETTINGS, command_seconds=20)

    pool = Pool(open_one, size=size, wait_seconds=wait_seconds)
    yield pool
    await pool.close()
    assert pool.open == 0


async def test_waiters_are_served_in_order(embedded: EmbeddedServer) -> None:
    async with pool_of(embedded, 2) as pool:
        served: list[int] = []

        async def want(number: int) -> None:
            link = await pool.acquire(ANY)
            served.append(number)
            await asyncio.sleep(0)
            pool.release(link)

        held = [await pool.acquire(ANY) for _ in range(2)]
        tasks = [asyncio.create_task(want(number)) for number in range(40)]
        await asyncio.sleep(0)
        tasks[7].cancel()
        for link in held:
            pool.release(link)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert served == [number for number in range(40) if number != 7]
        assert (pool.open, pool.idle) == (2, 2)


async def test_connections_are_opened_lazily_and_used_again(embedded: EmbeddedServer) -> None:
    async with pool_of(embedded, 8) as pool:
        for _ in range(5):
            pool.release(await pool.acquire(ANY))
        assert pool.open == 1


async def test_pools_share_what_they_are_allowed(embedded: EmbeddedServer) -> None:
    async def open_one() -> asyncpg.Connection:
        return await connect(embedded.api_dsn, API_SETTINGS, command_seconds=20)

    allowance = Allowance()
    allowance.limit = 3
    one, other = (Pool(open_one, size=4, least=1, allowance=allowance) for _ in range(2))
    held = [await one.acquire(ANY) for _ in range(3)]
    assert not allowance.may_open(one)
    # at the limit a pool has what it cannot work without, and waits for the rest
    first = await other.acquire(ANY)
    waiting = asyncio.create_task(other.acquire(ANY))
    await asyncio.sleep(0)
    assert (one.open, other.open, waiting.done()) == (3, 1, False)
    other.release(first)
    assert await waiting is first
    # what rests elsewhere makes room
    one.release(held.pop())
    second = await other.acquire(ANY)
    assert (one.open, one.idle, other.open) == (2, 0, 2)
    for pool, links in ((one, held), (other, [first, second])):
        for link in links:
            pool.release(link)
        await pool.close()
    assert allowance.open == 0


async def test_nobody_waits_for_ever(embedded: EmbeddedServer) -> None:
    async with pool_of(embedded, 1, wait_seconds=0.05) as pool:
        link = await pool.acquire(ANY)
        with pytest.raises(Fault) as caught:
            await pool.acquire(ANY)
        assert caught.value.kind == "unavailable"
        pool.release(link)
        pool.release(await pool.acquire(ANY))


async def test_a_waiter_that_leaves_as_its_turn_comes_passes_it_on(
    embedded: EmbeddedServer,
) -> None:
    async with pool_of(embedded, 1) as pool:
        link = await pool.acquire(ANY)
        first = asyncio.create_task(pool.acquire(ANY))
        second = asyncio.create_task(pool.acquire(ANY))
        await asyncio.sleep(0)
        pool.release(link)
        first.cancel()
        assert await second is link
        pool.release(link)


async def test_a_dead_connection_is_replaced(embedded: EmbeddedServer) -> None:
    async with pool_of(embedded, 1) as pool:
        link = await pool.acquire(ANY)
        waiter = asyncio.create_task(pool.acquire(ANY))
        await asyncio.sleep(0)
        link.raw.terminate()
        pool.release(link)
        fresh = await waiter
        assert fresh is not link
        pool.release(fresh)
        fresh.raw.terminate()
        pool.release(await pool.acquire(ANY))
        assert pool.open == 1


async def test_no_server_is_unavailable_for_every_waiter() -> None:
    async def refuse() -> asyncpg.Connection:
        await asyncio.sleep(0.01)
        raise ConnectionRefusedError

    pool = Pool(refuse, size=2)
    outcomes = await asyncio.gather(*(pool.acquire(ANY) for _ in range(20)), return_exceptions=True)
    assert [getattr(outcome, "kind", outcome) for outcome in outcomes] == ["unavailable"] * 20
    assert pool.open == 0
    await pool.close()


async def test_a_closed_pool_turns_waiters_away(embedded: EmbeddedServer) -> None:
    async with pool_of(embedded, 1) as pool:
        link = await pool.acquire(ANY)
        waiter = asyncio.create_task(pool.acquire(ANY))
        await asyncio.sleep(0)
        closing = asyncio.create_task(pool.close())
        with pytest.raises(Fault):
            await waiter
        pool.release(link)
        await closing
        with pytest.raises(Fault):
            await pool.acquire(ANY)


@pytest.mark.parametrize("seed", range(4))
async def test_interleaved_accounts_never_see_each_other(
    embedded: EmbeddedServer, owner: asyncpg.Connection, seed: int
) -> None:
    """Three connections, many accounts; errors, cancellations and transactions among them."""
    chance = random.Random(seed)
    accounts = [await make_account(owner) for _ in range(5)]
    for account in accounts:
        await owner.execute(
            "insert into log_groups (account_id, name) values ($1, $2)", account.id, account.number
        )

    async def visit(pool: Pool, account: Account) -> None:
        session = pool.session(account.id, chance.choice(["agent", "drift_engine", ""]))
        deed = chance.choice(["read", "custom", "write", "transaction", "error", "broken", "hang"])
        if deed == "write":
            await session.write("update log_groups set retention_days = retention_days + 1")
        elif deed == "error":
            with pytest.raises(asyncpg.DivisionByZeroError):
                await session.fetch("select 1/0")
        elif deed == "broken":
            with pytest.raises(asyncpg.DivisionByZeroError):
                async with session.transaction():
                    await session.fetch("select 1/0")
        elif deed == "hang":
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(chance.random() / 50), session.transaction():
                    await session.fetch("select pg_sleep(5)")
        elif deed == "transaction":
            async with session.transaction():
                rows = await session.fetch("select name from log_groups")
                assert [row["name"] for row in rows] == [account.number]
        plan = "custom" if deed == "custom" else "generic"
        rows = await session.fetch(
            "select name, coalesce(current_setting('driftcloud.source', true), '') from log_groups",
            plan=plan,
        )
        assert [tuple(row) for row in rows] == [(account.number, session.source)]

    async with pool_of(embedded, 3) as pool:
        await asyncio.gather(*(visit(pool, chance.choice(accounts)) for _ in range(120)))
        assert pool.open <= 3


async def test_conflicts_are_tried_three_times(database: Database) -> None:
    tries = 0

    async def conflict() -> int:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        return tries

    assert await retrying(conflict) == 3
    tries = -1
    with pytest.raises(Fault) as caught:
        await retrying(conflict)
    assert (caught.value.kind, tries) == ("unavailable", 2)


async def test_an_external_database_is_used_as_the_api_role(
    embedded: EmbeddedServer, account: Account
) -> None:
    settings = Settings(database_url=embedded.owner_dsn)
    database = await Database.open(settings)
    try:
        session = database.session(account.id)
        role = "select current_user"
        assert await session.fetchval(role) == configuration.API
        link = await database.pool.acquire(ANY)
        for undo in ("reset role", "reset all"):
            await link.raw.execute(undo)
            assert await link.raw.fetchval(role) == configuration.API
        database.pool.release_dirty(link)
        async with database.owner() as connection:
            assert await connection.fetchval(role) == configuration.OWNER
        assert database.libpq_url == embedded.owner_dsn
    finally:
        await database.close()


async def test_a_command_uses_the_running_server(embedded: EmbeddedServer, tmp_path: Path) -> None:
    database = await Database.open(Settings(data_dir=embedded.home), purpose="command")
    assert not database.embedded
    assert await database.migrate() == []
    await database.close()


async def test_the_owner_connection_forgets_what_was_set(database: Database) -> None:
    async with database.owner() as connection:
        await connection.execute("set driftcloud.audit = 'off'; set statement_timeout = 1")
    async with database.owner() as connection:
        assert await connection.fetchval("select current_setting('driftcloud.audit', true)") in (
            None,
            "",
        )
        assert await connection.fetchval("select current_setting('statement_timeout')") == "10min"


async def test_notifications_are_heard_and_losses_told(
    database: Database, owner: asyncpg.Connection
) -> None:
    heard: asyncio.Queue[str | None] = asyncio.Queue()
    await database.listen("test_channel", heard.put_nowait)
    await owner.execute("notify test_channel, 'one'")
    assert await asyncio.wait_for(heard.get(), 10) == "one"
    await owner.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where query ilike 'listen %' and pid <> pg_backend_pid()"
    )
    assert await asyncio.wait_for(heard.get(), 10) is None  # lost
    assert await asyncio.wait_for(heard.get(), 10) is None  # subscribed again
    await owner.execute("notify test_channel, 'two'")
    assert await asyncio.wait_for(heard.get(), 10) == "two"
    with pytest.raises(ValueError, match="no such channel"):
        await database.listen("x; drop table y", heard.put_nowait)
