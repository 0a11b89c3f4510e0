"""Rules with a schedule: what their targets are sent as days go by."""

import itertools
import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.fixtures.days import Tick
from tests.fixtures.server import Cloud
from tests.handlers.events.test_emission import received
from tests.handlers.lambda_.functions import create

Sql = Callable[..., list[dict[str, Any]]]


def queue(cloud: Cloud, name: str) -> tuple[str, str]:
    """A new queue: its URL and its ARN."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, asked["Attributes"]["QueueArn"]


def test_schedules_fire_as_days_go_by(cloud: Cloud, tick: Tick, sql: Sql) -> None:
    events, number = cloud.client("events"), cloud.account.number
    tick()
    url, arn = queue(cloud, "fired")
    made = events.put_rule(Name="nightly", ScheduleExpression="cron(0 2,14 * * ? *)")["RuleArn"]
    events.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": arn}])
    other, other_arn = queue(cloud, "other")
    events.put_rule(Name="off", ScheduleExpression="rate(1 hour)", State="DISABLED")
    events.put_targets(Rule="off", Targets=[{"Id": "1", "Arn": other_arn}])
    # a schedule is for its own rule, whatever others listen to
    events.put_rule(Name="all", EventPattern=json.dumps({"account": [number]}))
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": other_arn}])
    tick()
    early, late = sorted(received(cloud, url, 2), key=lambda event: str(event["time"]))
    assert (early["time"][10:], late["time"][10:]) == ("T02:00:00Z", "T14:00:00Z")
    assert early["time"][:10] == late["time"][:10]
    assert early["id"] != late["id"]
    for event in (early, late):
        assert event["source"] == "aws.events"
        assert event["detail-type"] == "Scheduled Event"
        assert (event["resources"], event["detail"]) == ([made], {})
        assert (event["account"], event["region"]) == (number, "us-east-1")
    told = cloud.client("sqs").receive_message(QueueUrl=other, MaxNumberOfMessages=10)
    bodies = [json.loads(one["Body"]) for one in told.get("Messages", ())]
    assert not [one for one in bodies if one["detail-type"] == "Scheduled Event"]
    [row] = sql("select fired_at from event_rules where arn = $1", made)
    assert f"{row['fired_at']:%m-%d %H:%M}" == "06-02 14:00"
    # the next day again; what is off from then on stays silent
    tick()
    assert len(received(cloud, url, 2)) == 2
    events.disable_rule(Name="nightly")
    tick()
    assert "Messages" not in cloud.client("sqs").receive_message(QueueUrl=url)
    # the calls themselves are told to the rule that listens to all
    deadline = time.monotonic() + 20
    while sql("select 1 from event_outbox where account_id = $1", cloud.account.id):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_targets_of_a_schedule_get_their_own_input(cloud: Cloud, tick: Tick, sql: Sql) -> None:
    events, logs, number = cloud.client("events"), cloud.client("logs"), cloud.account.number
    tick()
    url, arn = queue(cloud, "passed")
    logs.create_log_group(logGroupName="/aws/events/fired")
    group = f"arn:aws:logs:us-east-1:{number}:log-group:/aws/events/fired"
    bus = events.create_event_bus(Name="onwards")["EventBusArn"]
    events.put_rule(
        Name="heard", EventBusName="onwards",
        EventPattern=json.dumps({"detail-type": ["Scheduled Event"]}),
    )  # fmt: skip
    events.put_targets(Rule="heard", EventBusName="onwards", Targets=[{"Id": "1", "Arn": arn}])
    events.put_rule(Name="r", ScheduleExpression="rate(8 hours)")
    events.put_targets(
        Rule="r",
        Targets=[
            {"Id": "log", "Arn": group, "Input": '{"job": "clean"}'},
            {"Id": "job", "Arn": create(cloud.client("lambda"), cloud)["FunctionArn"]},
            {"Id": "bus", "Arn": bus, "RoleArn": f"arn:aws:iam::{number}:role/events"},
        ],
    )
    tick()
    heard = sorted(received(cloud, url, 3), key=lambda event: str(event["time"]))
    times = [datetime.fromisoformat(event["time"]) for event in heard]
    assert [(b - a).total_seconds() for a, b in itertools.pairwise(times)] == [28800] * 2
    written = logs.filter_log_events(logGroupName="/aws/events/fired")["events"]
    assert [event["message"] for event in written] == ['{"job": "clean"}'] * 3
    [called] = sql(
        "select current_invocations as n from lambda_functions where account_id = $1",
        cloud.account.id,
    )
    assert called["n"] == 3
