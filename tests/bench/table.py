"""The table: a measured figure, what it is compared with, and the goal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Line:
    """One figure; `goal` begins with ≥ or ≤ and is a number, or is empty: none is set."""

    what: str
    ratio: float
    goal: str
    detail: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if not self.goal:
            return None
        limit = float(self.goal[1:])
        return self.ratio >= limit if self.goal[0] == "≥" else self.ratio <= limit

    def __str__(self) -> str:
        mark = {True: "met", False: "NOT MET", None: ""}[self.met]
        return f"  {self.what:<52} {shown(self.ratio):>8}  {self.goal:<7} {mark:<8} {self.detail}"


def shown(value: float) -> str:
    """A number with as many digits as it deserves."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def section(title: str, lines: Iterable[Line]) -> None:
    """Print lines under a title, each as soon as it is measured."""
    print(f"\n{title}\n  {'':<52} {'measured':>8}  {'goal':<7}", flush=True)
    for line in lines:
        print(line, flush=True)


def middle(values: Sequence[float]) -> float:
    """The median."""
    return float(median(values))
