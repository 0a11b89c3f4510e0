"""Logs Insights and exports through boto3: what a query finds, and what it refuses."""

import gzip
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.logs.test_log_groups import refused


@pytest.fixture
def now() -> int:
    return int(time.time()) // 3600 * 3600


@pytest.fixture
def logs(cloud: Cloud, now: int) -> Any:
    client = cloud.client("logs")
    client.create_log_group(logGroupName="g")
    client.create_log_stream(logGroupName="g", logStreamName="s")
    messages = [
        '{"level": "info", "ms": 10, "path": "/a", "user": {"id": "u1"}}',
        '{"level": "error", "ms": 250, "path": "/a", "user": {"id": "u2"}}',
        '{"level": "error", "ms": 40, "path": "/b"}',
        "plain text: code=7 done",
    ]
    events = [
        {"timestamp": (now - 1200 + 300 * n) * 1000, "message": text}
        for n, text in enumerate(messages)
    ]
    client.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
    return client


def ask(logs: Any, now: int, query: str, **more: Any) -> list[dict[str, str]]:
    started = logs.start_query(
        logGroupName="g", startTime=now - 3600, endTime=now, queryString=query, **more
    )
    told = logs.get_query_results(queryId=started["queryId"])
    assert told["status"] == "Complete"
    return [{one["field"]: one["value"] for one in row} for row in told["results"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('filter level = "error" | fields path, ms | sort ms asc | display path, ms',
         [{"path": "/b", "ms": "40"}, {"path": "/a", "ms": "250"}]),
        ("fields path | filter ms > 20 and path like /a/", [{"path": "/a"}]),
        ("fields user.id as who | filter ispresent(user.id) | sort who",
         [{"who": "u2"}, {"who": "u1"}]),
        ("filter level in ['info', 'debug'] or not ispresent(level) | fields @message | sort"
         " @timestamp asc | limit 1",
         [{"@message": '{"level": "info", "ms": 10, "path": "/a", "user": {"id": "u1"}}'}]),
        ("stats count(*) as n, sum(ms) as total, avg(ms), max(ms) by level | sort n desc",
         [{"level": "error", "n": "2", "total": "290", "avg(ms)": "145", "max(ms)": "250"},
          {"level": "info", "n": "1", "total": "10", "avg(ms)": "10", "max(ms)": "10"}]),
        ("stats count(*), count(ms), count_distinct(path), min(ms)",
         [{"count(*)": "4", "count(ms)": "3", "count_distinct(path)": "2", "min(ms)": "10"}]),
        ('parse @message "code=* done" as code | filter ispresent(code) | fields code',
         [{"code": "7"}]),
    ],
)  # fmt: skip
def test_queries(logs: Any, now: int, query: str, expected: list[dict[str, str]]) -> None:
    found = ask(logs, now, query)
    for row in found:
        row.pop("@ptr", None)
    assert found == expected


def test_bins_and_defaults(logs: Any, now: int) -> None:
    rows = ask(logs, now, "stats count(*) as n by bin(10m) as t | sort t asc")
    moments = [
        time.strftime("%Y-%m-%d %H:%M:%S.000", time.gmtime(now - 1200 + 600 * n)) for n in range(2)
    ]
    assert rows == [{"t": moments[0], "n": "2"}, {"t": moments[1], "n": "2"}]
    [newest] = ask(logs, now, "fields @timestamp, @message", limit=1)
    assert newest["@message"] == "plain text: code=7 done"
    assert newest["@timestamp"] == time.strftime("%Y-%m-%d %H:%M:%S.000", time.gmtime(now - 300))
    assert newest["@ptr"]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("dedup path", "the command dedup is not supported"),
        ("stats stddev(ms)", "stddev(ms) is not supported in stats"),
        ("fields ms * 2 as twice", "the expression ms * 2 is not supported in fields"),
        ("filter level = ", "the condition ends too early"),
        ("filter strlen(level) > 2", "the function strlen is not supported"),
        ("limit 0", "limit must be a number from 1 to 10000"),
    ],
)
def test_what_is_not_served_is_refused(logs: Any, now: int, query: str, reason: str) -> None:
    assert refused(
        logs.start_query, logGroupName="g", startTime=now - 60, endTime=now, queryString=query
    ) == ("MalformedQueryException", reason)


def test_queries_are_listed_and_belong_to_their_account(
    logs: Any, now: int, other_cloud: Cloud
) -> None:
    started = logs.start_query(
        logGroupNames=["g"], startTime=now - 3600, endTime=now, queryString="filter ms > 20"
    )
    told = logs.get_query_results(queryId=started["queryId"])["statistics"]
    assert (told["recordsScanned"], told["recordsMatched"]) == (4.0, 2.0)
    [listed] = logs.describe_queries(logGroupName="g", status="Complete")["queries"]
    assert (listed["queryId"], listed["queryString"]) == (started["queryId"], "filter ms > 20")
    assert logs.describe_queries(status="Running")["queries"] == []
    assert refused(logs.stop_query, queryId=started["queryId"])[0] == "InvalidParameterException"
    other = other_cloud.client("logs")
    assert other.describe_queries()["queries"] == []
    assert refused(other.get_query_results, queryId=started["queryId"])[0] == (
        "ResourceNotFoundException"
    )
    assert refused(
        logs.start_query, logGroupName="none", startTime=0, endTime=1, queryString="fields a"
    )[0] == "ResourceNotFoundException"  # fmt: skip


