"""Crashes: the server or its PostgreSQL killed in the middle of writes and days."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import orjson
import pytest

from tests.journeys.consistency import contradictions
from tests.journeys.ledger import Ledger
from tests.journeys.process import Process
from tests.journeys.wire import HungError, Wire, ec2, text_of

KILLS = int(os.environ.get("DRIFTCLOUD_TEST_KILLS", "3"))
WRITERS = 6

INSTANCES = """
select array_agg(instance_id order by instance_id) from instances
 where state = 'running' and autoscaling_group_id is null and region = 'us-east-1'"""


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    """A server of its own with a small estate, every commit on the disk."""
    started = Process("--estate", "small", "--days", "3", "--durable")
    started.start()
    yield started
    started.remove()


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """Everything that was written to it, over all its lives."""
    return Ledger()


@asynccontextmanager
async def looking(process: Process) -> AsyncIterator[Any]:
    """SQL on the database of a running server."""
    url = (await process.command("db", "url"))["url"]
    connection = await asyncpg.connect(url)
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda v: orjson.dumps(v).decode(),
        decoder=orjson.loads,
    )  # fmt: skip
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def under_load(process: Process, ledger: Ledger) -> AsyncIterator[None]:
    """Writers and days, from now on to the end of the server or of this block."""
    async with looking(process) as database:
        instances = sorted(ledger.states) or await database.fetchval(INSTANCES)
        ledger.states = ledger.states or dict.fromkeys(instances, "running")
    token = (await process.command("admin", "token"))["token"]
    ledger.closed = False
    work = [ledger.write(process.url, number, instances) for number in range(WRITERS)]
    tasks = [asyncio.create_task(one) for one in (*work, ledger.tick(process.url, token))]
    try:
        yield
    finally:
        # each ends with the answer that it waits for: what is under way would be done unseen
        ledger.closed = True
        done, left = await asyncio.wait(tasks, timeout=30)
        for task in left:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for task in done:
            task.result()


@pytest.mark.parametrize("round_", range(KILLS))
async def test_a_killed_server_lost_nothing(process: Process, ledger: Ledger, round_: int) -> None:
    acknowledged, ledger.ticks = ledger.acknowledged, []
    async with under_load(process, ledger):
        await asyncio.sleep(1.5 + 0.17 * round_)
        async with asyncio.timeout(60):
            while not ledger.ticks:  # noqa: ASYNC110 - the server says so, not this process
                await asyncio.sleep(0.1)
        await asyncio.to_thread(process.kill)
    seconds = await asyncio.to_thread(process.start)
    assert ledger.acknowledged - acknowledged > 50
    assert ledger.ticks, "days were to go by meanwhile"
    async with looking(process) as database:
        await ledger.check(database)
        await ledger.check_trail(database)
        assert await contradictions(database) == {}
        days = await database.fetchval("select max(virtual_date)::text from virtual_clocks")
        assert days >= max(orjson.loads(answer)["simulatedDate"] for answer in ledger.ticks)
    print(f"kill {round_}: {ledger.acknowledged} acknowledged, back in {seconds:.2f} s")


async def test_a_killed_postgresql_comes_back_by_itself(process: Process, ledger: Ledger) -> None:
    async with under_load(process, ledger), Wire(process.url) as wire:
        await asyncio.sleep(1.0)
        before = process.postgres()
        began = time.monotonic()
        os.kill(before, signal.SIGKILL)
        await asyncio.sleep(0.05)
        while (await wire.call(ec2("DescribeVolumes", MaxResults="5"))).status != 200:
            assert time.monotonic() - began < 15, "it did not recover"
            await asyncio.sleep(0.02)
        seconds = time.monotonic() - began
        await asyncio.sleep(1.0)
        assert process.health()["status"] == "running"
    assert process.postgres() != before
    for answer in ledger.refused:
        assert text_of(answer, "Code") == "Unavailable", answer
    async with looking(process) as database:
        await ledger.check(database)
        assert await contradictions(database) == {}
    print(f"postgresql back in {seconds:.2f} s, {len(ledger.refused)} refused meanwhile")


async def test_a_client_that_hangs_up_leaves_a_clean_server(
    process: Process, ledger: Ledger
) -> None:
    wires = [Wire(process.url) for _ in range(40)]
    for number, wire in enumerate(wires):
        call = ec2(
            "CreateVolume", AvailabilityZone="us-east-1a", Size="1", ClientToken=f"h{number}"
        )
        with suppress(HungError):
            await wire.call(call, seconds=0.0005 * (number % 8))
    async with looking(process) as database:
        assert await contradictions(database) == {}
        await ledger.check(database)
    for number, wire in enumerate(wires):
        # the same token again: done now, or found done
        call = ec2(
            "CreateVolume", AvailabilityZone="us-east-1a", Size="1", ClientToken=f"h{number}"
        )
        answer = await wire.call(call)
        assert answer.status == 200, answer
        await wire.close()
    async with looking(process) as database:
        made = await database.fetchval("select count(*) from client_tokens where token like '%/h%'")
        assert made == len(wires)
        busy = """select count(*) from pg_stat_activity
                   where state like 'idle in transaction%' and application_name = 'driftcloud'"""
        assert await database.fetchval(busy) == 0
