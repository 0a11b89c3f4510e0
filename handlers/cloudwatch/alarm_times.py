"""Times inside the texts of alarms, which no protocol moves from the world to the client."""

import re
from datetime import datetime, timedelta

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")
_FORM = "%Y-%m-%dT%H:%M:%S.%f%z"


def moved(text: str | None, shift: timedelta) -> str | None:
    """The text with every time in it moved."""
    if not text or not shift:
        return text
    return _TIME.sub(lambda match: _moved(match[0], shift), text)


def _moved(written: str, shift: timedelta) -> str:
    try:
        at = datetime.strptime(written, _FORM) + shift
    except (ValueError, OverflowError):
        return written
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}+0000"
