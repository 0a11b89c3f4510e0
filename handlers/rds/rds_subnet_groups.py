"""Subnet groups: the subnets that databases may stand in.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBSubnetGroup.html.
"""

from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Constant, Rows, View
from handlers.rds import identifiers, lists, tags
from handlers.rds.identifiers import SUBNET_GROUP
from handlers.rds.rds_instance_view import subnet
from models import rds_subnet_groups

LEAST_ZONES = 2


async def describe_db_subnet_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The subnet groups of the region."""
    page = lists.page(ctx, params)
    lists.wanted((), params.get("Filters"))
    asked = params.get("DBSubnetGroupName")
    shown, marker = await lists.found(
        ctx, page, SUBNET_GROUP, key="name", asked=asked, listing=rds_subnet_groups.LISTING
    )
    return {"DBSubnetGroups": Rows(GROUP_VIEW, shown), "Marker": marker}


async def create_db_subnet_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A group of subnets of one network, in two zones at least."""
    name = params["DBSubnetGroupName"].lower()
    if name == "default" or not 1 <= len(name) <= 255:
        raise AwsError(
            "InvalidParameterValue", f"The parameter DBSubnetGroupName is not valid: {name}"
        )
    wanted = list(dict.fromkeys(params["SubnetIds"]))
    found = await rds_subnet_groups.subnets(ctx.db, ctx.region, wanted)
    missing = set(wanted) - {row["subnet_id"] for row in found}
    if missing or not found:
        raise AwsError(
            "InvalidParameterValue", f"Some input subnets in :{sorted(missing)} are invalid."
        )
    if len({row["vpc_id"] for row in found}) > 1:
        raise AwsError("InvalidParameterValue", "The subnets are not all in the same VPC.")
    if len({row["availability_zone"] for row in found}) < LEAST_ZONES:
        raise AwsError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement."
            " Current AZ coverage: "
            f"{found[0]['availability_zone']}. Add subnets to cover at least {LEAST_ZONES} AZs.",
        )
    row = {
        "name": name,
        "region": ctx.region,
        "arn": arn(ctx, "rds", f"subgrp:{name}"),
        "description": params["DBSubnetGroupDescription"],
        "vpc_id": found[0]["vpc_id"],
        "subnet_ids": wanted,
        "tags": tags.given(params),
        "created_at": ctx.now,
    }
    async with ctx.db.transaction():
        if not await rds_subnet_groups.insert(ctx.db, row):
            raise AwsError(
                "DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists."
            )
        made = await rds_subnet_groups.find_one(ctx.db, ctx.region, name)
    return {"DBSubnetGroup": GROUP_VIEW.show(made)}


async def delete_db_subnet_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a group that nothing stands in."""
    name = identifiers.plain(ctx, SUBNET_GROUP, params["DBSubnetGroupName"])
    async with ctx.db.transaction():
        if not await rds_subnet_groups.delete(ctx.db, ctx.region, name):
            if await rds_subnet_groups.find_one(ctx.db, ctx.region, name) is None:
                raise identifiers.not_found(SUBNET_GROUP, name)
            raise AwsError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{name}' because at least one database instance"
                " is still using it.",
            )
    return {}


GROUP_VIEW = View(
    {
        "DBSubnetGroupName": "name",
        "DBSubnetGroupDescription": "description",
        "VpcId": "vpc_id",
        "SubnetGroupStatus": Constant("Complete"),
        "Subnets": Computed(lambda found: [subnet(one) for one in found or ()], "subnets"),
        "DBSubnetGroupArn": "arn",
        "SupportedNetworkTypes": Constant(["IPV4"]),
    }
)
