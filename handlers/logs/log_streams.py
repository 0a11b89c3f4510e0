"""Streams of log groups.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html and
the pages of the operations.
"""

import hashlib
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.logs import identifiers, lists, times
from handlers.logs.identifiers import invalid
from models import log_streams

NOUN = "log_groups"


async def create_log_stream(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A stream without events."""
    async with ctx.db.transaction():
        group = await identifiers.find(ctx, params["logGroupName"])
        if not await log_streams.insert(ctx.db, group["id"], params["logStreamName"], ctx.now):
            raise AwsError(
                "ResourceAlreadyExistsException", "The specified log stream already exists"
            )
    return {}


async def delete_log_stream(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a stream with its events."""
    async with ctx.db.transaction():
        group = await identifiers.find(ctx, params["logGroupName"])
        if group["deletion_protection"]:
            raise AwsError(
                "ValidationException",
                "Cannot delete log stream because deletion protection is enabled for its log"
                " group.",
            )
        if not await log_streams.delete(ctx.db, group["id"], params["logStreamName"]):
            raise identifiers.stream_not_found()
    return {}


async def describe_log_streams(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Streams of a group by name or by the time of their last event."""
    page = lists.page(ctx, params)
    order, prefix = params.get("orderBy") or "LogStreamName", params.get("logStreamNamePrefix")
    if prefix and order == "LastEventTime":
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    group = await identifiers.find(ctx, identifiers.given(ctx, params))
    rows = await log_streams.page(
        ctx.db,
        group["id"],
        prefix=prefix or "",
        order=order,
        descending=bool(params.get("descending")),
        after=page.after,
        limit=page.fetch,
    )
    shown, token = page.cut(rows, "key")
    return {"logStreams": [_shown(ctx, group, row) for row in shown], "nextToken": token}


def sequence_token(stream_id: Any) -> str:
    """A token that no client needs any more, and some still read."""
    digest = hashlib.blake2b(str(stream_id).encode(), digest_size=20).hexdigest()
    return f"496{int(digest, 16):053d}"[:56]


def _shown(ctx: Context, group: Any, row: Any) -> dict[str, Any]:
    written = row["last_ingested_at"] is not None
    return {
        "logStreamName": row["name"],
        "creationTime": times.shown(ctx, row["created_at"]),
        "firstEventTimestamp": times.shown(ctx, row["first_event_at"]),
        "lastEventTimestamp": times.shown(ctx, row["last_event_at"]),
        "lastIngestionTime": times.shown(ctx, row["last_ingested_at"]),
        "uploadSequenceToken": sequence_token(row["id"]) if written else None,
        "arn": f"{group['arn']}:log-stream:{row['name']}",
        # AWS tells no stream's size since 2019
        "storedBytes": 0,
    }
