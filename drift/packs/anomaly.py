"""One big spike of cost: find what caused it, and take that back.

Cost Explorer shows the day and the service, the metrics the resource, and the history of changes
what was done to it. The rest of the account is as wasteful as ever; it is not what was asked.
"""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from drift import leave
from drift.spikes import spike

ESTATE: Final = "startup"
DAYS: Final = 30
HORIZON: Final = 7
PATTERNS: Final = frozenset({"cost_anomaly_group", "ec2_gpu_idle"})
KNOBS: Final[dict[str, Any]] = {
    "mess": 0.3,
    "odds": {"runaway_group": 0.0, "gpu_left_on": 0.0, "log_storm": 0.0},
}
MODE: Final = "observe"


async def prepare(connection: Any, accounts: Sequence[uuid.UUID]) -> None:
    """Let one scenario happen, and one day go by; nobody but the player ends it."""
    await leave.give(connection, accounts[0], everywhere=True)
    await spike(connection, accounts[0])
