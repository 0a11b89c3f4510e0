"""Faults on purpose and rates: ordered by an operator, met by every call concerned."""

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import control, health
from emulator.control import ControlError
from emulator.rate_limits import Buckets, Rate, rate_of
from emulator.shared_buckets import SharedBuckets
from tests.fixtures.server import Cloud, RunningServer
from tests.journeys.wire import Wire, ec2

STANDARD = Config(retries={"mode": "standard", "total_max_attempts": 5})


@pytest.fixture
def order(running: RunningServer, cloud: Cloud) -> Iterator[Callable[..., dict[str, Any]]]:
    """Orders a fault for the test's own account, and takes all back at the end."""
    world = running.server.world

    def ordered(**rule: Any) -> dict[str, Any]:
        rule = {"account": cloud.account.number} | rule
        made = running.run(control.faults_add(world, **rule))
        assert isinstance(made, dict)
        until(running, lambda: made["id"] in {one.id for one in running.server.trouble.rules})
        return made

    yield ordered
    running.run(control.faults_remove(world, "all"))
    running.run(control.throttle_off(world))
    until(running, lambda: not running.server.trouble.active)


def until(running: RunningServer, met: Callable[[], bool]) -> None:
    """Wait for what a notification brings about."""
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def refusal(call: Callable[[], Any]) -> tuple[int, str, dict[str, str]]:
    """Status, code and headers of a refusal."""
    with pytest.raises(ClientError) as caught:
        call()
    told = caught.value.response
    metadata = told["ResponseMetadata"]
    return metadata["HTTPStatusCode"], told["Error"]["Code"], metadata["HTTPHeaders"]


@pytest.mark.parametrize(
    ("service", "call", "status", "code"),
    [
        ("ec2", "describe_instances", 503, "RequestLimitExceeded"),
        ("sts", "get_caller_identity", 400, "Throttling"),
        ("s3", "list_buckets", 503, "SlowDown"),
        ("lambda", "list_functions", 429, "TooManyRequestsException"),
        ("logs", "describe_log_groups", 400, "ThrottlingException"),
        ("eks", "list_clusters", 429, "ThrottlingException"),
    ],
)
def test_throttling_in_each_services_words(
    cloud: Cloud,
    order: Callable[..., dict[str, Any]],
    service: str,
    call: str,
    status: int,
    code: str,
) -> None:
    order(error="throttled")
    told, named, headers = refusal(getattr(cloud.client(service), call))
    assert (told, named) == (status, code)
    assert int(headers["x-amz-retry-after"]) == 100
    assert headers["retry-after"] == "1"


def test_a_rule_concerns_its_service_operation_and_account_alone(
    cloud: Cloud, other_cloud: Cloud, order: Callable[..., dict[str, Any]]
) -> None:
    made = order(error="InsufficientInstanceCapacity", service="ec2", operation="Describe*",
                 status=500, message="No more.")  # fmt: skip
    client = cloud.client("ec2")
    with pytest.raises(ClientError, match=r"InsufficientInstanceCapacity.*No more\."):
        client.describe_volumes()
    client.create_volume(AvailabilityZone="us-east-1a", Size=1)
    cloud.client("sts").get_caller_identity()
    other_cloud.client("ec2").describe_volumes()
    world = cloud.running.server.world
    listed: Any = cloud.running.run(control.faults_list(world))
    assert made["id"] in {one["id"] for one in listed}
    state = cloud.running.run(health.live(cloud.running.server))
    assert [(one["id"], one["met"]) for one in state["faults"]] == [(made["id"], 1)]
    cloud.running.run(control.faults_remove(world, made["id"]))
    until(cloud.running, lambda: not cloud.running.server.trouble.active)
    client.describe_volumes()


