"""Lifecycles: servers that start, are told to stop at any moment, and leave nothing behind."""

import asyncio
import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.process import Process
from tests.journeys.wire import Answer, Wire, ec2


@pytest.fixture
def process(request: pytest.FixtureRequest) -> Iterator[Process]:
    """A server that is not started yet; a test's parameter gives it options."""
    made = Process(*getattr(request, "param", ()))
    yield made
    made.remove()


def gone(process: Process, seconds: float = 10.0) -> dict[int, str]:
    """What still runs of it after at most that time."""
    until = time.monotonic() + seconds
    while (left := process.processes()) and time.monotonic() < until:
        time.sleep(0.02)
    return left


def gone_but(process: Process, spared: int, seconds: float = 10.0) -> set[int]:
    """What still runs beside one process after at most that time."""
    until = time.monotonic() + seconds
    while True:
        left = {pid for pid in process.processes() if pid != spared}
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.02)


def parent(pid: int) -> int:
    """Of a process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children(process: Process) -> list[int]:
    """The pids of its workers and of its PostgreSQL."""
    return [pid for pid in process.processes() if parent(pid) == process.pid]


def last_words(process: Process) -> str:
    """The end of PostgreSQL's own log."""
    return (process.home / "postgres" / "postgresql.log").read_text()[-400:]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("process", [(), ("--workers", "2")], indirect=True)
async def test_a_stop_finishes_what_runs_and_closes_the_database(
    process: Process, number: int
) -> None:
    await asyncio.to_thread(process.start)
    # both sit in connections that are open when the signal comes
    wires = [Wire(process.url) for _ in range(8)]
    for wire in wires:
        assert (await wire.call(ec2("DescribeRegions"))).status == 200
    create = ec2("CreateVolume", AvailabilityZone="us-east-1a", Size="1")
    running = [asyncio.create_task(wire.call(create)) for wire in wires]
    await asyncio.sleep(0.02)
    assert await asyncio.to_thread(process.stop, number) == 0
    answers = await asyncio.gather(*running, return_exceptions=True)
    for wire in wires:
        await wire.close()
    for answer in answers:
        # an answer, or a connection closed before the request was taken up; never half an answer
        assert isinstance(answer, ConnectionError) or (
            isinstance(answer, Answer) and answer.status == 200
        ), answer
    assert gone(process, 2) == {}
    assert "database system is shut down" in last_words(process)
    done = sum(isinstance(answer, Answer) for answer in answers)
    assert len(process.cli("status")["accounts"]) == 1
    assert gone(process, 2) == {}, "a command stops the database that it started for itself"
    process.start()
    async with Wire(process.url) as wire:
        found = await wire.call(ec2("DescribeVolumes"))
    assert found.body.count(b"<volumeId>") >= done


@pytest.mark.parametrize("process", [(), ("--workers", "2")], indirect=True)
async def test_a_stop_in_the_middle_of_the_start_leaves_nothing(process: Process) -> None:
    for moment in (0.1, 0.25, 0.4, 0.7):
        starting = asyncio.create_task(asyncio.to_thread(process.start))
        await asyncio.sleep(moment)
        assert process.stop() in (0, -signal.SIGTERM)
        [told] = await asyncio.gather(starting, return_exceptions=True)
        # a quick machine has started by the last of these moments
        started = isinstance(told, float) and moment > 0.1
        assert started or "did not start" in str(told)
        assert gone(process) == {}, moment
    process.start()
    assert process.health()["status"] == "running"


async def test_a_taken_port_is_explained_and_nothing_is_left(process: Process) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = await asyncio.to_thread(process.run, "serve", "--port", str(port))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
    words = ("serve", "--port", "0", "--host", "192.0.2.1")
    done = await asyncio.to_thread(process.run, *words)
    assert "cannot listen on 192.0.2.1:0" in done.stderr
    assert "is it an address of this machine?" in done.stderr
    assert process.processes() == {}


