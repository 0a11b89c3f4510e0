"""Periods of budgets: days, months, quarters and years of the client's calendar.

All dates here are the client's, who takes the newest simulated day for today; the ledger's days
are as many earlier as the clock is shifted.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

DAY = timedelta(days=1)
MONTHS = {"MONTHLY": 1, "QUARTERLY": 3, "ANNUALLY": 12}

Period = tuple[date, date]


def current(unit: str, today: date, starts: date, ends: date) -> Period:
    """The period that a day is in, from its first day to before its last; never past the budget.

    A budget that is over stays in its last period, and one that is yet to begin in its first.
    """
    at = max(starts, min(today, ends - DAY))
    if unit == "CUSTOM":
        return starts, ends
    if unit == "DAILY":
        return at, at + DAY
    first = _first(unit, at)
    return max(first, starts), min(_moved(first, MONTHS[unit]), ends)


def before(unit: str, start: date, count: int) -> list[Period]:
    """The `count` whole periods that come before the one in which `start` lies, oldest first."""
    if unit == "CUSTOM":
        return []
    if unit == "DAILY":
        return [(start - DAY * n, start - DAY * (n - 1)) for n in range(count, 0, -1)]
    months = MONTHS[unit]
    first = _first(unit, start)
    return [
        (_moved(first, -months * n), _moved(first, -months * (n - 1))) for n in range(count, 0, -1)
    ]


def between(unit: str, since: date, until: date) -> list[Period]:
    """The whole periods that have a day from `since` to before `until`, oldest first."""
    found: list[Period] = []
    at = since if unit == "DAILY" else _first(unit, since)
    while at < until:
        end = at + DAY if unit == "DAILY" else _moved(at, MONTHS[unit])
        found.append((at, end))
        at = end
    return found


def planned(limits: Sequence[datetime], start: date) -> int | None:
    """Which of planned limits, by their first moments, holds for the period from `start` on."""
    reached = [n for n, moment in enumerate(limits) if moment.date() <= start]
    return max(reached, key=lambda n: limits[n]) if reached else None


def _first(unit: str, at: date) -> date:
    months = MONTHS[unit]
    return date(at.year, (at.month - 1) // months * months + 1, 1)


def _moved(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
