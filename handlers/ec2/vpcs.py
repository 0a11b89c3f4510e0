"""VPCs.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html and the pages of the
operations beside it.
"""

from typing import Any

from emulator import ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.rows import Constant, Rows, View
from handlers.ec2 import cidr_blocks, identifiers
from handlers.ec2.identifiers import VPC
from handlers.ec2.tag_specifications import check_types, tags_for
from handlers.ec2.tag_view import TAG_LIST
from models import networks, security_groups, vpcs


async def describe_vpcs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """VPCs of the region, by id, filter and page."""
    asked = params.get("VpcIds")
    identifiers.check(VPC, asked or ())
    page = pages.page(ctx, params)
    where = conditions(ctx, vpcs.LISTING, FILTERS, params.get("Filters"))
    rows = await vpcs.LISTING.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where and page.limit is None:
        identifiers.check_found(VPC, asked, (row["vpc_id"] for row in rows))
    shown, token = page.cut(rows, "vpc_id")
    return {"Vpcs": Rows(VPC_VIEW, shown), "NextToken": token}


async def describe_vpc_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One attribute of a VPC."""
    vpc = await _find(ctx, params["VpcId"])
    name = params["Attribute"]
    member = name[0].upper() + name[1:]
    return {"VpcId": vpc["vpc_id"], member: {"Value": vpc[ATTRIBUTES[member]]}}


async def modify_vpc_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say whether a VPC has DNS, names for its machines, or metrics of its addresses."""
    given = [(member, params[member]) for member in ATTRIBUTES if params.get(member)]
    if len(given) != 1:
        raise AwsError(
            "InvalidParameterCombination" if given else "MissingParameter",
            "You must specify exactly one attribute to modify. Use separate requests for each"
            " attribute.",
        )
    [(member, value)] = given
    wanted = value.get("Value")
    if wanted is None:
        raise AwsError("MissingParameter", "The request must contain the parameter value")
    vpc = await _find(ctx, params["VpcId"])
    if member == "EnableDnsHostnames" and wanted and not vpc["enable_dns_support"]:
        raise AwsError(
            "InvalidParameterCombination",
            "DNS hostnames cannot be enabled in a VPC that has no DNS support.",
        )
    changes = {ATTRIBUTES[member]: wanted}
    await vpcs.update(ctx.db, ctx.region, vpc["vpc_id"], changes)
    return {}


async def create_vpc(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new VPC, with its default security group and nothing else in it."""
    check_types(params, ("vpc",))
    given = params.get("CidrBlock")
    if not given:
        raise AwsError("MissingParameter", "The request must contain the parameter cidrBlock")
    block = cidr_blocks.network(given, "InvalidVpc.Range")
    group_id = ids.new("sg")
    row: dict[str, Any] = {
        "vpc_id": ids.new("vpc"),
        "region": ctx.region,
        "cidr_block": str(block),
        "instance_tenancy": params.get("InstanceTenancy") or "default",
        "tags": tags_for(params, "vpc"),
        "created_at": ctx.now,
        "group_id": group_id,
        "ingress": security_groups.trusting_itself(group_id, ctx.principal.account_number),
        "egress": networks.EVERYWHERE_OUT,
    }
    await vpcs.insert(ctx.db, row)
    made = await vpcs.find_one(ctx.db, ctx.region, row["vpc_id"])
    return {"Vpc": {**VPC_VIEW.show(made), "State": "pending"}}


async def delete_vpc(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a VPC in which nothing is left but its default security group."""
    vpc_id = params["VpcId"]
    identifiers.check(VPC, [vpc_id])
    if not await vpcs.delete(ctx.db, ctx.region, vpc_id):
        await _find(ctx, vpc_id)
        raise AwsError(
            "DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted."
        )
    return {}


async def _find(ctx: Context, vpc_id: str) -> Any:
    identifiers.check(VPC, [vpc_id])
    vpc = await vpcs.find_one(ctx.db, ctx.region, vpc_id)
    if vpc is None:
        raise identifiers.not_found(VPC, [vpc_id])
    return vpc


ATTRIBUTES = {
    "EnableDnsSupport": "enable_dns_support",
    "EnableDnsHostnames": "enable_dns_hostnames",
    "EnableNetworkAddressUsageMetrics": "enable_network_address_usage_metrics",
}

VPC_VIEW = View(
    {
        "CidrBlock": "cidr_block",
        "DhcpOptionsId": "dhcp_options_id",
        "State": "state",
        "VpcId": "vpc_id",
        "OwnerId": "owner",
        "InstanceTenancy": "instance_tenancy",
        "CidrBlockAssociationSet": [
            {
                "AssociationId": "association_id",
                "CidrBlock": "cidr_block",
                "CidrBlockState": Constant({"State": "associated"}),
            }
        ],
        "IsDefault": "is_default",
        "Tags": TAG_LIST,
    }
)

FILTERS = TAGS | {
    "cidr": "cidr_block",
    "cidrBlock": "cidr_block",
    "cidr-block": "cidr_block",
    "cidr-block-association.association-id": "association_id",
    "cidr-block-association.cidr-block": "cidr_block",
    "cidr-block-association.state": "association_state",
    "dhcp-options-id": "dhcp_options_id",
    "dhcpOptionsId": "dhcp_options_id",
    "ipv6-cidr-block-association.association-id": "nothing",
    "ipv6-cidr-block-association.ipv6-cidr-block": "nothing",
    "ipv6-cidr-block-association.ipv6-pool": "nothing",
    "ipv6-cidr-block-association.state": "nothing",
    "is-default": "is_default",
    "isDefault": "is_default",
    "owner-id": "owner",
    "state": "state",
    "vpc-id": "vpc_id",
}
