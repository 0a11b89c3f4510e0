"""Events on their way through a bus: matched, made into what a target wants, and received."""

import json
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.events.test_event_rules import refused

ENTRY = {"Source": "shop", "DetailType": "Order", "Detail": '{"id": "o-1", "total": 12.5}'}


@pytest.fixture
def events(cloud: Cloud) -> Any:
    return cloud.client("events")


@pytest.fixture
def sqs(cloud: Cloud) -> Any:
    return cloud.client("sqs")


def queue(sqs: Any, name: str, **attributes: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, told["Attributes"]["QueueArn"]


def bodies(sqs: Any, url: str) -> list[str]:
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [one["Body"] for one in got]


def test_an_event_reaches_the_queues_of_the_rules_that_it_matches(
    cloud: Cloud, events: Any, sqs: Any
) -> None:
    url, arn = queue(sqs, "q")
    events.put_rule(
        Name="orders",
        EventPattern='{"source": ["shop"], "detail": {"total": [{"numeric": [">", 10]}]}}',
    )
    events.put_rule(Name="others", EventPattern='{"source": ["bank"]}')
    events.put_rule(Name="off", EventPattern='{"source": ["shop"]}', State="DISABLED")
    for rule in ("orders", "others", "off"):
        events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": arn}])
    small = {**ENTRY, "Detail": '{"total": 3}'}
    put = events.put_events(Entries=[{**ENTRY, "Resources": ["r"]}, small])
    assert put["FailedEntryCount"] == 0
    [body] = bodies(sqs, url)
    event = json.loads(body)
    assert event.pop("time").endswith("Z")
    assert event == {
        "version": "0", "id": put["Entries"][0]["EventId"], "detail-type": "Order",
        "source": "shop", "account": cloud.account.number, "region": "us-east-1",
        "resources": ["r"], "detail": {"id": "o-1", "total": 12.5},
    }  # fmt: skip


def test_targets_get_what_they_asked_for(events: Any, sqs: Any) -> None:
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    given: dict[str, dict[str, Any]] = {
        "constant": {"Input": '{"fixed": true}'},
        "part": {"InputPath": "$.detail.id"},
        "text": {"InputTransformer": {
            "InputPathsMap": {"id": "$.detail.id", "total": "$.detail.total", "none": "$.detail.x"},
            "InputTemplate": '{"say": "order <id> is <total>", "id": <id>,'
            ' "rule": <aws.events.rule-name>, "no": "<none>"}'}},
    }  # fmt: skip
    urls = {}
    for name, input_ in given.items():
        urls[name], arn = queue(sqs, name)
        events.put_targets(Rule="r", Targets=[{"Id": name, "Arn": arn, **input_}])
    events.put_events(Entries=[ENTRY])
    assert bodies(sqs, urls["constant"]) == ['{"fixed": true}']
    assert bodies(sqs, urls["part"]) == ['"o-1"']
    [text] = bodies(sqs, urls["text"])
    assert json.loads(text) == {"say": "order o-1 is 12.5", "id": "o-1", "rule": "r", "no": ""}


def test_other_buses_fifo_queues_and_log_groups_are_reached(
    cloud: Cloud, events: Any, sqs: Any
) -> None:
    url, arn = queue(sqs, "q.fifo", FifoQueue="true")
    bus = events.create_event_bus(Name="second")["EventBusArn"]
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="/aws/events/all")
    group = f"arn:aws:logs:us-east-1:{cloud.account.number}:log-group:/aws/events/all"
    events.put_rule(Name="on", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="on", Targets=[{"Id": "bus", "Arn": bus}, {"Id": "log", "Arn": group}])
    events.put_rule(Name="end", EventPattern='{"source": ["shop"]}', EventBusName="second")
    target = {"Id": "q", "Arn": arn, "SqsParameters": {"MessageGroupId": "g"}}
    events.put_targets(Rule="end", EventBusName="second", Targets=[target])
    put = events.put_events(Entries=[ENTRY])
    assert json.loads(bodies(sqs, url)[0])["id"] == put["Entries"][0]["EventId"]
    [line] = logs.filter_log_events(logGroupName="/aws/events/all")["events"]
    assert json.loads(line["message"])["detail"] == {"id": "o-1", "total": 12.5}


def test_what_cannot_be_delivered_is_buried(cloud: Cloud, events: Any, sqs: Any) -> None:
    url, dead = queue(sqs, "dead")
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    gone = dead.replace("dead", "gone")
    events.put_targets(
        Rule="r", Targets=[{"Id": "q", "Arn": gone, "DeadLetterConfig": {"Arn": dead}}]
    )
    events.put_events(Entries=[ENTRY])
    [letter] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"
    assert json.loads(letter["Body"])["source"] == "shop"


def test_an_entry_that_is_no_event_fails_alone(events: Any) -> None:
    put = events.put_events(
        Entries=[
            ENTRY,
            {"Source": "shop", "DetailType": "Order"},
            {**ENTRY, "Detail": "no JSON"},
            {**ENTRY, "Source": "aws.ec2"},
            {**ENTRY, "EventBusName": "none"},
        ]
    )
    assert put["FailedEntryCount"] == 3
    assert [one.get("ErrorCode") for one in put["Entries"]] == [
        None, "InvalidArgument", "MalformedDetail", "NotAuthorizedForSourceException", None,
    ]  # fmt: skip
    assert put["Entries"][1]["ErrorMessage"] == (
        "Parameter Detail is not valid. Reason: Detail is a required argument."
    )
    assert refused(events.put_events, Entries=[{**ENTRY, "Detail": "x" * 1_048_577}]) == (
        "ValidationException", "Total size of the entries in the request is over the limit.",
    )  # fmt: skip


def test_accounts_do_not_hear_each_other(events: Any, other_cloud: Cloud, sqs: Any) -> None:
    url, arn = queue(sqs, "q")
    other = other_cloud.client("events")
    other.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    other.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": arn}])
    other.put_events(Entries=[ENTRY])
    events.put_events(Entries=[ENTRY])
    assert bodies(sqs, url) == []


def test_a_pattern_is_tested(events: Any) -> None:
    event = json.dumps({
        "id": "1", "account": "1", "source": "shop", "time": "2026-01-01T00:00:00Z", "region": "r",
        "resources": [], "detail-type": "Order", "detail": {"a": 1}})  # fmt: skip
    test = events.test_event_pattern
    assert test(EventPattern='{"detail": {"a": [1]}}', Event=event)["Result"] is True
    assert test(EventPattern='{"detail": {"a": [2]}}', Event=event)["Result"] is False
    assert refused(test, EventPattern='{"source": "shop"}', Event=event) == (
        "InvalidEventPatternException",
        'Event pattern is not valid. Reason: "source" must be an object or an array',
    )
    assert refused(test, EventPattern='{"source": ["a"]}', Event="{}") == (
        "ValidationException", "Parameter Event is not valid.",
    )  # fmt: skip


def test_a_rule_that_sql_spoiled_keeps_nobody_from_events(events: Any, sqs: Any, sql: Any) -> None:
    url, arn = queue(sqs, "q")
    for name in ("bad", "good"):
        made = events.put_rule(Name=name, EventPattern='{"source": ["shop"]}')
        events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])
        if name == "bad":
            sql("update event_rules set pattern = '{' where arn = $1", made["RuleArn"])
    events.put_events(Entries=[ENTRY])
    assert len(bodies(sqs, url)) == 1
