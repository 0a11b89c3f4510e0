"""Reservations of nodes as services speak of them: durations, charges and names."""

from datetime import datetime
from typing import Any

from emulator.errors import AwsError
from models.reservations import YEAR_SECONDS

_DURATIONS = {"1": YEAR_SECONDS, "3": 3 * YEAR_SECONDS}


def duration(given: str | None) -> int | None:
    """Seconds of a duration in years or seconds; None: any. AwsError for what is not sold."""
    if not given:
        return None
    if given in _DURATIONS:
        return _DURATIONS[given]
    if given.isdigit() and int(given) in _DURATIONS.values():
        return int(given)
    raise AwsError("InvalidParameterValue", f"Invalid duration: {given}")


def charges(hourly: float) -> list[dict[str, Any]]:
    """RecurringCharges of so many USD an hour."""
    amount = {"RecurringChargeAmount": hourly, "RecurringChargeFrequency": "Hourly"}
    return [amount] if hourly else []


def drawn_name(now: datetime) -> str:
    """The name of a reservation whose buyer gives none."""
    return f"ri-{now:%Y-%m-%d-%H-%M-%S}-{now.microsecond // 1000:03d}"
