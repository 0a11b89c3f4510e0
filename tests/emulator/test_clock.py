"""The virtual clock: shifts, and what a tick at the wrong moment does to them."""

import asyncio
import uuid
from datetime import UTC, date, datetime, timedelta

from emulator.clock import Clocks

ONE, TWO = uuid.uuid4(), uuid.uuid4()
WALL = datetime(2026, 7, 4, 12, tzinfo=UTC)


class Days:
    """The virtual dates of two accounts, and how often they were asked for."""

    def __init__(self) -> None:
        self.days: dict[uuid.UUID, date | None] = {ONE: date(2026, 6, 30), TWO: None}
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self, account_id: uuid.UUID) -> date | None:
        self.asked += 1
        day = self.days[account_id]
        await self.gate.wait()
        return day


async def test_the_newest_day_is_shown_as_today_and_asked_for_once() -> None:
    days = Days()
    clocks = Clocks(days.read)
    assert [await clocks.shift(ONE, WALL) for _ in range(3)] == [timedelta(days=4)] * 3
    assert days.asked == 1
    assert await clocks.shift(ONE, WALL + timedelta(days=1)) == timedelta(days=5)
    assert await clocks.shift(TWO, WALL) == timedelta(0)


async def test_a_tick_makes_the_day_be_read_anew() -> None:
    days = Days()
    clocks = Clocks(days.read)
    await clocks.shift(ONE, WALL)
    await clocks.shift(TWO, WALL)
    days.days[ONE] = date(2026, 7, 1)
    clocks.forget(str(TWO))
    assert await clocks.shift(ONE, WALL) == timedelta(days=4)
    clocks.forget(str(ONE))
    assert await clocks.shift(ONE, WALL) == timedelta(days=3)
    days.days[ONE] = date(2026, 7, 2)
    clocks.forget()
    assert await clocks.shift(ONE, WALL) == timedelta(days=2)


async def test_a_day_read_during_a_tick_is_not_kept() -> None:
    days = Days()
    clocks = Clocks(days.read)
    days.gate.clear()
    reading = asyncio.create_task(clocks.shift(ONE, WALL))
    await asyncio.sleep(0)
    days.days[ONE] = date(2026, 7, 1)
    clocks.forget(str(ONE))
    days.gate.set()
    assert await reading == timedelta(days=4), "begun before the tick, answered from before it"
    assert await clocks.shift(ONE, WALL) == timedelta(days=3)


async def test_a_world_that_is_not_shifted_needs_no_day() -> None:
    days = Days()
    assert await Clocks(days.read, shifted=False).shift(ONE, WALL) == timedelta(0)
    assert days.asked == 0
