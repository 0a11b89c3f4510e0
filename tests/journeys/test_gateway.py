"""POST /fakecloud: a platform without an SDK reads, simulates, acts and follows."""

import hashlib
import hmac
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
import urllib3

from tests.fixtures.server import Cloud

HTTP = urllib3.PoolManager()


class Platform:
    """A client that signs for an account."""

    def __init__(self, cloud: Cloud) -> None:
        self.url = f"{cloud.running.url}/fakecloud"
        self.key, self.secret = cloud.access_key_id, cloud.secret_access_key

    def headers(self, body: bytes, at: datetime | None = None) -> dict[str, str]:
        """The three headers."""
        timestamp = (at or datetime.now(UTC)).isoformat()
        text = f"{timestamp}\n{hashlib.sha256(body).hexdigest()}".encode()
        signature = hmac.new(self.secret.encode(), text, hashlib.sha256).hexdigest()
        return {"X-Access-Key": self.key, "X-Timestamp": timestamp, "X-Signature": signature}

    def send(self, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and answer of a body."""
        given = self.headers(body) if headers is None else headers
        answer = HTTP.request("POST", self.url, body=body, headers=given)
        return answer.status, orjson.loads(answer.data)

    def ask(self, action: str, **more: Any) -> tuple[int, Any]:
        """Status and answer of an action."""
        return self.send(orjson.dumps({"action": action, **more}))

    def done(self, action: str, **more: Any) -> Any:
        """The answer of an action that is done."""
        status, answer = self.ask(action, **more)
        assert (status, answer["ok"]) == (200, True), answer
        return answer


@pytest.fixture
def platform(cloud: Cloud) -> Platform:
    """A client with all scopes."""
    return Platform(cloud)


def volume(cloud: Cloud, size: int, **more: Any) -> str:
    made = cloud.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=size, **more)
    return str(made["VolumeId"])


def test_the_whole_way(cloud: Cloud, platform: Platform) -> None:
    idle = volume(cloud, 100, VolumeType="gp2")
    volume(cloud, 8, VolumeType="gp3")
    kinds = platform.done("list_resource_types")["resource_types"]
    known = {one["resource_type"]: one for one in kinds}
    assert {"instances", "volumes", "rds_instances", "s3_buckets"} <= set(known)
    columns = {one["name"]: one["type"] for one in known["volumes"]["columns"]}
    assert (columns["size_gib"], columns["monthly_cost"], columns["tags"]) == (
        "integer", "number", "json",
    )  # fmt: skip
    assert known["volumes"]["deletable"]
    assert "volume_type" in known["volumes"]["changes"]
    wanted = {"state": "available", "size_gib": {"gte": 50}, "volume_type": ["gp2", "io1"]}
    [found] = platform.done("list_resources", resource_type="volumes", filters=wanted)["items"]
    assert (found["volume_id"], found["monthly_cost"]) == (idle, 10.0)
    change = {"resource_type": "volumes", "id": idle, "changes": {"volume_type": "gp3"}}
    saving = platform.done("simulate", **change)
    assert saving["operations"] == ["ec2:ModifyVolume"]
    assert (saving["monthly_saving"], saving["monthly_cost_before"]) == ("2.0000", "10.6400")
    assert platform.done("get_resource", resource_type="volumes", id=idle)["resource"][
        "volume_type"
    ] == "gp2"  # fmt: skip
    changed = platform.done("update_resource", **change)["resource"]
    assert (changed["volume_type"], changed["monthly_cost"]) == ("gp3", 8.0)
    assert platform.done("simulate", resource_type="volumes", id=idle)["monthly_saving"] == "8.0000"
    deleted = platform.done("delete_resource", resource_type="volumes", id=idle)
    assert deleted["deleted"] == idle
    assert cloud.client("ec2").describe_volumes(
        Filters=[{"Name": "volume-id", "Values": [idle]}]
    )["Volumes"] == []  # fmt: skip
    story = platform.done("changes", resource_type="volumes", id=idle)["items"]
    told = [(one["field_name"], one["old_value"], one["new_value"]) for one in story]
    assert ("volume_type", "gp2", "gp3") in told
    assert {one["change_source"] for one in story} == {"agent"}
    events = cloud.client("cloudtrail").lookup_events()["Events"]
    names = [one["EventName"] for one in events]
    assert names[:2] == ["DeleteVolume", "ModifyVolume"]
    assert names.count("ModifyVolume") == 1, "a simulation leaves no trace"


def test_instances_are_stopped_by_the_rules_of_their_service(
    cloud: Cloud, platform: Platform
) -> None:
    ec2 = cloud.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, InstanceType="m5.large", MinCount=1, MaxCount=1)
    name = made["Instances"][0]["InstanceId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[name], WaiterConfig={"Delay": 1})
    row = platform.done("get_resource", resource_type="instances", id=name)["resource"]
    stop = {"resource_type": "instances", "id": name, "changes": {"state": "stopped"}}
    saving = platform.done("simulate", **stop)
    assert Decimal(saving["monthly_saving"]) == Decimal(str(row["hourly_cost"])) * 730
    resize = {"resource_type": "instances", "id": name, "changes": {"instance_type": "m5.xlarge"}}
    status, refused = platform.ask("update_resource", **resize)
    assert (status, refused["error"]["code"]) == (400, "IncorrectInstanceState")
    assert platform.done("update_resource", **stop)["resource"]["state"] in ("stopping", "stopped")
    tags = platform.done("update_resource", resource_type="instances", id=name,
                         changes={"tags": {"owner": "kate"}})  # fmt: skip
    assert tags["resource"]["tags"] == {"owner": "kate"}


def test_pages_go_through_everything_once(cloud: Cloud, platform: Platform) -> None:
    made = sorted(volume(cloud, n + 1) for n in range(7))
    seen = []
    more: dict[str, Any] = {}
    while True:
        page = platform.done("list_resources", resource_type="volumes", limit=3, **more)
        seen += [one["volume_id"] for one in page["items"]]
        if page["cursor"] is None:
            break
        more = {"cursor": page["cursor"]}
    assert seen == made
    status, refused = platform.ask("list_resources", resource_type="snapshots", limit=3, **more)
    assert (status, refused["error"]["code"]) == (400, "InvalidCursor")
    newest = platform.done("changes", limit=2)
    older = platform.done("changes", limit=2, cursor=newest["cursor"])
    ids = [one["id"] for one in newest["items"] + older["items"]]
    assert len(set(ids)) == 4


def test_metrics_are_the_daily_rows_of_a_resource(
    cloud: Cloud, platform: Platform, sql: Callable[..., list[dict[str, Any]]]
) -> None:
    name = volume(cloud, 10)
    for day in ("2026-06-28", "2026-06-29", "2026-06-30"):
        sql(
            """insert into metrics_daily (account_id, resource_type, resource_id, date,
                                          estimated_daily_cost, metric_payload)
               values ($1, 'volume', $2, $3::text::date, 0.0267, '{"iops": 3}') returning id""",
            cloud.account.id, name, day,
        )  # fmt: skip
    found = platform.done("metrics", resource_type="volumes", id=name, limit=2)
    assert [one["date"] for one in found["items"]] == ["2026-06-28", "2026-06-29"]
    assert found["items"][0]["metric_payload"] == {"iops": 3}
    since = platform.done("metrics", resource_type="volumes", id=name,
                          filters={"date": {"gt": "2026-06-28"}})  # fmt: skip
    assert len(since["items"]) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "drop_table"}, "UnknownAction"),
        ({"action": 5}, "UnknownAction"),
        ({}, "UnknownAction"),
        ({"action": "list_resources"}, "UnknownResourceType"),
        ({"action": "list_resources", "resource_type": "api_clients"}, "UnknownResourceType"),
        ({"action": "list_resources", "resource_type": "volumes; --"}, "UnknownResourceType"),
        ({"action": "list_resources", "resource_type": "volumes", "x": 1}, "UnknownParameter"),
        ({"action": "get_resource", "resource_type": "volumes"}, "MissingId"),
        ({"action": "get_resource", "resource_type": "volumes", "id": "a\0"}, "MissingId"),
        ({"action": "get_resource", "resource_type": "commitments", "id": "x"}, "WrongType"),
    ],
)
def test_what_is_wrong_is_said(platform: Platform, body: Any, code: str) -> None:
    status, answer = platform.send(orjson.dumps(body))
    assert (status, answer["error"]["code"]) == (400, code)
    if code.startswith("Unknown"):
        assert answer["error"]["allowed"]


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"colour": "red"}, "UnknownColumn"),
        ({"size_gib; drop table volumes": 1}, "UnknownColumn"),
        ({"size_gib": {"about": 5}}, "UnknownOperator"),
        ({"size_gib": {}}, "UnknownOperator"),
        ({"size_gib": "large"}, "WrongType"),
        ({"size_gib": 2**63}, "WrongType"),
        ({"size_gib": True}, "WrongType"),
        ({"size_gib": {"contains": "1"}}, "WrongType"),
        ({"state": {"is_null": "yes"}}, "WrongType"),
        ({"state": "a\0b"}, "WrongType"),
        ({"created_at": {"gt": "yesterday"}}, "WrongType"),
        ({"monthly_cost": {"gt": "NaN"}}, "WrongType"),
        ({"id": "not a uuid"}, "WrongType"),
        ([1], "InvalidFilters"),
    ],
)
def test_filters_are_held_to_columns_operators_and_types(
    platform: Platform, filters: Any, code: str
) -> None:
    status, answer = platform.ask("list_resources", resource_type="volumes", filters=filters)
    assert (status, answer["error"]["code"]) == (400, code)


def test_filters_find(cloud: Cloud, platform: Platform) -> None:
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "env", "Value": "dev"}]}]
    name = volume(cloud, 5, TagSpecifications=tags)
    volume(cloud, 6)
    ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    for filters in (
        {"tags": {"contains": {"env": "dev"}}},
        {"volume_id": {"contains": name[-9:]}},
        {"size_gib": {"lt": 6, "gt": 4}},
        {"size_gib": [5, 50], "attached_instance_id": None},
        {"monthly_cost": {"lte": 0.5}, "created_at": {"gt": ago}},
        {"attached_instance_id": {"is_null": True}, "size_gib": 5},
        {"volume_id": name, "tags": {"env": "dev"}},
    ):
        found = platform.done("list_resources", resource_type="volumes", filters=filters)["items"]
        assert [one["volume_id"] for one in found] == [name], filters


def test_signatures(cloud: Cloud, platform: Platform) -> None:
    body = orjson.dumps({"action": "list_resource_types"})
    good = platform.headers(body)
    assert platform.send(body, good)[0] == 200
    status, answer = platform.send(body, good)
    assert (status, answer["error"]["code"]) == (401, "ReplayedRequest")
    status, answer = platform.send(body, good | {"X-Signature": good["X-Signature"].upper()})
    assert (status, answer["error"]["code"]) == (401, "ReplayedRequest")
    now = datetime.now(UTC)
    for headers, code in (
        ({}, "MissingAuthentication"),
        (platform.headers(body + b" "), "InvalidSignature"),
        (platform.headers(body) | {"X-Access-Key": "AKIANOBODY"}, "InvalidSignature"),
        (platform.headers(body) | {"X-Signature": "0" * 64}, "InvalidSignature"),
        (platform.headers(body, now - timedelta(minutes=6)), "RequestExpired"),
        (platform.headers(body, now + timedelta(minutes=6)), "RequestExpired"),
        (platform.headers(body) | {"X-Timestamp": "noon"}, "InvalidTimestamp"),
    ):
        status, answer = platform.send(body, headers)
        assert (status, answer["error"]["code"]) == (401, code)
    assert platform.send(body, platform.headers(body, now - timedelta(minutes=4)))[0] == 200


def test_scopes_hold(cloud: Cloud) -> None:
    name = volume(cloud, 5)
    reader = Platform(cloud.with_scopes("read:volumes"))
    here = {"resource_type": "volumes", "id": name}
    assert reader.ask("get_resource", **here)[0] == 200
    for action, more in (
        ("list_resources", {"resource_type": "instances"}),
        ("delete_resource", here),
        ("simulate", here),
        ("update_resource", here | {"changes": {"size_gib": 9}}),
        ("changes", {}),
    ):
        assert reader.ask(action, **more)[0] == 403, action
    writer = Platform(cloud.with_scopes("read:volumes,write:volumes"))
    assert writer.done("update_resource", **here, changes={"size_gib": 9})["resource"][
        "size_gib"
    ] == 9  # fmt: skip
    assert writer.done("delete_resource", **here)["deleted"] == name


def test_accounts_are_kept_apart(cloud: Cloud, other_cloud: Cloud) -> None:
    name = volume(cloud, 5)
    other = Platform(other_cloud)
    here = {"resource_type": "volumes", "id": name}
    for action in ("get_resource", "delete_resource", "simulate", "metrics"):
        assert other.ask(action, **here)[0] == 404
    assert other.done("list_resources", resource_type="volumes")["items"] == []
    assert other.done("changes", **here)["items"] == []
    assert Platform(cloud).done("get_resource", **here)["resource"]["volume_id"] == name
    assert cloud.account.number not in str(other.done("list_resources", resource_type="images"))


def test_nothing_that_is_sent_breaks_it(platform: Platform) -> None:
    dice = random.Random(7)
    words: list[Any] = ["list_resources", "simulate", "volumes", "instances", "id", None, 0, -1,
                        1.5, True, "x" * 3000, [], {}, {"gt": []}, [{}], "\ud7ff", "2026-01-01",
                        {"is_null": True}, {"contains": {"a": [1]}}, 10**30]  # fmt: skip
    names = ["action", "resource_type", "filters", "limit", "cursor", "id", "changes"]
    columns = ["tags", "size_gib", "created_at", "state", "id", "account_id", "encrypted"]
    for _ in range(100):
        body: dict[str, Any] = {name: dice.choice(words) for name in dice.sample(names, 3)}
        body["action"] = dice.choice(["list_resources", "changes", "metrics", "simulate",
                                      "update_resource", "get_resource"])  # fmt: skip
        body.setdefault("resource_type", dice.choice(["volumes", "instances", "lambda_functions"]))
        if dice.random() < 0.6:
            body["filters"] = {dice.choice(columns): dice.choice(words) for _ in range(2)}
        status, answer = platform.send(_dumps(body))
        assert status < 500, (body, answer)
        assert answer["ok"] == (status == 200)
        assert "select" not in str(answer).lower(), "SQL is never told"
    for raw in (b"", b"[]", b"{", b"\xff", b'{"a":' * 5000, b"null"):
        assert platform.send(raw)[0] == 400


def _dumps(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()
