"""Tags of RDS's resources, whatever they are.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_AddTagsToResource.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.rds import identifiers
from handlers.rds.tags import RULES
from models import rds_tags, tags


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of one resource."""
    found = await _locate(ctx, params["ResourceName"])
    return {"TagList": RULES.shown(await tags.listed(ctx.db, *found) if found else {})}


async def add_tags_to_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add tags to a resource, or overwrite the values of those it has."""
    new = RULES.checked(params["Tags"])
    async with ctx.db.transaction():
        found = await _locate(ctx, params["ResourceName"], lock=True)
        if found is None:
            raise _unchangeable(params["ResourceName"])
        await RULES.put(ctx.db, *found, new)
    return {}


async def remove_tags_from_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a resource; what it does not have is not missed."""
    async with ctx.db.transaction():
        found = await _locate(ctx, params["ResourceName"], lock=True)
        if found is None:
            raise _unchangeable(params["ResourceName"])
        await tags.remove(ctx.db, *found, params["TagKeys"])
    return {}


async def _locate(ctx: Context, name: str, *, lock: bool = False) -> tuple[str, str] | None:
    """Where the tags of an ARN's resource are; None for what is there but has none of its own."""
    parts = name.split(":", 6)
    if len(parts) != 7 or parts[:3] != ["arn", "aws", "rds"]:
        raise AwsError("InvalidParameterValue", f"Invalid resource name: {name}")
    segment, plain = parts[5], parts[6].lower()
    mine = parts[3] == ctx.region and parts[4] == ctx.principal.account_number
    noun = identifiers.NOUNS.get(segment)
    if noun is None or not rds_tags.knows(segment):
        raise AwsError("InvalidParameterValue", f"Unexpected ARN: {name}")
    if not mine:
        raise identifiers.not_found(noun, name)
    if segment in ("pg", "cluster-pg") and plain.startswith("default."):
        return None
    if segment in ("snapshot", "cluster-snapshot") and plain.startswith("rds:"):
        return None
    found = await rds_tags.locate(ctx.db, segment, ctx.region, plain, lock=lock)
    if found is None:
        raise identifiers.not_found(noun, plain)
    return found


def _unchangeable(name: str) -> AwsError:
    return AwsError("InvalidParameterValue", f"The tags of {name} cannot be changed")
