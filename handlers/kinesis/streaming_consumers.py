"""Consumers with enhanced fan-out, each paid for by the shard and hour.

Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Rows, View
from handlers.kinesis.stream_names import find, takes
from handlers.kinesis.tags import RULES
from models import streaming_clusters, streaming_consumers
from models.listing import Condition

MOST_CONSUMERS, USUAL = 20, 100


async def register_stream_consumer(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new consumer of a stream, with throughput of its own."""
    name = params["ConsumerName"]
    async with ctx.db.transaction():
        row = await find(ctx, params, active=True)
        if row["consumers"] >= MOST_CONSUMERS:
            raise AwsError(
                "LimitExceededException",
                f"Stream {row['name']} has {MOST_CONSUMERS} registered consumers, which is the"
                " most that it may have.",
            )
        made = {
            "stream_id": row["id"],
            "region": ctx.region,
            "name": name,
            "arn": f"{row['arn']}/consumer/{name}:{int(ctx.now.timestamp())}",
            "settles_at": ctx.now + takes(ctx),
            "tags": RULES.checked(params.get("Tags")),
            "created_at": ctx.now,
        }
        if not await streaming_consumers.insert(ctx.db, made):
            raise AwsError(
                "ResourceInUseException",
                f"Consumer {name} of stream {row['name']} already exists.",
            )
        counted = {**dict(row), "consumers": row["consumers"] + 1}
        await streaming_clusters.change(ctx.db, counted, {})
    shown = {**made, "status": "CREATING"}
    return {"Consumer": CONSUMER_VIEW.show(shown)}


async def deregister_stream_consumer(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give a consumer up."""
    async with ctx.db.transaction():
        found = await _find(ctx, params)
        row = await find(ctx, {"StreamARN": found["stream_arn"]})
        await streaming_clusters.lock(ctx.db, ctx.region, row["arn"])
        await streaming_consumers.delete(ctx.db, found["arn"])
        counted = {**dict(row), "consumers": row["consumers"] - 1}
        await streaming_clusters.change(ctx.db, counted, {})
    return {}


async def describe_stream_consumer(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One consumer, by its ARN or by its stream and name."""
    found = await _find(ctx, params)
    shown = CONSUMER_VIEW.show(found)
    return {"ConsumerDescription": {**shown, "StreamARN": found["stream_arn"]}}


async def list_stream_consumers(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The consumers of a stream, by name."""
    page = pages.page(ctx, params, default=USUAL, invalid=_bad_token)
    row = await find(ctx, params)
    rows = await streaming_consumers.LISTING.page(
        ctx.db, [Condition("stream", (row["arn"],))], after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "name")
    return {"Consumers": Rows(CONSUMER_VIEW, shown), "NextToken": token}


async def _find(ctx: Context, params: Mapping[str, Any]) -> Any:
    arn, stream, name = (params.get(key) for key in ("ConsumerARN", "StreamARN", "ConsumerName"))
    if not arn and not (stream and name):
        raise AwsError(
            "InvalidArgumentException",
            "Either ConsumerARN, or StreamARN and ConsumerName, must be provided.",
        )
    where = Condition("arn", (arn,)) if arn else Condition("stream", (stream,))
    found = await streaming_consumers.find_one(ctx.db, ctx.region, where, name)
    if found is None:
        told = arn or f"{name} of stream {stream}"
        raise AwsError("ResourceNotFoundException", f"Consumer {told} not found.")
    return found


def _bad_token() -> AwsError:
    return AwsError("InvalidArgumentException", "NextToken is not valid.")


CONSUMER_VIEW = View(
    {
        "ConsumerName": "name",
        "ConsumerARN": "arn",
        "ConsumerStatus": "status",
        "ConsumerCreationTimestamp": "created_at",
    }
)
