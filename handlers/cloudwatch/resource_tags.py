"""Tags of alarms, by ARN.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.cloudwatch.questions import invalid
from models import alarm_tags


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of an alarm."""
    tags = await alarm_tags.find(ctx.db, _own(ctx, params["ResourceARN"]))
    if tags is None:
        raise _not_found(params)
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on an alarm."""
    tags = {one["Key"]: one["Value"] for one in params["Tags"]}
    if any(key.lower().startswith("aws:") for key in tags):
        raise invalid("The tag key prefix aws: is reserved.")
    if not await alarm_tags.merge(ctx.db, _own(ctx, params["ResourceARN"]), tags):
        raise _not_found(params)
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off an alarm."""
    if not await alarm_tags.remove(ctx.db, _own(ctx, params["ResourceARN"]), params["TagKeys"]):
        raise _not_found(params)
    return {}


def _own(ctx: Context, arn: str) -> str:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "cloudwatch":
        raise invalid(f"The value {arn} for parameter ResourceARN is not a valid ARN.")
    # an alarm belongs to a region, and is not found from another
    return arn if parts[3] == ctx.region else ""


def _not_found(params: dict[str, Any]) -> AwsError:
    return AwsError(
        "ResourceNotFoundException",
        f"Unknown: {params['ResourceARN']}",
        404,
        ResourceType="alarm",
        ResourceId=params["ResourceARN"],
    )
