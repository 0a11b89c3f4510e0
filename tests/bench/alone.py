"""What is measured of our server alone, or beside the barest thing possible."""

import asyncio
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from tests.bench import servers
from tests.bench.cases import CASES, Fleet
from tests.bench.measures import Target, detail, rounds, run
from tests.bench.replay import client, replay
from tests.bench.servers import ServerProcess
from tests.bench.table import Line, middle

_BY_NAME = {case.name: case for case in CASES}
STS = _BY_NAME["sts GetCallerIdentity"]
ONE = _BY_NAME["DescribeInstances, one id"]


async def _body(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    writer.close()
    return body


def beside_bare(ours: Target, seconds: float, count: int) -> list[Line]:
    """Ours over uvicorn answering the same bytes, and what describing adds in asyncpg rows."""
    lines = []
    row = asyncio.run(_row_seconds(ours.server, ours.fleet, seconds))
    for case, goals in ((STS, ("≥0.6", "≥0.6")), (ONE, ("", "≥0.35"))):
        request = case.make(ours.sign, ours.fleet)[0][0]
        file = servers.folder() / "body"
        file.write_bytes(asyncio.run(_body(ours.server.port, request)))
        bare = Target(servers.bare(file), ours.fleet)
        try:
            for connections, goal in zip((1, 16), goals, strict=True):
                us, them = rounds(case, [ours, bare], connections, seconds, count)
                ratio = middle([a / b for a, b in zip(us.rates, them.rates, strict=True)])
                text = f"{detail(us)} | bare {detail(them)}"
                lines.append(Line(f"{case.name} / bare uvicorn ({connections})", ratio, goal, text))
                if case is ONE and connections == 1:
                    added = middle(us.halves) - middle(them.halves)
                    text = f"{added * 1000:.3f} ms over the bare answer | row {row * 1000:.3f} ms"
                    lines.append(
                        Line("what describe adds, in asyncpg rows", added / row, "≤4", text)
                    )
        finally:
            bare.server.stop()
            shutil.rmtree(file.parent, ignore_errors=True)
    return lines


def socket_of(server: ServerProcess) -> str:
    """The URL of the database under one of our servers."""
    import subprocess

    words = Path(f"/proc/{server.process.pid}/cmdline").read_text().split("\0")
    home = words[words.index("--data-dir") + 1]
    command = [*servers.driftcloud_command("db", Path(home))]
    command.insert(2, "url")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


async def _row_seconds(server: ServerProcess, fleet: Fleet, seconds: float) -> float:
    """p50 of one prepared row by id through asyncpg, as PostgreSQL's owner without row security."""
    connection = await asyncpg.connect(socket_of(server))
    try:
        await connection.execute("set plan_cache_mode = force_generic_plan")
        statement = await connection.prepare("select * from instances where instance_id = $1")
        found = []
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            for one in fleet.each(64):
                began = time.perf_counter()
                await statement.fetchrow(one)
                found.append(time.perf_counter() - began)
        return middle(found)
    finally:
        await connection.close()


def share_of_boto3(ours: Target, seconds: float) -> Line:
    """Our part of a boto3 user's wait for one-id describe."""
    ec2 = client("ec2", ours.server.url)
    found = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        ec2.describe_instances(InstanceIds=[ours.fleet.running[0]])
        found.append(time.perf_counter() - began)
    own = run(replay(ours.server.port, ONE.make(ours.sign, ours.fleet), 1, seconds)).quantile(0.5)
    whole = middle(found)
    text = f"{own * 1000:.2f} of {whole * 1000:.2f} ms"
    return Line("our share of a boto3 call (one-id describe)", own / whole, "≤0.25", text)


def start_up(existing: Path, others: Sequence[ServerProcess], count: int) -> list[Line]:
    """Seconds from the start of the process to the first signed EC2 answer."""
    fresh, again = [], []
    for _ in range(count):
        home = servers.folder()
        server = servers.driftcloud(home)
        server.stop()
        fresh.append(server.started)
        shutil.rmtree(home, ignore_errors=True)
        server = servers.driftcloud(existing)
        server.stop()
        again.append(server.started)
    lines = [
        Line("start, existing data, seconds", middle(again), "≤0.6"),
        Line("start, fresh data, seconds", middle(fresh), "≤0.8"),
    ]
    for other in others:
        goal = "≤0.5" if other.name == "moto" else ""
        text = f"{other.started:.2f} s"
        lines.append(
            Line(f"fresh start / {other.name}'s", middle(fresh) / other.started, goal, text)
        )
    return lines


def memory(
    small: Target, large: Target, idle_mib: float, others: Sequence[Target], seconds: float
) -> list[Line]:
    """Resident MiB of the Python process, when idle and when pages of 1,000 were read.

    Every server has a moment to give back what it needed for them.
    """
    page = next(case for case in CASES if case.kind == "page")
    at_once = []
    for target in (small, large):
        run(replay(target.server.port, page.make(target.sign, target.fleet), 2, seconds))
        at_once.append(target.server.memory_mib())
    time.sleep(1.5 * seconds)
    few, many = small.server.memory_mib(), large.server.memory_mib()
    counts = [len(target.fleet.all_ids) for target in (small, large)]
    size = (counts[1] - counts[0]) / 10_000
    text = (
        f"{few:.0f} MiB with {counts[0]} instances, {many:.0f} with {counts[1]};"
        f" in the midst of it {at_once[0]:.0f} and {at_once[1]:.0f}"
    )
    lines = [
        Line("memory, idle, MiB", idle_mib, "≤60"),
        Line("memory, MiB per 10,000 instances", max(many - few, 0) / size, "≤10", text),
    ]
    for other in others:
        theirs = other.server.memory_mib()
        lines.append(
            Line(f"memory / {other.server.name}'s", few / theirs, "≤1", f"{theirs:.0f} MiB")
        )
    return lines
