"""Spans of five days: which of them a cost report can read in place of the days themselves.

The database adds up a span when it is over (sql/064_cost_spans.sql, and by fewer columns
sql/070_smaller_spans.sql). The months of a client begin and end wherever his calendar lies against
the ledger's, so a month is some whole spans and, before and behind them, single days.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

DAYS = 5
_FIRST = date(2000, 1, 1)
# Up to where every account on the bill has its spans: no later than its newest day.
_NEWEST = """
SELECT min(n.newest) FROM (SELECT (SELECT max(l.date) FROM cost_daily l WHERE l.account_id = a.id) AS newest
                             FROM driftcloud_paid_accounts() AS a (id)) n
"""  # noqa: E501


@dataclass(frozen=True, slots=True)
class Piece:
    """Days from `first` to before `last` of one period of a report; `whole`: they are spans."""

    period: date | None
    first: date
    last: date
    whole: bool


def beginning(day: date) -> date:
    """The first day of the span that a day is in."""
    return day - timedelta(days=(day - _FIRST).days % DAYS)


async def over(db: Any) -> date | None:
    """The day before which every span is added up; None: there is no ledger yet."""
    newest = await db.fetchval(_NEWEST)
    return None if newest is None else beginning(newest + timedelta(days=1))


def pieces(start: date, end: date, over: date, shift_days: int | None) -> list[Piece]:
    """The days from `start` to before `end`, in pieces.

    With `shift_days`, by months of the calendar that lies so many days later; else in one period.
    """
    found = []
    for period, first, last in _periods(start, end, shift_days):
        begin = beginning(first + timedelta(days=DAYS - 1))
        stop = beginning(min(last, over))
        if begin >= stop:
            found.append(Piece(period, first, last, False))
            continue
        found.append(Piece(period, first, begin, False))
        found.append(Piece(period, begin, stop, True))
        found.append(Piece(period, stop, last, False))
    return [piece for piece in found if piece.first < piece.last]


def _periods(
    start: date, end: date, shift_days: int | None
) -> Iterator[tuple[date | None, date, date]]:
    if shift_days is None:
        yield None, start, end
        return
    back = timedelta(days=shift_days)
    while start < end:
        month = (start + back).replace(day=1)
        following = (month + timedelta(days=31)).replace(day=1) - back
        yield month, start, min(following, end)
        start = following
