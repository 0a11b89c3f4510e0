"""Events of EC2, of calls and of drift, on their way to the rules that want them."""

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import control, web_hooks
from tests.fixtures.server import Cloud

Sql = Callable[..., list[dict[str, Any]]]


def subscribe(cloud: Cloud, pattern: dict[str, Any], region: str = "us-east-1") -> str:
    """A queue that gets what matches a pattern; its URL."""
    sqs, events = cloud.client("sqs", region), cloud.client("events", region)
    url = sqs.create_queue(QueueName="follow")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name="follow", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="follow", Targets=[{"Id": "1", "Arn": arn["QueueArn"]}])
    return str(url)


def received(cloud: Cloud, url: str, count: int, region: str = "us-east-1") -> list[dict[str, Any]]:
    """The first messages of a queue, as soon as they are there."""
    sqs = cloud.client("sqs", region)
    found: list[Any] = []
    deadline = time.monotonic() + 30
    while len(found) < count:
        assert time.monotonic() < deadline, found
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        for one in answer.get("Messages", ()):
            found.append(json.loads(one["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        time.sleep(0.02)
    return found


def launch(cloud: Cloud) -> str:
    ec2 = cloud.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    return str(made["Instances"][0]["InstanceId"])


def test_instances_tell_of_their_states(cloud: Cloud) -> None:
    url = subscribe(cloud, {"source": ["aws.ec2"],
                            "detail-type": ["EC2 Instance State-change Notification"]})  # fmt: skip
    name = launch(cloud)
    [launched] = received(cloud, url, 1)
    # time does not pass here: an instance runs as soon as it is launched
    assert launched["detail"] == {"instance-id": name, "state": "running"}
    assert (launched["account"], launched["region"]) == (cloud.account.number, "us-east-1")
    arn = f"arn:aws:ec2:us-east-1:{cloud.account.number}:instance/{name}"
    assert launched["resources"] == [arn]
    cloud.client("ec2").stop_instances(InstanceIds=[name])
    [stopped] = received(cloud, url, 1)
    assert stopped["detail"] == {"instance-id": name, "state": "stopped"}
    assert stopped["id"] != launched["id"]


def test_calls_are_told_with_what_they_did(cloud: Cloud) -> None:
    url = subscribe(cloud, {"source": ["aws.ec2"], "detail": {"eventName": ["CreateVolume"]}})
    volume = cloud.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=3)["VolumeId"]
    cloud.client("ec2").delete_volume(VolumeId=volume)
    [event] = received(cloud, url, 1)
    assert event["detail-type"] == "AWS API Call via CloudTrail"
    assert event["detail"]["responseElements"]["volumeId"] == volume
    assert event["detail"]["userIdentity"]["userName"] == "tester"


def test_without_a_rule_nothing_is_kept(cloud: Cloud, sql: Sql) -> None:
    launch(cloud)
    cloud.client("cloudtrail").lookup_events()
    assert sql("select 1 from event_outbox where account_id = $1", cloud.account.id) == []


def test_drift_is_told_as_the_audit_tells_it(cloud: Cloud, sql: Sql) -> None:
    world = cloud.running.server.world
    cloud.running.run(control.estate_create(world, "5", days=2, account=cloud.account.number))
    cloud.running.server.clocks.forget()
    url = subscribe(cloud, {"source": ["driftcloud.drift"]}, "us-east-1")
    odds = "zombie_volume=1,untagged_launch=1"
    cloud.running.run(control.drift_set(world, odds=odds, account=cloud.account.number))
    told: list[dict[str, Any]] = []
    for _ in range(4):
        cloud.running.run(control.tick(world, account=cloud.account.number))
    told = received(cloud, url, 1)
    for event in told:
        assert event["detail-type"] == "Resource Drift"
        known = sql(
            """select field_name from resource_change_events
                where account_id = $1 and resource_id = $2 and change_source = 'drift_engine'""",
            cloud.account.id, event["detail"]["resource-id"],
        )  # fmt: skip
        fields = {change["field"] for change in event["detail"]["changes"]}
        assert fields
        assert fields <= {row["field_name"] for row in known}
        assert "story" not in event["detail"]


@pytest.fixture
def hook() -> Iterator[tuple[str, "Queue[tuple[dict[str, str], Any]]"]]:
    """An HTTP server on this machine, and what was posted to it."""
    posted: Queue[tuple[dict[str, str], Any]] = Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            posted.put((dict(self.headers.items()), json.loads(body)))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", posted
        server.shutdown()
        thread.join()


def test_events_are_posted_to_this_machine(
    cloud: Cloud, sql: Sql, hook: tuple[str, "Queue[tuple[dict[str, str], Any]]"]
) -> None:
    events, (url, posted) = cloud.client("events"), hook
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "hush-hush"}}
    connection = events.create_connection(
        Name="c", AuthorizationType="API_KEY", AuthParameters=key
    )["ConnectionArn"]
    for elsewhere in ("https://example.com/hook", "http://10.0.0.1/", "http://127.0.0.1.x.org/"):
        with pytest.raises(ClientError, match="ValidationException"):
            events.create_api_destination(
                Name="d", ConnectionArn=connection, InvocationEndpoint=elsewhere, HttpMethod="POST"
            )
    target = events.create_api_destination(
        Name="d", ConnectionArn=connection, InvocationEndpoint=url, HttpMethod="POST"
    )["ApiDestinationArn"]
    events.put_rule(Name="r", EventPattern=json.dumps({"detail": {"eventName": ["CreateVolume"]}}))
    role = f"arn:aws:iam::{cloud.account.number}:role/events"
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": target, "RoleArn": role}])
    cloud.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=3)
    headers, body = posted.get(timeout=30)
    assert headers["x-key"] == "hush-hush"
    assert body["detail"]["requestParameters"]["size"] == 3
    with pytest.raises(Empty):
        posted.get(timeout=0.3)
    shown = events.describe_connection(Name="c")
    assert shown["AuthParameters"] == {"ApiKeyAuthParameters": {"ApiKeyName": "x-key"}}
    assert "hush-hush" not in str(sql("select * from event_connections"))
    [listed] = events.list_api_destinations()["ApiDestinations"]
    assert listed["InvocationEndpoint"] == url
    with pytest.raises(ClientError, match="is used by"):
        events.delete_connection(Name="c")
    events.delete_api_destination(Name="d")
    events.delete_connection(Name="c")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        events.describe_api_destination(Name="d")


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:8080/a", True), ("http://127.0.0.5/", True), ("http://[::1]:1/", True),
        ("https://localhost/", False), ("http://example.com/", False), ("http://10.0.0.1/", False),
        ("http://a@127.0.0.1/", False), ("http://127.0.0.1:99999/", False),
        ("http://127.0.0.1/a b", False), ("file:///etc/passwd", False), ("http://0.0.0.0/", False),
    ],
)  # fmt: skip
def test_what_is_on_this_machine(url: str, local: bool) -> None:
    assert web_hooks.is_local(url) is local
