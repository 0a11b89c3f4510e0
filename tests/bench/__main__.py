"""`python -m tests.bench`: one run, one table."""

import argparse
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.bench import alone, arrange, metrics, servers, tails, writing
from tests.bench.cases import CASES, populate, survey
from tests.bench.measures import Target, compare, growth
from tests.bench.table import Line, section


@dataclass(frozen=True, slots=True)
class Scale:
    """How much a run measures: estates by their instances, seconds and number of rounds."""

    small: int
    middle: int
    large: int
    seconds: float
    rounds: int
    days: int


FULL = Scale(100, 1_000, 10_000, 0.5, 5, 3)
QUICK = Scale(50, 150, 500, 0.2, 3, 1)
TINY = Scale(5, 10, 20, 0.05, 1, 1)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print the table; the exit status is 0 whatever the figures are."""
    options = _options(argv)
    scale = TINY if options.tiny else QUICK if options.quick else FULL
    began = time.monotonic()
    print(_about(scale))
    homes = options.keep or servers.folder()
    try:
        with ExitStack() as stack:
            measure(stack, options, scale, homes)
    finally:
        if options.keep is None:
            shutil.rmtree(homes, ignore_errors=True)
    print(f"\n{time.monotonic() - began:.0f} s")
    return 0


def measure(stack: ExitStack, options: argparse.Namespace, scale: Scale, homes: Path) -> None:
    """Start the servers, and measure section by section."""
    only = set(options.only.split(",")) if options.only else set()

    def wanted(name: str) -> bool:
        return not only or name in only

    ours = {}
    for size in (scale.small, scale.middle, scale.large):
        home = homes / f"{size}"
        _say(f"estate of {size:,} instances")
        arrange.estate(home, size)
        ours[size] = stack.enter_context(_running(servers.driftcloud(home)))
    idle_mib = ours[scale.small].memory_mib()
    small, middle, large = (Target(server, survey(server)) for server in ours.values())
    cases = [case for case in CASES if not options.case or options.case in case.name]
    others = []
    for name, start, command in _baselines(options):
        _say(f"{name} with {scale.middle:,} instances")
        server = stack.enter_context(_running(start(command)))
        others.append(Target(server, populate(server, scale.middle, middle.fleet.available)))
    for other in others:
        if wanted("compare"):
            lines = compare(cases, middle, other, seconds=scale.seconds, count=scale.rounds)
            section(f"requests per second over {other.server.name}'s (connections)", lines)
    if wanted("bare"):
        section("beside bare things", alone.beside_bare(middle, scale.seconds, scale.rounds))
        section("a boto3 client", [alone.share_of_boto3(middle, scale.seconds)])
    if wanted("growth"):
        lines = growth(cases, small, large, seconds=scale.seconds, count=scale.rounds)
        section(f"CPU per request at {scale.large:,} instances over {scale.small:,}", lines)
    if wanted("metrics"):
        requests = min(metrics.REQUESTS, 10 * scale.middle)
        section("a policy engine's metrics", metrics.in_parallel(middle, requests))
    if wanted("writing"):
        section("writing 1,000 rows / f-strings by hand", writing.lines(5 * scale.rounds))
    if wanted("tails"):
        section("tails and ticks", _tails(scale, middle, large, others, homes))
    if wanted("memory"):
        seconds = 4 * scale.seconds
        section("memory", alone.memory(middle, large, idle_mib, others, seconds))
    if wanted("start"):
        ours[scale.middle].stop()
        theirs = [other.server for other in others]
        section("start-up", alone.start_up(homes / f"{scale.middle}", theirs, scale.rounds))


def _tails(
    scale: Scale, middle: Target, large: Target, others: Sequence[Target], homes: Path
) -> list[Line]:
    line, p99 = tails.quiet(middle, scale.seconds, scale.rounds)
    lines = [line]
    shown = [middle, *(other for other in others if other.server.name != "moto")]
    own, *theirs = tails.beside_pages(shown, scale.seconds, scale.rounds)
    lines.append(Line("p99 beside pages of 1,000 / quiet", own / p99, "", f"{own * 1000:.2f} ms"))
    for other, tail in zip(shown[1:], theirs, strict=True):
        what = f"p99 beside pages of 1,000 / {other.server.name}'s"
        lines.append(Line(what, own / tail, "≤0.4", f"{tail * 1000:.2f} ms"))
    _, p99 = tails.quiet(large, scale.seconds, scale.rounds)
    home = homes / f"{scale.large}"
    during, seconds = tails.beside_ticks(large, home, scale.days)
    text = f"{during * 1000:.2f} ms | {p99 * 1000:.2f} ms"
    lines.append(Line("p99 during ticks / quiet", during / p99, "≤3", text))
    what = f"a tick of {scale.large:,} instances, PostgreSQL CPU seconds"
    lines.append(Line(what, seconds, "≤0.15"))
    return lines


Start = Callable[[str], servers.ServerProcess]


def _baselines(options: argparse.Namespace) -> Iterator[tuple[str, Start, str]]:
    if options.moto != "off":
        if servers.available(options.moto, "moto_server"):
            yield "moto", servers.moto, options.moto
        else:
            print("moto is not installed: pip install 'moto[server]' (or make bench)")
    if options.ministack is not None:
        yield "MiniStack", servers.ministack, options.ministack


@contextmanager
def _running(server: servers.ServerProcess) -> Iterator[servers.ServerProcess]:
    try:
        yield server
    finally:
        server.stop()


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small estates, short rounds")
    parser.add_argument("--tiny", action="store_true", help="only prove that all of it works")
    parser.add_argument("--moto", default="", help="program of moto's server, or off")
    parser.add_argument(
        "--ministack", nargs="?", const="ministack", help="also compare with MiniStack's program"
    )
    parser.add_argument("--keep", type=Path, help="folder whose estates are kept and used again")
    sections = "compare,bare,growth,metrics,writing,tails,memory,start"
    parser.add_argument("--only", default="", help=sections)
    parser.add_argument("--case", default="", help="only requests whose name has this in it")
    return parser.parse_args(argv)


def _about(scale: Scale) -> str:
    names = ("uvicorn", "uvloop", "httptools", "asyncpg", "orjson", "botocore", "moto", "ministack")
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return (
        f"driftcloud, Python {platform.python_version()}, {', '.join(found)}\n"
        f"estates of {scale.small:,}, {scale.middle:,} and {scale.large:,} instances;"
        f" {scale.rounds} rounds of {scale.seconds} s in turn; medians of the rounds' ratios"
    )


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
