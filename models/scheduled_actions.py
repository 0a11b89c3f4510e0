"""Scheduled actions: changes of a group's capacity at virtual times."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from models.listing import Column, Database, Listing

_POSITION = "(g.name || '/' || s.name)"
LISTING = Listing(
    f"{_POSITION} as position, s.name, s.arn, s.min_size, s.max_size, s.desired_capacity,"
    " s.start_time, s.end_time, s.recurrence, s.time_zone, s.done_until, s.created_at,"
    " g.name as group",
    "scheduled_actions as s join autoscaling_groups as g on g.id = s.autoscaling_group_id",
    key=_POSITION,
    columns={
        "region": "s.region",
        "name": "s.name",
        "group": "g.name",
        "start_time": Column("s.start_time", "time"),
    },
)
_COLUMNS = (
    "id", "autoscaling_group_id", "name", "arn", "region", "min_size", "max_size",
    "desired_capacity", "start_time", "end_time", "recurrence", "time_zone", "done_until",
    "created_at",
)  # fmt: skip
_CHANGED = (
    "min_size", "max_size", "desired_capacity", "start_time", "end_time", "recurrence",
    "time_zone", "done_until",
)  # fmt: skip
_PUT = (
    f"insert into scheduled_actions (account_id, {', '.join(_COLUMNS)})"
    f" values (driftcloud_account(), {', '.join(f'${n + 1}' for n in range(len(_COLUMNS)))})"
    " on conflict (autoscaling_group_id, name) do update set"
    f" {', '.join(f'{name} = excluded.{name}' for name in _CHANGED)} returning id"
)
_DELETE = "delete from scheduled_actions where autoscaling_group_id = $1 and name = $2 returning id"

_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_NAMES = {
    3: {name: number for number, name in enumerate(_MONTHS, 1)},
    4: {name: number for number, name in enumerate(_DAYS)},
}
_PART = re.compile(r"(\*|\w+(?:-\w+)?)(?:/(\d+))?")
LONGEST_LOOK = timedelta(days=1462)


class CronError(ValueError):
    """A recurrence that is no cron expression of five fields."""


async def put(db: Any, row: Mapping[str, Any]) -> None:
    """Store an action, in place of the group's one of that name."""
    await db.write(_PUT, *(row.get(name) for name in _COLUMNS))


async def delete(db: Any, group_id: Any, name: str) -> bool:
    """Delete an action; False when the group has none of that name."""
    return bool(await db.write(_DELETE, group_id, name))


async def of_group(db: Database, group_id: Any) -> list[Any]:
    """The actions of a group."""
    return await db.fetch(
        "select * from scheduled_actions where autoscaling_group_id = $1 order by name", group_id
    )


def sizes(action: Mapping[str, Any], group: Mapping[str, Any]) -> dict[str, int]:
    """The sizes that an action makes of a group's; what it does not name stays within bounds."""
    least = group["min_size"] if action["min_size"] is None else action["min_size"]
    most = group["max_size"] if action["max_size"] is None else action["max_size"]
    most = max(least, most)
    wanted = action["desired_capacity"]
    if wanted is None:
        wanted = group["desired_capacity"]
    return {
        "min_size": least,
        "max_size": most,
        "desired_capacity": min(max(wanted, least), most),
    }


def due(action: Mapping[str, Any], until: datetime) -> list[datetime]:
    """The times at which an action is due that has not been done, before `until`."""
    after = action["done_until"]
    if not action["recurrence"]:
        start = action["start_time"]
        return [start] if start is not None and after <= start < until else []
    found = []
    for moment in times(action["recurrence"], action["time_zone"], after, until):
        begun = action["start_time"] is None or moment >= action["start_time"]
        over = action["end_time"] is not None and moment >= action["end_time"]
        if begun and not over:
            found.append(moment)
    return found


def next_time(action: Mapping[str, Any], now: datetime) -> datetime | None:
    """When an action is due next, from `now` on."""
    if not action["recurrence"]:
        moment: datetime | None = action["start_time"]
        return moment
    start = max(now, action["start_time"] or now)
    found = times(action["recurrence"], action["time_zone"], start, start + LONGEST_LOOK)
    return next(found, None)


def times(
    recurrence: str, time_zone: str | None, start: datetime, end: datetime
) -> Iterator[datetime]:
    """The moments of a recurrence from `start` to before `end`, UTC; raises CronError."""
    minutes, hours, days, months, weekdays = parse(recurrence)
    zone = ZoneInfo(time_zone or "UTC")
    fields = recurrence.split()
    either = fields[2] != "*" and fields[4] != "*"
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        in_month, in_week = day.day in days, day.isoweekday() % 7 in weekdays
        if day.month in months and ((in_month or in_week) if either else (in_month and in_week)):
            for moment in _of_day(day, hours, minutes, zone):
                if start <= moment < end:
                    yield moment
        day += timedelta(days=1)


def _of_day(
    day: date, hours: frozenset[int], minutes: frozenset[int], zone: ZoneInfo
) -> Iterator[datetime]:
    for hour in sorted(hours):
        for minute in sorted(minutes):
            local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
            yield local.astimezone(UTC)


@lru_cache(maxsize=256)
def parse(recurrence: str) -> tuple[frozenset[int], ...]:
    """The values of the five fields of a cron expression, Sunday being 0; raises CronError."""
    fields = recurrence.split()
    if len(fields) != len(_FIELDS):
        raise CronError(recurrence)
    found = [_field(text.upper(), at) for at, text in enumerate(fields)]
    found[4] = frozenset(value % 7 for value in found[4])
    return tuple(found)


def _field(text: str, at: int) -> frozenset[int]:
    low, high = _FIELDS[at]
    values: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise CronError(text)
        span, step = match[1], int(match[2] or 1)
        first, _, last = span.partition("-")
        if span == "*":
            begin, end = low, high if at != 4 else 6
        else:
            begin = _value(first, at)
            end = _value(last, at) if last else (high if match[2] else begin)
        if not low <= begin <= end <= high or step < 1:
            raise CronError(text)
        values.update(range(begin, end + 1, step))
    return frozenset(values)


def _value(text: str, at: int) -> int:
    named = _NAMES.get(at, {}).get(text)
    if named is not None:
        return named
    if not text.isascii() or not text.isdigit():
        raise CronError(text)
    return int(text)
