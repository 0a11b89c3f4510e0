"""Tags of ElastiCache's resources, by ARN.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_AddTagsToResource.html.
The members of a replication group have its tags.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elasticache import identifiers
from handlers.elasticache.tags import RULES
from models import cache_tags, tags

_NOUNS = {
    "cluster": "cluster",
    "replicationgroup": "group",
    "serverlesscache": "serverless",
    "snapshot": "snapshot",
    "subnetgroup": "subnet group",
    "parametergroup": "parameter group",
    "reserved-instance": "reservation",
}


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of one resource."""
    return await _shown(ctx, *await _locate(ctx, params["ResourceName"]))


async def add_tags_to_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a resource, over what it has of the same keys."""
    new = RULES.checked(params["Tags"])
    async with ctx.db.transaction():
        found = await _locate(ctx, params["ResourceName"])
        await RULES.put(ctx.db, *found, new)
        return await _shown(ctx, *found)


async def remove_tags_from_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a resource."""
    async with ctx.db.transaction():
        found = await _locate(ctx, params["ResourceName"])
        held = await tags.listed(ctx.db, *found)
        missing = [key for key in params["TagKeys"] if key not in held]
        if missing:
            raise AwsError("TagNotFound", f"Tags not found: {', '.join(missing)}.", 404)
        await tags.remove(ctx.db, *found, params["TagKeys"])
        return await _shown(ctx, *found)


async def _shown(ctx: Context, kind: str, resource: str) -> dict[str, Any]:
    return {"TagList": RULES.shown(await tags.listed(ctx.db, kind, resource))}


async def _locate(ctx: Context, name: str) -> tuple[str, str]:
    parts = name.split(":", 6)
    if len(parts) != 7 or parts[:3] != ["arn", "aws", "elasticache"]:
        raise AwsError("InvalidARN", f"Invalid ARN: {name}")
    noun, plain = _NOUNS.get(parts[5]), parts[6].lower()
    if noun is None:
        raise AwsError("InvalidARN", f"Invalid ARN: {name}")
    if parts[3] != ctx.region or parts[4] != ctx.principal.account_number:
        raise identifiers.not_found(noun, plain)
    found = await cache_tags.locate(ctx.db, parts[5], ctx.region, plain)
    if found is None:
        raise identifiers.not_found(noun, plain)
    return found
