"""Forecasts of daily amounts: a level for each day of the week, a trend where there is one.

Least squares over the days of the past with one level for each weekday and, where it stands out
of the noise, a slope. What the model does not explain, and what it cannot know of its own levels
and slope, makes the interval; the days' errors are taken as independent of each other.
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist, fmean

HISTORY_DAYS, FEWEST_DAYS = 84, 14
WEEK = 7
# A slope counts when it is so many times its own uncertainty.
STANDS_OUT = 2.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected sum of some days, and its standard deviation."""

    mean: float
    deviation: float

    def bounds(self, level: int) -> tuple[float, float]:
        """Between which the sum will be with a probability of `level` percent; never below 0."""
        reach = NormalDist().inv_cdf(0.5 + level / 200) * self.deviation
        return max(0.0, self.mean - reach), self.mean + reach


@dataclass(frozen=True, slots=True)
class Model:
    """What the past says: by weekday the mean day and amount, and how many there were."""

    day: Sequence[float]
    amount: Sequence[float]
    count: Sequence[int]
    slope: float
    slope_variance: float
    variance: float
    origin: date

    def over(self, days: Iterable[date]) -> Forecast:
        """The sum over some days to come."""
        seen = [0] * WEEK
        mean = distance = 0.0
        for one in days:
            weekday = one.weekday()
            ahead = (one - self.origin).days - self.day[weekday]
            mean += max(0.0, self.amount[weekday] + self.slope * ahead)
            distance += ahead
            seen[weekday] += 1
        levels = sum(times**2 / self.count[at] for at, times in enumerate(seen))
        variance = self.variance * (sum(seen) + levels) + self.slope_variance * distance**2
        return Forecast(mean, variance**0.5)


def fit(amounts: Mapping[date, float], first: date, last: date) -> Model | None:
    """The model of the days from `first` to `last`; None where they are too few to tell."""
    span = (last - first).days + 1
    if span < FEWEST_DAYS:
        return None
    days = [(at, date.fromordinal(first.toordinal() + at)) for at in range(span)]
    points = [(at, day.weekday(), amounts.get(day, 0.0)) for at, day in days]
    by_weekday = [[(at, y) for at, weekday, y in points if weekday == n] for n in range(WEEK)]
    mean_day = [fmean(at for at, _ in some) for some in by_weekday]
    mean_amount = [fmean(y for _, y in some) for some in by_weekday]
    away = [(at - mean_day[weekday], y - mean_amount[weekday]) for at, weekday, y in points]
    spread = sum(x * x for x, _ in away)
    slope = sum(x * y for x, y in away) / spread
    variance = sum((y - slope * x) ** 2 for x, y in away) / max(1, span - WEEK - 1)
    slope_variance = variance / spread
    if slope**2 < STANDS_OUT**2 * slope_variance:
        slope = slope_variance = 0.0
        variance = sum(y * y for _, y in away) / (span - WEEK)
    counts = [len(some) for some in by_weekday]
    return Model(mean_day, mean_amount, counts, slope, slope_variance, variance, first)


def monthly_rate(charges: Mapping[date, float], last: date) -> float:
    """What fees that are charged for a month at a time come to a day, from the newest month's.

    A fee pays for the days from the one on which it is charged to the end of the month.
    """
    month = last.replace(day=1)
    return sum(
        amount / (_length(day) - day.day + 1) for day, amount in charges.items() if day >= month
    )


def monthly_fees(rate: float, days: Iterable[date]) -> float:
    """The fees that fall on the first days of months among `days`."""
    return sum(rate * _length(day) for day in days if day.day == 1)


def _length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]
