"""Chance that can be replayed: draws that depend only on a seed and a name."""

import uuid
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_FRACTION = 1.0 / (1 << 53)


class Chance:
    """A stream of draws named by its path: `Chance(42, "volume", 7)`.

    Two streams of different paths are independent, so a new draw in one place of the code moves
    nothing elsewhere. The stream is splitmix64 started from a BLAKE2b digest of the path: equal
    on every machine and Python version, which `random.choice` and friends are not.
    """

    __slots__ = ("_state",)

    def __init__(self, *path: object) -> None:
        name = "\0".join(map(str, path)).encode()
        self._state = int.from_bytes(blake2b(name, digest_size=8).digest(), "big")

    def bits(self) -> int:
        """The next 64 bits."""
        self._state = state = (self._state + _STEP) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        return state ^ (state >> 31)

    def unit(self) -> float:
        """A float in [0, 1)."""
        return (self.bits() >> 11) * _FRACTION

    def between(self, low: float, high: float) -> float:
        """A float in [low, high)."""
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """An integer from `low` to `high`, both possible."""
        return low + self.bits() % (high - low + 1)

    def happens(self, odds: float) -> bool:
        """True with probability `odds`."""
        return self.unit() < odds

    def pick(self, choices: Sequence[T]) -> T:
        """One of `choices`, all equally likely."""
        return choices[self.bits() % len(choices)]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """The same things in another order."""
        order = list(things)
        for last in range(len(order) - 1, 0, -1):
            other = self.bits() % (last + 1)
            order[last], order[other] = order[other], order[last]
        return order

    def deck(self, size: int, shares: Mapping[T, float]) -> list[T]:
        """`size` cards in random order that keep `shares` as exactly as whole cards can."""
        counts = apportion(size, shares)
        return self.shuffled([card for card, count in counts.items() for _ in range(count)])

    def digits(self, count: int) -> str:
        """`count` (up to 16) hexadecimal digits."""
        return f"{self.bits():016x}"[:count]

    def resource_id(self, prefix: str) -> str:
        """An id in AWS's form: the prefix, a dash and 17 hexadecimal digits."""
        return f"{prefix}-{self.bits() & 0xF:x}{self.bits():016x}"

    def key(self) -> uuid.UUID:
        """A UUID, marked as a random one (version 4)."""
        number = (self.bits() << 64) | self.bits()
        number = number & ~(0xF000 << 64) & ~(0xC000 << 48) | (4 << 76) | (0x8000 << 48)
        return uuid.UUID(int=number)


def apportion(total: int, shares: Mapping[T, float]) -> dict[T, int]:
    """Whole numbers in proportion to `shares` that add up to `total` (largest remainder)."""
    whole = sum(shares.values())
    exact = {name: total * share / whole for name, share in shares.items()}
    counts = {name: int(value) for name, value in exact.items()}
    short = total - sum(counts.values())
    for name in sorted(exact, key=lambda name: counts[name] - exact[name])[:short]:
        counts[name] += 1
    return counts
