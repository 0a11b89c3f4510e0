"""Prices of instance types that no list has: by size within a family, by class without one.

1. A known family: its price is a line through its known sizes, each size weighing what AWS's
   normalisation factor says (nano 0.25, micro 0.5, small 1, medium 2, large 4, xlarge 8,
   Nxlarge 8 N: every step up doubles). Below the smallest and above the largest known size the
   price is proportional to the weight.
2. An unknown family: the nearest relative, of the same leading letters (m, c, r, g …; without
   any, m), then sharing the most attribute letters (`m9g` is nearer to `m8g` than to `m8i`),
   then the nearest generation, the newer first.
So a price is never 0, the same on every machine, and never falls when the size grows, except
where the listed prices themselves do.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

WEIGHTS = {
    "nano": Decimal("0.25"),
    "micro": Decimal("0.5"),
    "small": Decimal(1),
    "medium": Decimal(2),
    "large": Decimal(4),
    "xlarge": Decimal(8),
}
METAL_WEIGHT = Decimal(8 * 24)  # a bare-metal size without a number is about a 24xlarge
QUANTUM = Decimal("0.000001")
GENERATION = 5  # of a family whose name tells none
FLOOR = Decimal("0.0001")  # the least that numeric(10,4) can hold
MOST_XLARGE = 1024  # beyond any machine; keeps an absurd name from an absurd price

# Compiled (and kept by re) at the first unknown name: start-up need not wait for it.
_XLARGE = r"(?:metal-)?([0-9]{1,9})xl(?:arge)?"
_FAMILY = r"([a-z]*)-?([0-9]{0,6})(.*)"


def weight(size: str) -> Decimal:
    """A size's normalisation factor: large is 4, 2xlarge 16; an unreadable size is a large."""
    if size in WEIGHTS:
        return WEIGHTS[size]
    match = re.fullmatch(_XLARGE, size)
    if match:
        return Decimal(8 * min(max(int(match[1]), 1), MOST_XLARGE))
    return METAL_WEIGHT if size.startswith("metal") else WEIGHTS["large"]


def interpolate(node: str, prices: Mapping[str, Decimal]) -> Decimal:
    """USD per hour for `node` ("family.size") from the known `prices` of its service."""
    family, _, size = node.lower().partition(".")
    points = curve(relative(family, prices), prices)
    return max(_along(points, weight(size)).quantize(QUANTUM, ROUND_HALF_UP), FLOOR)


def curve(family: str, prices: Mapping[str, Decimal]) -> list[tuple[Decimal, Decimal]]:
    """A family's known (weight, USD per hour), by weight; of equal weights the cheaper."""
    start = family + "."
    points: dict[Decimal, Decimal] = {}
    metal_only: dict[Decimal, Decimal] = {}
    for node, usd in prices.items():
        if node.startswith(start):
            size = node[len(start) :]
            known = metal_only if size.startswith("metal") else points
            w = weight(size)
            known[w] = min(usd, known.get(w, usd))
    return sorted((points or metal_only).items())


def relative(family: str, prices: Mapping[str, Decimal]) -> str:
    """The known family whose prices stand for `family`: itself, or its nearest relative."""
    families = dict.fromkeys(node.partition(".")[0] for node in prices)
    if family in families:
        return family
    letters, generation, attributes = _parts(family)
    kin = [known for known in families if _parts(known)[0] == letters]
    if not kin:
        kin = [known for known in families if _parts(known)[0] == "m"] or list(families)

    def distance(known: str) -> tuple[int, int, int, str]:
        _, other, traits = _parts(known)
        unshared = len(set(attributes) ^ set(traits))
        return unshared, abs(generation - other), -other, known

    return min(kin, key=distance)


def has_class(family: str, prices: Mapping[str, Decimal]) -> bool:
    """Whether any known family has the leading letters of `family`."""
    letters = _parts(family)[0]
    return any(_parts(node.partition(".")[0])[0] == letters for node in prices)


def _parts(family: str) -> tuple[str, int, str]:
    match = re.fullmatch(_FAMILY, family)
    if match is None:
        return "", GENERATION, ""
    return match[1], int(match[2] or GENERATION), match[3]


def _along(points: list[tuple[Decimal, Decimal]], w: Decimal) -> Decimal:
    first, last = points[0], points[-1]
    if w <= first[0]:
        return first[1] * w / first[0]
    if w >= last[0]:
        return last[1] * w / last[0]
    for (w1, usd1), (w2, usd2) in pairwise(points):
        if w <= w2:
            return usd1 + (usd2 - usd1) * (w - w1) / (w2 - w1)
    return last[1]
