"""Tags of functions, event source mappings and code signing configurations.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html.
"""

from typing import Any

from emulator.context import Context
from handlers.lambda_.function_names import named
from handlers.lambda_.lambda_functions import RESOURCE_TYPE, RULES
from handlers.lambda_.refusals import absent, invalid
from models import lambda_code_signing, lambda_event_source_mappings, lambda_functions, tags


async def list_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of one resource."""
    return {"Tags": await tags.listed(ctx.db, *await _locate(ctx, params["Resource"]))}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add tags to a resource, or overwrite the values of those it has."""
    given = RULES.checked(params["Tags"])
    async with ctx.db.transaction():
        found = await _locate(ctx, params["Resource"])
        if not await tags.merge(ctx.db, *found, given, RULES.most):
            raise invalid("Number of tags exceeds resource tag limit.")
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a resource; what it does not have is not missed."""
    async with ctx.db.transaction():
        found = await _locate(ctx, params["Resource"])
        await tags.remove(ctx.db, *found, params["TagKeys"])
    return {}


async def _locate(ctx: Context, resource: str) -> tuple[str, str]:
    """The resource type and id that tags are kept under."""
    parts = resource.split(":")
    if parts[5] == "function":
        one = named(ctx, {"FunctionName": resource})
        if one.qualifier:
            raise invalid(
                "Tags on function aliases and versions are not supported. Please specify a"
                " function ARN."
            )
        if await lambda_functions.key_of(ctx.db, ctx.region, one.name) is None:
            raise absent(f"Function not found: {one.arn}")
        return RESOURCE_TYPE, one.arn
    mine = parts[3] == ctx.region and parts[4] == ctx.principal.account_number
    if mine and parts[5] == "event-source-mapping":
        found = await lambda_event_source_mappings.find_one(ctx.db, parts[6])
        if found is not None:
            return "lambda_event_source_mapping", resource
    if mine and parts[5] == "code-signing-config":
        found = await lambda_code_signing.find_one(ctx.db, resource, ctx.shift)
        if found is not None:
            return "lambda_code_signing_config", resource
    raise absent()
