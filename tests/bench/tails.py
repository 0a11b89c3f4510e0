"""The tail: how long the slowest small calls take, alone and beside heavy work."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench.cases import CASES
from tests.bench.measures import Target, run
from tests.bench.replay import Replay, replay
from tests.bench.servers import driftcloud_command
from tests.bench.table import Line, middle

_ONE = next(case for case in CASES if case.kind == "describe")
_PAGE = next(case for case in CASES if case.kind == "page")


def quiet(target: Target, seconds: float, count: int) -> tuple[Line, float]:
    """p99 over p50 of one-id describes on 16 connections; and that p99 in seconds."""
    tracks = _ONE.make(target.sign, target.fleet)
    found = [run(replay(target.server.port, tracks, 16, seconds)) for _ in range(count)]
    p50 = middle([one.quantile(0.5) for one in found])
    p99 = middle([one.quantile(0.99) for one in found])
    text = f"p50 {p50 * 1000:.2f} ms, p99 {p99 * 1000:.2f} ms"
    return Line("p99 / p50 at 16 connections, quiet", p99 / p50, "≤4", text), p99


def beside_pages(targets: Sequence[Target], seconds: float, count: int) -> list[float]:
    """p99 of one-id describes while two more connections read pages of 1,000, for each server."""

    async def both(target: Target) -> Replay:
        small = _ONE.make(target.sign, target.fleet)
        large = _PAGE.make(target.sign, target.fleet)
        pages = asyncio.create_task(replay(target.server.port, large, 2, seconds))
        found = await replay(target.server.port, small, 16, seconds)
        await pages
        return found

    tails: list[list[float]] = [[] for _ in targets]
    for _ in range(count):
        for target, own in zip(targets, tails, strict=True):
            own.append(run(both(target)).quantile(0.99))
    return [middle(own) for own in tails]


def beside_ticks(target: Target, home: Path, days: int) -> tuple[float, float]:
    """p99 of one-id describes during ticks; and seconds of PostgreSQL per tick, by itself."""
    tracks = _ONE.make(target.sign, target.fleet)
    command = [*driftcloud_command("tick", home), "--days", str(days)]

    async def both() -> Replay:
        ticking = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=sys.stderr
        )
        found = Replay()
        while ticking.returncode is None:
            part = await replay(target.server.port, tracks, 16, 0.3)
            if ticking.returncode is None:
                found.latencies += part.latencies
            await asyncio.sleep(0)
        return found

    tail = run(both()).quantile(0.99)
    before = target.server.cpu()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return tail, (target.server.cpu() - before).below / days
