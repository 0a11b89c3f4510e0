"""Memory: what answers leave behind goes back to the system, but not while many are asked for."""

import asyncio
import ctypes

import pytest

from emulator import memory
from emulator.counters import Counters

MIB = 1 << 20
GLANCE_SECONDS = 0.05


@pytest.mark.skipif(
    not memory.resident_bytes() or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="needs Linux and glibc",
)
async def test_what_is_free_is_given_back_in_a_quiet_moment() -> None:
    # else what other tests left free would be used first
    ctypes.CDLL(None).malloc_trim(0)
    counters = Counters()

    def answer() -> None:
        for _ in range(memory.FEW_ANSWERS + 1):
            counters.answer("ec2", "DescribeVolumes", "", 0.001)

    task = asyncio.create_task(memory.run(counters, glance_seconds=GLANCE_SECONDS))
    await asyncio.sleep(0)
    began = memory.resident_bytes()
    # between all that goes, something stays
    pairs = [(b"x" * 30_000, bytearray(900)) for _ in range(2_000)]
    stays = [small for _, small in pairs]
    del pairs
    used = memory.resident_bytes()
    answer()
    assert used - began > 40 * MIB
    until = asyncio.get_running_loop().time() + 4 * GLANCE_SECONDS
    while asyncio.get_running_loop().time() < until:
        answer()
        await asyncio.sleep(0.001)
    assert memory.resident_bytes() > used - 10 * MIB
    async with asyncio.timeout(30):
        while memory.resident_bytes() - began >= 15 * MIB:  # noqa: ASYNC110 - the system says so
            await asyncio.sleep(GLANCE_SECONDS)
    assert len(stays) == 2_000
    task.cancel()
