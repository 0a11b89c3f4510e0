"""Queues: made, found, listed, changed, emptied and deleted.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
and the pages of the operations beside it.
"""

import re
from collections.abc import Sequence
from typing import Any

from emulator import pages
from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from handlers.sqs import queue_addresses, queue_attributes
from handlers.sqs.resource_tags import RULES
from models import queues

_MOST_LISTED = 1000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,75}\.fifo")


async def create_queue(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A queue; asked for again with the same attributes, it is the one that is there."""
    name, given = params["QueueName"], dict(params.get("Attributes") or {})
    fifo = _check_name(name, given)
    async with ctx.db.transaction():
        attributes = await queue_attributes.checked(ctx, given, fifo=fifo)
        kept = queue_attributes.merged({}, attributes)
        row = {
            "name": name,
            "region": ctx.region,
            "arn": arn(ctx, "sqs", name),
            "fifo": fifo,
            "attributes": kept,
            "dead_letter_arn": queue_attributes.dead_letter_arn(kept) or None,
            "modified_at": ctx.now,
            "created_at": ctx.now,
            "tags": RULES.checked(params.get("tags")),
        }
        if not await queues.insert(ctx.db, row):
            await _check_same(ctx, name, attributes)
    return {"QueueUrl": queue_addresses.url(ctx, name)}


async def get_queue_url(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The URL of a queue of the caller's."""
    owner = params.get("QueueOwnerAWSAccountId") or ctx.principal.account_number
    mine = owner == ctx.principal.account_number
    if not mine or await queues.find(ctx.db, ctx.region, params["QueueName"]) is None:
        raise queue_addresses.not_found(ctx)
    return {"QueueUrl": queue_addresses.url(ctx, params["QueueName"])}


async def list_queues(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """URLs of queues by the beginning of their names, a thousand at most."""
    page = _page(ctx, params)
    rows = await queues.listed(
        ctx.db,
        ctx.region,
        params.get("QueueNamePrefix") or "",
        after=page.after,
        limit=page.fetch,
    )
    return {name: value for name, value in _urls(ctx, params, page, rows, "QueueUrls").items()
            if value}  # fmt: skip


async def list_dead_letter_source_queues(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """URLs of the queues whose dead letters come here."""
    row = await queue_addresses.find(ctx, params)
    page = _page(ctx, params)
    rows = await queues.sources_of(
        ctx.db, ctx.region, row["arn"], after=page.after, limit=page.fetch
    )
    return _urls(ctx, params, page, rows, "queueUrls")


async def get_queue_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The attributes that were asked for; without names, none."""
    row = await queue_addresses.find(ctx, params)
    found = await queue_attributes.shown(ctx, row, params.get("AttributeNames") or [])
    return {"Attributes": found} if found else {}


async def set_queue_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change attributes; those that are not named stay as they are."""
    async with ctx.db.transaction():
        row = await queue_addresses.find(ctx, params)
        given = params["Attributes"]
        asked = given.get("FifoQueue")
        if asked is not None and (asked.lower() == "true") != row["fifo"]:
            raise AwsError(
                "InvalidAttributeValue",
                "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not"
                " supported.",
            )
        new = await queue_attributes.checked(ctx, given, fifo=row["fifo"])
        kept = queue_attributes.merged(row["attributes"], new)
        dead = queue_attributes.dead_letter_arn(kept)
        await queues.change(ctx.db, row, kept, dead, ctx.now)
    return {}


async def purge_queue(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete all messages of a queue; once a minute."""
    row = await queue_addresses.find(ctx, params)
    if not await queues.purge(ctx.db, row["id"]):
        raise AwsError(
            "PurgeQueueInProgress",
            f"Only one PurgeQueue operation on {row['name']} is allowed every 60 seconds.",
        )
    return {}


async def delete_queue(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a queue with all its messages."""
    name = queue_addresses.name_in(ctx, params["QueueUrl"])
    if not await queues.delete(ctx.db, ctx.region, name):
        raise queue_addresses.not_found(ctx)
    return {}


def _check_name(name: str, given: dict[str, str]) -> bool:
    """Whether the queue is a FIFO queue."""
    asked = given.get("FifoQueue", "").lower()
    if asked == "true":
        if not _FIFO_NAME.fullmatch(name):
            raise AwsError(
                "InvalidParameterValue",
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or"
                " underscores, must end with .fifo suffix and be 1 to 80 in length.",
            )
        return True
    if not _NAME.fullmatch(name):
        raise AwsError(
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        )
    if asked:
        # AWS knows no attribute FifoQueue of a standard queue, not even as false
        raise AwsError("InvalidAttributeName", "Unknown Attribute FifoQueue.")
    return False


async def _check_same(ctx: Context, name: str, given: dict[str, str]) -> None:
    row = await queues.find(ctx.db, ctx.region, name)
    before = await queue_attributes.shown(ctx, row, ["All"])
    for attribute, value in given.items():
        if before.get(attribute, "") != value:
            raise AwsError(
                "QueueNameExists",
                "A queue already exists with the same name and a different value for attribute"
                f" {attribute}",
            )


def _page(ctx: Context, params: dict[str, Any]) -> pages.Page:
    size = params.get("MaxResults")
    if size is not None and not 1 <= size <= _MOST_LISTED:
        raise AwsError(
            "InvalidParameterValue",
            f"Value {size} for parameter MaxResults is invalid. Reason: Must be an integer from 1"
            f" to {_MOST_LISTED}, if provided.",
        )
    return pages.page(ctx, params, default=_MOST_LISTED, invalid=_bad_token)


def _urls(
    ctx: Context, params: dict[str, Any], page: pages.Page, rows: Sequence[Any], member: str
) -> dict[str, Any]:
    """One page of URLs; without MaxResults AWS gives no token, whatever is left."""
    shown, token = page.cut(rows, "name")
    return {
        member: [queue_addresses.url(ctx, name) for name in queues.names(shown)],
        "NextToken": token if params.get("MaxResults") else None,
    }


def _bad_token() -> AwsError:
    return AwsError("InvalidParameterValue", "Invalid or expired next token.")
