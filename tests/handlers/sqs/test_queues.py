"""Queues through boto3: attributes, lists, tags, and what is refused."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud


@pytest.fixture
def sqs(cloud: Cloud) -> Any:
    return cloud.client("sqs")


def refused(call: Any, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    told = caught.value.response
    return (
        told["Error"]["Code"],
        told["Error"]["Message"],
        told["ResponseMetadata"]["HTTPStatusCode"],
    )


def test_a_queue_lives(cloud: Cloud, sqs: Any) -> None:
    made = sqs.create_queue(
        QueueName="orders", Attributes={"DelaySeconds": "5"}, tags={"team": "shop"}
    )
    url = made["QueueUrl"]
    assert url == f"{cloud.running.url}/{cloud.account.number}/orders"
    assert sqs.get_queue_url(QueueName="orders")["QueueUrl"] == url
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found.pop("CreatedTimestamp") == found.pop("LastModifiedTimestamp")
    assert found == {
        "QueueArn": f"arn:aws:sqs:us-east-1:{cloud.account.number}:orders",
        "DelaySeconds": "5",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "0",
        "VisibilityTimeout": "30",
        "SqsManagedSseEnabled": "true",
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
    }
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url)
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "shop"}
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"VisibilityTimeout": "7", "DelaySeconds": "0"}
    )
    assert sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["VisibilityTimeout", "DelaySeconds"]
    )["Attributes"] == {"VisibilityTimeout": "7", "DelaySeconds": "0"}
    sqs.delete_queue(QueueUrl=url)
    assert refused(sqs.get_queue_url, QueueName="orders") == (
        "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.", 400,
    )  # fmt: skip
    assert refused(sqs.delete_queue, QueueUrl=url)[0] == "AWS.SimpleQueueService.NonExistentQueue"


def test_making_a_queue_again(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "10"})["QueueUrl"]
    assert sqs.create_queue(QueueName="q")["QueueUrl"] == url
    again = {"VisibilityTimeout": "10", "DelaySeconds": "0"}
    assert sqs.create_queue(QueueName="q", Attributes=again)["QueueUrl"] == url
    code, message, _ = refused(
        sqs.create_queue, QueueName="q", Attributes={"VisibilityTimeout": "11"}
    )
    assert (code, message) == (
        "QueueAlreadyExists",
        "A queue already exists with the same name and a different value for attribute"
        " VisibilityTimeout",
    )


@pytest.mark.parametrize(
    ("name", "attributes", "code", "message"),
    [
        ("a b", {}, "InvalidParameterValue",
         "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"),
        ("a.fifo", {}, "InvalidParameterValue",
         "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"),
        ("a", {"FifoQueue": "true"}, "InvalidParameterValue",
         "The name of a FIFO queue can only include alphanumeric characters, hyphens, or"
         " underscores, must end with .fifo suffix and be 1 to 80 in length."),
        ("a", {"FifoQueue": "false"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
        ("a", {"ContentBasedDeduplication": "true"}, "InvalidAttributeName",
         "Unknown Attribute ContentBasedDeduplication."),
        ("a", {"DeduplicationScope": "queue"}, "InvalidAttributeName",
         "You can specify the DeduplicationScope only when FifoQueue is set to true."),
        ("a", {"VisibilityTimeout": "43201"}, "InvalidAttributeValue",
         "Invalid value for the parameter VisibilityTimeout."),
        ("a", {"DelaySeconds": "many"}, "InvalidAttributeValue",
         "Invalid value for the parameter DelaySeconds."),
        ("a", {"Colour": "red"}, "InvalidAttributeName", "Unknown Attribute Colour."),
        ("a", {"QueueArn": "arn"}, "InvalidAttributeName", "Unknown Attribute QueueArn."),
        ("a", {"Policy": "no JSON"}, "InvalidAttributeValue",
         "Invalid value for the parameter Policy."),
        ("a", {"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "true"}, "InvalidAttributeName",
         "You can use one type of server-side encryption (SSE) at one time. You can either"
         " enable KMS SSE or SQS SSE."),
    ],
)  # fmt: skip
def test_what_a_queue_cannot_be(
    sqs: Any, name: str, attributes: dict[str, str], code: str, message: str
) -> None:
    assert refused(sqs.create_queue, QueueName=name, Attributes=attributes) == (code, message, 400)
    assert "QueueUrls" not in sqs.list_queues()


def test_lists_come_by_prefix_and_page(sqs: Any, other_cloud: Cloud) -> None:
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("a_1", "a_2", "ab3", "b")]
    other_cloud.client("sqs").create_queue(QueueName="a_9")
    assert sqs.list_queues()["QueueUrls"] == urls
    assert sqs.list_queues(QueueNamePrefix="a_")["QueueUrls"] == urls[:2]
    first = sqs.list_queues(MaxResults=3)
    assert first["QueueUrls"] == urls[:3]
    rest = sqs.list_queues(MaxResults=3, NextToken=first["NextToken"])
    assert rest["QueueUrls"] == urls[3:]
    assert "NextToken" not in rest
    assert (
        sqs.get_paginator("list_queues")
        .paginate(PaginationConfig={"PageSize": 1})
        .build_full_result()["QueueUrls"]
        == urls
    )
    assert refused(sqs.list_queues, MaxResults=1001)[0] == "InvalidParameterValue"


def test_another_accounts_queue_is_not_there(sqs: Any, other_cloud: Cloud) -> None:
    url = sqs.create_queue(QueueName="mine")["QueueUrl"]
    other = other_cloud.client("sqs")
    gone = "AWS.SimpleQueueService.NonExistentQueue"
    assert refused(other.get_queue_attributes, QueueUrl=url)[0] == gone
    assert refused(other.send_message, QueueUrl=url, MessageBody="x")[0] == gone
    assert refused(other.delete_queue, QueueUrl=url)[0] == gone
    assert refused(sqs.send_message, QueueUrl="mine", MessageBody="x")[0] == "InvalidAddress"


def test_tags(sqs: Any, sql: Any, cloud: Cloud) -> None:
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["a", "none"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "2"}
    [row] = sql("select tags from queues where account_id = $1", cloud.account.id)
    assert row["tags"] in ({"b": "2"}, '{"b": "2"}')
    assert refused(sqs.tag_queue, QueueUrl=url, Tags={"aws:x": "1"})[0] == "InvalidParameterValue"


def test_dead_letters_have_somewhere_to_go(sqs: Any, cloud: Cloud) -> None:
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{cloud.account.number}:dead"
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": "2"}
    url = sqs.create_queue(QueueName="q", Attributes={"RedrivePolicy": json.dumps(policy)})[
        "QueueUrl"
    ]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    assert json.loads(told["Attributes"]["RedrivePolicy"]) == policy | {"maxReceiveCount": 2}
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    for wrong in (
        {"deadLetterTargetArn": arn + "x", "maxReceiveCount": 2},
        {"deadLetterTargetArn": arn},
        {"deadLetterTargetArn": arn, "maxReceiveCount": 0},
    ):
        given = {"RedrivePolicy": json.dumps(wrong)}
        code, message, _ = refused(sqs.set_queue_attributes, QueueUrl=url, Attributes=given)
        assert code == "InvalidParameterValue"
        assert "for parameter RedrivePolicy is invalid. Reason:" in message
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == []
