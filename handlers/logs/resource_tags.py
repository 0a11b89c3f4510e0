"""Tags of log groups, by ARN and, as older clients ask, by name.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
"""

from collections.abc import Sequence
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.tags import TagRules
from handlers.logs import identifiers
from models import tags

RULES = TagRules("InvalidParameterException", "TooManyTagsException")
TYPE = "log_group"


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a log group."""
    group = await _find(ctx, params["resourceArn"])
    return {"tags": await tags.listed(ctx.db, TYPE, group["arn"])}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a log group."""
    return await _tag(ctx, params["resourceArn"], params["tags"])


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a log group."""
    return await _untag(ctx, params["resourceArn"], params["tagKeys"])


async def list_tags_log_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a log group, by its name."""
    group = await identifiers.find(ctx, params["logGroupName"])
    return {"tags": await tags.listed(ctx.db, TYPE, group["arn"])}


async def tag_log_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a log group, by its name."""
    return await _tag(ctx, params["logGroupName"], params["tags"])


async def untag_log_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a log group, by its name."""
    return await _untag(ctx, params["logGroupName"], params["tags"])


async def _tag(ctx: Context, identifier: str, given: dict[str, str]) -> dict[str, Any]:
    new = RULES.checked(given)
    async with ctx.db.transaction():
        group = await _find(ctx, identifier)
        await RULES.put(ctx.db, TYPE, group["arn"], new)
    return {}


async def _untag(ctx: Context, identifier: str, keys: Sequence[str]) -> dict[str, Any]:
    async with ctx.db.transaction():
        group = await _find(ctx, identifier)
        await tags.remove(ctx.db, TYPE, group["arn"], keys)
    return {}


async def _find(ctx: Context, identifier: str) -> Any:
    if identifier.startswith("arn:") and ":log-group:" not in identifier:
        raise AwsError("ResourceNotFoundException", "The specified resource does not exist.")
    return await identifiers.find(ctx, identifiers.name_of(ctx, identifier, "resourceArn"))
