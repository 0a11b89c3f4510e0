"""Messages on their way out of queues: received, hidden for longer or shorter, deleted.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

import asyncio
import base64
import binascii
import hashlib
import re
import uuid
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.sqs import batches, message_attributes, queue_addresses
from handlers.sqs.queue_attributes import KNOWN, NUMBERS, most_receives, number
from handlers.sqs.queue_messages import sequence
from models import queue_messages

NOUN = "queues"
MOST_MESSAGES = 10
# A long poll looks this often. Between two looks it holds no connection to the database.
_LOOK_SECONDS = (0.05, 0.1, 0.2)
_HANDLE = re.compile(rb"(\d{1,18}):([0-9a-f-]{36})")
_SHOWN = frozenset(
    ("All", "SenderId", "SentTimestamp", "ApproximateReceiveCount",
     "ApproximateFirstReceiveTimestamp", "SequenceNumber", "MessageDeduplicationId",
     "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn")
)  # fmt: skip


async def receive_message(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take up to ten messages, and hide them; waits for the first of them if asked to."""
    queue = await queue_addresses.find(ctx, params)
    wanted = [*(params.get("AttributeNames") or ()),
              *(params.get("MessageSystemAttributeNames") or ())]  # fmt: skip
    for name in wanted:
        if name not in _SHOWN and name not in KNOWN:
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")
    most = _within(params, "MaxNumberOfMessages", 1, MOST_MESSAGES, 1, "between 1 and 10")
    hidden = _visibility(params.get("VisibilityTimeout"))
    if hidden is None:
        hidden = number(queue["attributes"], "VisibilityTimeout")
    usual = number(queue["attributes"], "ReceiveMessageWaitTimeSeconds")
    wait = _within(params, "WaitTimeSeconds", 0, 20, usual, ">= 0 and <= 20")
    rows = await _await_messages(ctx, queue, most, hidden, wait)
    names = params.get("MessageAttributeNames") or []
    shown = [_shown(queue, row, wanted, names) for row in rows]
    return {"Messages": shown} if shown else {}


