"""Route tables, their routes, and the subnets that use them.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html and the pages
of the operations beside it.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS
from emulator.idempotency import once
from emulator.rows import Constant, Each, Rows, View
from handlers.ec2 import identifiers, lists
from handlers.ec2.identifiers import PREFIX_LIST, ROUTE_TABLE, SUBNET, VPC
from handlers.ec2.tag_specifications import check_types, tags_for
from models import prefix_lists, route_tables
from models.route_tables import LISTING

ASSOCIATION = identifiers.Noun(
    "rtbassoc", "InvalidAssociationID", "The association ID '{}' does not exist"
)


async def describe_route_tables(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Route tables of the region, by id, filter and page."""
    asked = params.get("RouteTableIds")
    shown, token = await lists.found(ctx, params, LISTING, ROUTE_TABLE, asked, TABLE_FILTERS)
    return {"RouteTables": Rows(TABLE_VIEW, shown), "NextToken": token}


async def create_route_table(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new table of a VPC, which no subnet uses yet."""
    check_types(params, ("route-table",))
    vpc_id = params["VpcId"]
    identifiers.check(VPC, [vpc_id])
    tags = tags_for(params, "route-table")

    async def work() -> list[str]:
        made = ids.new("rtb")
        if not await route_tables.insert(ctx.db, ctx.region, vpc_id, made, tags, ctx.now):
            raise identifiers.not_found(VPC, [vpc_id])
        return [made]

    [table_id] = await once(ctx, params.get("ClientToken"), work)
    made = await LISTING.one(ctx.db, ctx.region, table_id)
    if made is None:
        raise identifiers.not_found(ROUTE_TABLE, [table_id])
    return {"RouteTable": TABLE_VIEW.show(made), "ClientToken": params.get("ClientToken")}


async def delete_route_table(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a table that is not the main one and that no subnet uses."""
    table_id = params["RouteTableId"]
    identifiers.check(ROUTE_TABLE, [table_id])
    if not await route_tables.delete(ctx.db, ctx.region, table_id):
        if await LISTING.one(ctx.db, ctx.region, table_id) is None:
            raise identifiers.not_found(ROUTE_TABLE, [table_id])
        raise AwsError(
            "DependencyViolation",
            f"The routeTable '{table_id}' has dependencies and cannot be deleted.",
        )
    return {}


async def create_route(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A route to a target that takes the VPC's traffic."""
    verdict, destination = await _put(ctx, params, replace=False)
    if verdict["present"] or verdict["local"]:
        raise AwsError(
            "RouteAlreadyExists", f"The route identified by {destination} already exists."
        )
    return {"Return": True}


async def replace_route(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another target for a route that is there."""
    if params.get("LocalTarget"):
        raise AwsError("UnsupportedOperation", "Local routes are never replaced here.")
    verdict, destination = await _put(ctx, params, replace=True)
    if verdict["local"]:
        raise AwsError("InvalidParameterValue", "The local route cannot be replaced.")
    if not verdict["present"]:
        raise AwsError(
            "InvalidParameterValue",
            f"There is no route defined for '{destination}' in the route table. Use CreateRoute"
            " instead.",
        )
    return {}


async def delete_route(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove a route."""
    table_id = params["RouteTableId"]
    identifiers.check(ROUTE_TABLE, [table_id])
    member, destination = _destination(params)
    if await route_tables.take(ctx.db, ctx.region, table_id, destination):
        return {}
    table = await LISTING.one(ctx.db, ctx.region, table_id)
    if table is None:
        raise identifiers.not_found(ROUTE_TABLE, [table_id])
    if table["routes"][0]["DestinationCidrBlock"] == destination:
        raise AwsError(
            "InvalidParameterValue",
            f"cannot remove local route {destination} in route table {table_id}",
        )
    kind = {"DestinationIpv6CidrBlock": "ipv6-cidr-block", "DestinationCidrBlock": "cidr-block"}
    raise AwsError(
        "InvalidRoute.NotFound",
        f"no route with destination-{kind.get(member, 'prefix-list-id')} {destination} in route"
        f" table {table_id}",
    )


async def associate_route_table(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a subnet use a table."""
    table_id, subnet_id = params["RouteTableId"], params.get("SubnetId")
    identifiers.check(ROUTE_TABLE, [table_id])
    if params.get("GatewayId") or params.get("PublicIpv4Pool"):
        raise AwsError("UnsupportedOperation", "Route tables are associated with subnets alone.")
    if not subnet_id:
        raise AwsError("MissingParameter", "The request must contain the parameter subnetId")
    identifiers.check(SUBNET, [subnet_id])
    association_id = ids.new("rtbassoc")
    verdict = await route_tables.associate(ctx.db, ctx.region, table_id, subnet_id, association_id)
    if verdict is None:
        raise identifiers.not_found(ROUTE_TABLE, [table_id])
    if verdict["subnet_id"] is None:
        raise identifiers.not_found(SUBNET, [subnet_id])
    if not verdict["near"]:
        raise _apart(table_id, subnet_id)
    if not verdict["done"]:
        raise AwsError(
            "Resource.AlreadyAssociated",
            f"the specified association for route table {table_id} conflicts with an existing"
            " association",
        )
    return {"AssociationId": association_id, "AssociationState": {"State": "associated"}}


async def disassociate_route_table(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a subnet use the main table again."""
    association_id = params["AssociationId"]
    identifiers.check(ASSOCIATION, [association_id])
    if await route_tables.disassociate(ctx.db, ctx.region, association_id):
        return {}
    if await route_tables.is_main(ctx.db, ctx.region, association_id):
        raise AwsError(
            "InvalidParameterValue",
            f"cannot disassociate the main route table association {association_id}",
        )
    raise identifiers.not_found(ASSOCIATION, [association_id])


async def replace_route_table_association(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a subnet use another table, or make another the main one."""
    association_id, table_id = params["AssociationId"], params["RouteTableId"]
    identifiers.check(ASSOCIATION, [association_id])
    identifiers.check(ROUTE_TABLE, [table_id])
    made = ids.new("rtbassoc")
    async with ctx.db.transaction():
        if await LISTING.one(ctx.db, ctx.region, table_id) is None:
            raise identifiers.not_found(ROUTE_TABLE, [table_id])
        if not await route_tables.move(ctx.db, ctx.region, association_id, table_id, made):
            where = [{"Name": "association.route-table-association-id", "Values": [association_id]}]
            question = {"Filters": where}
            rows, _ = await lists.found(ctx, question, LISTING, ROUTE_TABLE, None, TABLE_FILTERS)
            if rows:
                raise _apart(table_id, association_id)
            raise identifiers.not_found(ASSOCIATION, [association_id])
    return {"NewAssociationId": made, "AssociationState": {"State": "associated"}}


async def _put(ctx: Context, params: Mapping[str, Any], *, replace: bool) -> tuple[Any, str]:
    """The verdict on a route, whose target and destination are sound, and its destination."""
    table_id = params["RouteTableId"]
    identifiers.check(ROUTE_TABLE, [table_id])
    _, destination = _destination(params)
    target = _target(params)
    of_aws = destination in prefix_lists.of_aws(ctx.region)
    verdict = await route_tables.put(
        ctx.db, ctx.region, table_id, destination, target, of_aws=of_aws, replace=replace
    )
    if verdict is None:
        raise identifiers.not_found(ROUTE_TABLE, [table_id])
    if not verdict["listed"]:
        raise identifiers.not_found(PREFIX_LIST, [destination])
    if not verdict["alive"]:
        [(kind, named)] = target.items()
        if verdict["elsewhere"]:
            raise AwsError(
                "InvalidParameterValue",
                f"route table {table_id} and network gateway {named} belong to different networks",
            )
        raise identifiers.not_found(TARGETS[kind], [named])
    return verdict, destination


def _destination(params: Mapping[str, Any]) -> tuple[str, str]:
    """The member that names a route's destination, and the destination as EC2 keeps it."""
    named = [member for member in DESTINATIONS if params.get(member)]
    if len(named) != 1:
        raise AwsError(
            "InvalidParameterCombination" if named else "MissingParameter",
            "The request must contain exactly one of destinationCidrBlock,"
            " destinationIpv6CidrBlock, destinationPrefixListId",
        )
    member, text = named[0], params[named[0]]
    if member == "DestinationPrefixListId":
        identifiers.check(PREFIX_LIST, [text])
        return member, text
    try:
        block = ip_network(text, strict=False)
        if "/" not in text or (block.version == 6) is not (member == "DestinationIpv6CidrBlock"):
            raise ValueError
    except ValueError:
        name = member[0].lower() + member[1:]
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({text}) for parameter {name} is invalid. This is not a valid CIDR block.",
        ) from None
    return member, str(block)


def _target(params: Mapping[str, Any]) -> dict[str, str]:
    """What a route leads to: one member, as API_CreateRoute has it."""
    named = [member for member in (*TARGETS, *UNKNOWN_TARGETS) if params.get(member)]
    if len(named) != 1:
        raise AwsError(
            "InvalidParameterCombination" if named else "MissingParameter",
            "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId,"
            " vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId, instanceId",
        )
    [member] = named
    if member in UNKNOWN_TARGETS:
        raise AwsError("UnsupportedOperation", f"Routes to a {member} are not emulated.")
    identifiers.check(TARGETS[member], [params[member]])
    return {member: params[member]}


def _apart(table_id: str, other: str) -> AwsError:
    return AwsError(
        "InvalidParameterValue",
        f"route table {table_id} and subnet {other} belong to different networks",
    )


DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
TARGETS = {
    "GatewayId": identifiers.Noun("igw", "InvalidGatewayID", "The gateway ID '{}' does not exist"),
    "NatGatewayId": identifiers.Noun(
        "nat", "InvalidNatGatewayID", "The natGateway ID '{}' does not exist"
    ),
    "NetworkInterfaceId": identifiers.NETWORK_INTERFACE,
    "VpcPeeringConnectionId": identifiers.PEERING,
    "EgressOnlyInternetGatewayId": identifiers.EGRESS_ONLY_GATEWAY,
    "TransitGatewayId": identifiers.TRANSIT_GATEWAY,
    "InstanceId": identifiers.INSTANCE,
}
UNKNOWN_TARGETS = (
    "VpcEndpointId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn", "OdbNetworkArn",
)  # fmt: skip

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
                name: name
                for name in (
                    "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId",
                    "EgressOnlyInternetGatewayId", "GatewayId", "InstanceId", "NatGatewayId",
                    "TransitGatewayId", "NetworkInterfaceId", "Origin", "State",
                    "VpcPeeringConnectionId",
                )
            },
        ),
        "Tags": Each("tags", {"Key": "key", "Value": "value"}),
        "VpcId": "vpc_id",
        "OwnerId": "owner",
    }
)  # fmt: skip

TABLE_FILTERS = TAGS | {
    "association.gateway-id": "nothing",
    "association.main": "association_main",
    "association.route-table-association-id": "association_id",
    "association.route-table-id": "id",
    "association.subnet-id": "subnet_id",
    "owner-id": "owner",
    "route.destination-cidr-block": "route_cidr",
    "route.destination-ipv6-cidr-block": "route_ipv6_cidr",
    "route.destination-prefix-list-id": "route_prefix_list",
    "route.egress-only-internet-gateway-id": "route_egress_only",
    "route.gateway-id": "route_gateway",
    "route.instance-id": "route_instance",
    "route.nat-gateway-id": "route_nat",
    "route.origin": "route_origin",
    "route.state": "route_state",
    "route.transit-gateway-id": "route_transit_gateway",
    "route.vpc-peering-connection-id": "route_peering",
    "route-table-id": "id",
    "vpc-id": "vpc_id",
}
