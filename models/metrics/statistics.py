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


class Periods:
    """What fell into the periods of a series, by their number: sets of statistics, and samples.

    `wide` says whether minima and maxima are kept, `single` whether samples are.
    """

    __slots__ = ("counts", "highs", "lows", "samples", "single", "totals", "wide")

    def __init__(self, statistics: Sequence[str]) -> None:
        self.single = any(name not in SIMPLE for name in statistics)
        self.wide = "Minimum" in statistics or "Maximum" in statistics
        self.counts: dict[int, float] = {}
        self.totals: dict[int, float] = {}
        self.lows: dict[int, float] = {}
        self.highs: dict[int, float] = {}
        self.samples: dict[int, list[tuple[float, float]]] = {}

    def add(self, number: int, count: float, total: float, low: float, high: float) -> None:
        """Take a statistics set into a period."""
        if number not in self.counts:
            self.counts[number], self.totals[number] = count, total
            self.lows[number], self.highs[number] = low, high
            return
        self.counts[number] += count
        self.totals[number] += total
        # sums alone are kept of what came before, where nobody asks for more
        self.lows[number] = min(low, self.lows.get(number, low))
        self.highs[number] = max(high, self.highs.get(number, high))

    def add_samples(self, number: int, samples: list[tuple[float, float]]) -> None:
        """Take single samples into a period."""
        self.samples.setdefault(number, []).extend(samples)

    def values(self, name: str) -> dict[int, float]:
        """A statistic of every period that has it, simple or extended.

        Rounded to where sums of sums are still exact, so that 15 is not 14.999999999999996.
        """
        if name == "Average":
            counts = self.counts
            return {at: round(total / counts[at], _DIGITS) for at, total in self.totals.items()}
        if name == "SampleCount":
            return self.counts
        known = {"Sum": self.totals, "Minimum": self.lows, "Maximum": self.highs}.get(name)
        if known is not None:
            return {at: round(value, _DIGITS) for at, value in known.items()}
        function = extended(name)
        told = ((at, function(samples)) for at, samples in self.samples.items() if samples)
        return {at: round(value, _DIGITS) for at, value in told if value is not None}


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
