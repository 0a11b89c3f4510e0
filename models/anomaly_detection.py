"""Anomalies of a series of days: what was to be expected of a day, and how unusual it is.

A day is compared with the ten to thirty-five usual days before it: their weekly rhythm is taken
out, a line is laid through them by the median of all slopes (Theil and Sen), which a few spikes
cannot bend, and the spread around it is the median of the deviations. What came on the same day
of the month before is no surprise either, nor is what is hardly more than came by fits and starts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

DAY = timedelta(days=1)
# https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html: a service
# needs ten days of history.
LEAST_DAYS = 10
MOST_DAYS = 35
# An anomaly that lasts so long is how things are from then on.
LASTING = 7
# Deviations, in units of the usual one, and US dollars, from which on a day is told of.
LEAST_DEVIATION = 4.0
LEAST_IMPACT = 1.0
# A few dollars are told of only where they are much of what was expected: 40 per cent, the share
# from which on AWS's own first subscription tells anybody of an anomaly
# (https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html).
FEW_USD, MUCH = 10.0, 0.4
# Even the steadiest of costs may move by so much of itself, or by a cent or two; of weekends, of
# which a month has few, less is known.
USUAL_SHARE = 0.04
WEEKEND_SHARE = 0.06
USUAL_USD = 0.02
# Of costs that come by fits and starts, as of jobs, most days tell nothing: what exceeds the most
# that came unasked by no more than this is as before.
FITS = 1.25
_NORMAL = 1.4826  # from the median of deviations to a standard deviation
_SCARCE = 0.05


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was expected of a day in USD, and from 0 to 1 how unusual it is; None: it is not."""

    expected: float
    score: float | None


def judge(days: Mapping[date, float], flagged: Sequence[date], day: date) -> Verdict | None:
    """Judge a day by those before it; None: there are not enough of them.

    `days` are amounts in USD, a day without one cost nothing; `flagged` are the days before this
    one that were unusual, in order.
    """
    earlier = [one for one in days if one < day]
    if not earlier:
        return None
    first, left_out = _baseline(min(earlier), [one for one in flagged if one < day])
    known = [
        (one, days.get(one, 0.0))
        for one in (day - DAY * n for n in range((day - first).days, 0, -1))
        if one not in left_out
    ][-MOST_DAYS:]
    if len(known) < LEAST_DAYS:
        return None
    expected, spread, most = _expected(known, day)
    expected = max([expected, *(days[one] for one in _month_before(day) if one in days)])
    share = WEEKEND_SHARE if _is_weekend(day) else USUAL_SHARE
    spread = max(spread, share * expected, USUAL_USD)
    impact = days.get(day, 0.0) - expected
    deviation = impact / spread
    slight = impact < LEAST_IMPACT or impact < min(FEW_USD, MUCH * expected)
    if deviation < LEAST_DEVIATION or slight or impact < FITS * most:
        return Verdict(expected, None)
    return Verdict(expected, round(deviation / (deviation + LEAST_DEVIATION), 2))


def runs(flagged: Sequence[date]) -> list[tuple[date, date]]:
    """First and last days of flagged days on end; a weekend between them ends no run."""
    found: list[tuple[date, date]] = []
    for day in flagged:
        if found and all(_is_weekend(one) for one in _between(found[-1][1], day)):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def _between(first: date, last: date) -> list[date]:
    return [first + DAY * n for n in range(1, (last - first).days)]


def _baseline(first: date, flagged: Sequence[date]) -> tuple[date, set[date]]:
    """Since when things are as they are, and the unusual days after that."""
    left_out: set[date] = set()
    for start, end in runs(flagged):
        if (end - start).days + 1 >= LASTING:
            first, left_out = start, set()
        else:
            left_out |= {start + DAY * n for n in range((end - start).days + 1)}
    return first, left_out


def _expected(known: Sequence[tuple[date, float]], day: date) -> tuple[float, float, float]:
    """What is due on a day, the usual deviation from it, and the greatest that there was."""
    factor = _weekend(known)
    if factor is None:  # weekends are another thing altogether: compare like with like
        known = [one for one in known if _is_weekend(one[0]) == _is_weekend(day)]
        factor = 1.0
    points = [
        ((one - day).days, amount / (factor if _is_weekend(one) else 1.0)) for one, amount in known
    ]
    slope = median(
        [
            (points[j][1] - points[i][1]) / (points[j][0] - points[i][0])
            for i in range(len(points))
            for j in range(i + 1, len(points))
        ]
        or [0.0]
    )
    level = median([amount - slope * at for at, amount in points])
    left = [amount - slope * at - level for at, amount in points]
    own = factor if _is_weekend(day) else 1.0
    spread = _NORMAL * median(map(abs, left)) * own
    return max(0.0, level * own), spread, max(left) * own


def _weekend(known: Sequence[tuple[date, float]]) -> float | None:
    """What a weekend day costs of a weekday; None: next to nothing, or all."""
    weekend = [amount for one, amount in known if _is_weekend(one)]
    weekday = [amount for one, amount in known if not _is_weekend(one)]
    if len(weekend) < 2 or not weekday:
        return 1.0
    usual, resting = median(weekday), median(weekend)
    if usual <= 0 and resting <= 0:
        return 1.0
    share = resting / usual if usual > 0 else 0.0
    return share if _SCARCE < share < 1 / _SCARCE else None


def _is_weekend(day: date) -> bool:
    return day.weekday() >= 5


def _month_before(day: date) -> set[date]:
    """The same day of the month before, counted from its beginning and from its end."""
    first = day.replace(day=1)
    last_of_before = first - DAY
    from_end = (first + timedelta(days=32)).replace(day=1) - day
    found = {first - from_end}
    if day.day <= last_of_before.day:
        found.add(last_of_before.replace(day=day.day))
    return found
