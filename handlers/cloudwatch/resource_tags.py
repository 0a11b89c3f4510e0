"""Tags of alarms, by ARN.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.tags import TagRules
from handlers.cloudwatch.questions import invalid
from models import alarms, tags

RULES = TagRules()
TYPE = "alarm"


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of an alarm."""
    arn = await _find(ctx, params["ResourceARN"])
    return {"Tags": RULES.shown(await tags.listed(ctx.db, TYPE, arn))}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on an alarm."""
    new = RULES.checked(params["Tags"])
    async with ctx.db.transaction():
        arn = await _find(ctx, params["ResourceARN"])
        await RULES.put(ctx.db, TYPE, arn, new)
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off an alarm."""
    async with ctx.db.transaction():
        arn = await _find(ctx, params["ResourceARN"])
        await tags.remove(ctx.db, TYPE, arn, params["TagKeys"])
    return {}


async def _find(ctx: Context, arn: str) -> str:
    """The ARN, which is the id of an alarm that there is in the region."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "cloudwatch":
        raise invalid(f"The value {arn} for parameter ResourceARN is not a valid ARN.")
    if parts[3] != ctx.region or not await alarms.exists(ctx.db, arn):
        raise _not_found(arn)
    return arn


def _not_found(arn: str) -> AwsError:
    return AwsError(
        "ResourceNotFoundException",
        f"Unknown: {arn}",
        404,
        ResourceType="alarm",
        ResourceId=arn,
    )
