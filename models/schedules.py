"""Schedules as AWS writes them: `cron(0 5 ? * MON-FRI *)`, by the days that they name.

Six fields: minutes, hours, day of month, month, day of week, year
(https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based).
"""

import re
from datetime import date, time
from functools import lru_cache

_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_DAYS = {name: at for at, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_MONTHS = {
    name: at
    for at, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))


class ScheduleError(Exception):
    """An expression that is no schedule, or one of a kind that is not followed here."""


@lru_cache(maxsize=1024)
def _fields(expression: str) -> tuple[frozenset[int], ...]:
    found = _CRON.fullmatch(expression.strip())
    if found is None:
        raise ScheduleError(f"{expression} is not a valid cron expression.")
    names: tuple[dict[str, int], ...] = ({}, {}, {}, _MONTHS, _DAYS, {})
    return tuple(
        _values(text, low, high, known)
        for text, (low, high), known in zip(found.groups(), _LIMITS, names, strict=True)
    )


def _values(text: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for part in text.upper().split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span in ("*", "?"):
            start, end = low, high
        else:
            start = _number(first, names)
            end = _number(last, names) if dash else (high if step else start)
        if not (low <= start <= end <= high) or (step and not step.isdigit()) or step == "0":
            raise ScheduleError(f"{text} is not followed in a cron expression.")
        found.update(range(start, end + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str, names: dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isdigit():
        raise ScheduleError(f"{text} is not followed in a cron expression.")
    return int(text)


def times_on(expression: str, day: date) -> list[time]:
    """The times of a day at which a schedule runs, UTC; ScheduleError for no cron expression."""
    minutes, hours, days, months, weekdays, years = _fields(expression)
    weekday = day.isoweekday() % 7 + 1
    if (
        day.day not in days
        or day.month not in months
        or weekday not in weekdays
        or day.year not in years
    ):
        return []
    return [time(hour, minute) for hour in sorted(hours) for minute in sorted(minutes)]