async def delete_message(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a received message; one that is gone already is not missed."""
    queue = await queue_addresses.find(ctx, params)
    given = params["ReceiptHandle"]
    handle = _handle(given, queue)
    found = await queue_messages.delete(ctx.db, queue["id"], [handle], in_flight=queue["fifo"])
    _check_deleted(queue, found[handle[0]], given)
    return {}


async def delete_message_batch(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete up to ten received messages."""
    queue = await queue_addresses.find(ctx, params)
    entries = params["Entries"]
    batches.check(entries, "DeleteMessageBatch")
    handles: dict[str, tuple[int, str]] = {}
    done, failures = [], []
    for entry in entries:
        try:
            handles[entry["Id"]] = _handle(entry["ReceiptHandle"], queue)
        except AwsError as error:
            failures.append(batches.failed(entry["Id"], error))
    found = await queue_messages.delete(
        ctx.db, queue["id"], list(handles.values()), in_flight=queue["fifo"]
    )
    for entry in entries:
        if entry["Id"] not in handles:
            continue
        try:
            _check_deleted(queue, found[handles[entry["Id"]][0]], entry["ReceiptHandle"])
        except AwsError as error:
            failures.append(batches.failed(entry["Id"], error))
        else:
            done.append({"Id": entry["Id"]})
    return {"Successful": done, "Failed": failures}


async def change_message_visibility(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Hide a received message for so long from now; 0 lets it be received again."""
    queue = await queue_addresses.find(ctx, params)
    await _change(ctx, queue, params)
    return {}


async def change_message_visibility_batch(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The same of up to ten messages."""
    queue = await queue_addresses.find(ctx, params)
    entries = params["Entries"]
    batches.check(entries, "ChangeMessageVisibilityBatch")
    done, failures = [], []
    async with ctx.db.transaction():
        for entry in entries:
            try:
                await _change(ctx, queue, entry)
            except AwsError as error:
                failures.append(batches.failed(entry["Id"], error))
            else:
                done.append({"Id": entry["Id"]})
    return {"Successful": done, "Failed": failures}


async def _await_messages(
    ctx: Context, queue: Any, most: int, hidden: int, wait_seconds: int
) -> list[Any]:
    clock = asyncio.get_running_loop().time
    deadline, looks = clock() + wait_seconds, 0
    while True:
        if await queue_messages.are_waiting(ctx.db, queue["id"]):
            async with ctx.db.transaction():
                await queue_messages.expire(ctx.db, queue["id"])
                limit = most_receives(queue)
                if limit is not None:
                    await queue_messages.bury(ctx.db, queue, limit)
                rows = await queue_messages.receive(ctx.db, queue, most, hidden)
            if rows:
                return rows
        left = deadline - clock()
        if left <= 0:
            return []
        await asyncio.sleep(min(left, _LOOK_SECONDS[min(looks, len(_LOOK_SECONDS) - 1)]))
        looks += 1


async def _change(ctx: Context, queue: Any, given: dict[str, Any]) -> None:
    seconds = _visibility(given.get("VisibilityTimeout"))
    if seconds is None:
        raise AwsError(
            "MissingParameter", "The request must contain the parameter VisibilityTimeout."
        )
    text = given["ReceiptHandle"]
    hidden = await queue_messages.hide(ctx.db, queue["id"], _handle(text, queue), seconds)
    if hidden is None:
        raise AwsError(
            "InvalidParameterValue",
            f"Value {text} for parameter ReceiptHandle is invalid. Reason: Message does not exist"
            " or is not available for visibility timeout change.",
        )
    if not hidden:
        raise AwsError(
            "MessageNotInflight", f"Value {text} for parameter ReceiptHandle is invalid. Reason:"
            " Message is not in flight.",
        )  # fmt: skip


def _shown(queue: Any, row: Any, wanted: list[str], names: list[str]) -> dict[str, Any]:
    kept = row["attributes"]
    chosen = message_attributes.chosen(kept, names)
    # the digest is of what is shown
    told = {name: kept[name] for name in chosen}
    everything = "All" in wanted
    system = {
        name: value for name, value in _system(queue, row).items() if everything or name in wanted
    }
    return {
        "MessageId": str(row["message_id"]),
        "ReceiptHandle": _text(queue, row),
        "MD5OfBody": hashlib.md5(row["body"].encode(), usedforsecurity=False).hexdigest(),
        "Body": row["body"],
        "Attributes": system or None,
        "MD5OfMessageAttributes": message_attributes.digest(told),
        "MessageAttributes": chosen or None,
    }


def _system(queue: Any, row: Any) -> dict[str, str]:
    found = {
        "SenderId": row["sender_id"],
        "SentTimestamp": _milliseconds(row["sent_at"]),
        "ApproximateReceiveCount": str(row["receive_count"]),
        "ApproximateFirstReceiveTimestamp": _milliseconds(row["first_received_at"]),
        "SequenceNumber": sequence(row["id"]) if queue["fifo"] else None,
        "MessageDeduplicationId": row["deduplication_id"],
        "MessageGroupId": row["group_id"],
        "DeadLetterQueueSourceArn": row["source_arn"],
        "AWSTraceHeader": row["system_attributes"].get("AWSTraceHeader", {}).get("StringValue"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _milliseconds(at: Any) -> str:
    return str(int(at.timestamp() * 1000))


def _text(queue: Any, row: Any) -> str:
    """A receipt handle: which queue, which message, and which time that it was received."""
    return base64.b64encode(f"{queue['id']}:{row['id']}:{row['receipt']}".encode()).decode()


def _handle(text: str, queue: Any) -> tuple[int, str]:
    """Number and receipt in a handle of this queue."""
    try:
        start, _, rest = base64.b64decode(text, validate=True).partition(b":")
        found = _HANDLE.fullmatch(rest)
        if found is not None and start.decode() == str(queue["id"]):
            return int(found[1]), str(uuid.UUID(found[2].decode()))
    except (binascii.Error, ValueError):
        pass
    raise AwsError(
        "ReceiptHandleIsInvalid",
        f'The input receipt handle "{text}" is not a valid receipt handle.',
        404,
    )


def _check_deleted(queue: Any, found: Any, text: str) -> None:
    """In a FIFO queue a receipt handle is good for as long as it hides its message."""
    if queue["fifo"] and found["known"] and not found["deleted"]:
        raise AwsError(
            "InvalidParameterValue",
            f"Value {text} for parameter ReceiptHandle is invalid. Reason: The receipt handle has"
            " expired.",
        )


def _visibility(seconds: int | None) -> int | None:
    least, most, _ = NUMBERS["VisibilityTimeout"]
    if seconds is not None and not least <= seconds <= most:
        raise AwsError(
            "InvalidParameterValue",
            f"Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Must be >="
            f" {least} and <= {most}, if provided.",
        )
    return seconds


def _within(
    params: dict[str, Any], name: str, least: int, most: int, usual: int, words: str
) -> int:
    value = params.get(name)
    if value is None:
        return usual
    if not least <= value <= most:
        raise AwsError(
            "InvalidParameterValue",
            f"Value {value} for parameter {name} is invalid. Reason: Must be {words}, if provided.",
        )
    return int(value)
