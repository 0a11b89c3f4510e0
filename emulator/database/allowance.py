"""The allowance: how many connections several pools of a process may have open together.

PostgreSQL takes a fixed number of connections, each with its memory, and most of many worlds'
rest at any moment: where one is wanted and no more are allowed, that which has rested longest in
any of the pools is closed.
"""

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.database.pool import Pool

# Of all that PostgreSQL takes: the rest is for the main world's pools, listeners and commands.
_SHARE = 0.6
_LEAST = 12


class Allowance:
    """The connections that the pools which joined may have; `limit` None: as many as they like."""

    def __init__(self) -> None:
        self.limit: int | None = None
        self._pools: weakref.WeakSet[Pool] = weakref.WeakSet()

    @property
    def open(self) -> int:
        """Connections of all pools."""
        return sum(pool.open for pool in self._pools)

    def divide(self, most: int, processes: int) -> None:
        """Allow this process its part of the `most` connections that PostgreSQL takes."""
        self.limit = max(_LEAST, int(most * _SHARE) // max(processes, 1))

    def join(self, pool: "Pool") -> None:
        """Count a pool in, for as long as it lives."""
        self._pools.add(pool)

    def may_open(self, pool: "Pool") -> bool:
        """Whether a pool may open one more, for which another may have been closed.

        A pool has always the few that it cannot work without (`Pool.least`).
        """
        if self.limit is None or self.open < self.limit:
            return True
        return self._close_one(but=pool) or pool.open < pool.least

    def _close_one(self, *, but: "Pool") -> bool:
        resting = [pool for pool in self._pools if pool.idle and pool is not but]
        if not resting:
            return False
        min(resting, key=lambda pool: pool.used_at).close_idle()
        return True
