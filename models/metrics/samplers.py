"""Samplers: the ways in which a metric's samples fall into the minutes of a day.

Every sampler answers for a part of one day, in minutes: `part` gives count, sum, minimum and
maximum of the samples of that part (None: there are none), `samples` gives them one by one.
`unit` is how many minutes apart the samples are.
"""

from collections.abc import Sequence
from typing import Protocol

from models.metrics.curves import SLOT_MINUTES, SLOTS, Curve

Part = tuple[float, float, float, float]
# How far a day's busiest five minutes rise above its mean where the row tells no maximum.
PEAK = 2.2


class Sampler(Protocol):
    """A metric on one day of one resource."""

    unit: int

    def part(self, first: int, after: int) -> Part | None:
        """Count, sum, minimum and maximum of the samples from minute `first` to before `after`."""

    def samples(self, first: int, after: int) -> list[tuple[float, float]]:
        """The samples of that part, each with its weight."""


class Level:
    """A gauge read at every unit: CPU, connections, free space."""

    __slots__ = ("curve", "unit")

    def __init__(self, curve: Curve, unit: int) -> None:
        self.curve, self.unit = curve, unit

    def part(self, first: int, after: int) -> Part | None:
        """See Sampler."""
        curve = self.curve
        slot, end = first // SLOT_MINUTES, -(-after // SLOT_MINUTES)
        low, high = curve.extremes(slot, end)
        total = (curve.upto(after) - curve.upto(first)) * SLOT_MINUTES / self.unit
        return (after - first) / self.unit, total, low, high

    def passed(self, minutes: Sequence[int]) -> list[float]:
        """The sum of the samples before each of these minutes."""
        factor = SLOT_MINUTES / self.unit
        return [value * factor for value in self.curve.upto_each(minutes)]

    def samples(self, first: int, after: int) -> list[tuple[float, float]]:
        """See Sampler."""
        at = self.curve.at
        return [(at(minute // SLOT_MINUTES), 1.0) for minute in range(first, after, self.unit)]


class Total:
    """What passed in every unit: bytes, packets, operations."""

    __slots__ = ("curve", "share", "unit")

    def __init__(self, curve: Curve, unit: int) -> None:
        self.curve, self.unit = curve, unit
        self.share = unit / SLOT_MINUTES

    def part(self, first: int, after: int) -> Part | None:
        """See Sampler."""
        curve = self.curve
        slot, end = first // SLOT_MINUTES, -(-after // SLOT_MINUTES)
        low, high = curve.extremes(slot, end)
        total = curve.upto(after) - curve.upto(first)
        return (after - first) / self.unit, total, low * self.share, high * self.share

    def passed(self, minutes: Sequence[int]) -> list[float]:
        """The sum of the samples before each of these minutes."""
        return self.curve.upto_each(minutes)

    def samples(self, first: int, after: int) -> list[tuple[float, float]]:
        """See Sampler."""
        at, share = self.curve.at, self.share
        units = range(first, after, self.unit)
        return [(at(minute // SLOT_MINUTES) * share, 1.0) for minute in units]


class Events:
    """Whole things that happened, each a sample of 1; a time without any has no sample."""

    __slots__ = ("curve", "factor", "unit")

    def __init__(self, curve: Curve, events: int) -> None:
        self.curve, self.unit = curve, 1
        whole = curve.upto(SLOTS * SLOT_MINUTES)
        self.factor = events / whole if whole else 0.0

    def upto(self, minute: int) -> int:
        """How many events there were before a minute; all of the day's by its end."""
        return int(self.curve.upto(minute) * self.factor + 0.5)

    def part(self, first: int, after: int) -> Part | None:
        """See Sampler."""
        count = self.upto(after) - self.upto(first)
        return (count, count, 1.0, 1.0) if count else None

    def samples(self, first: int, after: int) -> list[tuple[float, float]]:
        """See Sampler."""
        count = self.upto(after) - self.upto(first)
        return [(1.0, float(count))] if count else []


class Marked:
    """Of the events, those that were so: errors among invocations. A sample of 0 or 1 each."""

    __slots__ = ("events", "marked", "unit")

    def __init__(self, events: Events, marked: Events) -> None:
        self.events, self.marked, self.unit = events, marked, 1

    def part(self, first: int, after: int) -> Part | None:
        """See Sampler."""
        count = self.events.upto(after) - self.events.upto(first)
        if not count:
            return None
        marked = min(count, self.marked.upto(after) - self.marked.upto(first))
        return count, marked, float(marked == count), float(marked > 0)

    def samples(self, first: int, after: int) -> list[tuple[float, float]]:
        """See Sampler."""
        found = self.part(first, after)
        if found is None:
            return []
        count, marked, _, _ = found
        both = [(0.0, count - marked), (1.0, marked)]
        return [(value, weight) for value, weight in both if weight]


class Measured:
    """A measure of each event: a duration, a latency. Slower in the hours that are busier.

    The mean over the day's events is the row's.
    """

    __slots__ = ("events", "hourly", "unit")
    _SPREAD = ((0.55, 0.2), (0.8, 0.3), (0.97, 0.3), (1.55, 0.15), (3.55, 0.05))

    def __init__(self, events: Events, mean: float) -> None:
        self.events, self.unit = events, 1
        counts = [events.upto(60 * hour + 60) - events.upto(60 * hour) for hour in range(24)]
        whole = sum(counts)
        slow = [1 + 0.12 * (24 * count / whole - 1) for count in counts] if whole else [1.0] * 24
        slow = [max(0.5, one) for one in slow]
        weighted = sum(count * one for count, one in zip(counts, slow, strict=True))
        fair = mean * whole / weighted if weighted else mean
        self.hourly = [fair * one for one in slow]

    def _hours(self, first: int, after: int) -> list[tuple[float, int]]:
        found = []
        upto = self.events.upto
        while first < after:
            end = min(after, first - first % 60 + 60)
            count = upto(end) - upto(first)
            if count:
                found.append((self.hourly[first // 60], count))
            first = end
        return found

    def part(self, first: int, after: int) -> Part | None:
        """See Sampler."""
        hours = self._hours(first, after)
        if not hours:
            return None
        count = sum(count for _, count in hours)
        total = sum(value * count for value, count in hours)
        means = [value for value, _ in hours]
        if count < len(self._SPREAD):
            return count, total, min(means), max(means)
        return count, total, min(means) * self._SPREAD[0][0], max(means) * self._SPREAD[-1][0]

    def samples(self, first: int, after: int) -> list[tuple[float, float]]:
        """See Sampler."""
        return [
            (mean * factor, count * share)
            for mean, count in self._hours(first, after)
            for factor, share in self._SPREAD
        ]


class Daily:
    """One sample a day, at its first minute: what a bucket holds."""

    __slots__ = ("unit", "value")

    def __init__(self, value: float) -> None:
        self.value, self.unit = value, 1

    def part(self, first: int, after: int) -> Part | None:
        """See Sampler."""
        return None if first else (1.0, self.value, self.value, self.value)

    def samples(self, first: int, after: int) -> list[tuple[float, float]]:
        """See Sampler."""
        return [] if first else [(self.value, 1.0)]
