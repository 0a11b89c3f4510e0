"""The course of a day: 288 values of five minutes that agree with the day's mean and maximum.

A daily row knows a mean and a maximum. A template knows a shape: when people work, when they
sleep, and noise. The curve is the template stretched linearly, so that mean and maximum come out
exactly; the sum over any part of the day then needs two look-ups in the template's prefix sums.
"""

import random
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from math import exp
from zlib import crc32

SLOTS = 288
SLOT_MINUTES = 5
VARIANTS = 16

# Hours ahead of UTC that a region's office keeps, by the beginning of its name.
_HOURS = {
    "us-east": -5,
    "us-west": -8,
    "ca-west": -7,
    "ca": -5,
    "mx": -6,
    "sa": -3,
    "eu-west": 0,
    "eu": 1,
    "af": 2,
    "il": 2,
    "me": 4,
    "ap-south-": 5,
    "ap-southeast-2": 10,
    "ap-southeast-4": 10,
    "ap-southeast-6": 12,
    "ap-southeast": 8,
    "ap-northeast": 9,
    "ap-east": 8,
}

# What noise does to a slot, as a share of its level.
_NOISE = 0.12


class Template:
    """A shape of a day: `values` in (0, 1], one of them, at `peak`, exactly 1."""

    __slots__ = ("peak", "prefix", "total", "values")

    def __init__(self, values: Sequence[float]) -> None:
        top = max(values)
        self.values = [value / top for value in values]
        self.peak = self.values.index(1.0)
        self.prefix = list(accumulate(self.values, initial=0.0))
        self.total = self.prefix[-1]


class Curve:
    """A template stretched to a mean and a maximum: slot i is `base + scale * values[i]`.

    The slot at the peak is `top`. Where a mean is too small for its maximum to be reached within
    five minutes, the mean is kept and the maximum is what that leaves.
    """

    __slots__ = ("base", "extra", "scale", "template", "top")

    def __init__(self, template: Template, mean: float, maximum: float) -> None:
        self.template = template
        maximum = max(mean, min(maximum, mean * SLOTS))
        self.top = maximum
        if maximum <= 0.0:
            self.base = self.scale = self.extra = 0.0
            return
        share = mean / maximum
        if share * SLOTS <= template.total:
            self.base = 0.0
            self.scale = maximum * (share * SLOTS - 1.0) / (template.total - 1.0)
        else:
            self.scale = maximum * (1.0 - share) / (1.0 - template.total / SLOTS)
            self.base = maximum - self.scale
        self.extra = maximum - self.base - self.scale

    def upto(self, minute: int) -> float:
        """The sum of all slots before a minute of the day, the last of them in part."""
        slot, rest = divmod(minute, SLOT_MINUTES)
        template = self.template
        found = self.base * slot + self.scale * template.prefix[slot]
        if slot > template.peak:
            found += self.extra
        if rest:
            found += self.at(slot) * rest / SLOT_MINUTES
        return found

    def upto_each(self, minutes: Sequence[int]) -> list[float]:
        """`upto` of many minutes."""
        if any(minute % SLOT_MINUTES for minute in minutes):
            return [self.upto(minute) for minute in minutes]
        base, scale, prefix = self.base, self.scale, self.template.prefix
        peak, extra = self.template.peak * SLOT_MINUTES, self.extra
        each = base / SLOT_MINUTES
        return [
            each * minute + scale * prefix[minute // SLOT_MINUTES] + (extra if minute > peak else 0)
            for minute in minutes
        ]

    def at(self, slot: int) -> float:
        """The value of one slot."""
        if slot == self.template.peak:
            return self.top
        return self.base + self.scale * self.template.values[slot]

    def extremes(self, first: int, after: int) -> tuple[float, float]:
        """The least and the greatest value of slots from `first` up to and without `after`."""
        peak = self.template.peak
        if after - first == 1:
            value = self.at(first)
            return value, value
        part = self.template.values[first:after]
        low = self.base + self.scale * min(part)
        if first <= peak < after:
            return low, self.top
        return low, self.base + self.scale * max(part)


def template(kind: str, region: str, resource: str, date_ordinal: int, metric: str) -> Template:
    """The template of one metric of one resource and day: always the same one."""
    variant = crc32(f"{metric}|{date_ordinal}|{resource}".encode()) >> 8
    return _template(kind, _hours(region), variant % VARIANTS)


def kind_of(env: str, weekend: bool, flat: bool) -> str:
    """Which shape a day has: of people at work, of users at home, of nobody."""
    if flat:
        return "flat"
    return f"{'prod' if env == 'prod' else 'dev'}-{'weekend' if weekend else 'weekday'}"


@lru_cache(maxsize=64)
def _hours(region: str) -> int:
    best = max((name for name in _HOURS if region.startswith(name)), key=len, default="")
    return _HOURS.get(best, 0)


@lru_cache(maxsize=512)
def _template(kind: str, hours: int, variant: int) -> Template:
    chance = random.Random(f"{kind}/{variant}")  # noqa: S311 - a simulation's chance
    noise = [1 + _NOISE * (2 * chance.random() - 1) for _ in range(SLOTS)]
    local = [_level(kind, slot / 12) * noise[slot] for slot in range(SLOTS)]
    ahead = hours * 12
    return Template([local[(slot + ahead) % SLOTS] for slot in range(SLOTS)])


def _level(kind: str, hour: float) -> float:
    """How busy a local hour is, 0 … 1."""
    if kind == "prod-weekday":
        return 0.36 + 0.34 * _plateau(hour, 7, 21) + 0.3 * _plateau(hour, 9, 17)
    if kind == "prod-weekend":
        return 0.45 + 0.3 * _plateau(hour, 10, 22)
    if kind == "dev-weekday":
        return 0.14 + 0.86 * _plateau(hour, 9, 18)
    if kind == "dev-weekend":
        return 0.5 + 0.1 * _plateau(hour, 10, 18)
    return 0.8


def _plateau(hour: float, opens: float, closes: float) -> float:
    """0 at night, 1 between two hours, with shoulders of about an hour."""
    return 1 / (1 + exp(-2.5 * (hour - opens))) / (1 + exp(2.5 * (hour - closes)))
