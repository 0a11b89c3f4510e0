"""Log events through boto3: put, read in both directions, searched, and counted."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.lambda_.functions import create
from tests.handlers.logs.test_log_groups import refused

DAY = 86_400_000


@pytest.fixture
def logs(cloud: Cloud) -> Any:
    client = cloud.client("logs")
    client.create_log_group(logGroupName="g")
    client.create_log_stream(logGroupName="g", logStreamName="s")
    return client


@pytest.fixture
def now() -> int:
    return int(time.time() * 1000)


def put(logs: Any, start: int, *messages: str, stream: str = "s") -> dict[str, Any]:
    """Messages a second apart."""
    events = [
        {"timestamp": start + 1000 * n, "message": message} for n, message in enumerate(messages)
    ]
    found: dict[str, Any] = logs.put_log_events(
        logGroupName="g", logStreamName=stream, logEvents=events
    )
    return found


def texts(answer: dict[str, Any]) -> list[str]:
    return [one["message"] for one in answer["events"]]


def test_streams(cloud: Cloud, logs: Any, now: int) -> None:
    for name in ("a_1", "a_2", "b"):
        logs.create_log_stream(logGroupName="g", logStreamName=name)
    put(logs, now - 5000, "x", stream="b")
    put(logs, now - 9000, "x", "y", stream="a_2")

    def names(**params: Any) -> list[str]:
        told = logs.describe_log_streams(logGroupName="g", **params)["logStreams"]
        return [one["logStreamName"] for one in told]

    assert names() == ["a_1", "a_2", "b", "s"]
    assert names(descending=True) == ["s", "b", "a_2", "a_1"]
    assert names(logStreamNamePrefix="a_") == ["a_1", "a_2"]
    assert names(orderBy="LastEventTime", descending=True) == ["b", "a_2", "s", "a_1"]
    found = logs.get_paginator("describe_log_streams").paginate(
        logGroupName="g", orderBy="LastEventTime", descending=True,
        PaginationConfig={"PageSize": 3},
    )  # fmt: skip
    assert [len(page["logStreams"]) for page in found] == [3, 1]
    [shown] = logs.describe_log_streams(logGroupName="g", logStreamNamePrefix="a_2")["logStreams"]
    assert (shown["firstEventTimestamp"], shown["lastEventTimestamp"]) == (now - 9000, now - 8000)
    assert shown["arn"] == (
        f"arn:aws:logs:us-east-1:{cloud.account.number}:log-group:g:log-stream:a_2"
    )
    assert abs(shown["lastIngestionTime"] - now) < 60_000
    assert len(shown["uploadSequenceToken"]) == 56
    assert refused(logs.create_log_stream, logGroupName="g", logStreamName="b") == (
        "ResourceAlreadyExistsException", "The specified log stream already exists",
    )  # fmt: skip
    assert refused(
        logs.describe_log_streams, logGroupName="g", orderBy="LastEventTime",
        logStreamNamePrefix="a",
    )[0] == "InvalidParameterException"  # fmt: skip
    logs.delete_log_stream(logGroupName="g", logStreamName="b")
    gone = ("ResourceNotFoundException", "The specified log stream does not exist.")
    assert refused(logs.delete_log_stream, logGroupName="g", logStreamName="b") == gone
    assert refused(logs.get_log_events, logGroupName="g", logStreamName="b") == gone


def test_events_are_read_in_both_directions(logs: Any, now: int) -> None:
    put(logs, now - 60_000, *(f"m{n}" for n in range(7)))
    get = logs.get_log_events
    which = {"logGroupName": "g", "logStreamName": "s"}
    last = get(**which, limit=3)
    assert texts(last) == ["m4", "m5", "m6"]
    before = get(**which, limit=3, nextToken=last["nextBackwardToken"])
    assert texts(before) == ["m1", "m2", "m3"]
    assert texts(get(**which, limit=3, nextToken=before["nextForwardToken"])) == texts(last)
    end = get(**which, nextToken=last["nextForwardToken"])
    assert (texts(end), end["nextForwardToken"]) == ([], last["nextForwardToken"])
    head = get(**which, startFromHead=True, limit=2)
    assert texts(head) == ["m0", "m1"]
    assert head["events"][0]["timestamp"] == now - 60_000
    assert texts(get(**which, startTime=now - 58_000, endTime=now - 56_000)) == ["m2", "m3"]
    put(logs, now - 1000, "late")
    assert texts(get(**which, nextToken=end["nextForwardToken"])) == ["late"]
    assert refused(get, **which, nextToken="x") == (
        "InvalidParameterException", "The specified nextToken is invalid.",
    )  # fmt: skip


def test_what_is_too_old_or_too_new_is_left_out(logs: Any, now: int) -> None:
    logs.put_retention_policy(logGroupName="g", retentionInDays=3)
    events = [
        {"timestamp": at, "message": str(n)}
        for n, at in enumerate(
            [now - 15 * DAY, now - 4 * DAY, now - 1000, now, now + 3 * 3_600_000]
        )
    ]
    answer = logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
    assert answer["rejectedLogEventsInfo"] == {
        "tooOldLogEventEndIndex": 1, "expiredLogEventEndIndex": 2, "tooNewLogEventStartIndex": 4,
    }  # fmt: skip
    assert texts(logs.get_log_events(logGroupName="g", logStreamName="s")) == ["2", "3"]


def test_what_cannot_be_put(logs: Any, now: int) -> None:
    def refuse(*events: tuple[int, str], stream: str = "s") -> tuple[str, str]:
        given = [{"timestamp": at, "message": text} for at, text in events]
        return refused(logs.put_log_events, logGroupName="g", logStreamName=stream, logEvents=given)

    assert refuse((now, "a"), (now - 1, "b")) == (
        "InvalidParameterException",
        "Log events in a single PutLogEvents request must be in chronological order.",
    )
    assert refuse((now - 25 * 3_600_000, "a"), (now, "b"))[1].endswith("span more than 24 hours.")
    assert refuse((now, "x" * 600_000), (now, "x" * 600_000))[1] == (
        "Upload too large: 1200052 bytes exceeds limit of 1048576"
    )
    assert refuse((now, "a"), stream="none")[0] == "ResourceNotFoundException"
    assert logs.get_log_events(logGroupName="g", logStreamName="s")["events"] == []


def test_what_is_put_is_stored(logs: Any, now: int, sql: Any, cloud: Cloud) -> None:
    put(logs, now, "x" * 74, "é" * 12)
    [shown] = logs.describe_log_groups()["logGroups"]
    assert shown["storedBytes"] == 74 + 24 + 2 * 26
    [row] = sql("select current_put_bytes from log_groups where account_id = $1", cloud.account.id)
    assert row["current_put_bytes"] == 150
    logs.delete_log_group(logGroupName="g")
    assert sql("select 1 from log_events where account_id = $1", cloud.account.id) == []


def test_a_search_finds_what_matches(logs: Any, now: int, other_cloud: Cloud) -> None:
    logs.create_log_stream(logGroupName="g", logStreamName="t")
    put(logs, now - 9000, "ERROR disk", "ok", "ERROR network")
    put(logs, now - 8500, "WARN disk", stream="t")
    search = logs.filter_log_events
    assert texts(search(logGroupName="g")) == ["ERROR disk", "WARN disk", "ok", "ERROR network"]
    found = search(logGroupName="g", filterPattern="disk")["events"]
    assert [(one["message"], one["logStreamName"]) for one in found] == [
        ("ERROR disk", "s"), ("WARN disk", "t"),
    ]  # fmt: skip
    assert len({one["eventId"] for one in found}) == 2
    assert texts(search(logGroupName="g", filterPattern="ERROR -disk")) == ["ERROR network"]
    assert texts(search(logGroupName="g", logStreamNames=["t"])) == ["WARN disk"]
    assert texts(search(logGroupName="g", logStreamNamePrefix="t")) == ["WARN disk"]
    assert texts(search(logGroupName="g", startTime=now - 8000)) == ["ok", "ERROR network"]
    found = logs.get_paginator("filter_log_events").paginate(
        logGroupName="g", filterPattern="?ERROR ?WARN", PaginationConfig={"PageSize": 1}
    )
    assert [text for page in found for text in texts(page)] == [
        "ERROR disk", "WARN disk", "ERROR network",
    ]  # fmt: skip
    assert refused(search, logGroupName="g", filterPattern="{ $.a = }")[0] == (
        "InvalidParameterException"
    )
    assert refused(search, logGroupName="g", logStreamNames=["none"])[0] == (
        "ResourceNotFoundException"
    )
    assert refused(other_cloud.client("logs").filter_log_events, logGroupName="g")[0] == (
        "ResourceNotFoundException"
    )


def test_metric_filters_make_metrics(cloud: Cloud, logs: Any, now: int) -> None:
    def transformation(name: str, value: str, **more: Any) -> list[dict[str, Any]]:
        return [{"metricName": name, "metricNamespace": "App", "metricValue": value, **more}]

    logs.put_metric_filter(
        logGroupName="g", filterName="errors", filterPattern="ERROR",
        metricTransformations=transformation("Errors", "1", defaultValue=0.0),
    )  # fmt: skip
    logs.put_metric_filter(
        logGroupName="g", filterName="latency", filterPattern="{ $.ms > 10 }",
        metricTransformations=transformation(
            "Latency", "$.ms", dimensions={"Path": "$.path"}, unit="Milliseconds"
        ),
    )  # fmt: skip
    start = now - now % 60_000 - 120_000
    put(logs, start, "ERROR a", "fine", "ERROR b", '{"ms": 40, "path": "/x"}', '{"ms": 5}')
    cloudwatch = cloud.client("cloudwatch")
    begin = datetime.fromtimestamp(start / 1000, UTC)
    window = {"StartTime": begin, "EndTime": begin + timedelta(minutes=1), "Period": 60}
    [errors] = cloudwatch.get_metric_statistics(
        Namespace="App", MetricName="Errors", Statistics=["Sum", "SampleCount"], **window
    )["Datapoints"]
    assert (errors["Sum"], errors["SampleCount"]) == (2.0, 5.0)
    [latency] = cloudwatch.get_metric_statistics(
        Namespace="App", MetricName="Latency", Statistics=["Maximum"], **window,
        Dimensions=[{"Name": "Path", "Value": "/x"}],
    )["Datapoints"]  # fmt: skip
    assert (latency["Maximum"], latency["Unit"]) == (40.0, "Milliseconds")
    assert logs.describe_log_groups()["logGroups"][0]["metricFilterCount"] == 2
    [shown] = logs.describe_metric_filters(metricName="Latency", metricNamespace="App")[
        "metricFilters"
    ]
    assert (shown["filterName"], shown["logGroupName"], shown["filterPattern"]) == (
        "latency", "g", "{ $.ms > 10 }",
    )  # fmt: skip
    assert [one["filterName"] for one in logs.describe_metric_filters(filterNamePrefix="e")[
        "metricFilters"]] == ["errors"]  # fmt: skip
    logs.delete_metric_filter(logGroupName="g", filterName="errors")
    assert refused(logs.delete_metric_filter, logGroupName="g", filterName="errors")[0] == (
        "ResourceNotFoundException"
    )
    assert refused(
        logs.put_metric_filter, logGroupName="g", filterName="f", filterPattern="ERROR",
        metricTransformations=transformation("M", "$.ms"),
    )[0] == "InvalidParameterException"  # fmt: skip
    matches = logs.test_metric_filter(
        filterPattern="[ip, status = 5*]", logEventMessages=["1.1.1.1 500", "1.1.1.1 200"]
    )["matches"]
    assert matches == [
        {"eventNumber": 1, "eventMessage": "1.1.1.1 500",
         "extractedValues": {"$ip": "1.1.1.1", "$status": "500"}},
    ]  # fmt: skip


def test_subscription_filters(cloud: Cloud, logs: Any) -> None:
    stream = f"arn:aws:kinesis:us-east-1:{cloud.account.number}:stream/s"
    role = f"arn:aws:iam::{cloud.account.number}:role/logs"
    given = {"logGroupName": "g", "filterName": "f", "filterPattern": "", "destinationArn": stream}
    assert refused(logs.put_subscription_filter, **given) == (
        "InvalidParameterException",
        "destinationArn for vendor kinesis cannot be used without roleArn",
    )
    untried = (
        "Could not deliver test message to specified Kinesis stream. Check if the given Kinesis"
        " stream is in ACTIVE state."
    )
    assert refused(logs.put_subscription_filter, **given, roleArn=role)[1] == untried
    cloud.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    elsewhere = {**given, "destinationArn": stream.replace(":kinesis:", ":firehose:")}
    assert "Firehose stream" in refused(logs.put_subscription_filter, **elsewhere, roleArn=role)[1]
    logs.put_subscription_filter(**given, roleArn=role)
    [shown] = logs.describe_subscription_filters(logGroupName="g")["subscriptionFilters"]
    assert (shown["destinationArn"], shown["roleArn"], shown["distribution"]) == (
        stream, role, "ByLogStream",
    )  # fmt: skip
    logs.put_subscription_filter(**{**given, "filterName": "f2"}, roleArn=role)
    third = {**given, "filterName": "f3"}
    assert refused(logs.put_subscription_filter, **third, roleArn=role) == (
        "LimitExceededException", "Resource limit exceeded.",
    )  # fmt: skip
    logs.delete_subscription_filter(logGroupName="g", filterName="f")
    assert refused(logs.delete_subscription_filter, logGroupName="g", filterName="f") == (
        "ResourceNotFoundException", "The specified subscription filter does not exist.",
    )  # fmt: skip


def test_functions_are_called_for_what_matches(cloud: Cloud, logs: Any, now: int, sql: Any) -> None:
    arn = f"arn:aws:lambda:us-east-1:{cloud.account.number}:function:reader"
    given = {
        "logGroupName": "g", "filterName": "f", "filterPattern": "ERROR", "destinationArn": arn,
    }  # fmt: skip
    assert refused(logs.put_subscription_filter, **given) == (
        "InvalidParameterException",
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission"
        " to execute your function.",
    )
    create(cloud.client("lambda"), cloud, "reader")
    logs.put_subscription_filter(**given)
    for text in ("ERROR one", "fine", "ERROR two"):
        put(logs, now - 5000, text, text)
    [row] = sql(
        "select current_invocations as n from lambda_functions where account_id = $1",
        cloud.account.id,
    )
    assert row["n"] == 2
