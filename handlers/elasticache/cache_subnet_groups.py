"""Subnet groups: the subnets that caches may stand in.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheSubnetGroup.html.
"""

from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Constant, Rows, View
from handlers.elasticache import identifiers, lists, tags
from models import cache_subnet_groups


async def describe_cache_subnet_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The subnet groups of the region."""
    page = lists.page(ctx, params)
    asked = params.get("CacheSubnetGroupName")
    shown, marker = await lists.found(
        page, cache_subnet_groups.LISTING, "name", "subnet group", asked
    )
    return {"CacheSubnetGroups": Rows(GROUP_VIEW, shown), "Marker": marker}


async def create_cache_subnet_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A group of subnets of one network."""
    name = params["CacheSubnetGroupName"].lower()
    if name == "default" or not 1 <= len(name) <= 255:
        raise AwsError(
            "InvalidParameterValue", f"The parameter CacheSubnetGroupName is not valid: {name}"
        )
    wanted = list(dict.fromkeys(params["SubnetIds"]))
    async with ctx.db.transaction():
        found = await cache_subnet_groups.subnets(ctx.db, ctx.region, wanted)
        missing = sorted(set(wanted) - {row["subnet_id"] for row in found})
        if missing or not found:
            raise AwsError("InvalidSubnet", f"Some input subnets in :{missing} are invalid.")
        if len({row["vpc_id"] for row in found}) > 1:
            raise AwsError("InvalidSubnet", "The subnets are not all in the same VPC.")
        row = {
            "name": name,
            "region": ctx.region,
            "arn": arn(ctx, "elasticache", f"subnetgroup:{name}"),
            "description": params["CacheSubnetGroupDescription"],
            "vpc_id": found[0]["vpc_id"],
            "subnet_ids": wanted,
            "tags": tags.given(params),
            "created_at": ctx.now,
        }
        if not await cache_subnet_groups.insert(ctx.db, row):
            raise AwsError(
                "CacheSubnetGroupAlreadyExists", f"Cache subnet group {name} already exists."
            )
        made = await cache_subnet_groups.find_one(ctx.db, ctx.region, name)
    return {"CacheSubnetGroup": GROUP_VIEW.show(made)}


async def delete_cache_subnet_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a group that no cache stands in."""
    name = params["CacheSubnetGroupName"].lower()
    async with ctx.db.transaction():
        if await cache_subnet_groups.find_one(ctx.db, ctx.region, name) is None:
            raise identifiers.not_found("subnet group", name)
        if not await cache_subnet_groups.delete(ctx.db, ctx.region, name):
            raise AwsError(
                "CacheSubnetGroupInUse",
                f"Cache subnet group {name} is currently in use by a cache cluster.",
            )
    return {}


def _subnets(found: list[dict[str, str]] | None) -> list[dict[str, Any]]:
    return [
        {
            "SubnetIdentifier": one["id"],
            "SubnetAvailabilityZone": {"Name": one["zone"]},
            "SupportedNetworkTypes": ["ipv4"],
        }
        for one in found or ()
    ]


GROUP_VIEW = View(
    {
        "CacheSubnetGroupName": "name",
        "CacheSubnetGroupDescription": "description",
        "VpcId": "vpc_id",
        "Subnets": Computed(_subnets, "subnets"),
        "ARN": "arn",
        "SupportedNetworkTypes": Constant(["ipv4"]),
    }
)
