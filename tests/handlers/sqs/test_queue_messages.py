"""Messages through boto3: sent, hidden, seen again, deleted, in order, and dead."""

import hashlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config

from tests.fixtures.server import Cloud
from tests.handlers.sqs.test_queues import refused


@pytest.fixture
def sqs(cloud: Cloud) -> Any:
    return cloud.client("sqs")


@pytest.fixture
def url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="q")["QueueUrl"])


def counters(sqs: Any, url: str) -> list[int]:
    """Messages to be received, in flight, delayed."""
    names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return [int(told[name]) for name in names]


def test_a_message_goes_through(cloud: Cloud, sqs: Any, url: str) -> None:
    attributes = {
        "kind": {"DataType": "String", "StringValue": "order"},
        "amount": {"DataType": "Number", "StringValue": "3"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    before = time.time() * 1000
    # botocore compares each digest with its own, and raises where they differ
    sent = sqs.send_message(QueueUrl=url, MessageBody="héllo", MessageAttributes=attributes)
    assert sent["MD5OfMessageBody"] == hashlib.md5("héllo".encode()).hexdigest()
    assert "SequenceNumber" not in sent
    assert counters(sqs, url) == [1, 0, 0]
    [got] = sqs.receive_message(
        QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )["Messages"]
    assert (got["MessageId"], got["Body"]) == (sent["MessageId"], "héllo")
    assert got["MessageAttributes"] == attributes
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    told = got["Attributes"]
    assert told["ApproximateReceiveCount"] == "1"
    assert before - 1000 <= int(told["SentTimestamp"]) <= time.time() * 1000 + 1000
    assert int(told["ApproximateFirstReceiveTimestamp"]) >= int(told["SentTimestamp"])
    assert counters(sqs, url) == [0, 1, 0]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=0
    )
    [again] = sqs.receive_message(
        QueueUrl=url, AttributeNames=["ApproximateReceiveCount"], MessageAttributeNames=["k.*"]
    )["Messages"]
    assert again["Attributes"] == {"ApproximateReceiveCount": "2"}
    assert again["MessageAttributes"] == {"kind": attributes["kind"]}
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    assert counters(sqs, url) == [0, 0, 0]
    code, message, _ = refused(
        sqs.change_message_visibility,
        QueueUrl=url, ReceiptHandle=again["ReceiptHandle"], VisibilityTimeout=0,
    )  # fmt: skip
    assert code == "InvalidParameterValue"
    assert message.endswith(
        "Message does not exist or is not available for visibility timeout change."
    )


def test_visibility_and_delay_end_by_the_clock(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="now")
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=1)
    assert counters(sqs, url) == [1, 0, 1]
    [got] = sqs.receive_message(QueueUrl=url, VisibilityTimeout=1, MaxNumberOfMessages=10)[
        "Messages"
    ]
    assert got["Body"] == "now"
    bodies: set[str] = set()
    while len(bodies) < 2:
        more = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=3, MaxNumberOfMessages=10)
        bodies |= {one["Body"] for one in more["Messages"]}
    assert bodies == {"now", "later"}


def test_a_long_poll_hears_what_is_sent_meanwhile(cloud: Cloud, sqs: Any, url: str) -> None:
    timer = threading.Timer(
        0.5, lambda: cloud.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    )
    timer.start()
    started = time.monotonic()
    [got] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
    assert got["Body"] == "x"
    assert 0.3 < time.monotonic() - started < 9
    started = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert time.monotonic() - started >= 1
    timer.join()


def test_many_wait_and_none_holds_a_connection(cloud: Cloud, sqs: Any, url: str) -> None:
    client = cloud.client("sqs", config=Config(max_pool_connections=24))
    with ThreadPoolExecutor(24) as threads:
        waiting = [
            threads.submit(client.receive_message, QueueUrl=url, WaitTimeSeconds=20)
            for _ in range(24)
        ]
        for _ in range(5):
            assert counters(sqs, url) == [0, 0, 0]
        assert not any(one.done() for one in waiting)
        for number in range(24):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
        assert all(one.result()["Messages"] for one in waiting)


def test_batches(sqs: Any, url: str) -> None:
    entries = [{"Id": f"m{n}", "MessageBody": f"body {n}"} for n in range(3)]
    sent = sqs.send_message_batch(
        QueueUrl=url,
        Entries=[*entries, {"Id": "bad", "MessageBody": "x", "DelaySeconds": 901}],
    )
    assert [one["Id"] for one in sent["Successful"]] == ["m0", "m1", "m2"]
    assert [(one["Id"], one["Code"], one["SenderFault"]) for one in sent["Failed"]] == [
        ("bad", "InvalidParameterValue", True)
    ]
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [one["Body"] for one in got] == ["body 0", "body 1", "body 2"]
    handles = [{"Id": one["Body"][-1], "ReceiptHandle": one["ReceiptHandle"]} for one in got]
    changed = sqs.change_message_visibility_batch(
        QueueUrl=url, Entries=[{**one, "VisibilityTimeout": 100} for one in handles]
    )
    assert [one["Id"] for one in changed["Successful"]] == ["0", "1", "2"]
    done = sqs.delete_message_batch(
        QueueUrl=url, Entries=[*handles, {"Id": "x", "ReceiptHandle": "garbage"}]
    )
    assert [one["Id"] for one in done["Successful"]] == ["0", "1", "2"]
    assert [(one["Id"], one["Code"]) for one in done["Failed"]] == [("x", "ReceiptHandleIsInvalid")]
    start = "AWS.SimpleQueueService."
    send = sqs.send_message_batch
    assert refused(send, QueueUrl=url, Entries=[])[0] == start + "EmptyBatchRequest"
    assert (
        refused(send, QueueUrl=url, Entries=[entries[0]] * 2)[0]
        == start + "BatchEntryIdsNotDistinct"
    )
    many = [{"Id": str(n), "MessageBody": "x"} for n in range(11)]
    assert refused(send, QueueUrl=url, Entries=many)[:2] == (
        start + "TooManyEntriesInBatchRequest",
        "Maximum number of entries per request are 10. You have sent 11.",
    )
    wrong = [{"Id": "a b", "MessageBody": "x"}]
    assert refused(send, QueueUrl=url, Entries=wrong)[0] == start + "InvalidBatchEntryId"


