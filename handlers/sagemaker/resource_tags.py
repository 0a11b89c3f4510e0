"""Tags of SageMaker's resources, whatever they are, by ARN.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AddTags.html.
"""

from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from handlers.sagemaker.faults import invalid
from handlers.sagemaker.lists import bad_token
from handlers.sagemaker.tags import RULES
from models import sagemaker_tags, tags

USUAL = 50


async def list_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of one resource."""
    page = pages.page(ctx, params, default=USUAL, invalid=bad_token)
    found = RULES.shown(await tags.listed(ctx.db, *await _locate(ctx, params["ResourceArn"])))
    shown, token = page.cut_items(found, lambda one: one["Key"])
    return {"Tags": shown, "NextToken": token}


async def add_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add tags to a resource, or overwrite the values of those it has; all of its tags."""
    new = RULES.checked(params["Tags"])
    async with ctx.db.transaction():
        found = await _locate(ctx, params["ResourceArn"])
        await RULES.put(ctx.db, *found, new)
        return {"Tags": RULES.shown(await tags.listed(ctx.db, *found))}


async def delete_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a resource; what it does not have is not missed."""
    async with ctx.db.transaction():
        await tags.remove(ctx.db, *await _locate(ctx, params["ResourceArn"]), params["TagKeys"])
    return {}


async def _locate(ctx: Context, arn: str) -> tuple[str, str]:
    """The type and id that resource_tags knows a resource by."""
    head = f"arn:aws:sagemaker:{ctx.region}:{ctx.principal.account_number}:"
    if not arn.startswith("arn:aws:sagemaker:") or "/" not in arn:
        raise invalid(f"Invalid resource ARN: {arn}")
    kind = await sagemaker_tags.kind_of(ctx.db, arn) if arn.startswith(head) else None
    if kind is None:
        raise AwsError("ValidationException", f"The resource with ARN {arn} does not exist.")
    return kind, arn
