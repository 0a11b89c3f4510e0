"""Fuzzing: thousands of broken requests over all operations, and what a server says to each."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import orjson
import pytest

from tests.journeys.hostile import Case, case, garbage
from tests.journeys.process import Process
from tests.journeys.wire import Answer, Wire, ec2, error_code, sign

CASES = int(os.environ.get("DRIFTCLOUD_TEST_FUZZ", "3000"))
CLIENTS = 6
# Not a time that a test holds anybody to: only what tells slow from hanging.
PATIENCE_SECONDS = 20.0


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    """A server with a small estate to be broken."""
    started = Process("--estate", "small", "--days", "3")
    started.start()
    yield started
    started.remove()


@pytest.fixture(scope="module")
def identifiers(process: Process) -> list[bytes]:
    """Ids of things that exist there."""

    async def find() -> list[bytes]:
        found = []
        async with Wire(process.url) as wire:
            for action in ("Instances", "Volumes", "Snapshots", "Addresses", "Vpcs", "Subnets"):
                owned = {"Owner.1": "self"} if action == "Snapshots" else {}
                answer = await wire.call(ec2(f"Describe{action}", **owned))
                assert answer.status == 200, answer
                words = answer.body.decode().replace("<", ">").split(">")
                heads = ("i-", "vol-", "snap-", "eipalloc-", "vpc-", "subnet-", "ami-")
                found += sorted({word.encode() for word in words if word.startswith(heads)})[:12]
        return found

    found = asyncio.run(find())
    assert len(found) > 30
    return found


def judge(case: Case, answer: Answer) -> str:
    """What is wrong with an answer; empty for nothing."""
    if answer.status >= 500 and answer.status != 501:
        return f"status {answer.status}"
    if answer.headers.get("content-type", "").startswith("text/plain"):
        return "" if answer.status in (400, 403, 404, 405, 408, 431, 501, 505) else "plain text"
    if case.call.method == "HEAD" or (not answer.body and answer.status < 300):
        return ""
    try:
        code = error_code(answer)
    except Exception as error:
        return f"not parseable: {error!r}"
    return "" if code or answer.status < 300 else "an error without a code"


def resident_kib(pid: int) -> int:
    """Memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


async def test_no_request_breaks_the_server(process: Process, identifiers: list[bytes]) -> None:
    numbers = iter(range(CASES))
    codes: Counter[str] = Counter()
    wrong: list[str] = []
    resting = resident_kib(process.pid)

    async def client() -> None:
        async with Wire(process.url) as wire:
            for number in numbers:
                made = case(number, identifiers)
                headers = sign(made.call, "test", "test", wire.name) if made.signed else {}
                headers = {"host": wire.name, **headers, **made.headers}
                try:
                    answer = await wire.send(made.call, headers, PATIENCE_SECONDS)
                except ConnectionError:
                    codes["closed"] += 1
                    continue
                except (ValueError, AssertionError) as error:
                    wrong.append(f"case {number}: {error}")
                    continue
                codes[str(answer.status)] += 1
                if said := judge(made, answer):
                    wrong.append(f"case {number}: {said}\n{made.call}\n{answer}"[:1500])
                await asyncio.sleep(0)

    canary = asyncio.create_task(sing(process))
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    canary.cancel()
    with suppress(asyncio.CancelledError):
        await canary
    growth = resident_kib(process.pid) - resting
    print(f"{CASES} cases: {dict(codes)}; memory grew by {growth // 1024} MiB")
    assert wrong == []
    assert growth < 150 * 1024
    # not all of it bounced off the first wall
    assert codes["200"] > CASES // 20
    assert codes["400"] > CASES // 4


async def sing(process: Process) -> None:
    """A well-behaved client beside the others: it must be answered all the time."""
    async with Wire(process.url) as wire:
        while True:
            answer = await wire.call(ec2("DescribeRegions"), PATIENCE_SECONDS)
            assert answer.status == 200, answer
            await asyncio.sleep(0.01)


async def test_garbage_is_refused_or_cut(process: Process) -> None:
    statuses: Counter[int] = Counter()
    for number in range(CASES // 10):
        async with Wire(process.url) as wire:
            try:
                # whatever waits for more is let wait: hanging up is the client's part then
                answer = await wire.raw(garbage(number), 0.15)
            except AssertionError:
                statuses[0] += 1
                continue
            except (ConnectionError, ValueError):
                statuses[-1] += 1
                continue
            statuses[answer.status] += 1
            assert answer.status < 500 or answer.status in (501, 505), garbage(number)
    async with Wire(process.url) as wire:
        assert (await wire.call(ec2("DescribeRegions"))).status == 200
    print(f"garbage: {dict(statuses)}")


def test_nothing_went_wrong_inside(process: Process) -> None:
    told = [orjson.loads(line) for line in process.log.read_text().splitlines()]
    failures = [one.get("traceback", one)[-1500:] for one in told if one["level"] == "error"]
    assert failures == []
