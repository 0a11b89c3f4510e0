"""The loop: due rounds only, one engine at a time, adjustable while it runs."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from drift import loop
from tests.drift.conftest import World


@pytest.fixture
async def clean(world: World, database: Any) -> AsyncIterator[World]:
    """A world with one day, alone in the loop's settings; these are put back afterwards."""
    await world.begin()
    await loop.adjust(
        database,
        paused=False,
        interval_seconds=300,
        knobs={"accounts": [str(world.account)], "mess": 0},
    )
    await world.owner.execute("UPDATE drift_settings SET last_tick_at = NULL")
    yield world
    await world.owner.execute("DELETE FROM drift_settings")
    await world.owner.execute("INSERT INTO drift_settings DEFAULT VALUES")


async def ticks(world: World) -> int:
    """Days that the world has had."""
    counted: int = await world.value("SELECT ticks FROM virtual_clocks WHERE account_id = $1")
    return counted


async def test_a_round_is_run_by_one_engine_only(clean: World, database: Any) -> None:
    done = await asyncio.gather(*(loop.round_of_ticks(database) for _ in range(2)))
    assert sorted(done) == [False, True]
    assert await ticks(clean) == 2
    assert await loop.round_of_ticks(database) is False  # not due for 300 s


async def test_a_day_ends_with_the_clients_day(clean: World, database: Any) -> None:
    for interval, due in ((86_399, True), (172_800, False), (86_399, True)):
        await loop.adjust(database, interval_seconds=interval)
        await clean.owner.execute(
            "UPDATE drift_settings"
            " SET last_tick_at = date_trunc('day', now(), 'UTC') - interval '1 microsecond'"
        )
        assert await loop.round_of_ticks(database) is due
    assert await loop.round_of_ticks(database) is False  # it is the same day still
    assert await ticks(clean) == 3


async def test_paused_is_paused(clean: World, database: Any) -> None:
    assert (await loop.adjust(database, paused=True)).paused
    assert await loop.round_of_ticks(database) is False
    await loop.adjust(database, paused=False)
    await clean.owner.execute(
        "UPDATE virtual_clocks SET paused = true WHERE account_id = $1", clean.account
    )
    assert await loop.round_of_ticks(database) is True
    assert await ticks(clean) == 1


async def test_the_loop_ticks_and_is_adjusted_and_cancelled(clean: World, database: Any) -> None:
    running = asyncio.create_task(loop.run(database, 0.05))
    async with asyncio.timeout(30):
        while await ticks(clean) < 4:  # noqa: ASYNC110 - the days are in the database
            await asyncio.sleep(0.05)
    assert (await loop.settings(database)).interval_seconds == 0.05
    await loop.adjust(database, interval_seconds=3600)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await clean.owner.fetchval(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = ($1::bigint >> 32)::int::oid",
        loop.ROUND_LOCK,
    ) == 0  # fmt: skip


async def test_nonsense_is_refused(database: Any) -> None:
    with pytest.raises(ValueError, match="interval"):
        await loop.adjust(database, interval_seconds=0)
    with pytest.raises(ValueError, match="knob"):
        await loop.adjust(database, knobs={"nonsense": 1})
