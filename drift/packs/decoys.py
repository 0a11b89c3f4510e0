"""Half of what looks like waste is innocent, and says so to whoever looks twice.

Tags, metrics and history tell a standby from a forgotten machine. To end the wrong one costs more
than three good finds bring.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

import json
import random
import uuid
from collections.abc import Sequence
from typing import Any, Final

from drift import leave, truth
from models.decoys import DECOYS

ESTATE: Final = "startup"
DAYS: Final = 30
HORIZON: Final = 14
PATTERNS: Final = None
KNOBS: Final[dict[str, Any]] = {"mess": 1.0}
MODE: Final = "observe"

_SHARE: Final = 0.5
_SEED: Final = "SELECT seed FROM virtual_clocks WHERE account_id = $1"
_TAG: Final = """
INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value)
SELECT $1, $2, $3, t.key, t.value FROM jsonb_each_text($4::text::jsonb) AS t
ON CONFLICT (resource_type, resource_id, key) DO UPDATE SET value = excluded.value"""
# Every label of the resource: what is innocent is so whatever it looks like.
_LABEL: Final = """
UPDATE truth.labels SET decoy = $4, harm_usd = 3 * saving_usd_month + 500, saving_usd_month = 0
 WHERE account_id = $1 AND resource_type = $2 AND resource_id = $3 AND until IS NULL AND decoy IS NULL"""


async def prepare(connection: Any, accounts: Sequence[uuid.UUID]) -> None:
    """Turn half of the waste that can be innocent into decoys."""
    for account_id in accounts:
        await leave.give(connection, account_id)
        seed = await connection.fetchval(_SEED, account_id)
        chance = random.Random(f"decoys/{seed}")  # noqa: S311 - a simulation's chance
        found = await truth.settled(connection, account_id, decoys=False)
        found.sort(key=lambda one: (one.pattern, one.resource_id))
        async with connection.transaction():
            await connection.execute("SELECT set_config('driftcloud.source', 'drift_engine', true)")
            for one in found:
                if one.pattern in DECOYS and chance.random() < _SHARE:
                    decoy = chance.choice(DECOYS[one.pattern])
                    about = (account_id, one.resource_type, one.resource_id)
                    await connection.execute(_TAG, *about, json.dumps(dict(decoy.tags)))
                    await connection.execute(_LABEL, *about, decoy.reason)
