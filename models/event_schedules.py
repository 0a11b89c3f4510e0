"""Schedule expressions: rate(…) and cron(…), told from what is neither, and when they fire.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

# More firings of a rule than these in a day are thinned out to the first of every hour.
MOST_A_DAY = 24

_RATE = re.compile(r"rate\((\d{1,9}) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
# Least and greatest value, and names of values from the least on.
_FIELDS: tuple[tuple[int, int, list[str]], ...] = (
    (0, 59, []), (0, 23, []), (1, 31, []), (1, 12, _MONTHS), (1, 7, _DAYS), (1970, 2199, []),
)  # fmt: skip
_MINUTE, _HOUR, _DAY_OF_MONTH, _MONTH, _DAY_OF_WEEK, _YEAR = range(6)
_SATURDAY, _SUNDAY = 5, 6


def is_valid(expression: str) -> bool:
    """Whether EventBridge takes this for a schedule."""
    rate = _RATE.fullmatch(expression)
    if rate is not None:
        count = int(rate[1])
        return count > 0 and (count == 1) == (not rate[3])
    cron = _CRON.fullmatch(expression)
    if cron is None:
        return False
    fields = cron.groups()
    # exactly one of the two days is left open
    if (fields[_DAY_OF_MONTH] == "?") == (fields[_DAY_OF_WEEK] == "?"):
        return False
    return all(_is_field(at, text) for at, text in enumerate(fields))


def firings(expression: str, since: datetime, day: date) -> list[datetime]:
    """When a schedule fires on a day, after `since`, from which on a rate is counted; all UTC.

    Of a schedule that would fire more than MOST_A_DAY times, the first of every hour are given.
    An expression that is none fires never.
    """
    if not is_valid(expression):
        return []
    rate = _RATE.fullmatch(expression)
    if rate is not None:
        found = _rated(timedelta(**{f"{rate[2]}s": int(rate[1])}), since, day)
    else:
        found = [moment for moment in _timed(expression, day) if moment > since]
    if len(found) > MOST_A_DAY:
        first = {moment.hour: moment for moment in reversed(found)}
        found = sorted(first.values())
    return found


def _rated(every: timedelta, since: datetime, day: date) -> list[datetime]:
    """`since` itself is no firing: the first comes when the time has passed once."""
    start = datetime.combine(day, time(), UTC)
    passed = max(1, -((since - start) // every))
    if passed * every >= start + timedelta(days=1) - since:
        return []
    moment = since + passed * every
    found = []
    while moment < start + timedelta(days=1):
        found.append(moment)
        moment += every
    return found


def _timed(expression: str, day: date) -> list[datetime]:
    minutes, hours, months, years = _values(expression)
    fields = _fields_of(expression)
    if (
        day.month not in months
        or day.year not in years
        or not any(_is_day_of_month(part, day) for part in fields[_DAY_OF_MONTH].split(","))
        or not any(_is_day_of_week(part, day) for part in fields[_DAY_OF_WEEK].split(","))
    ):
        return []
    return [datetime.combine(day, time(hour, minute), UTC) for hour in hours for minute in minutes]


def _fields_of(expression: str) -> tuple[str, ...]:
    cron = _CRON.fullmatch(expression)
    return cron.groups() if cron else ()


@lru_cache(maxsize=1024)
def _values(expression: str) -> tuple[tuple[int, ...], ...]:
    """The minutes, hours, months and years that an expression names, each in their order."""
    fields = _fields_of(expression)
    return tuple(
        tuple(sorted({one for part in fields[at].split(",") for one in _range(at, part)}))
        for at in (_MINUTE, _HOUR, _MONTH, _YEAR)
    )


def _range(at: int, part: str) -> range:
    """The values that a part of a field names: `*`, `5`, `MON-FRI`, `0/15`, `10-20/2`."""
    least, most, _ = _FIELDS[at]
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    if span == "*":
        start, end = least, most
    else:
        start = _value(at, first)
        end = _value(at, last) if dash else (most if slash else start)
    return range(start, end + 1, int(step) if slash else 1)


def _value(at: int, text: str) -> int:
    least, _, names = _FIELDS[at]
    return int(text) if text.isdigit() else least + names.index(text.upper())


def _is_day_of_month(part: str, day: date) -> bool:
    if part == "?":
        return True
    last = calendar.monthrange(day.year, day.month)[1]
    if part == "L":
        return day.day == last
    if part.endswith("W"):
        wanted = last if part == "LW" else int(part[:-1])
        return wanted <= last and day == _nearest_weekday(day.replace(day=wanted))
    return day.day in _range(_DAY_OF_MONTH, part)


def _nearest_weekday(day: date) -> date:
    """The weekday next to a day, in the same month."""
    if day.weekday() == _SATURDAY:
        return day - timedelta(days=1) if day.day > 1 else day + timedelta(days=2)
    if day.weekday() == _SUNDAY:
        after = day + timedelta(days=1)
        return after if after.month == day.month else day - timedelta(days=2)
    return day


def _is_day_of_week(part: str, day: date) -> bool:
    """Days of the week are counted from Sunday, which is 1."""
    if part == "?":
        return True
    number = day.isoweekday() % 7 + 1
    if part == "L":
        return number == 7
    if part.endswith("L"):
        ending = calendar.monthrange(day.year, day.month)[1] - day.day < 7
        return number == _value(_DAY_OF_WEEK, part[:-1]) and ending
    wanted, hash_sign, week = part.partition("#")
    if hash_sign:
        return number == _value(_DAY_OF_WEEK, wanted) and (day.day - 1) // 7 + 1 == int(week)
    found = _range(_DAY_OF_WEEK, part)
    first, dash, last = part.partition("-")
    if dash and not found:  # FRI-MON goes over the end of the week
        return number >= _value(_DAY_OF_WEEK, first) or number <= _value(_DAY_OF_WEEK, last)
    return number in found


def _is_field(at: int, text: str) -> bool:
    if text == "?":
        return at in (_DAY_OF_MONTH, _DAY_OF_WEEK)
    return all(_is_part(at, part) for part in text.split(","))


def _is_part(at: int, text: str) -> bool:
    if at == _DAY_OF_MONTH:
        if text in ("L", "LW"):
            return True
        if text.endswith("W"):
            return _is_value(at, text[:-1])
    if at == _DAY_OF_WEEK:
        if text.endswith("L"):
            return text == "L" or _is_value(at, text[:-1])
        day, hash_sign, week = text.partition("#")
        if hash_sign:
            return _is_value(at, day) and week in "12345" and len(week) == 1
    span, slash, step = text.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    first, dash, last = span.partition("-")
    if dash:
        return _is_value(at, first) and _is_value(at, last)
    return span == "*" or _is_value(at, span)


def _is_value(at: int, text: str) -> bool:
    least, most, names = _FIELDS[at]
    if text.isascii() and text.isdigit() and len(text) <= 4:
        return least <= int(text) <= most
    return text.upper() in names
