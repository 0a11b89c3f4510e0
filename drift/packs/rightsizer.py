"""Too large for what they do: machines, databases, caches, groups, streams and functions.

Nothing here is to be deleted. A size too small is worse than one too large: what is busy at night,
at the end of the month or in its memory shows it in its metrics. Outside of production nobody
need be asked.
"""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from drift import leave

ESTATE: Final = "startup"
DAYS: Final = 30
HORIZON: Final = 14
PATTERNS: Final = frozenset({
    "asg_low_util", "asg_min_high", "asg_pinned", "cache_ha_dev", "cache_oversized", "ebs_gp2",
    "ebs_piops", "ec2_graviton", "ec2_oversized", "ec2_prev_gen", "lambda_mem",
    "lambda_pc_unused", "managed_ha_dev", "managed_oversized", "msk_overprovisioned",
    "nodes_underutilised", "nonprod_too_large", "rds_ha_nonprod", "rds_oversized",
    "rds_storage_over", "stream_overprovisioned", "stream_retention", "svc_cpu_overrequest",
    "svc_mem_overrequest", "svc_replicas",
})  # fmt: skip
KNOBS: Final[dict[str, Any]] = {"mess": 1.5}
MODE: Final = "observe"


async def prepare(connection: Any, accounts: Sequence[uuid.UUID]) -> None:
    """Let everything outside of production be changed unasked."""
    for account_id in accounts:
        await leave.give(connection, account_id)
