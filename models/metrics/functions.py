"""The functions and operators of metric math, on numbers, time series and arrays of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import fmean, pstdev
from typing import Any

from models.metrics.expressions import ExpressionError


@dataclass(slots=True)
class TimeSeries:
    """Values by time (seconds of the epoch), `period` seconds apart."""

    label: str
    period: int
    points: dict[int, float] = field(default_factory=dict)

    def mapped(self, function: Callable[[float], float]) -> "TimeSeries":
        """Every value changed alike."""
        return TimeSeries(
            self.label, self.period, {at: function(value) for at, value in self.points.items()}
        )


Value = float | TimeSeries | list[TimeSeries] | str

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else math.nan,
    "^": lambda a, b: _power(a, b),
    "<": lambda a, b: float(a < b),
    ">": lambda a, b: float(a > b),
    "<=": lambda a, b: float(a <= b),
    ">=": lambda a, b: float(a >= b),
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "AND": lambda a, b: float(bool(a) and bool(b)),
    "OR": lambda a, b: float(bool(a) or bool(b)),
}
OPERATORS = frozenset(_ARITHMETIC)


def _power(base: float, exponent: float) -> float:
    try:
        found = base**exponent
    except (OverflowError, ZeroDivisionError):
        return math.nan
    return math.nan if isinstance(found, complex) else float(found)


def operate(sign: str, left: Value, right: Value) -> Value:
    """An operator between numbers, series (where both have a value) and arrays of them."""
    if isinstance(left, str) or isinstance(right, str):
        raise ExpressionError("A text cannot be an operand")
    if isinstance(left, list):
        if isinstance(right, list):
            if len(left) != len(right):
                raise ExpressionError("Arrays in an operation must have the same size")
            pairs = zip(left, right, strict=True)
            return [_series(operate(sign, one, other)) for one, other in pairs]
        return [_series(operate(sign, one, right)) for one in left]
    if isinstance(right, list):
        return [_series(operate(sign, left, one)) for one in right]
    function = _ARITHMETIC[sign]
    if isinstance(left, TimeSeries):
        if isinstance(right, TimeSeries):
            both = left.points.keys() & right.points.keys()
            return _sound(
                left, {at: function(left.points[at], right.points[at]) for at in sorted(both)}
            )
        number = right
        return _sound(left, {at: function(value, number) for at, value in left.points.items()})
    if isinstance(right, TimeSeries):
        return _sound(right, {at: function(left, value) for at, value in right.points.items()})
    return function(left, right)


def _series(value: Value) -> TimeSeries:
    if not isinstance(value, TimeSeries):
        raise ExpressionError("An array must hold time series")
    return value


def _sound(like: TimeSeries, points: dict[int, float]) -> TimeSeries:
    """Points without those that came to nothing (a division by zero)."""
    return TimeSeries(
        like.label, like.period, {at: value for at, value in points.items() if math.isfinite(value)}
    )


_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": math.fsum,
    "AVG": fmean,
    "MIN": min,
    "MAX": max,
    "STDDEV": pstdev,
}
_CALENDAR: dict[str, Callable[[datetime], float]] = {
    "MINUTE": lambda at: at.minute,
    "HOUR": lambda at: at.hour,
    "DAY": lambda at: at.isoweekday(),
    "DATE": lambda at: at.day,
    "MONTH": lambda at: at.month,
    "YEAR": lambda at: at.year,
    "EPOCH": lambda at: at.timestamp(),
}
_EACH: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": lambda value: math.log(value) if value > 0 else math.nan,
    "LOG10": lambda value: math.log10(value) if value > 0 else math.nan,
}


def aggregate(name: str, value: Value) -> Value:
    """SUM, AVG, MIN, MAX, STDDEV: of an array, point by point; of one series, a number."""
    function = _AGGREGATES[name]
    if isinstance(value, TimeSeries):
        return function(list(value.points.values())) if value.points else math.nan
    if not isinstance(value, list):
        raise ExpressionError(f"{name} needs a time series or an array of them")
    gathered: dict[int, list[float]] = {}
    for series in value:
        for at, one in series.points.items():
            gathered.setdefault(at, []).append(one)
    period = value[0].period if value else 60
    return TimeSeries(name, period, {at: function(gathered[at]) for at in sorted(gathered)})


def change(name: str, series: TimeSeries) -> TimeSeries:
    """DIFF, DIFF_TIME, RATE, RUNNING_SUM: each value beside the one before it."""
    found: dict[int, float] = {}
    before: tuple[int, float] | None = None
    running = 0.0
    for at, value in sorted(series.points.items()):
        running += value
        if name == "RUNNING_SUM":
            found[at] = running
        elif before is not None:
            passed = at - before[0]
            step = value - before[1]
            found[at] = {"DIFF": step, "DIFF_TIME": passed, "RATE": step / passed}[name]
        before = at, value
    return TimeSeries(series.label, series.period, found)


def fill(series: TimeSeries, grid: Sequence[int], filler: Value) -> TimeSeries:
    """A value wherever the series has none: a number, another series', REPEAT or LINEAR."""
    points = dict(series.points)
    if isinstance(filler, list):
        raise ExpressionError("FILL needs a number, a time series, REPEAT or LINEAR")
    known = sorted(points)
    for at in grid:
        if at in points:
            continue
        if isinstance(filler, TimeSeries):
            if at in filler.points:
                points[at] = filler.points[at]
        elif isinstance(filler, float):
            points[at] = filler
        else:
            earlier = [one for one in known if one < at]
            later = [one for one in known if one > at]
            if filler == "REPEAT" and earlier:
                points[at] = series.points[earlier[-1]]
            elif filler == "LINEAR" and earlier and later:
                one, other = earlier[-1], later[0]
                low, high = series.points[one], series.points[other]
                points[at] = low + (high - low) * (at - one) / (other - one)
    return TimeSeries(series.label, series.period, dict(sorted(points.items())))


