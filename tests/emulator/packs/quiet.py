"""A pack for tests: a small estate in which nothing happens by itself."""

ESTATE = "small"
DAYS = 2
HORIZON = 3
PATTERNS = frozenset({"ebs_unattached", "eip_unassociated", "snap_orphan"})
KNOBS = {"mess": 0.0, "variance": 0.0, "growth": 0.0, "walk": "exact"}
MODE = "observe"