def test_latency_alone_delays_and_changes_nothing(
    cloud: Cloud, order: Callable[..., dict[str, Any]]
) -> None:
    client = cloud.client("sts")
    client.get_caller_identity()
    order(service="sts", latency_ms=300)
    started = time.monotonic()
    assert client.get_caller_identity()["Account"] == cloud.account.number
    assert time.monotonic() - started >= 0.3


def test_a_share_is_met_evenly(cloud: Cloud, order: Callable[..., dict[str, Any]]) -> None:
    order(error="unavailable", share=0.3, service="sts")
    client = cloud.client("sts")
    refused = []
    for _ in range(60):
        try:
            client.get_caller_identity()
            refused.append("")
        except ClientError as error:
            refused.append(error.response["Error"]["Code"])
    assert set(refused) == {"", "ServiceUnavailable"}
    assert 16 <= sum(map(bool, refused)) <= 20
    assert not any(one and two for one, two in pairwise(refused))


def test_boto3_in_standard_mode_gets_through_30_percent_of_throttling(
    cloud: Cloud, order: Callable[..., dict[str, Any]]
) -> None:
    order(error="throttled", share=0.3)
    retried = 0
    client, other = cloud.client("ec2", config=STANDARD), cloud.client("s3", config=STANDARD)
    for at in range(6):
        answer = client.create_volume(AvailabilityZone="us-east-1a", Size=at + 1)
        retried += answer["ResponseMetadata"]["RetryAttempts"]
        retried += other.list_buckets()["ResponseMetadata"]["RetryAttempts"]
    assert retried >= 3
    # refused calls did nothing: each volume was made once
    made = cloud.running.rows("select size_gib from volumes where account_id = $1 order by 1",
                              cloud.account.id)  # fmt: skip
    assert [row["size_gib"] for row in made] == [1, 2, 3, 4, 5, 6]


def test_rates_hold_whoever_calls_too_often(
    cloud: Cloud, other_cloud: Cloud, order: Callable[..., dict[str, Any]]
) -> None:
    world = cloud.running.server.world
    on = control.throttle_on(world, scale=0.05, account=cloud.account.number)
    assert cloud.running.run(on) == {
        "enabled": True, "scale": 0.05, "account": cloud.account.number,
    }  # fmt: skip
    until(cloud.running, lambda: cloud.running.server.trouble.active)
    client = cloud.client("ec2")
    for _ in range(2):
        client.describe_volumes()
    status, code, headers = refusal(client.describe_volumes)
    assert (status, code) == (503, "RequestLimitExceeded")
    # one token comes back in two seconds
    assert 500 < int(headers["x-amz-retry-after"]) <= 2000
    client.describe_volumes(MaxResults=5)
    client.describe_subnets()
    cloud.client("ec2", "eu-west-1").describe_volumes()
    for _ in range(4):
        other_cloud.client("ec2").describe_volumes()
    state = cloud.running.run(health.live(cloud.running.server))
    assert state["throttling"]["met"] >= 1


def test_documented_rates() -> None:
    assert rate_of("ec2", "DescribeVolumes", {}) == ("DescribeVolumes unfiltered", Rate(50, 10))
    assert rate_of("ec2", "DescribeVolumes", {"MaxResults": 5}) == (
        "DescribeVolumes", Rate(100, 20),
    )  # fmt: skip
    assert rate_of("ec2", "RunInstances", {}) == ("RunInstances", Rate(5, 2))
    assert rate_of("ec2", "ModifyInstanceAttribute", {}) == ("ModifyInstanceAttribute", Rate(50, 5))
    assert rate_of("cloudtrail", "LookupEvents", {}) == ("LookupEvents", Rate(2, 2))
    assert rate_of("lambda", "ListFunctions", {}) == ("*", Rate(15, 15))
    assert rate_of("lambda", "Invoke", {}) is None
    # an action outside its category, and one of them by its own name
    assert rate_of("ec2", "DeleteVpcEndpoints", {}) == ("DeleteVpcEndpoints", Rate(4, 0.3))
    assert rate_of("ec2", "AttachVolume", {}) == ("AttachVolume", Rate(50, 5))
    # one bucket of three operations, and a rate that is a region's own
    assert rate_of("ssm", "GetParametersByPath", {}) == ("GetParameter", Rate(40, 40))
    assert [
        rate_of("logs", "FilterLogEvents", {}, region)
        for region in ("us-east-1", "eu-central-1", "eu-west-1")
    ] == [("FilterLogEvents", Rate(rate, rate)) for rate in (25, 5, 10)]
    assert rate_of("rds", "DescribeDBInstances", {}) is None


