"""Episodes by the command line: forked from a world of two workers, played in, outliving both."""

import concurrent.futures
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.fixtures.server import SESSION
from tests.journeys.process import Process

MAIN = {"access_key_id": "test", "secret_access_key": "test"}
# Connections of their own, so that every worker answers some.
MANY = 8


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    """Two workers over one world."""
    started = Process("--workers", "2")
    started.start()
    yield started
    started.remove()


def _client(process: Process, service: str, key: dict[str, Any]) -> Any:
    return SESSION.client(
        service,
        region_name="us-east-1",
        endpoint_url=process.url,
        aws_access_key_id=key["access_key_id"],
        aws_secret_access_key=key["secret_access_key"],
        config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
    )


def _everywhere(process: Process, key: dict[str, Any]) -> set[frozenset[str]]:
    """What the workers say which queues there are."""
    found = set()
    for _ in range(MANY):
        urls = _client(process, "sqs", key).list_queues().get("QueueUrls", ())
        found.add(frozenset(url.rpartition("/")[2] for url in urls))
    return found


def _until_refused(call: Callable[[], Any], words: str) -> None:
    """Wait for what every worker is told: it refuses a call with these words."""
    deadline = time.monotonic() + 20
    refused = 0
    while refused < MANY:
        assert time.monotonic() < deadline, f"{refused} in a row were refused: {words}"
        told = ""
        try:
            call()
        except ClientError as error:
            told = str(error)
        refused = refused + 1 if words in told else 0


def test_an_episode_is_played_in_beside_the_main_world(process: Process) -> None:
    _client(process, "sqs", MAIN).create_queue(QueueName="before")
    one = process.cli("episode", "fork", "main", "--name", "one")
    assert one["endpoint"] == process.url
    assert one["accounts"] == ["123456789012"]
    assert f"export AWS_ACCESS_KEY_ID={one['access_key_id']}" in one["export"].splitlines()
    other = process.cli("episode", "fork", "one")
    assert (other["parent"], other["access_key_id"] != one["access_key_id"]) == ("one", True)
    _client(process, "sqs", one).create_queue(QueueName="in-one")
    _client(process, "sqs", MAIN).create_queue(QueueName="in-main")
    assert _everywhere(process, one) == {frozenset(("before", "in-one"))}
    assert _everywhere(process, other) == {frozenset(("before",))}
    assert _everywhere(process, MAIN) == {frozenset(("before", "in-main"))}
    listed = process.cli("episode", "list")
    assert [row["episode"] for row in listed] == ["one", "one-fork"]
    told = process.run("episode", "list")
    assert told.stdout.split()[0] == "episode"
    assert process.cli("episode", "diff", "one", "one-fork")["monthly_cost_difference"] == "0.0000"


def test_a_key_made_in_an_episode_is_known_to_all_workers(process: Process) -> None:
    one = process.cli("episode", "reset", "one")
    deadline = time.monotonic() + 20
    while _everywhere(process, one) != {frozenset(("before",))}:
        assert time.monotonic() < deadline
    made = _client(process, "iam", one).create_access_key(UserName="agent")["AccessKey"]
    key = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}
    assert _everywhere(process, key) == {frozenset(("before",))}


def test_requests_wait_while_the_main_world_is_copied(process: Process) -> None:
    made: list[str] = []
    stop = False

    def write() -> None:
        client, n = _client(process, "sqs", MAIN), 0
        while not stop:
            name = f"q-{id(client)}-{n}"
            client.create_queue(QueueName=name)
            made.append(name)
            n += 1

    with concurrent.futures.ThreadPoolExecutor() as threads:
        writers = [threads.submit(write) for _ in range(3)]
        try:
            forked = process.cli("episode", "fork", "main")
            before_end = set(made)
            time.sleep(0.2)
        finally:
            stop = True
        for writer in writers:
            writer.result()
    paged = _client(process, "sqs", MAIN).get_paginator("list_queues")
    names = {
        url.rpartition("/")[2]
        for page in paged.paginate(PaginationConfig={"PageSize": 1000})
        for url in page["QueueUrls"]
    }
    assert names >= set(made)
    assert before_end
    assert process.cli("episode", "delete", forked["episode"])["status"] == "deleted"


def test_episodes_outlive_the_server_and_a_reset_of_the_main_world(process: Process) -> None:
    process.cli("reset")
    one = process.cli("episode", "reset", "one")
    process.stop()
    process.start()
    assert _everywhere(process, one) == {frozenset(("before",))}
    assert _everywhere(process, MAIN) == {frozenset()}
    finished = process.cli("episode", "finish", "one")
    assert finished["state"] == "finished"
    _until_refused(
        lambda: _client(process, "sqs", one).create_queue(QueueName="late"),
        "the episode one is finished",
    )
    process.cli("episode", "delete", "one")
    _until_refused(lambda: _client(process, "sqs", one).list_queues(), "UnrecognizedClient")
    refused = process.run("episode", "advance", "one")
    assert (refused.returncode, "there is no episode one" in refused.stderr) == (1, True)
