"""A pack for tests: two days of a small estate."""

ESTATE = "small"
DAYS = 2
HORIZON = 3
PATTERNS = None
KNOBS = {"mess": 5.0}
MODE = "observe"
