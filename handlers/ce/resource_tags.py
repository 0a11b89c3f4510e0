"""Tags of cost categories, anomaly monitors and anomaly subscriptions.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_TagResource.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.tags import TagRules
from models import resource_arns, tags

TAGS = TagRules(code="ValidationException", too_many="TooManyTagsException")
TYPES = ("cost_category", "anomaly_monitor", "anomaly_subscription")
REGION = "us-east-1"


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a resource over those it has."""
    kind, arn = await _find(ctx, params["ResourceArn"])
    if not await tags.merge(ctx.db, kind, arn, TAGS.checked(params["ResourceTags"])):
        raise AwsError("TooManyTagsException", TAGS.too_many_tags().message, ResourceName=arn)
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a resource."""
    kind, arn = await _find(ctx, params["ResourceArn"])
    await tags.remove(ctx.db, kind, arn, params["ResourceTagKeys"])
    return {}


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a resource, by key."""
    kind, arn = await _find(ctx, params["ResourceArn"])
    return {"ResourceTags": TAGS.shown(await tags.listed(ctx.db, kind, arn))}


async def _find(ctx: Context, arn: str) -> tuple[str, str]:
    """The type and id of a resource of Cost Explorer's."""
    found = await resource_arns.find(ctx.db, ctx.principal.account_number, REGION, [arn])
    kind, resource_id = found.get(arn, ("", ""))
    if kind not in TYPES:
        raise AwsError(
            "ResourceNotFoundException", f"Resource {arn} is not found.", ResourceName=arn
        )
    return kind, resource_id
