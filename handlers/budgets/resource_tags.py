"""Tags of budgets and of their actions."""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.budgets.budgets import TAGS
from models import budget_actions, budgets, tags


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a budget or an action."""
    kind, arn = await _find(ctx, params["ResourceARN"])
    return {"ResourceTags": TAGS.shown(await tags.listed(ctx.db, kind, arn))}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a budget or an action."""
    kind, arn = await _find(ctx, params["ResourceARN"])
    given = TAGS.checked(params["ResourceTags"])
    await TAGS.put(ctx.db, kind, arn, given)
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a budget or an action."""
    kind, arn = await _find(ctx, params["ResourceARN"])
    await tags.remove(ctx.db, kind, arn, params["ResourceTagKeys"])
    return {}


async def _find(ctx: Context, arn: str) -> tuple[str, str]:
    action = "/action/" in arn
    finder = budget_actions.find_arn if action else budgets.find_arn
    if await finder(ctx.db, arn) is None:
        raise AwsError("NotFoundException", f"Unable to find the resource {arn}.")
    return "budget_action" if action else "budget", arn
