"""Rules, targets and buses through boto3: their lives, lists, and what is refused."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud

PATTERN = json.dumps({"source": ["shop"]})


@pytest.fixture
def events(cloud: Cloud) -> Any:
    return cloud.client("events")


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    told = caught.value.response["Error"]
    return told["Code"], told["Message"]


def test_a_rule_lives(cloud: Cloud, events: Any, other_cloud: Cloud) -> None:
    arn = f"arn:aws:events:us-east-1:{cloud.account.number}:rule/nightly"
    made = events.put_rule(
        Name="nightly", ScheduleExpression="cron(0 3 * * ? *)", Description="stop dev",
        Tags=[{"Key": "team", "Value": "ops"}],
    )  # fmt: skip
    assert made["RuleArn"] == arn
    told = events.describe_rule(Name="nightly")
    told.pop("ResponseMetadata")
    assert told == {
        "Name": "nightly", "Arn": arn, "State": "ENABLED", "Description": "stop dev",
        "ScheduleExpression": "cron(0 3 * * ? *)", "EventBusName": "default",
        "CreatedBy": cloud.account.number,
    }  # fmt: skip
    events.disable_rule(Name="nightly")
    assert events.list_rules()["Rules"][0]["State"] == "DISABLED"
    events.enable_rule(Name="nightly")
    assert events.describe_rule(Name="nightly")["State"] == "ENABLED"
    events.put_rule(Name="nightly", EventPattern=PATTERN, State="DISABLED")
    [rule] = events.list_rules(NamePrefix="night")["Rules"]
    assert rule == {
        "Name": "nightly", "Arn": arn, "EventPattern": PATTERN, "State": "DISABLED",
        "EventBusName": "default",
    }  # fmt: skip
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "team", "Value": "ops"}
    ]
    other = other_cloud.client("events")
    assert other.list_rules()["Rules"] == []
    assert refused(other.describe_rule, Name="nightly")[0] == "ResourceNotFoundException"
    events.delete_rule(Name="nightly")
    events.delete_rule(Name="nightly")
    gone = ("ResourceNotFoundException", "Rule nightly does not exist on EventBus default.")
    assert refused(events.describe_rule, Name="nightly") == gone
    assert refused(events.enable_rule, Name="nightly") == gone


def test_targets(cloud: Cloud, events: Any) -> None:
    events.put_rule(Name="r", EventPattern=PATTERN)
    queue = f"arn:aws:sqs:us-east-1:{cloud.account.number}:q"
    targets = [
        {"Id": "a", "Arn": queue, "Input": '{"x": 1}'},
        {"Id": "b", "Arn": f"arn:aws:lambda:us-east-1:{cloud.account.number}:function:f",
         "RetryPolicy": {"MaximumRetryAttempts": 3}},
    ]  # fmt: skip
    assert events.put_targets(Rule="r", Targets=targets)["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule="r")["Targets"] == targets
    first = events.list_targets_by_rule(Rule="r", Limit=1)
    assert first["Targets"] == targets[:1]
    assert events.list_targets_by_rule(Rule="r", Limit=1, NextToken=first["NextToken"])[
        "Targets"
    ] == targets[1:]  # fmt: skip
    assert events.list_rule_names_by_target(TargetArn=queue)["RuleNames"] == ["r"]
    assert refused(events.delete_rule, Name="r") == (
        "ValidationException", "Rule can't be deleted since it has targets.",
    )  # fmt: skip
    more = [{"Id": str(n), "Arn": queue} for n in range(4)]
    assert refused(events.put_targets, Rule="r", Targets=more) == (
        "LimitExceededException", "The requested resource exceeds the maximum number allowed.",
    )  # fmt: skip
    removed = events.remove_targets(Rule="r", Ids=["a", "b", "c"])
    assert [one["TargetId"] for one in removed["FailedEntries"]] == ["c"]
    assert events.list_targets_by_rule(Rule="r")["Targets"] == []


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"Arn": "nonsense"},
         "Parameter nonsense is not valid. Reason: Provided Arn is not in correct format."),
        ({"Input": "1", "InputPath": "$.x"},
         "Only one of Input, InputPath, or InputTransformer must be provided for target t."),
        ({"InputTransformer": {"InputPathsMap": {"a": "$.b"}, "InputTemplate": "<notdefinedkey>"}},
         "InputTemplate for target t contains invalid placeholder notdefinedkey."),
        ({"Arn": "arn:aws:sqs:us-east-1:111122223333:q.fifo"},
         "Parameter(s) SqsParameters must be specified for target: t."),
        ({"Input": "{"}, "JSON syntax error in input for target t"),
    ],
)  # fmt: skip
def test_what_a_target_cannot_be(events: Any, target: dict[str, Any], message: str) -> None:
    events.put_rule(Name="r", EventPattern=PATTERN)
    given = {"Id": "t", "Arn": "arn:aws:sqs:us-east-1:111122223333:q", **target}
    assert refused(events.put_targets, Rule="r", Targets=[given]) == (
        "ValidationException",
        message,
    )


@pytest.mark.parametrize(
    ("schedule", "good"),
    [
        ("rate(5 minutes)", True), ("rate(1 hour)", True), ("rate(1 hours)", False),
        ("rate(0 days)", False), ("rate(5 min)", False), ("cron(0 12 * * ? *)", True),
        ("cron(0/15 8-18 ? * MON-FRI *)", True), ("cron(0 12 * * * *)", False),
        ("cron(60 12 * * ? *)", False), ("cron(0 8 L * ? *)", True),
        ("cron(0 8 ? * 6#3 2026)", True),
        ("cron(0 12 * * ?)", False), ("every day", False),
    ],
)  # fmt: skip
def test_schedules(events: Any, schedule: str, good: bool) -> None:
    if good:
        events.put_rule(Name="r", ScheduleExpression=schedule)
        assert events.describe_rule(Name="r")["ScheduleExpression"] == schedule
    else:
        assert refused(events.put_rule, Name="r", ScheduleExpression=schedule) == (
            "ValidationException", "Parameter ScheduleExpression is not valid.",
        )  # fmt: skip


def test_buses(cloud: Cloud, events: Any) -> None:
    root = f"arn:aws:events:us-east-1:{cloud.account.number}"
    [default] = events.list_event_buses()["EventBuses"]
    assert (default["Name"], default["Arn"]) == ("default", f"{root}:event-bus/default")
    made = events.create_event_bus(
        Name="shop", Description="orders", Tags=[{"Key": "a", "Value": "b"}]
    )
    assert (made["EventBusArn"], made["Description"]) == (f"{root}:event-bus/shop", "orders")
    assert refused(events.create_event_bus, Name="shop") == (
        "ResourceAlreadyExistsException", "Event bus shop already exists.",
    )  # fmt: skip
    assert [one["Name"] for one in events.list_event_buses()["EventBuses"]] == ["default", "shop"]
    assert [one["Name"] for one in events.list_event_buses(NamePrefix="s")["EventBuses"]] == [
        "shop"
    ]
    rule = events.put_rule(Name="r", EventPattern=PATTERN, EventBusName=made["EventBusArn"])
    assert rule["RuleArn"] == f"{root}:rule/shop/r"
    assert events.list_rules()["Rules"] == []
    assert events.list_rules(EventBusName="shop")["Rules"][0]["EventBusName"] == "shop"
    assert refused(
        events.put_rule, Name="s", ScheduleExpression="rate(1 day)", EventBusName="shop"
    ) == ("ValidationException", "ScheduleExpression is supported only on the default event bus.")
    assert refused(events.delete_event_bus, Name="shop")[0] == "ValidationException"
    events.delete_rule(Name="r", EventBusName="shop")
    events.delete_event_bus(Name="shop")
    assert refused(events.describe_event_bus, Name="shop") == (
        "ResourceNotFoundException", "Event bus shop does not exist.",
    )  # fmt: skip
    assert refused(events.delete_event_bus, Name="default") == (
        "ValidationException", "Cannot delete event bus default.",
    )  # fmt: skip


def test_the_default_bus_has_tags_and_a_policy(cloud: Cloud, events: Any) -> None:
    arn = events.describe_event_bus()["Arn"]
    events.tag_resource(
        ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]
    )
    events.untag_resource(ResourceARN=arn, TagKeys=["b"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    events.put_permission(StatementId="x", Principal="111122223333", Action="events:PutEvents")
    [statement] = json.loads(events.describe_event_bus()["Policy"])["Statement"]
    assert statement == {
        "Sid": "x", "Effect": "Allow", "Action": "events:PutEvents", "Resource": arn,
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    }  # fmt: skip
    assert refused(events.remove_permission, StatementId="y") == (
        "ResourceNotFoundException", "Statement with the provided id does not exist.",
    )  # fmt: skip
    events.remove_permission(StatementId="x")
    assert "Policy" not in events.describe_event_bus()
    assert len(events.list_event_buses()["EventBuses"]) == 1
