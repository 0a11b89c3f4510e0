"""What is paid in advance: commitments too large, too small and about to end.

Right-size first, then commit to what runs in the quietest hour, and to no more: what is bought for
a year is paid for a year. To stop what a commitment covers saves nothing.
"""

from typing import Any, Final

ESTATE: Final = "startup"
DAYS: Final = 60
HORIZON: Final = 14
PATTERNS: Final = frozenset({
    "capacity_unused", "commit_expiring", "commit_gap", "commit_underused",
})  # fmt: skip
KNOBS: Final[dict[str, Any]] = {"mess": 0.5}
MODE: Final = "observe"
