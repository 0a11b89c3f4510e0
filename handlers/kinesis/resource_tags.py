"""Tags of streams and consumers, by the name of a stream or by ARN.

Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForStream.html and
API_TagResource.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.kinesis.stream_names import find
from handlers.kinesis.tags import RULES
from models import streaming_consumers, tags
from models.listing import Condition


async def list_tags_for_stream(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a stream, by key."""
    row = await find(ctx, params)
    held = await tags.listed(ctx.db, "streaming_cluster", row["arn"])
    start = params.get("ExclusiveStartTagKey")
    shown = [one for one in RULES.shown(held) if start is None or one["Key"] > start]
    limit = params.get("Limit") or RULES.most
    return {"Tags": shown[:limit], "HasMoreTags": len(shown) > limit}


async def add_tags_to_stream(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a stream."""
    new = RULES.checked(params["Tags"])
    async with ctx.db.transaction():
        row = await find(ctx, params)
        await RULES.put(ctx.db, "streaming_cluster", row["arn"], new)
    return {}


async def remove_tags_from_stream(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a stream; what it does not have is not missed."""
    async with ctx.db.transaction():
        row = await find(ctx, params)
        await tags.remove(ctx.db, "streaming_cluster", row["arn"], params["TagKeys"])
    return {}


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a stream or a consumer."""
    found = await _locate(ctx, params["ResourceARN"])
    return {"Tags": RULES.shown(await tags.listed(ctx.db, *found))}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a stream or a consumer."""
    new = RULES.checked(params["Tags"])
    async with ctx.db.transaction():
        found = await _locate(ctx, params["ResourceARN"])
        await RULES.put(ctx.db, *found, new)
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a stream or a consumer."""
    async with ctx.db.transaction():
        found = await _locate(ctx, params["ResourceARN"])
        await tags.remove(ctx.db, *found, params["TagKeys"])
    return {}


async def _locate(ctx: Context, arn: str) -> tuple[str, str]:
    """The type and id that an ARN's resource has its tags under."""
    if "/consumer/" not in arn:
        row = await find(ctx, {"StreamARN": arn})
        return "streaming_cluster", row["arn"]
    found = await streaming_consumers.find_one(ctx.db, ctx.region, Condition("arn", (arn,)), None)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Consumer {arn} not found.")
    return "streaming_consumer", arn
