"""Messages on their way into queues.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.sqs import batches, message_attributes, queue_addresses
from handlers.sqs.queue_attributes import NUMBERS, number
from models import queue_messages

NOUN = "queues"
MOST_BYTES = 1_048_576
# https://www.w3.org/TR/REC-xml/#charsets
_UNSENDABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TOKEN = re.compile(r"[A-Za-z0-9!-/:-@\[-`{-~]{1,128}")
# Sequence numbers have twenty digits and grow.
_FIRST_SEQUENCE = 18_850_000_000_000_000_000
_SEQUENCE_STEP = 256


async def send_message(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put one message into a queue."""
    queue = await queue_addresses.find(ctx, params)
    message = _checked(ctx, queue, params)
    [stored] = await _store(ctx, queue, [message])
    return _sent(queue, message, stored)


async def send_message_batch(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put up to ten messages into a queue."""
    queue = await queue_addresses.find(ctx, params)
    entries = params["Entries"]
    batches.check(entries, "SendMessageBatch")
    total = sum(len((entry.get("MessageBody") or "").encode()) for entry in entries)
    if total > MOST_BYTES:
        raise AwsError(
            "BatchRequestTooLong",
            f"Batch requests cannot be longer than {MOST_BYTES} bytes. You have sent {total}"
            " bytes.",
        )
    good: list[tuple[str, dict[str, Any]]] = []
    failures = []
    for entry in entries:
        try:
            good.append((entry["Id"], _checked(ctx, queue, entry)))
        except AwsError as error:
            failures.append(batches.failed(entry["Id"], error))
    stored = await _store(ctx, queue, [message for _, message in good]) if good else []
    sent = [
        {"Id": name, **_sent(queue, message, row)}
        for (name, message), row in zip(good, stored, strict=True)
    ]
    return {"Successful": sent, "Failed": failures}


def sequence(number_in_table: int) -> str:
    """The sequence number of a message in a FIFO queue."""
    return str(_FIRST_SEQUENCE + number_in_table * _SEQUENCE_STEP)


async def _store(ctx: Context, queue: Any, messages: Sequence[dict[str, Any]]) -> list[Any]:
    retention = number(queue["attributes"], "MessageRetentionPeriod")
    if not queue["fifo"]:
        return await queue_messages.send(ctx.db, queue["id"], retention, messages)
    by_group = queue["attributes"].get("DeduplicationScope") == "messageGroup"
    async with ctx.db.transaction():
        return await queue_messages.send_in_order(
            ctx.db, queue["id"], retention, messages, by_group=by_group
        )


def _sent(queue: Any, message: dict[str, Any], stored: Any) -> dict[str, Any]:
    return {
        "MessageId": str(stored["message_id"]),
        "MD5OfMessageBody": hashlib.md5(
            message["body"].encode(), usedforsecurity=False
        ).hexdigest(),
        "MD5OfMessageAttributes": message_attributes.digest(message["attributes"]),
        "MD5OfMessageSystemAttributes": message_attributes.digest(message["system_attributes"]),
        "SequenceNumber": sequence(stored["id"]) if queue["fifo"] else None,
    }


def _checked(ctx: Context, queue: Any, given: dict[str, Any]) -> dict[str, Any]:
    """A message as the model stores it."""
    body = given.get("MessageBody")
    if not body:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    if _UNSENDABLE.search(body):
        raise AwsError(
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to"
            " #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        )
    attributes = message_attributes.checked(given.get("MessageAttributes"))
    most = number(queue["attributes"], "MaximumMessageSize")
    if len(body.encode()) + message_attributes.size_bytes(attributes) > most:
        raise _invalid(
            "One or more parameters are invalid. Reason: Message must be shorter than"
            f" {most} bytes."
        )
    return {
        "body": body,
        "attributes": attributes,
        "system_attributes": message_attributes.checked(given.get("MessageSystemAttributes")),
        "delay_seconds": _delay(queue, given.get("DelaySeconds")),
        "sender_id": ctx.principal.user_id,
        **_order(queue, body, given),
    }


def _delay(queue: Any, given: int | None) -> int:
    if given is None:
        return number(queue["attributes"], "DelaySeconds")
    least, most, _ = NUMBERS["DelaySeconds"]
    if not least <= given <= most:
        raise _invalid(
            f"Value {given} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be"
            f" >= {least} and <= {most}."
        )
    if queue["fifo"] and given:
        raise _invalid(
            f"Value {given} for parameter DelaySeconds is invalid. Reason: The request include"
            " parameter that is not valid for this queue type."
        )
    return given


def _order(queue: Any, body: str, given: dict[str, Any]) -> dict[str, str | None]:
    """Group and deduplication id."""
    found: dict[str, str | None] = {}
    names = (("group_id", "MessageGroupId"), ("deduplication_id", "MessageDeduplicationId"))
    for column, name in names:
        value = given.get(name)
        if value is not None and not _TOKEN.fullmatch(value):
            raise _invalid(
                f"Value {value} for parameter {name} is invalid. Reason: {name} can only include"
                " alphanumeric and punctuation characters. 1 to 128 in length."
            )
        found[column] = value
    if not queue["fifo"]:
        if found["deduplication_id"] is not None:
            raise _invalid(
                f"Value {found['deduplication_id']} for parameter MessageDeduplicationId is"
                " invalid. Reason: The request includes a parameter that is not valid for this"
                " queue type."
            )
        return found
    if found["group_id"] is None:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageGroupId.")
    if found["deduplication_id"] is None:
        if queue["attributes"].get("ContentBasedDeduplication") != "true":
            raise _invalid(
                "The queue should either have ContentBasedDeduplication enabled or"
                " MessageDeduplicationId provided explicitly"
            )
        found["deduplication_id"] = hashlib.sha256(body.encode()).hexdigest()
    return found


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)
