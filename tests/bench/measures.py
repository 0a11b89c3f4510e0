"""The measures over HTTP: rounds in turn over all servers, so that their noise is shared."""

from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvloop

from tests.bench.cases import Case, Fleet
from tests.bench.replay import Replay, Signer, replay
from tests.bench.servers import ServerProcess
from tests.bench.table import Line, middle, shown

GOALS = {
    # (baseline, kind): at one connection, at sixteen
    ("moto", "small"): ("≥25", "≥25"),
    ("moto", "describe"): ("≥15", "≥45"),
    ("moto", "write"): ("≥8", "≥18"),
    ("moto", "filtered"): ("≥300", "≥300"),
    ("moto", "list"): ("≥300", "≥300"),
    ("moto", "page"): ("≥300", "≥300"),
    ("MiniStack", "small"): ("≥3.5", "≥6"),
    ("MiniStack", "describe"): ("≥2.2", "≥4.5"),
    ("MiniStack", "write"): ("≥1.3", "≥2.3"),
    ("MiniStack", "filtered"): ("≥3", "≥5"),
    ("MiniStack", "list"): ("≥1", "≥1"),
    ("MiniStack", "page"): ("≥1", "≥1"),
}
# moto needs seconds for a list: sixteen at once would only wait for each other
_SERIAL = frozenset(("filtered", "list", "page"))


@dataclass(slots=True)
class Figures:
    """What rounds of one case found on one server."""

    rates: list[float] = field(default_factory=list)
    halves: list[float] = field(default_factory=list)  # p50, in seconds
    tails: list[float] = field(default_factory=list)  # p99
    cpu: list[float] = field(default_factory=list)  # seconds of the server's own per request
    below: list[float] = field(default_factory=list)  # seconds of PostgreSQL per request
    failures: dict[int, int] = field(default_factory=dict)

    def add(self, found: Replay, own: float, below: float) -> None:
        """Take in one round."""
        count = len(found.latencies)
        self.rates.append(found.rate)
        self.halves.append(found.quantile(0.5))
        self.tails.append(found.quantile(0.99))
        self.cpu.append(own / count)
        self.below.append(below / count)
        for status, times in found.failures.items():
            self.failures[status] = self.failures.get(status, 0) + times


@dataclass(slots=True)
class Target:
    """A server under measurement, and what it has."""

    server: ServerProcess
    fleet: Fleet
    sign: Signer = field(init=False)

    def __post_init__(self) -> None:
        self.sign = Signer(self.server.url)


def rounds(
    case: Case, targets: Sequence[Target], connections: int, seconds: float, count: int
) -> list[Figures]:
    """Measure a case on each server, in `count` rounds in turn."""
    found = [Figures() for _ in targets]
    tracks = [case.make(target.sign, target.fleet) for target in targets]
    for turn in range(count + 1):
        for target, track, figures in zip(targets, tracks, found, strict=True):
            before = target.server.cpu()
            length = seconds if turn else min(seconds, 0.2)
            one = run(replay(target.server.port, track, connections, length))
            spent = target.server.cpu() - before
            if turn:  # the first round warms up
                figures.add(one, spent.own, spent.below)
    return found


def run(work: Coroutine[Any, Any, Replay]) -> Replay:
    """Run a replay on the quick event loop."""
    return uvloop.run(work)


def compare(
    cases: Sequence[Case], ours: Target, theirs: Target, *, seconds: float, count: int
) -> Iterator[Line]:
    """Our requests per second over theirs, case by case."""
    name = theirs.server.name
    for case in cases:
        if case.at_least > min(len(ours.fleet.all_ids), len(theirs.fleet.all_ids)):
            continue
        for place, connections in enumerate((1, 16)):
            if connections > 1 and name == "moto" and case.kind in _SERIAL:
                continue
            us, them = rounds(case, [ours, theirs], connections, seconds, count)
            ratio = middle([a / b for a, b in zip(us.rates, them.rates, strict=True)])
            # on a busy machine processor time is the steadier witness
            cpu = (sum(them.cpu) + sum(them.below)) / (sum(us.cpu) + sum(us.below) or 1)
            text = f"by CPU {shown(cpu)}; {detail(us)} | {name} {detail(them)}"
            goal = GOALS[name, case.kind][place]
            yield Line(f"{case.name} ({connections})", ratio, goal, text)


def detail(figures: Figures) -> str:
    """p50 and processor time, and what failed."""
    text = f"p50 {middle(figures.halves) * 1000:.2f} ms, CPU {middle(figures.cpu) * 1e6:,.0f} µs"
    if any(figures.below):
        text += f" + {middle(figures.below) * 1e6:,.0f}"
    return text + (f" FAILED {figures.failures}" if figures.failures else "")


def growth(
    cases: Sequence[Case], small: Target, large: Target, *, seconds: float, count: int
) -> Iterator[Line]:
    """Processor time per request in a large estate over that in a small one."""
    for case in cases:
        if case.at_least > len(small.fleet.all_ids) or case.kind == "filtered":
            continue
        few, many = rounds(case, [small, large], 1, seconds, count)
        # rounds may be shorter than a tick of the clock of processor time
        ratio = (sum(many.cpu) + sum(many.below)) / (sum(few.cpu) + sum(few.below) or 1)
        text = f"{detail(few)} | {detail(many)}"
        yield Line(case.name, ratio, "≤1.15", text)
