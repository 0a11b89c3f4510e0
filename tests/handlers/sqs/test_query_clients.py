"""SQS for clients that speak the query protocol, as all did before 2023."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.fixtures.server import Cloud
from tests.journeys.wire import Answer, Call, Wire

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def wire(cloud: Cloud) -> Wire:
    return Wire(cloud.running.url, cloud.access_key_id, cloud.secret_access_key)


async def ask(wire: Wire, action: str, **params: Any) -> Answer:
    form = {"Action": action, "Version": "2012-11-05", **params}
    return await wire.call(Call("sqs", headers=FORM, body=urlencode(form).encode()))


def texts(answer: Answer, name: str) -> list[str]:
    return re.findall(f"<{name}>([^<]*)</{name}>", answer.body.decode())


async def test_an_old_client_sends_and_receives(cloud: Cloud, wire: Wire) -> None:
    async with wire:
        made = await ask(
            wire, "CreateQueue",
            **{"QueueName": "old", "Attribute.1.Name": "VisibilityTimeout",
               "Attribute.1.Value": "9", "Tag.1.Key": "team", "Tag.1.Value": "shop"},
        )  # fmt: skip
        assert made.status == 200
        [url] = texts(made, "QueueUrl")
        assert b'xmlns="http://queue.amazonaws.com/doc/2012-11-05/"' in made.body
        assert texts(await ask(wire, "ListQueues"), "QueueUrl") == [url]
        assert texts(await ask(wire, "ListQueueTags", QueueUrl=url), "Value") == ["shop"]
        named = {"AttributeName.1": "VisibilityTimeout", "AttributeName.2": "DelaySeconds"}
        told = await ask(wire, "GetQueueAttributes", QueueUrl=url, **named)
        assert dict(zip(texts(told, "Name"), texts(told, "Value"), strict=True)) == {
            "VisibilityTimeout": "9",
            "DelaySeconds": "0",
        }
        entry = "SendMessageBatchRequestEntry.1."
        sent = await ask(
            wire, "SendMessageBatch", QueueUrl=url,
            **{entry + "Id": "one", entry + "MessageBody": "a & b",
               entry + "MessageAttribute.1.Name": "kind",
               entry + "MessageAttribute.1.Value.DataType": "String",
               entry + "MessageAttribute.1.Value.StringValue": "order"},
        )  # fmt: skip
        assert b"<SendMessageBatchResultEntry><Id>one</Id><MessageId>" in sent.body
        got = await ask(
            wire, "ReceiveMessage", QueueUrl=url,
            **{"AttributeName.1": "ApproximateReceiveCount", "MessageAttributeName.1": "All"},
        )  # fmt: skip
        text = got.body.decode()
        assert "<ReceiveMessageResult><Message><MessageId>" in text
        assert "<Body>a &amp; b</Body>" in text
        assert "<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>" in text
        assert "<MessageAttribute><Name>kind</Name><Value><DataType>String</DataType>" in text
        [handle] = texts(got, "ReceiptHandle")
        gone = await ask(wire, "DeleteMessage", QueueUrl=url, ReceiptHandle=handle)
        assert (gone.status, texts(gone, "RequestId") != []) == (200, True)


async def test_an_old_client_is_refused_in_its_words(cloud: Cloud, wire: Wire) -> None:
    async with wire:
        url = f"{cloud.running.url}/{cloud.account.number}/none"
        gone = await ask(wire, "GetQueueAttributes", QueueUrl=url)
        assert gone.status == 400
        assert texts(gone, "Code") == ["AWS.SimpleQueueService.NonExistentQueue"]
        assert texts(gone, "Message") == [
            "The specified queue does not exist for this wsdl version."
        ]
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": "AmazonSQS.GetQueueUrl",
        }
        new = await wire.call(Call("sqs", headers=headers, body=b'{"QueueName": "none"}'))
        assert new.status == 400
        assert b'"__type":"com.amazonaws.sqs#QueueDoesNotExist"' in new.body
        told = {name.lower(): value for name, value in dict(new.headers).items()}
        assert told["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
