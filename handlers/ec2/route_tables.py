"""Route tables and internet gateways.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html and
API_InternetGateway.
"""

from typing import Any

from emulator.context import Context
from emulator.filters import TAGS
from emulator.rows import Constant, Each, Rows, View
from handlers.ec2 import lists
from handlers.ec2.identifiers import INTERNET_GATEWAY, ROUTE_TABLE
from models.route_tables import INTERNET_GATEWAYS, LISTING


async def describe_route_tables(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Route tables of the region, by id, filter and page."""
    asked = params.get("RouteTableIds")
    shown, token = await lists.found(ctx, params, LISTING, ROUTE_TABLE, asked, TABLE_FILTERS)
    return {"RouteTables": Rows(TABLE_VIEW, shown), "NextToken": token}


async def describe_internet_gateways(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Internet gateways of the region, by id, filter and page."""
    asked = params.get("InternetGatewayIds")
    listing, noun = INTERNET_GATEWAYS, INTERNET_GATEWAY
    shown, token = await lists.found(ctx, params, listing, noun, asked, GATEWAY_FILTERS)
    return {"InternetGateways": Rows(GATEWAY_VIEW, shown), "NextToken": token}


TABLE_VIEW = View(
    {
        "Associations": Each(
            "associations",
            {
                "Main": "main",
                "RouteTableAssociationId": "id",
                "RouteTableId": "table",
                "SubnetId": "subnet",
                "AssociationState": Constant({"State": "associated"}),
            },
        ),
        "PropagatingVgws": Constant([]),
        "RouteTableId": "id",
        "Routes": Each(
            "routes",
            {
                "DestinationCidrBlock": "cidr",
                "GatewayId": "gateway",
                "NatGatewayId": "nat",
                "Origin": "origin",
                "State": Constant("active"),
            },
        ),
        "Tags": Constant([]),
        "VpcId": "vpc_id",
        "OwnerId": "owner",
    }
)

TABLE_FILTERS = TAGS | {
    "association.gateway-id": "nothing",
    "association.main": "association_main",
    "association.route-table-association-id": "association_id",
    "association.route-table-id": "id",
    "association.subnet-id": "subnet_id",
    "owner-id": "owner",
    "route.destination-cidr-block": "route_cidr",
    "route.destination-ipv6-cidr-block": "nothing",
    "route.destination-prefix-list-id": "nothing",
    "route.egress-only-internet-gateway-id": "nothing",
    "route.gateway-id": "route_gateway",
    "route.instance-id": "nothing",
    "route.nat-gateway-id": "route_nat",
    "route.origin": "route_origin",
    "route.state": "route_state",
    "route.transit-gateway-id": "nothing",
    "route.vpc-peering-connection-id": "nothing",
    "route-table-id": "id",
    "vpc-id": "vpc_id",
}

GATEWAY_VIEW = View(
    {
        "Attachments": [{"State": Constant("available"), "VpcId": "vpc_id"}],
        "InternetGatewayId": "id",
        "OwnerId": "owner",
        "Tags": Constant([]),
    }
)

GATEWAY_FILTERS = TAGS | {
    "attachment.state": "state",
    "attachment.vpc-id": "vpc_id",
    "internet-gateway-id": "id",
    "owner-id": "owner",
}
