"""Memory that is free, given back to the system when there is time for it.

Pages of a thousand rows take megabytes each while they are on their way. C's allocator keeps what
they leave, since something that stays always lies at the end of it.
"""

import asyncio
import resource
from pathlib import Path
from typing import Final

from emulator.counters import Counters

# A second with no more answers than these is quiet: one of them may wait for 12 ms.
FEW_ANSWERS: Final = 10
# Less is not worth it: what is given back costs its time again when it is needed.
WORTH_BYTES: Final = 8 << 20
_STATM = Path("/proc/self/statm")


async def run(counters: Counters, *, glance_seconds: float = 1.0) -> None:
    """Give back what was used since the last time, whenever a second is quiet."""
    kept, answers = resident_bytes(), counters.answers
    while True:
        await asyncio.sleep(glance_seconds)
        before, answers = answers, counters.answers
        if answers - before <= FEW_ANSWERS and resident_bytes() - kept > WORTH_BYTES:
            _give_back()
            kept = resident_bytes()


def resident_bytes() -> int:
    """What this process has in memory; 0 where the system does not tell (it is not Linux)."""
    try:
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def _give_back() -> None:
    """Ask C's library; others than glibc need not be asked."""
    import ctypes  # 2 ms, which no start waits for

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
