"""Moments in the spellings of AWS's protocols: ISO 8601, RFC 822, seconds since 1970."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from emulator.errors import Fault

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RFC822 = re.compile(
    r"(?:[A-Za-z]{3,9}, ?)?([0-9]{1,2})[ -]([A-Za-z]{3})[ -]([0-9]{4}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)? (?:GMT|UTC|\+0000)"
)
_SECONDS = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?")


def moment(value: Any, shift: timedelta) -> datetime:
    """A stored moment moved by `shift`, in UTC; a date is its midnight, naive times are UTC."""
    if not isinstance(value, datetime):
        if not isinstance(value, date):
            raise TypeError(f"a timestamp is a datetime, not {value!r}")
        value = datetime.combine(value, time(), UTC)
    at: datetime = value
    if at.tzinfo is not UTC:
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    try:
        return at + shift
    except OverflowError:
        return at


def iso8601(value: Any, shift: timedelta) -> str:
    """As AWS's XML has it: 2024-01-01T00:00:00.000Z."""
    at = value + shift if value.__class__ is datetime and value.tzinfo is UTC else None
    return f"{(at or moment(value, shift)).isoformat('T', 'milliseconds')[:-6]}Z"


def unix(value: Any, shift: timedelta) -> int | float:
    """Seconds since 1970, to the millisecond; whole seconds as an integer."""
    at = value + shift if value.__class__ is datetime and value.tzinfo is UTC else None
    at = at or moment(value, shift)
    # a double holds the whole seconds exactly, but not the microseconds
    seconds, milliseconds = int(at.timestamp() // 1), at.microsecond // 1000
    return (seconds * 1000 + milliseconds) / 1000 if milliseconds else seconds


def rfc822(value: Any, shift: timedelta) -> str:
    """As HTTP headers have it: Mon, 01 Jan 2024 00:00:00 GMT."""
    at = moment(value, shift)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at.day:02d} {month} {at.year:04d} {at:%H:%M:%S} GMT"


def text(value: Any, shift: timedelta, form: str) -> str:
    """A moment in the format that a timestampFormat trait names."""
    if form == "iso8601":
        return iso8601(value, shift)
    return rfc822(value, shift) if form == "rfc822" else str(unix(value, shift))


def read(value: Any, shift: timedelta) -> datetime:
    """A client's moment in any of the formats, moved back by `shift`; Fault serialization."""
    try:
        found = _read_text(value) if isinstance(value, str) else _read_number(value)
        return found - shift
    except (ValueError, OverflowError, TypeError):
        raise Fault("serialization", f"{str(value)[:64]!r} is not a valid timestamp") from None


def _read_number(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, int):
        return EPOCH + timedelta(seconds=value)
    return EPOCH + timedelta(microseconds=round(float(value) * 1_000_000))


def _read_text(value: str) -> datetime:
    value = value.strip()
    if not value.isascii() or len(value) > 64:
        raise ValueError
    if _SECONDS.fullmatch(value):
        return _read_number(int(value) if value.lstrip("+-").isdigit() else float(value))
    if found := _RFC822.fullmatch(value):
        day, month, year, hour, minute, second = found.groups()
        number = _MONTHS.index(month.capitalize()) + 1
        return datetime(int(year), number, int(day), int(hour), int(minute), int(second), 0, UTC)
    moment_ = datetime.fromisoformat(value)
    return moment_.replace(tzinfo=UTC) if moment_.tzinfo is None else moment_.astimezone(UTC)
