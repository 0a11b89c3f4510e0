"""The week before Black Friday: everything tempting is frozen.

No optimisation may touch the accounts for seven days, and the machines and groups of production
for longer than the episode lasts. What is found meanwhile is worth something to whoever waits.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from drift import leave

ESTATE: Final = "startup"
DAYS: Final = 30
HORIZON: Final = 14
PATTERNS: Final = None
KNOBS: Final[dict[str, Any]] = {"mess": 1.0}
MODE: Final = "observe"

FROZEN_DAYS: Final = 7
_NOW: Final = "SELECT driftcloud_now($1)"
_FREEZE: Final = (
    "UPDATE cloud_accounts SET freeze_optimizations_until = $2 WHERE id = $1",
    "UPDATE instances SET optimization_freeze_until = $3 WHERE account_id = $1 AND env = 'prod'"
    " AND optimization_freeze_until IS DISTINCT FROM $3 AND $2::timestamptz IS NOT NULL",
    "UPDATE autoscaling_groups SET optimization_freeze_until = $3 WHERE account_id = $1"
    " AND env = 'prod' AND optimization_freeze_until IS DISTINCT FROM $3"
    " AND $2::timestamptz IS NOT NULL",
)


async def prepare(connection: Any, accounts: Sequence[uuid.UUID]) -> None:
    """Freeze the accounts for a week, and production for the whole of the episode."""
    for account_id in accounts:
        await leave.give(connection, account_id)
        now = await connection.fetchval(_NOW, account_id)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        week = midnight + timedelta(days=FROZEN_DAYS + 1)
        longer = midnight + timedelta(days=HORIZON + FROZEN_DAYS)
        async with connection.transaction():
            await connection.execute("SELECT set_config('driftcloud.source', 'drift_engine', true)")
            await connection.execute(_FREEZE[0], account_id, week)
            for statement in _FREEZE[1:]:
                await connection.execute(statement, account_id, week, longer)
