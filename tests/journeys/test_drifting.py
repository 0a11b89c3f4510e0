"""Days that go by themselves, whatever the number of workers."""

import asyncio
from collections.abc import Iterator

import pytest

from drift.loop import ROUND_LOCK
from tests.journeys.consistency import contradictions
from tests.journeys.process import Process
from tests.journeys.test_crashes import looking
from tests.journeys.wire import Wire, ec2, text_of


@pytest.fixture
def process() -> Iterator[Process]:
    """Three workers, a second to the day."""
    options = ("--estate", "small", "--days", "3", "--drift-interval", "1", "--workers", "3")
    started = Process(*options)
    started.start()
    yield started
    started.remove()


async def test_one_engine_at_a_time_turns_the_days(process: Process) -> None:
    async with looking(process) as database:
        clock = "select virtual_date, ticks, last_tick_at from virtual_clocks"
        first = await database.fetchrow(clock)
        await asyncio.sleep(4.5)
        await process.command("drift", "pause")
        # a round that runs already may end
        await database.fetchval("select pg_advisory_lock($1)", ROUND_LOCK)
        await database.fetchval("select pg_advisory_unlock($1)", ROUND_LOCK)
        last = await database.fetchrow(clock)
        days = (last["virtual_date"] - first["virtual_date"]).days
        seconds = (last["last_tick_at"] - first["last_tick_at"]).total_seconds()
        # a second to the day, though three workers look at the clock
        assert 2 <= days <= seconds + 1
        assert last["ticks"] - first["ticks"] == days
        assert await contradictions(database) == {}
        await asyncio.sleep(1.5)
        assert await database.fetchrow(clock) == last, "paused"
        async with Wire(process.url) as wire:
            shown = await wire.call(ec2("DescribeVolumes", MaxResults="5"))
        newest = await database.fetchval("select max(virtual_date) from virtual_clocks")
        assert process.health()["accounts"][0]["virtualDate"] == newest.isoformat()
        assert text_of(shown, "createTime")
        await process.command("drift", "set", "--interval", "0.2")
        await process.command("drift", "resume")
        async with asyncio.timeout(30):
            while (await database.fetchrow(clock))["ticks"] - last["ticks"] < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    told = process.log.read_text()
    assert '"level":"error"' not in told
