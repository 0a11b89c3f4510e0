"""Everything: all kinds of waste, and everything that only looks so, for a month.

What is not of production may be changed unasked; what is mostly not.
"""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from drift import leave

ESTATE: Final = "startup"
DAYS: Final = 30
HORIZON: Final = 30
PATTERNS: Final = None
KNOBS: Final[dict[str, Any]] = {"mess": 2.0}
MODE: Final = "observe"


async def prepare(connection: Any, accounts: Sequence[uuid.UUID]) -> None:
    """Let everything outside of production be changed unasked."""
    for account_id in accounts:
        await leave.give(connection, account_id)
