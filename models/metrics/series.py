"""Series: a metric of one combination of dimensions over time, in periods of any length."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from models.metrics import catalogue, custom_metrics
from models.metrics.samplers import Sampler
from models.metrics.statistics import SIMPLE, Period

_DAY = 86_400
# Rows worked through before others may run.
_ROWS = 40


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a metric: `period` in seconds; `unit` None: whatever it has.

    Periods are counted from `start`, which is a whole number of seconds of the epoch.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    start: int
    end: int
    period: int
    unit: str | None = None


@dataclass(slots=True)
class Series:
    """The periods that hold samples, by their number from the start."""

    question: Question
    unit: str = "None"
    periods: dict[int, Period] = field(default_factory=dict)

    def points(self, statistic: str) -> list[tuple[int, float]]:
        """Time (seconds of the epoch) and value of each period, in order of time."""
        start, length = self.question.start, self.question.period
        found = []
        for number in sorted(self.periods):
            value = self.periods[number].statistic(statistic)
            if value is not None:
                found.append((start + number * length, value))
        return found


def seconds(moment: datetime) -> int:
    """Whole seconds of the epoch."""
    return int(moment.timestamp())


def rounded(start: datetime, now: datetime, period: int) -> int:
    """The start of the first period: the older, the coarser, as CloudWatch keeps it."""
    at = seconds(start)
    age = now - start
    if age > timedelta(days=63):
        grain = 3600
    elif age > timedelta(days=15):
        grain = 300
    else:
        grain = 60 if period >= 60 else period
    return at - at % grain


async def read(
    db: Any, region: str, question: Question, now: datetime, statistics: tuple[str, ...]
) -> Series:
    """The series that answers a question; one without periods where nothing is known.

    `statistics` tells whether single samples are needed (percentiles and their like).
    """
    series = Series(question)
    single = any(name not in SIMPLE for name in statistics)
    known = catalogue.find(question.namespace, question.name, question.dimensions)
    if known is None:
        if not question.namespace.startswith("AWS/"):
            await custom_metrics.read(db, region, series, now)
        return series
    source, metric = known
    series.unit = metric.unit
    present = seconds(now)
    latest = min(question.end, present)
    if latest <= question.start or question.unit not in (None, metric.unit):
        return series
    first = datetime.fromtimestamp(question.start, UTC).date()
    last = datetime.fromtimestamp(latest, UTC).date()
    values = [question.dimensions[name] for name in source.dimensions]
    rows = await db.fetch(source.rows, first, last, region, *values)
    for at, row in enumerate(rows, 1):
        sampler = metric.sampler(
            row["payload"], region, row["resource_id"], row["date"], row["unit"]
        )
        if sampler is not None:
            begins = (row["date"].toordinal() - 719_163) * _DAY
            over = min(seconds(row["ends"]), present) if row["ends"] else present
            _fill(series, sampler, begins, over, single)
        if at % _ROWS == 0:
            await asyncio.sleep(0)
    if not series.periods and not question.namespace.startswith("AWS/"):
        await custom_metrics.read(db, region, series, now)
    return series


def _fill(series: Series, sampler: Sampler, begins: int, over: int, single: bool) -> None:
    """Put one day's samples into their periods; none is complete at `over` or later."""
    question = series.question
    start, length, periods = question.start, question.period, series.periods
    unit = sampler.unit
    step = unit * 60
    at = max(0, -((begins - start) // step))
    after = min(_DAY // step, -((begins - question.end) // step), (over - begins) // step)
    while at < after:
        number = (begins + at * step - start) // length
        edge = start + (number + 1) * length
        then = min(after, -((begins - edge) // step))
        part = sampler.part(at * unit, then * unit)
        if part is not None:
            period = periods.get(number)
            if period is None:
                period = periods[number] = Period()
            period.add(*part)
            if single:
                period.samples += sampler.samples(at * unit, then * unit)
        at = then
