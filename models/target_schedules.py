"""When scheduled actions of scalable targets are due: at(…), rate(…) and cron(…).

Source: https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from models.schedules import ScheduleError, times_on

_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
_RATE = re.compile(r"rate\((\d{1,6}) (minute|hour|day)s?\)")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def check(schedule: str) -> None:
    """ScheduleError for what is no schedule, or one that is not followed."""
    at = _AT.fullmatch(schedule)
    if at is not None:
        try:
            datetime.fromisoformat(at[1])
        except ValueError:
            raise ScheduleError(schedule) from None
        return
    rate = _RATE.fullmatch(schedule)
    if rate is not None and int(rate[1]) > 0:
        return
    times_on(schedule, datetime(2026, 1, 1, tzinfo=UTC).date())


def due(action: Mapping[str, Any], until: datetime) -> list[datetime]:
    """The times at which an action is due that has not been done, before `until`."""
    start = max(action["done_until"], action["start_time"] or action["done_until"])
    end = min(until, action["end_time"] or until)
    return [moment for moment in _times(action, start, end) if start <= moment < end]


def moment_of(schedule: str, time_zone: str | None) -> datetime | None:
    """The time of an at(…); None of the others."""
    at = _AT.fullmatch(schedule)
    if at is None:
        return None
    return (
        datetime.fromisoformat(at[1]).replace(tzinfo=ZoneInfo(time_zone or "UTC")).astimezone(UTC)
    )


def _times(action: Mapping[str, Any], start: datetime, end: datetime) -> Iterator[datetime]:
    schedule, zone = action["schedule"], ZoneInfo(action["time_zone"] or "UTC")
    # The time of an at(…) is kept in virtual time, as start_time.
    if schedule.startswith("at("):
        if action["start_time"] is not None:
            yield action["start_time"]
        return
    rate = _RATE.fullmatch(schedule)
    if rate is not None:
        step = _UNITS[rate[2]] * int(rate[1])
        first = action["start_time"] or action["created_at"]
        passed = max(-(-(start - first) // step), 0)
        while first + passed * step < end:
            yield first + passed * step
            passed += 1
        return
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        for time in times_on(schedule, day):
            yield datetime.combine(day, time, zone).astimezone(UTC)
        day += timedelta(days=1)
