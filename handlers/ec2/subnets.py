"""Subnets.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html and the pages of
the operations beside it.
"""

from ipaddress import IPv4Network
from typing import Any

from emulator import ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.rows import Constant, Rows, View
from handlers.ec2 import cidr_blocks, identifiers
from handlers.ec2.identifiers import SUBNET, VPC
from handlers.ec2.tag_specifications import check_types, tags_for
from handlers.ec2.tag_view import TAG_LIST
from models import regions, subnets, vpcs


async def describe_subnets(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Subnets of the region, by id, filter and page."""
    asked = params.get("SubnetIds")
    identifiers.check(SUBNET, asked or ())
    page = pages.page(ctx, params)
    where = conditions(ctx, subnets.LISTING, FILTERS, params.get("Filters"))
    rows = await subnets.LISTING.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where and page.limit is None:
        identifiers.check_found(SUBNET, asked, (row["subnet_id"] for row in rows))
    shown, token = page.cut(rows, "subnet_id")
    return {"Subnets": Rows(SUBNET_VIEW, shown), "NextToken": token}


async def create_subnet(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new subnet in one zone of a VPC, beside those it has."""
    vpc_id = params["VpcId"]
    identifiers.check(VPC, [vpc_id])
    check_types(params, ("subnet",))
    given = params.get("CidrBlock")
    if not given:
        raise AwsError("MissingParameter", "The request must contain the parameter cidrBlock")
    block = cidr_blocks.network(given, "InvalidSubnet.Range")
    zone = _zone(ctx, params)
    row = {
        "subnet_id": ids.new("subnet"),
        "vpc_id": vpc_id,
        "region": ctx.region,
        "cidr_block": str(block),
        "availability_zone": zone.name,
        "availability_zone_id": zone.zone_id,
        "available_ip_address_count": block.num_addresses - cidr_blocks.RESERVED_ADDRESSES,
        "tags": tags_for(params, "subnet"),
        "created_at": ctx.now,
    }
    async with ctx.db.transaction():
        await vpcs.lock(ctx.db, vpc_id)
        vpc = await vpcs.find_one(ctx.db, ctx.region, vpc_id)
        if vpc is None:
            raise identifiers.not_found(VPC, [vpc_id])
        if not block.subnet_of(IPv4Network(vpc["cidr_block"])):
            raise cidr_blocks.invalid(given, "InvalidSubnet.Range")
        if not await subnets.insert(ctx.db, row):
            raise AwsError(
                "InvalidSubnet.Conflict", f"The CIDR '{given}' conflicts with another subnet"
            )
        made = await subnets.find_one(ctx.db, ctx.region, row["subnet_id"])
    return {"Subnet": SUBNET_VIEW.show(made)}


async def modify_subnet_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say whether what is launched in a subnet gets a public address; one attribute at a time."""
    subnet_id = params["SubnetId"]
    identifiers.check(SUBNET, [subnet_id])
    named = [name for name in params if name not in ("SubnetId", "DryRun")]
    if len(named) != 1:
        raise AwsError(
            "InvalidParameterCombination" if named else "MissingParameter",
            "The request must contain exactly one attribute to modify.",
        )
    given = params[named[0]]
    if named[0] not in OFF and named[0] != "MapPublicIpOnLaunch":
        raise AwsError("UnsupportedOperation", f"{named[0]} is not emulated.")
    wanted = (given or {}).get("Value")
    if wanted is None:
        raise AwsError("MissingParameter", "The request must contain the parameter value")
    if named[0] in OFF and wanted:
        raise AwsError("UnsupportedOperation", f"{named[0]} cannot be turned on here.")
    if await subnets.find_one(ctx.db, ctx.region, subnet_id) is None:
        raise identifiers.not_found(SUBNET, [subnet_id])
    if named[0] == "MapPublicIpOnLaunch":
        await subnets.map_public_addresses(ctx.db, ctx.region, subnet_id, wanted)
    return {}


async def delete_subnet(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a subnet in which nothing is left."""
    subnet_id = params["SubnetId"]
    identifiers.check(SUBNET, [subnet_id])
    if not await subnets.delete(ctx.db, ctx.region, subnet_id):
        if await subnets.find_one(ctx.db, ctx.region, subnet_id) is None:
            raise identifiers.not_found(SUBNET, [subnet_id])
        raise AwsError(
            "DependencyViolation",
            f"The subnet '{subnet_id}' has dependencies and cannot be deleted.",
        )
    return {}


def _zone(ctx: Context, params: dict[str, Any]) -> regions.Zone:
    """The zone that the request names by name or id; the region's first without either."""
    number = ctx.principal.account_number
    name, zone_id = params.get("AvailabilityZone"), params.get("AvailabilityZoneId")
    if zone := regions.zone_of(ctx.region, number, name, zone_id):
        return zone
    zones = regions.zones(ctx.region, number)
    parameter, value = ("availabilityZone", name) if name else ("availabilityZoneId", zone_id)
    known = ", ".join(zone.name if name else zone.zone_id for zone in zones)
    raise AwsError(
        "InvalidParameterValue",
        f"Value ({value}) for parameter {parameter} is invalid. Subnets can currently only be"
        f" created in the following availability zones: {known}.",
    )


# What no subnet here does.
OFF = (
    "AssignIpv6AddressOnCreation", "EnableDns64", "EnableResourceNameDnsAAAARecordOnLaunch",
    "EnableResourceNameDnsARecordOnLaunch", "MapCustomerOwnedIpOnLaunch",
)  # fmt: skip

SUBNET_VIEW = View(
    {
        "AvailabilityZone": "availability_zone",
        "AvailabilityZoneId": "availability_zone_id",
        "AvailableIpAddressCount": "available_ip_address_count",
        "CidrBlock": "cidr_block",
        "DefaultForAz": "default_for_az",
        "MapPublicIpOnLaunch": "map_public_ip_on_launch",
        "MapCustomerOwnedIpOnLaunch": Constant(False),
        "State": "state",
        "SubnetId": "subnet_id",
        "VpcId": "vpc_id",
        "OwnerId": "owner",
        "AssignIpv6AddressOnCreation": Constant(False),
        "Ipv6CidrBlockAssociationSet": Constant([]),
        "Tags": TAG_LIST,
        "SubnetArn": "arn",
        "EnableDns64": Constant(False),
        "Ipv6Native": Constant(False),
        "PrivateDnsNameOptionsOnLaunch": Constant(
            {
                "HostnameType": "ip-name",
                "EnableResourceNameDnsARecord": False,
                "EnableResourceNameDnsAAAARecord": False,
            }
        ),
        "BlockPublicAccessStates": Constant({"InternetGatewayBlockMode": "off"}),
    }
)

FILTERS = TAGS | {
    "availability-zone": "availability_zone",
    "availabilityZone": "availability_zone",
    "availability-zone-id": "availability_zone_id",
    "availabilityZoneId": "availability_zone_id",
    "available-ip-address-count": "available_ip_address_count",
    "cidr": "cidr_block",
    "cidr-block": "cidr_block",
    "cidrBlock": "cidr_block",
    "customer-owned-ipv4-pool": "nothing",
    "default-for-az": "default_for_az",
    "defaultForAz": "default_for_az",
    "enable-dns64": "never",
    "enable-lni-at-device-index": "nothing",
    "ipv6-cidr-block-association.association-id": "nothing",
    "ipv6-cidr-block-association.ipv6-cidr-block": "nothing",
    "ipv6-cidr-block-association.state": "nothing",
    "ipv6-native": "never",
    "map-customer-owned-ip-on-launch": "never",
    "map-public-ip-on-launch": "map_public_ip_on_launch",
    "outpost-arn": "nothing",
    "owner-id": "owner",
    "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": "never",
    "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": "never",
    "private-dns-name-options-on-launch.hostname-type": "hostname_type",
    "state": "state",
    "subnet-arn": "arn",
    "subnet-id": "subnet_id",
    "vpc-id": "vpc_id",
}