def test_a_fifo_queue_keeps_order_within_a_group(sqs: Any) -> None:
    url = sqs.create_queue(
        QueueName="q.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    )["QueueUrl"]
    sent = [
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0])
        for body in ("a1", "a2", "b1")
    ]
    again = sqs.send_message(QueueUrl=url, MessageBody="a1", MessageGroupId="a")
    assert (again["MessageId"], again["SequenceNumber"]) == (
        sent[0]["MessageId"], sent[0]["SequenceNumber"],
    )  # fmt: skip
    numbers = [one["SequenceNumber"] for one in sent]
    assert sorted(numbers) == numbers
    assert {len(one) for one in numbers} == {20}
    [first] = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert first["Body"] == "a1"
    assert first["Attributes"]["MessageGroupId"] == "a"
    assert first["Attributes"]["SequenceNumber"] == numbers[0]
    # group a waits for its first message
    rest = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [one["Body"] for one in rest] == ["b1"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    [second] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert second["Body"] == "a2"
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0
    )
    code, message, _ = refused(
        sqs.delete_message, QueueUrl=url, ReceiptHandle=second["ReceiptHandle"]
    )
    assert code == "InvalidParameterValue"
    assert message.endswith("Reason: The receipt handle has expired.")
    send = sqs.send_message
    assert refused(send, QueueUrl=url, MessageBody="x")[:2] == (
        "MissingParameter", "The request must contain the parameter MessageGroupId.",
    )  # fmt: skip
    assert refused(send, QueueUrl=url, MessageBody="x", MessageGroupId="a b")[0] == (
        "InvalidParameterValue"
    )
    assert refused(send, QueueUrl=url, MessageBody="x", MessageGroupId="a", DelaySeconds=2)[:2] == (
        "InvalidParameterValue",
        "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that"
        " is not valid for this queue type.",
    )


def test_what_comes_back_too_often_is_buried(cloud: Cloud, sqs: Any) -> None:
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{cloud.account.number}:dead"
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    given = {"VisibilityTimeout": "0", "RedrivePolicy": policy}
    url = sqs.create_queue(QueueName="work", Attributes=given)["QueueUrl"]
    sent = sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(2):
        assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    [got] = sqs.receive_message(QueueUrl=dead, AttributeNames=["All"])["Messages"]
    assert (got["MessageId"], got["Body"]) == (sent["MessageId"], "poison")
    assert got["Attributes"]["DeadLetterQueueSourceArn"] == arn.replace("dead", "work")


def test_what_cannot_be_sent_or_received(sqs: Any, url: str, cloud: Cloud) -> None:
    send, receive = sqs.send_message, sqs.receive_message
    assert refused(send, QueueUrl=url, MessageBody="")[0] == "MissingParameter"
    assert refused(send, QueueUrl=url, MessageBody="a\x01b")[0] == "InvalidMessageContents"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    assert refused(send, QueueUrl=url, MessageBody="x" * 1025)[1] == (
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."
    )
    empty = {"a": {"DataType": "String", "StringValue": ""}}
    assert refused(send, QueueUrl=url, MessageBody="x", MessageAttributes=empty)[1] == (
        "Message (user) attribute 'a' must contain a non-empty value of type 'String'."
    )
    assert refused(receive, QueueUrl=url, MaxNumberOfMessages=11)[1] == (
        "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10,"
        " if provided."
    )
    assert refused(receive, QueueUrl=url, WaitTimeSeconds=21)[1] == (
        "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if"
        " provided."
    )
    assert refused(sqs.delete_message, QueueUrl=url, ReceiptHandle="x") == (
        "ReceiptHandleIsInvalid",
        'The input receipt handle "x" is not a valid receipt handle.',
        404,
    )  # fmt: skip


def test_a_purge_empties_once_a_minute(sqs: Any, url: str) -> None:
    for n in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(n))
    sqs.purge_queue(QueueUrl=url)
    assert counters(sqs, url) == [0, 0, 0]
    assert refused(sqs.purge_queue, QueueUrl=url) == (
        "AWS.SimpleQueueService.PurgeQueueInProgress",
        "Only one PurgeQueue operation on q is allowed every 60 seconds.",
        403,
    )


def test_messages_end_with_their_retention(sqs: Any, url: str, sql: Any) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="old")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    sql("update queue_messages set sent_at = sent_at - interval '61 s',"
        " expires_at = expires_at - interval '61 s' where body = 'old'")  # fmt: skip
    assert counters(sqs, url) == [0, 0, 0]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
