"""Tags of domains, by ARN.

Source: https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_AddTags.html.
"""

from typing import Any

from emulator.context import Context
from handlers.opensearch.tags import RULES, resource
from models import tags

KIND = "managed_service"


async def list_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a domain."""
    found = await tags.listed(ctx.db, KIND, await resource(ctx, params["ARN"]))
    return {"TagList": RULES.shown(found)}


async def add_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add tags to a domain, or overwrite the values of those it has."""
    new = RULES.checked(params["TagList"])
    async with ctx.db.transaction():
        arn = await resource(ctx, params["ARN"])
        await RULES.put(ctx.db, KIND, arn, new)
    return {}


async def remove_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a domain; what it does not have is not missed."""
    async with ctx.db.transaction():
        arn = await resource(ctx, params["ARN"])
        await tags.remove(ctx.db, KIND, arn, params["TagKeys"])
    return {}
