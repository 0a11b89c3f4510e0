"""Tags of MSK clusters.

Source: https://docs.aws.amazon.com/msk/1.0/apireference/tags-resourcearn.html.
"""

from typing import Any

from emulator.context import Context
from handlers.kafka.streaming_clusters import find
from handlers.kafka.tags import RULES
from models import tags

_KIND = "streaming_cluster"


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a cluster, by key."""
    row = await find(ctx, params["ResourceArn"])
    return {"Tags": await tags.listed(ctx.db, _KIND, row["arn"])}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a cluster."""
    new = RULES.checked(params["Tags"])
    async with ctx.db.transaction():
        row = await find(ctx, params["ResourceArn"])
        await RULES.put(ctx.db, _KIND, row["arn"], new)
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a cluster."""
    async with ctx.db.transaction():
        row = await find(ctx, params["ResourceArn"])
        await tags.remove(ctx.db, _KIND, row["arn"], params["TagKeys"])
    return {}