async def test_the_data_of_a_running_server_is_taken(process: Process) -> None:
    await asyncio.to_thread(process.start)
    done = await asyncio.to_thread(process.run, "serve", "--port", "0")
    assert done.returncode == 1
    assert "in use by process" in done.stderr
    assert "Traceback" not in done.stderr
    assert process.health()["status"] == "running"


async def test_everybodys_key_is_refused_beyond_loopback(process: Process) -> None:
    await asyncio.to_thread(process.start)
    assert process.stop() == 0
    done = await asyncio.to_thread(process.run, "serve", "--port", "0", "--host", "0.0.0.0")
    assert done.returncode == 1
    assert "test/test" in done.stderr
    assert f"driftcloud keys disable test --data-dir {process.home}" in done.stderr
    assert gone(process) == {}
    process.cli("keys", "disable", "test")
    process.options = ("--host", "0.0.0.0")
    await asyncio.to_thread(process.start)
    made = process.cli("keys", "create", "--name", "me")
    await describe(process.url, made["access_key_id"], made["secret_access_key"])
    async with Wire(process.url) as wire:
        assert (await wire.call(ec2("DescribeRegions"))).status == 401


@pytest.mark.parametrize("process", [("--workers", "2")], indirect=True)
async def test_workers_are_replaced_and_die_with_their_parent(process: Process) -> None:
    await asyncio.to_thread(process.start)
    workers = children(process)
    workers.remove(process.postgres())
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    living = workers
    async with asyncio.timeout(20):
        while workers[0] in living or len(living) < 3:
            await asyncio.sleep(0.02)
            living = children(process)
    assert len(living) == 3
    for _ in range(10):
        async with Wire(process.url) as wire:
            assert (await wire.call(ec2("DescribeRegions"))).status == 200
    process.kill()
    assert [pid for pid in gone_but(process, process.postgres()) if pid in living] == []
    await asyncio.to_thread(process.start)
    assert process.stop() == 0
    assert gone(process, 2) == {}


@pytest.mark.parametrize("process", [("--workers", "2")], indirect=True)
async def test_workers_survive_a_killed_postgresql(process: Process) -> None:
    await asyncio.to_thread(process.start)
    os.kill(process.postgres(), signal.SIGKILL)
    began, healthy = time.monotonic(), 0
    while healthy < 10:
        assert time.monotonic() - began < 15
        async with Wire(process.url) as wire:
            answer = await wire.call(ec2("DescribeVolumes"))
        assert answer.status in (200, 503), answer
        healthy = healthy + 1 if answer.status == 200 else 0
        await asyncio.sleep(0.02)


async def describe(url: str, access_key_id: str, secret: str) -> None:
    """A call that must succeed."""
    async with Wire(url, access_key_id, secret) as wire:
        assert (await wire.call(ec2("DescribeRegions"))).status == 200


def test_nothing_is_open_to_others_and_no_secret_is_told(process: Process) -> None:
    process.start()
    made = process.cli("keys", "create", "--name", "me")
    token = process.cli("admin", "token")["token"]
    asyncio.run(describe(process.url, made["access_key_id"], made["secret_access_key"]))
    master = (process.home / "master.key").read_text().strip().rpartition(":")[2]
    for path in [process.home, *process.home.rglob("*")]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if path == process.home:
            # as root, PostgreSQL's own user may pass through; nobody may look in
            assert mode in (0o700, 0o710)
        elif path.is_dir():
            assert mode == 0o700, path
        else:
            assert not mode & 0o077 or path.is_socket(), (path, oct(mode))
    secrets = [made["secret_access_key"], token, master]
    spoken = process.log.read_text() + process.said.read_text() + last_words(process)
    for pid, command in process.processes().items():
        spoken += command + Path(f"/proc/{pid}/environ").read_bytes().decode("latin-1")
    for secret in secrets:
        assert secret not in spoken
