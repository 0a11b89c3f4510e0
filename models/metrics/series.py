"""Series: a metric of one combination of dimensions over time, in periods of any length."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from models.metrics import catalogue, custom_metrics
from models.metrics.samplers import Level, Sampler, Total
from models.metrics.statistics import Periods

_DAY = 86_400
# Rows worked through before others may run.
_ROWS = 12


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


class Series:
    """The answer to a question: its unit and what fell into its periods."""

    __slots__ = ("periods", "question", "unit")

    def __init__(self, question: Question, statistics: Sequence[str]) -> None:
        self.question = question
        self.unit = "None"
        self.periods = Periods(statistics)

    def points(self, statistic: str) -> dict[int, float]:
        """Value by time (seconds of the epoch), in order of time."""
        start, length = self.question.start, self.question.period
        values = self.periods.values(statistic)
        return {start + number * length: values[number] for number in sorted(values)}


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
    series = Series(question, statistics)
    known = catalogue.find(question.namespace, question.name, question.dimensions)
    if known is None:
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
            _fill(series, sampler, begins, over)
        if at % _ROWS == 0:
            await asyncio.sleep(0)
    empty = not series.periods.counts
    if source.put or (empty and not question.namespace.startswith("AWS/")):
        await custom_metrics.read(db, region, series, now)
    return series


def _fill(series: Series, sampler: Sampler, begins: int, over: int) -> None:
    """Put one day's samples into their periods; none is complete at `over` or later."""
    question, periods = series.question, series.periods
    start, length = question.start, question.period
    unit = sampler.unit
    step = unit * 60
    at = max(0, -((begins - start) // step))
    after = min(_DAY // step, -((begins - question.end) // step), (over - begins) // step)
    if at >= after:
        return
    if isinstance(sampler, (Level, Total)) and not periods.wide and not periods.single:
        _fill_sums(series, sampler, begins, at, after)
        return
    while at < after:
        number = (begins + at * step - start) // length
        edge = start + (number + 1) * length
        then = min(after, -((begins - edge) // step))
        part = sampler.part(at * unit, then * unit)
        if part is not None:
            periods.add(number, *part)
            if periods.single:
                periods.add_samples(number, sampler.samples(at * unit, then * unit))
        at = then


def _fill_sums(series: Series, sampler: Level | Total, begins: int, at: int, after: int) -> None:
    """The same where sums and counts are all that is asked: one look-up for each period's end."""
    question = series.question
    counts, totals = series.periods.counts, series.periods.totals
    start, length = question.start, question.period
    unit = sampler.unit
    step = unit * 60
    first = (begins + at * step - start) // length
    last = (begins + (after - 1) * step - start) // length
    ends = range(start + (first + 1) * length - begins, start + last * length - begins + 1, length)
    edges = [at, *[-(-end // step) for end in ends], after]
    passed = sampler.passed([edge * unit for edge in edges])
    for number in range(first, last + 1):
        place = number - first
        count = edges[place + 1] - edges[place]
        if count:
            counts[number] = counts.get(number, 0.0) + count
            totals[number] = totals.get(number, 0.0) + passed[place + 1] - passed[place]
