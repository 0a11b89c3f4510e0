"""Everything: all kinds of waste, and everything that only looks so, for a month."""

from typing import Any, Final

ESTATE: Final = "startup"
DAYS: Final = 30
HORIZON: Final = 30
PATTERNS: Final = None
KNOBS: Final[dict[str, Any]] = {"mess": 2.0}
MODE: Final = "observe"