def choose(condition: Value, then: Value, otherwise: Value | None) -> Value:
    """IF: where the condition holds, one thing, elsewhere the other, or nothing."""
    if isinstance(condition, (list, str)):
        raise ExpressionError("The condition of IF must be a number or a time series")
    if not isinstance(condition, TimeSeries):
        if otherwise is None:
            raise ExpressionError("IF needs a time series or a third argument")
        return then if condition else otherwise
    found = {}
    for at, held in condition.points.items():
        chosen = then if held else otherwise
        value = chosen.points.get(at) if isinstance(chosen, TimeSeries) else chosen
        if isinstance(value, (str, list)):
            raise ExpressionError("IF chooses between numbers and time series")
        if value is not None:
            found[at] = value
    like = then if isinstance(then, TimeSeries) else condition
    return TimeSeries(like.label, condition.period, found)


def sort(series: list[TimeSeries], by: Any, order: Any, most: int | None) -> list[TimeSeries]:
    """SORT: an array by SUM, AVG, MIN, MAX or STDDEV of its series, ASC or DESC, the first few."""
    if by not in _AGGREGATES or order not in ("ASC", "DESC"):
        raise ExpressionError("SORT needs AVG, MIN, MAX or SUM, and ASC or DESC")
    function = _AGGREGATES[by]
    filled = [one for one in series if one.points]
    filled.sort(key=lambda one: function(list(one.points.values())), reverse=order == "DESC")
    return filled[:most]


def each(name: str, series: TimeSeries) -> Value:
    """Functions of one series; ExpressionError for one that is unknown."""
    if name in _EACH:
        return _sound(series, series.mapped(_EACH[name]).points)
    if name in _CALENDAR:
        function = _CALENDAR[name]
        return TimeSeries(
            series.label,
            series.period,
            {at: function(datetime.fromtimestamp(at, UTC)) for at in series.points},
        )
    if name in ("DIFF", "DIFF_TIME", "RATE", "RUNNING_SUM"):
        return change(name, series)
    ordered = [series.points[at] for at in sorted(series.points)]
    if name == "DATAPOINT_COUNT":
        return float(len(ordered))
    if name in ("FIRST", "LAST"):
        return ordered[0 if name == "FIRST" else -1] if ordered else math.nan
    if name == "PERIOD":
        return float(series.period)
    raise ExpressionError(f"Unsupported function: {name}")


AGGREGATES = frozenset(_AGGREGATES)
