"""NAT gateways.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html and the pages
of the operations beside it.
"""

from ipaddress import IPv4Address, IPv4Network
from typing import Any

from emulator import ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.idempotency import once
from emulator.rows import Constant, Rows, View
from handlers.ec2 import cidr_blocks, identifiers
from handlers.ec2.elastic_ips import already_associated
from handlers.ec2.identifiers import ALLOCATION, NAT_GATEWAY, SUBNET
from handlers.ec2.tag_specifications import check_types, tags_for
from handlers.ec2.tag_view import TAG_LIST
from models import costs, draws, elastic_ips, nat_gateways, subnets


async def describe_nat_gateways(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """NAT gateways of the region, by id, filter and page; deleted ones for an hour."""
    asked = params.get("NatGatewayIds")
    identifiers.check(NAT_GATEWAY, asked or ())
    page = pages.page(ctx, params)
    where = conditions(ctx, nat_gateways.LISTING, FILTERS, params.get("Filter"))
    rows = await nat_gateways.LISTING.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where and page.limit is None:
        identifiers.check_found(NAT_GATEWAY, asked, (row["nat_gateway_id"] for row in rows))
    shown, token = page.cut(rows, "nat_gateway_id")
    return {"NatGateways": Rows(GATEWAY_VIEW, shown), "NextToken": token}


async def create_nat_gateway(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new gateway in a subnet; a public one takes a free elastic IP for itself."""
    check_types(params, ("natgateway",))
    subnet_id, kind = params.get("SubnetId"), params.get("ConnectivityType") or "public"
    if not subnet_id:
        raise AwsError("MissingParameter", "The request must contain the parameter subnetId")
    identifiers.check(SUBNET, [subnet_id])
    allocation_id = params.get("AllocationId")
    if kind == "public" and not allocation_id:
        raise AwsError("MissingParameter", "The request must contain the parameter allocationId")
    if kind == "private" and allocation_id:
        raise AwsError("InvalidParameter", "AllocationId cannot be given to a private NAT gateway.")
    tags = tags_for(params, "natgateway")

    async def work() -> list[str]:
        row = await _new(ctx, params, subnet_id, kind, tags)
        await nat_gateways.insert(ctx.db, row)
        return [row["nat_gateway_id"]]

    [nat_gateway_id] = await once(ctx, params.get("ClientToken"), work)
    made = await nat_gateways.find_one(ctx.db, ctx.region, nat_gateway_id)
    if made is None:
        raise identifiers.not_found(NAT_GATEWAY, [nat_gateway_id])
    return {
        "NatGateway": {**GATEWAY_VIEW.show(made), "State": "pending"},
        "ClientToken": params.get("ClientToken"),
    }


async def delete_nat_gateway(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a gateway; its address is free again, and idle."""
    nat_gateway_id = params["NatGatewayId"]
    identifiers.check(NAT_GATEWAY, [nat_gateway_id])
    idle = costs.elastic_ip_hourly(False, ctx.region)
    if not await nat_gateways.delete(ctx.db, ctx.region, nat_gateway_id, ctx.now, idle):
        raise identifiers.not_found(NAT_GATEWAY, [nat_gateway_id])
    return {"NatGatewayId": nat_gateway_id}


async def _new(
    ctx: Context, params: dict[str, Any], subnet_id: str, kind: str, tags: dict[str, str]
) -> dict[str, Any]:
    """The row of a new gateway, whose address it has claimed."""
    subnet = await subnets.find_one(ctx.db, ctx.region, subnet_id)
    if subnet is None:
        raise identifiers.not_found(SUBNET, [subnet_id])
    row = {
        "nat_gateway_id": ids.new("nat"),
        "vpc_id": subnet["vpc_id"],
        "subnet_id": subnet_id,
        "region": ctx.region,
        "connectivity_type": kind,
        "allocation_id": params.get("AllocationId"),
        "private_ip": _private_ip(subnet["cidr_block"], params.get("PrivateIpAddress")),
        "network_interface_id": ids.new("eni"),
        "hourly_cost": costs.nat_gateway_hourly(ctx.region),
        "client_token": params.get("ClientToken"),
        "tags": tags,
        "created_at": ctx.now,
    }
    if kind == "public":
        row["public_ip"] = await _claim(ctx, row)
    return row


async def _claim(ctx: Context, row: dict[str, Any]) -> str:
    allocation_id = row["allocation_id"]
    identifiers.check(ALLOCATION, [allocation_id])
    claim = {
        **row,
        "association_id": ids.new("eipassoc"),
        "now": ctx.now,
        "hourly_cost": costs.elastic_ip_hourly(True, ctx.region),
    }
    public_ip = await elastic_ips.claim_for_gateway(ctx.db, ctx.region, claim)
    if public_ip is None:
        address = await elastic_ips.find_one(ctx.db, ctx.region, allocation_id)
        if address is None:
            raise identifiers.not_found(ALLOCATION, [allocation_id])
        raise already_associated(address)
    return public_ip


def _within(address: str, block: IPv4Network) -> bool:
    try:
        return IPv4Address(address) in block
    except ValueError:
        return False


def _private_ip(cidr_block: str, wanted: str | None) -> str:
    """An address within the subnet, beyond those that AWS keeps for itself."""
    block = IPv4Network(cidr_block)
    if wanted:
        if not _within(wanted, block):
            raise AwsError(
                "InvalidParameterValue",
                f"Address {wanted} does not fall within the subnet's address range",
            )
        return wanted
    free = block.num_addresses - cidr_blocks.RESERVED_ADDRESSES
    return str(block[cidr_blocks.RESERVED_ADDRESSES - 1 + draws.below(free)])


GATEWAY_VIEW = View(
    {
        "CreateTime": "created_at",
        "DeleteTime": "deleted_at",
        "NatGatewayAddresses": [
            {
                "AllocationId": "allocation_id",
                "NetworkInterfaceId": "network_interface_id",
                "PrivateIp": "private_ip",
                "PublicIp": "public_ip",
                "AssociationId": "association_id",
                "IsPrimary": Constant(True),
                "Status": Constant("succeeded"),
            }
        ],
        "NatGatewayId": "nat_gateway_id",
        "State": "state",
        "SubnetId": "subnet_id",
        "VpcId": "vpc_id",
        "ConnectivityType": "connectivity_type",
        "Tags": TAG_LIST,
    }
)

FILTERS = TAGS | {
    "connectivity-type": "connectivity_type",
    "nat-gateway-id": "nat_gateway_id",
    "state": "state",
    "subnet-id": "subnet_id",
    "vpc-id": "vpc_id",
}
