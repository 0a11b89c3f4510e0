"""Statistics: what a period's samples come to, from Average to trimmed means."""

import re
from collections.abc import Callable, Sequence

SIMPLE = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")

_DIGITS = 9

Samples = Sequence[tuple[float, float]]  # value, weight

_PERCENTILE = re.compile(r"(p|tm|tc|ts|wm)(\d{1,3}(?:\.\d{0,10})?)", re.I)
_BOUND = r"(\d{0,3}(?:\.\d{0,10})?)%"
_SHARES = re.compile(rf"(TM|TC|TS|WM)\((?:{_BOUND})?:(?:{_BOUND})?\)", re.I)
_VALUES = re.compile(r"(TM|TC|TS|WM|PR)\((-?[\d.]*):(-?[\d.]*)\)", re.I)


class Period:
    """What fell into one period: the statistics set, and the samples where they are asked for."""

    __slots__ = ("count", "high", "low", "samples", "total")

    def __init__(self) -> None:
        self.count = 0.0
        self.total = 0.0
        self.low = float("inf")
        self.high = float("-inf")
        self.samples: list[tuple[float, float]] = []

    def add(self, count: float, total: float, low: float, high: float) -> None:
        """Take in a statistics set."""
        self.count += count
        self.total += total
        if low < self.low:
            self.low = low
        if high > self.high:
            self.high = high

    def statistic(self, name: str) -> float | None:
        """One of the simple statistics, or an extended one; None where there is nothing to tell.

        Rounded to where sums of sums are still exact, so that 15 is not 14.999999999999996.
        """
        if name == "Average":
            return round(self.total / self.count, _DIGITS)
        if name == "Sum":
            return round(self.total, _DIGITS)
        if name == "Minimum":
            return round(self.low, _DIGITS)
        if name == "Maximum":
            return round(self.high, _DIGITS)
        if name == "SampleCount":
            return self.count
        value = extended(name)(self.samples) if self.samples else None
        return None if value is None else round(value, _DIGITS)


def is_valid(name: str) -> bool:
    """Whether CloudWatch has a statistic of this name, simple or extended."""
    if name in SIMPLE or name.upper() == "IQM":
        return True
    found = _PERCENTILE.fullmatch(name)
    if found:
        return float(found[2]) <= 100
    found = _SHARES.fullmatch(name)
    if found:
        return all(not bound or float(bound) <= 100 for bound in found.groups()[1:])
    found = _VALUES.fullmatch(name)
    return found is not None and (found[2] or found[3]) not in ("", ".", "-")


def extended(name: str) -> Callable[[Samples], float | None]:
    """The function from samples to an extended statistic; `is_valid` has been asked."""
    if name.upper() == "IQM":
        return lambda samples: _by_share("tm", samples, 25, 75)
    found = _PERCENTILE.fullmatch(name)
    if found:
        kind, upper = found[1].lower(), float(found[2])
        if kind == "p":
            return lambda samples: percentile(samples, upper)
        return lambda samples: _by_share(kind, samples, 0, upper)
    found = _SHARES.fullmatch(name)
    if found:
        kind = found[1].lower()
        low, high = float(found[2] or 0), float(found[3] or 100)
        return lambda samples: _by_share(kind, samples, low, high)
    found = _VALUES.fullmatch(name)
    if found is None:
        raise ValueError(f"there is no statistic {name}")
    kind, low, high = found[1].lower(), float(found[2] or "-inf"), float(found[3] or "inf")
    return lambda samples: _by_value(kind, samples, low, high)


def percentile(samples: Samples, share: float) -> float:
    """The value below which `share` percent of the samples' weight lies, between two neighbours."""
    ordered = sorted(samples)
    weight = sum(weight for _, weight in ordered)
    wanted = (weight - 1) * share / 100
    if wanted <= 0:
        return ordered[0][0]
    passed = 0.0
    for at, (value, own) in enumerate(ordered):
        last = passed + own - 1
        if wanted <= last or at + 1 == len(ordered):
            return value
        if wanted < passed + own:
            return value + (ordered[at + 1][0] - value) * (wanted - last)
        passed += own
    return ordered[-1][0]


def _by_share(kind: str, samples: Samples, low: float, high: float) -> float | None:
    """Trimmed (or winsorised) between two percentiles, by weight."""
    ordered = sorted(samples)
    weight = sum(weight for _, weight in ordered)
    begin, end = weight * low / 100, weight * high / 100
    kept: list[tuple[float, float]] = []
    passed = 0.0
    for value, own in ordered:
        inside = min(passed + own, end) - max(passed, begin)
        if inside > 0:
            kept.append((value, inside))
        passed += own
    if kind == "wm" and kept:
        first, last = kept[0][0], kept[-1][0]
        clipped = [(min(max(value, first), last), own) for value, own in ordered]
        return sum(value * own for value, own in clipped) / weight
    return _told(kind, kept)


def _by_value(kind: str, samples: Samples, low: float, high: float) -> float | None:
    """Trimmed (or winsorised) between two values; PR is the share that lies between them."""
    weight = sum(weight for _, weight in samples)
    kept = [(value, own) for value, own in samples if low < value <= high]
    if kind == "pr":
        return 100 * sum(own for _, own in kept) / weight
    if kind == "wm":
        return sum(min(max(value, low), high) * own for value, own in samples) / weight
    return _told(kind, kept)


def _told(kind: str, kept: Samples) -> float | None:
    count = sum(own for _, own in kept)
    if kind == "tc":
        return count
    total = sum(value * own for value, own in kept)
    if kind == "ts":
        return total
    return total / count if count else None
