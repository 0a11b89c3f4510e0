"""Tags of event buses and rules.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TagResource.html
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.tags import TagRules
from handlers.events import identifiers
from models import event_buses, tags

RULES = TagRules("ValidationException", "LimitExceededException")


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a bus or rule."""
    found = await _locate(ctx, params["ResourceARN"])
    return {"Tags": RULES.shown(await tags.listed(ctx.db, *found))}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a bus or rule."""
    new = RULES.checked(params["Tags"])
    async with ctx.db.transaction():
        found = await _locate(ctx, params["ResourceARN"])
        if params["ResourceARN"].endswith(":event-bus/default"):
            await event_buses.make_default(ctx.db, ctx.region, ctx.now)
        await RULES.put(ctx.db, *found, new)
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a bus or rule."""
    async with ctx.db.transaction():
        found = await _locate(ctx, params["ResourceARN"])
        await tags.remove(ctx.db, *found, params["TagKeys"])
    return {}


async def _locate(ctx: Context, arn: str) -> tuple[str, str]:
    """Resource type and ARN of what is there."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "events":
        raise identifiers.invalid(
            f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
        )
    kind, _, name = parts[5].partition("/")
    if parts[3] == ctx.region and parts[4] == ctx.principal.account_number:
        if kind == "event-bus":
            await identifiers.find_bus(ctx, name)
            return "event_bus", arn
        if kind == "rule":
            bus, slash, rule = name.rpartition("/")
            await identifiers.find_rule(ctx, bus if slash else event_buses.DEFAULT, rule)
            return "event_rule", arn
    raise AwsError("ResourceNotFoundException", f"{kind.capitalize()} {name} does not exist.")
