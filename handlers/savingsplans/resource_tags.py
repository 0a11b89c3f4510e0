"""Tags of savings plans.

Source: https://docs.aws.amazon.com/savingsplans/latest/APIReference/API_TagResource.html
"""

from typing import Any

from emulator.context import Context
from handlers.savingsplans.commitments import TAGS, found
from handlers.savingsplans.refusals import not_found
from models import tags


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a plan."""
    plan_id = await _named(ctx, params["resourceArn"])
    return {"tags": await tags.listed(ctx.db, "commitment", plan_id)}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a plan."""
    new = TAGS.checked(params["tags"])
    async with ctx.db.transaction():
        plan_id = await _named(ctx, params["resourceArn"])
        await TAGS.put(ctx.db, "commitment", plan_id, new)
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a plan."""
    async with ctx.db.transaction():
        plan_id = await _named(ctx, params["resourceArn"])
        await tags.remove(ctx.db, "commitment", plan_id, params["tagKeys"])
    return {}


async def _named(ctx: Context, arn: str) -> str:
    """The id of the plan that an ARN names."""
    row = await found(ctx, arn.rpartition("/")[2])
    if row["arn"] != arn:
        raise not_found(f"Savings Plan not found: {arn}")
    return str(row["plan_id"])
