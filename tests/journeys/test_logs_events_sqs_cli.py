"""Logs, events and queues through the AWS CLI: an order that goes wrong, seen from all sides."""

import json
import time

from tests.fixtures.server import Cloud
from tests.journeys.aws_cli import aws


def test_an_order_goes_wrong(cloud: Cloud) -> None:
    url = aws(cloud, "sqs", "create-queue", "--queue-name", "failed")["QueueUrl"]
    arn = aws(
        cloud, "sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "QueueArn"
    )["Attributes"]["QueueArn"]
    pattern = json.dumps({"detail": {"status": [{"prefix": "fail"}]}})
    aws(cloud, "events", "put-rule", "--name", "failures", "--event-pattern", pattern)
    aws(cloud, "events", "put-targets", "--rule", "failures", "--targets", f"Id=q,Arn={arn}")
    entry = {"Source": "shop", "DetailType": "Order", "Detail": '{"status": "failed", "id": 7}'}
    aws(cloud, "events", "put-events", "--entries", json.dumps([entry]))
    [message] = aws(
        cloud, "sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "2"
    )["Messages"]
    assert json.loads(message["Body"])["detail"] == {"status": "failed", "id": 7}

    group = ("--log-group-name", "/shop")
    aws(cloud, "logs", "create-log-group", *group)
    aws(cloud, "logs", "put-retention-policy", *group, "--retention-in-days", "7")
    aws(cloud, "logs", "create-log-stream", *group, "--log-stream-name", "s")
    line = {"timestamp": int(time.time() * 1000), "message": message["Body"]}
    aws(
        cloud, "logs", "put-log-events", *group, "--log-stream-name", "s",
        "--log-events", json.dumps([line]),
    )  # fmt: skip
    found = aws(
        cloud, "logs", "filter-log-events", *group, "--filter-pattern", "{ $.detail.id = 7 }"
    )
    assert [one["message"] for one in found["events"]] == [message["Body"]]
    [shown] = aws(cloud, "logs", "describe-log-groups")["logGroups"]
    assert shown["retentionInDays"] == 7
    assert shown["storedBytes"] == len(message["Body"]) + 26