def test_buckets_fill_again() -> None:
    now = [0.0]
    buckets, rate = Buckets(lambda: now[0]), Rate(2, 0.5)
    assert [buckets.take(("a",), rate) for _ in range(3)] == [0.0, 0.0, 2.0]
    assert buckets.take(("b",), rate) == 0.0
    now[0] = 2.0
    assert [buckets.take(("a",), rate) for _ in range(2)] == [0.0, 2.0]
    now[0] = 100.0
    assert buckets.take(("a",), rate, tokens=50) == 0.0
    assert buckets.take(("a",), rate) == 2.0


def test_buckets_of_several_processes_are_like_those_of_one() -> None:
    buckets, rate = SharedBuckets(), Rate(2, 0.001)
    try:
        waits = [buckets.take(("a",), rate) for _ in range(3)]
        assert waits[:2] == [0.0, 0.0]
        assert 900 < waits[2] <= 1000
        assert buckets.take(("b",), rate, tokens=50) == 0.0
        assert buckets.take(("b",), rate) > 0
        # many more names than there is room for
        assert not any(buckets.take((str(n),), rate) for n in range(20_000))
    finally:
        buckets.close()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"service": "nothing", "error": "throttled"}, "no service"),
        ({"service": "ec2", "operation": "Describe", "error": "throttled"}, "no operation"),
        ({"error": "throttled", "share": 1.5}, "--share"),
        ({"error": "throttled", "account": "12"}, "--account"),
        ({"error": "not a code"}, "--error"),
        ({"error": "throttled", "status": 200}, "--status"),
        ({"latency_ms": 90_000}, "--latency-ms"),
        ({}, "--error"),
    ],
)
def test_what_cannot_be_ordered_is_refused(
    running: RunningServer, rule: dict[str, Any], said: str
) -> None:
    with pytest.raises(ControlError, match=said):
        running.run(control.faults_add(running.server.world, **rule))


async def test_the_admin_api_orders_them(running: RunningServer, cloud: Cloud) -> None:
    import orjson

    from tests.journeys.wire import Call

    token = control.bearer(running.server.world)
    async with Wire(running.url, cloud.access_key_id, cloud.secret_access_key) as wire:
        head = {"host": wire.name, "authorization": f"Bearer {token}"}

        async def ask(method: str, path: str, body: Any = None) -> Any:
            content = orjson.dumps(body) if body is not None else b""
            given = {**head, "content-length": str(len(content))}
            answer = await wire.send(Call("", method, path, body=content), given)
            return answer.status, orjson.loads(answer.body)

        rule = {"error": "throttled", "service": "ec2", "account": cloud.account.number}
        status, made = await ask("POST", "/_driftcloud/faults/add", rule)
        assert (status, made["error"]) == (200, "throttled")
        until(running, lambda: running.server.trouble.active)
        answer = await wire.call(ec2("DescribeVolumes"))
        assert answer.status == 503
        assert b"RequestLimitExceeded" in answer.body
        status, listed = await ask("GET", "/_driftcloud/faults/list")
        assert (status, [one["id"] for one in listed]) == (200, [made["id"]])
        assert (await ask("POST", "/_driftcloud/faults/remove", {"fault": made["id"]}))[0] == 200
        assert (await ask("POST", "/_driftcloud/faults/remove", {"fault": made["id"]}))[0] == 400
    until(running, lambda: not running.server.trouble.active)