def test_query_definitions(logs: Any) -> None:
    made = logs.put_query_definition(name="errors/all", queryString="fields a", logGroupNames=["g"])
    logs.put_query_definition(name="other", queryString="fields b")
    [shown] = logs.describe_query_definitions(queryDefinitionNamePrefix="errors/")[
        "queryDefinitions"
    ]
    assert (shown["name"], shown["queryString"], shown["logGroupNames"]) == (
        "errors/all", "fields a", ["g"],
    )  # fmt: skip
    which = {"queryDefinitionId": made["queryDefinitionId"]}
    logs.put_query_definition(name="errors/some", queryString="fields c", **which)
    names = [one["name"] for one in logs.describe_query_definitions()["queryDefinitions"]]
    assert names == ["errors/some", "other"]
    assert logs.delete_query_definition(**which)["success"] is True
    assert refused(logs.delete_query_definition, **which)[0] == "ResourceNotFoundException"


def test_exports_are_in_the_bucket(logs: Any, now: int, cloud: Cloud) -> None:
    s3, bucket = cloud.client("s3"), f"exported-{cloud.account.number}"
    s3.create_bucket(Bucket=bucket)
    logs.create_log_stream(logGroupName="g", logStreamName="2026/app/1")
    events = [{"timestamp": (now - 60 + n) * 1000 + 5, "message": f"late {n}"} for n in range(3)]
    logs.put_log_events(logGroupName="g", logStreamName="2026/app/1", logEvents=events)
    task = logs.create_export_task(
        **{"from": (now - 900) * 1000, "to": (now - 59) * 1000 + 5}, logGroupName="g",
        destination=bucket, destinationPrefix="logs/g",
    )["taskId"]  # fmt: skip
    keys = [
        f"logs/g/{task}/2026-app-1/000000.gz", f"logs/g/{task}/s/000000.gz",
        "logs/g/aws-logs-write-test",
    ]  # fmt: skip
    found = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert found == sorted(keys)

    def lines(key: str) -> list[str]:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return gzip.decompress(body).decode().splitlines()

    def at(seconds: int, millis: int) -> str:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{millis:03}Z"

    # up to the end and with it
    assert lines(keys[0]) == [f"{at(now - 60 + n, 5)} late {n}" for n in range(2)]
    assert [line[:24] for line in lines(keys[1])] == [at(now - 900 + 300 * n, 0) for n in range(3)]
    assert lines(keys[1])[-1].endswith(" plain text: code=7 done")
    assert s3.get_object(Bucket=bucket, Key=keys[2])["Body"].read() == (
        b"Permission Check Successful"
    )


def test_only_streams_that_are_asked_for_are_exported(logs: Any, now: int, cloud: Cloud) -> None:
    s3, bucket = cloud.client("s3"), f"some-{cloud.account.number}"
    s3.create_bucket(Bucket=bucket)
    logs.create_export_task(
        **{"from": 0, "to": now * 1000}, logGroupName="g", destination=bucket,
        logStreamNamePrefix="x",
    )  # fmt: skip
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["exportedlogs/aws-logs-write-test"]


def test_exports(logs: Any, now: int, cloud: Cloud, sql: Any) -> None:
    given = {"logGroupName": "g", "from": (now - 3600) * 1000, "to": now * 1000}
    assert refused(logs.create_export_task, **given, destination="none") == (
        "InvalidParameterException",
        "The given bucket does not exist. Please make sure the bucket is valid.",
    )
    bucket = f"logs-{cloud.account.number}"
    sql("insert into s3_buckets (account_id, name) values ($1, $2)", cloud.account.id, bucket)
    task = logs.create_export_task(**given, destination=bucket, taskName="t")["taskId"]
    assert refused(logs.create_export_task, **given, destination=bucket)[0] == (
        "LimitExceededException"
    )
    [shown] = logs.describe_export_tasks(statusCode="RUNNING")["exportTasks"]
    assert (shown["taskId"], shown["from"], shown["destinationPrefix"]) == (
        task, given["from"], "exportedlogs",
    )  # fmt: skip
    sql("update log_export_tasks set settles_at = settles_at - interval '1 hour'"
        " where task_id = $1", task)  # fmt: skip
    [shown] = logs.describe_export_tasks(taskId=task)["exportTasks"]
    assert shown["status"]["code"] == "COMPLETED"
    assert shown["executionInfo"]["completionTime"]
    assert refused(logs.cancel_export_task, taskId=task)[0] == "InvalidOperationException"
    second = logs.create_export_task(**given, destination=bucket)["taskId"]
    logs.cancel_export_task(taskId=second)
    [shown] = logs.describe_export_tasks(statusCode="CANCELLED")["exportTasks"]
    assert shown["taskId"] == second
    assert refused(logs.describe_export_tasks, taskId="none") == (
        "ResourceNotFoundException", "The specified export task does not exist.",
    )  # fmt: skip
