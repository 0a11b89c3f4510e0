"""Who owns what, who may enter, and how long things are kept: tags, keys and policies.

Little of it saves money at once. Resources lack the tags by which costs are allocated, keys are
old, and nothing says when logs and objects may go.
"""

import random
import uuid
from collections.abc import Sequence
from typing import Any, Final

from drift.score.goals import ALLOCATION

ESTATE: Final = "30"
DAYS: Final = 30
HORIZON: Final = 14
PATTERNS: Final = frozenset({
    "key_unused", "lambda_timeout", "logs_infinite", "logs_retention_long", "s3_no_lifecycle",
    "untagged",
})  # fmt: skip
GOALS: Final = (ALLOCATION,)
KNOBS: Final[dict[str, Any]] = {"mess": 0.5, "odds": {"untagged_launch": 0.2}}
MODE: Final = "observe"

# Of five tagged machines, two lose what says whose they are.
_SHARE: Final = 0.4
_SEED: Final = "SELECT seed FROM virtual_clocks WHERE account_id = $1"
_TAGGED: Final = """
SELECT DISTINCT t.resource_id FROM resource_tags t
  JOIN instances i ON i.account_id = t.account_id AND i.instance_id = t.resource_id
       AND i.autoscaling_group_id IS NULL AND i.state = 'running'
 WHERE t.account_id = $1 AND t.resource_type = 'instance' AND lower(t.key) IN ('owner', 'team')
 ORDER BY t.resource_id"""
_UNTAG: Final = """
DELETE FROM resource_tags WHERE account_id = $1 AND resource_type = 'instance'
   AND resource_id = ANY ($2) AND lower(key) IN ('owner', 'team')"""


async def prepare(connection: Any, accounts: Sequence[uuid.UUID]) -> None:
    """Take the tags of owner and team off some machines."""
    for account_id in accounts:
        seed = await connection.fetchval(_SEED, account_id)
        tagged = [row[0] for row in await connection.fetch(_TAGGED, account_id)]
        chance = random.Random(f"governance/{seed}")  # noqa: S311 - a simulation's chance
        chosen = sorted(one for one in tagged if chance.random() < _SHARE)
        async with connection.transaction():
            await connection.execute("SELECT set_config('driftcloud.source', 'drift_engine', true)")
            await connection.execute(_UNTAG, account_id, chosen)
