"""A metric of the catalogue: its name, its unit, and how a daily row becomes its samples."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from models.metrics import curves
from models.metrics.samplers import (
    PEAK,
    Daily,
    Events,
    Level,
    Marked,
    Measured,
    Sampler,
    Total,
)

Payload = Mapping[str, Any]
Figures = tuple[float, float] | None
Read = Callable[[Payload], Figures]
Kind = Literal["level", "total", "events", "marked", "measured", "daily"]

IDLE_CPU = 5.0


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `read` gives two figures of a day's row, or None where it has none.

    level     mean and maximum of the day
    total     what passed in the whole day, and nothing of interest
    events    how many there were, likewise
    marked    how many events there were, and how many of them were so
    measured  how many events there were, and the mean of what was measured
    daily     the value, likewise
    """

    name: str
    unit: str
    kind: Kind
    read: Read

    def sampler(
        self, payload: Payload, region: str, resource: str, day: date, unit: int
    ) -> Sampler | None:
        """The metric's samples on one day of one resource; None: it has none on that day."""
        figures = self.read(payload)
        if figures is None:
            return None
        first, second = figures
        if self.kind == "daily":
            return Daily(first)
        shape = curves.template(
            shape_of(payload, day), region, resource, day.toordinal(), self.name
        )
        if self.kind == "level":
            return Level(curves.Curve(shape, first, second), unit)
        curve = curves.Curve(shape, first / curves.SLOTS, first / curves.SLOTS * PEAK)
        if self.kind == "total":
            return Total(curve, unit)
        events = Events(curve, int(first))
        if self.kind == "events":
            return events
        if self.kind == "measured":
            return Measured(events, second)
        return Marked(events, Events(curve, int(second)))


def shape_of(payload: Payload, day: date) -> str:
    """Which shape the resource's day has, as its row lets one guess."""
    highest = payload.get("cpu_max")
    mean = payload.get("cpu_avg")
    # nobody works on what idles, nor on what does all its work at once
    flat = highest is not None and (highest < IDLE_CPU or (mean or 0) < IDLE_CPU < highest / 8)
    return curves.kind_of(payload.get("env") or "dev", day.weekday() >= 5, flat)


def level(name: str, unit: str, mean: str, highest: str = "", factor: float = 1.0) -> Metric:
    """A gauge whose mean and maximum are keys of the row; without a maximum, a plausible one."""
    ceiling = 100.0 if unit == "Percent" else float("inf")

    def read(payload: Payload) -> Figures:
        value = payload.get(mean)
        if value is None:
            return None
        value *= factor
        most = payload.get(highest)
        return value, min(ceiling, value * 1.4) if most is None else most * factor

    return Metric(name, unit, "level", read)


def gauge(name: str, unit: str, value: Callable[[Payload], float | None]) -> Metric:
    """A gauge computed of a row, hardly moving within the day."""

    def read(payload: Payload) -> Figures:
        mean = value(payload)
        return None if mean is None else (mean, mean * 1.05)

    return Metric(name, unit, "level", read)


def constant(name: str, unit: str, value: float = 0.0) -> Metric:
    """A gauge that always reads the same."""
    return Metric(name, unit, "level", lambda payload: (value, value))


def total(name: str, unit: str, key: str, factor: float = 1.0) -> Metric:
    """What passes: `factor` makes the day's sum, in the metric's unit, of the row's figure."""

    def read(payload: Payload) -> Figures:
        value = payload.get(key)
        return None if value is None else (value * factor, 0.0)

    return Metric(name, unit, "total", read)


def events(name: str, key: str, share: float = 1.0) -> Metric:
    """Whole events, `share` of those that the row counts."""

    def read(payload: Payload) -> Figures:
        value = payload.get(key)
        return None if value is None else (int(value * share), 0.0)

    return Metric(name, "Count", "events", read)


def measured(name: str, unit: str, key: str, value: str, factor: float = 1.0) -> Metric:
    """A measure of each of the events that the row counts."""

    def read(payload: Payload) -> Figures:
        count, mean = payload.get(key), payload.get(value)
        return None if count is None or mean is None else (count, mean * factor)

    return Metric(name, unit, "measured", read)


def marked(name: str, key: str, of: Callable[[Payload], float]) -> Metric:
    """Some of the events that the row counts."""

    def read(payload: Payload) -> Figures:
        count = payload.get(key)
        return None if count is None else (count, of(payload))

    return Metric(name, "Count", "marked", read)


def daily(name: str, unit: str, key: str, factor: float = 1.0) -> Metric:
    """One value a day."""

    def read(payload: Payload) -> Figures:
        value = payload.get(key)
        return None if value is None else (value * factor, 0.0)

    return Metric(name, unit, "daily", read)
