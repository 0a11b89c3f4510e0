"""Attributes of queues: which there are, what they may be set to, and how they are shown.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from collections.abc import Mapping
from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from emulator.policies import documents
from emulator.policies.documents import MalformedError
from models import queues

# Smallest, largest and default value.
NUMBERS = {
    "DelaySeconds": (0, 900, 0),
    "MaximumMessageSize": (1024, 1_048_576, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600, 345_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20, 0),
    "VisibilityTimeout": (0, 43_200, 30),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400, 300),
}
_FLAGS = ("SqsManagedSseEnabled", "FifoQueue", "ContentBasedDeduplication")
_CHOICES = {
    "DeduplicationScope": ("queue", "messageGroup"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
_DOCUMENTS = ("Policy", "RedrivePolicy", "RedriveAllowPolicy")
_FIFO_ONLY = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
_MEASURED = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_DERIVED = ("QueueArn", "CreatedTimestamp", "LastModifiedTimestamp")
KNOWN = frozenset(
    (*NUMBERS, *_FLAGS, *_CHOICES, *_DOCUMENTS, *_MEASURED, *_DERIVED, "KmsMasterKeyId")
)
_MOST_RECEIVES = 1000


def number(attributes: Mapping[str, str], name: str) -> int:
    """The value of a numeric attribute, its default where it was not set."""
    return int(attributes.get(name, NUMBERS[name][2]))


def most_receives(row: Any) -> int | None:
    """maxReceiveCount of a queue whose dead letters go somewhere; else None."""
    if row["dead_letter_id"] is None:
        return None
    return int(orjson.loads(row["attributes"]["RedrivePolicy"])["maxReceiveCount"])


async def checked(ctx: Context, given: Mapping[str, str], *, fifo: bool) -> dict[str, str]:
    """Attributes of a request, in the form in which they are kept; an empty text unsets one."""
    found = {}
    for name, value in given.items():
        if name not in KNOWN or name in _MEASURED or name in _DERIVED:
            raise _unknown(name)
        if name in _FIFO_ONLY and not fifo:
            raise _fifo_only(name)
        if value == "" and name in (*_DOCUMENTS, "KmsMasterKeyId"):
            found[name] = ""
        else:
            found[name] = await _value(ctx, name, value, fifo)
    if found.get("KmsMasterKeyId") and found.get("SqsManagedSseEnabled") == "true":
        raise AwsError(
            "InvalidAttributeName",
            "You can use one type of server-side encryption (SSE) at one time. You can either"
            " enable KMS SSE or SQS SSE.",
        )
    return found


def merged(before: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """What a queue has after a change: KMS and SQS's own encryption put each other off."""
    found = {**before, **given}
    if given.get("KmsMasterKeyId"):
        found["SqsManagedSseEnabled"] = "false"
    elif given.get("SqsManagedSseEnabled") == "true":
        found.pop("KmsMasterKeyId", None)
    return {name: value for name, value in found.items() if value != ""}


def dead_letter_arn(attributes: Mapping[str, str]) -> str:
    """Where the dead letters go; empty: nowhere."""
    policy = attributes.get("RedrivePolicy")
    return str(orjson.loads(policy)["deadLetterTargetArn"]) if policy else ""


async def shown(ctx: Context, row: Any, wanted: list[str]) -> dict[str, str]:
    """The attributes asked for (`All` for all); one that has no value is left out."""
    for name in wanted:
        if name != "All" and name not in KNOWN:
            raise _unknown(name)
    everything = "All" in wanted
    found = _kept(row) | _derived(ctx, row)
    if everything or any(name in _MEASURED for name in wanted):
        counts = await queues.counts(ctx.db, row["id"])
        found |= dict(zip(_MEASURED, map(str, counts), strict=True))
    return {name: value for name, value in found.items() if everything or name in wanted}


def _kept(row: Any) -> dict[str, str]:
    kept = row["attributes"]
    found = {
        name: str(default)
        for name, (_, _, default) in NUMBERS.items()
        if name != "KmsDataKeyReusePeriodSeconds" or "KmsMasterKeyId" in kept
    }
    found["SqsManagedSseEnabled"] = "true"
    if row["fifo"]:
        found |= {
            "FifoQueue": "true",
            "ContentBasedDeduplication": "false",
            "DeduplicationScope": "queue",
            "FifoThroughputLimit": "perQueue",
        }
    return {**found, **kept}


def _derived(ctx: Context, row: Any) -> dict[str, str]:
    return {
        "QueueArn": row["arn"],
        "CreatedTimestamp": str(int((row["created_at"] + ctx.shift).timestamp())),
        "LastModifiedTimestamp": str(int((row["modified_at"] + ctx.shift).timestamp())),
    }


async def _value(ctx: Context, name: str, value: str, fifo: bool) -> str:
    if name in NUMBERS:
        least, most, _ = NUMBERS[name]
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            raise invalid(name)
        return str(int(value))
    if name in _FLAGS:
        if value.lower() not in ("true", "false"):
            raise invalid(name)
        return value.lower()
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise invalid(name)
        return value
    if name in _DOCUMENTS:
        return await _document(ctx, name, value, fifo)
    return value


async def _document(ctx: Context, name: str, value: str, fifo: bool) -> str:
    try:
        document = orjson.loads(value)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise invalid(name)
    if name == "Policy":
        _check_policy(value)
    elif name == "RedrivePolicy":
        document = await _redrive(ctx, value, document, fifo)
    return orjson.dumps(document).decode()


def _check_policy(text: str) -> None:
    try:
        documents.check(text, "resource")
    except MalformedError:
        raise invalid("Policy") from None


async def _redrive(
    ctx: Context, value: str, document: dict[str, Any], fifo: bool
) -> dict[str, Any]:
    arn, count = document.get("deadLetterTargetArn"), document.get("maxReceiveCount")
    start = f"Value {value} for parameter RedrivePolicy is invalid. Reason:"
    if not arn or count is None:
        missing = "maxReceiveCount" if arn else "deadLetterTargetArn"
        raise _refused(f"{start} Redrive policy does not contain mandatory attribute: {missing}.")
    if not str(count).isdigit() or not 1 <= int(count) <= _MOST_RECEIVES:
        raise _refused(
            f"{start} Invalid value for maxReceiveCount: {count}, valid values are from 1 to"
            f" {_MOST_RECEIVES} both inclusive."
        )
    if set(document) - {"deadLetterTargetArn", "maxReceiveCount"}:
        raise _refused(f"{start} Only following attributes are supported: [deadLetterTargetArn,"
                       " maxReceiveCount].")  # fmt: skip
    target = await queues.find_arn(ctx.db, arn)
    if target is None or target["region"] != ctx.region:
        raise _refused(f"{start} Dead letter target does not exist.")
    if target["fifo"] != fifo:
        raise _refused(f"{start} Dead-letter queue must be same type of queue as the source.")
    return {"deadLetterTargetArn": arn, "maxReceiveCount": int(count)}


def invalid(name: str) -> AwsError:
    """A value that an attribute cannot have."""
    return AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


def _refused(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)


def _unknown(name: str) -> AwsError:
    return AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


def _fifo_only(name: str) -> AwsError:
    if name == "ContentBasedDeduplication":
        return _unknown(name)
    return AwsError(
        "InvalidAttributeName", f"You can specify the {name} only when FifoQueue is set to true."
    )
