"""Tags of queues.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_TagQueue.html
"""

from typing import Any

from emulator.context import Context
from emulator.tags import TagRules
from handlers.sqs import queue_addresses
from models import tags

RULES = TagRules("InvalidParameterValue")


async def list_queue_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a queue; without any, AWS leaves the map out."""
    row = await queue_addresses.find(ctx, params)
    found = await tags.listed(ctx.db, "queue", row["arn"])
    return {"Tags": found} if found else {}


async def tag_queue(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a queue."""
    new = RULES.checked(params["Tags"])
    async with ctx.db.transaction():
        row = await queue_addresses.find(ctx, params)
        await RULES.put(ctx.db, "queue", row["arn"], new)
    return {}


async def untag_queue(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a queue."""
    async with ctx.db.transaction():
        row = await queue_addresses.find(ctx, params)
        await tags.remove(ctx.db, "queue", row["arn"], params["TagKeys"])
    return {}
