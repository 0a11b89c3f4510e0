"""A spike made on purpose: one scenario that happens at once, and that nobody ends by himself."""

import random
import uuid
from typing import Any

from drift import engine, scenarios
from drift.day import Knobs

# What makes a bill jump from one day to the next and can be taken back.
SPIKES = ("runaway_group", "gpu_left_on")

_SEED = "SELECT seed FROM virtual_clocks WHERE account_id = $1"
# Whoever ends spikes looks for their happenings; the label of the truth stays.
_FORGET = "DELETE FROM drift_happenings WHERE account_id = $1 AND date = $2 AND scenario = $3"


async def spike(connection: Any, account_id: uuid.UUID) -> str | None:
    """One day goes by, on which one of SPIKES happens: its name, None where none found an occasion.

    Which of them is the seed's choice; `connection` is an owner's, outside a transaction.
    """
    seed = await connection.fetchval(_SEED, account_id)
    order = list(SPIKES)
    random.Random(f"spike/{seed}").shuffle(order)  # noqa: S311 - a simulation's chance
    for name in order:
        odds = {other: float(other == name) for other in scenarios.by_name()}
        [report] = await engine.tick(connection, account_id, knobs=Knobs(odds=odds))
        if name in report.scenarios:
            await connection.execute(_FORGET, account_id, report.virtual_date, name)
            return name
    return None
