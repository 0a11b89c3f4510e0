"""Tags of EKS's resources by ARN.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_TagResource.html.
"""

from typing import Any

from emulator.context import Context
from handlers.eks import identifiers
from handlers.eks.identifiers import RULES, invalid, not_found
from models import cluster_parts, node_groups, tags
from models.listing import Condition, Listing

_LISTINGS: dict[str, tuple[str, Listing]] = {
    "nodegroup": ("node_group", node_groups.LISTING),
    "fargateprofile": ("fargate_profile", cluster_parts.FARGATE_PROFILES),
    "addon": ("cluster_addon", cluster_parts.ADDONS),
    "access-entry": ("cluster_access_entry", cluster_parts.ACCESS_ENTRIES),
}


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of one resource."""
    found = await _locate(ctx, params["resourceArn"])
    return {"tags": await tags.listed(ctx.db, *found)}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a resource, over those it has of the same keys."""
    new = RULES.checked(params["tags"])
    async with ctx.db.transaction():
        found = await _locate(ctx, params["resourceArn"])
        await RULES.put(ctx.db, *found, new)
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a resource; what it does not have is not missed."""
    async with ctx.db.transaction():
        found = await _locate(ctx, params["resourceArn"])
        await tags.remove(ctx.db, *found, params["tagKeys"])
    return {}


async def _locate(ctx: Context, arn: str) -> tuple[str, str]:
    """The resource type and id that a resource's tags are kept under."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[:3] != ["arn", "aws", "eks"]:
        raise invalid(f"The specified resourceArn is invalid: {arn}")
    kind, _, rest = parts[5].partition("/")
    if parts[3] != ctx.region or parts[4] != ctx.principal.account_number:
        raise not_found(f"No resource found for ARN: {arn}")
    if kind == "cluster":
        return "container_cluster", (await identifiers.cluster(ctx, rest))["arn"]
    if kind not in _LISTINGS:
        raise invalid(f"The specified resourceArn is invalid: {arn}")
    resource_type, listing = _LISTINGS[kind]
    where = [Condition("cluster", (rest.partition("/")[0],))]
    for row in await listing.page(ctx.db, where, region=ctx.region):
        if row["arn"] == arn:
            return resource_type, arn
    raise not_found(f"No resource found for ARN: {arn}")
