"""VPC peering connections.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcPeeringConnection.html and
the pages of the operations beside it. Both VPCs are of one account here.
"""

from typing import Any

from asyncpg.exceptions import UniqueViolationError

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS
from emulator.rows import Computed, Each, Rows, View, When
from handlers.ec2 import identifiers, lists
from handlers.ec2.identifiers import PEERING, VPC
from handlers.ec2.tag_specifications import check_types, tags_for
from models import regions, vpc_peering_connections
from models.vpc_peering_connections import LISTING

OPTIONS = ("AllowDnsResolutionFromRemoteVpc",)


async def describe_vpc_peering_connections(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Peering connections of VPCs of the region, by id, filter and page."""
    asked = params.get("VpcPeeringConnectionIds")
    shown, token = await lists.found(ctx, params, LISTING, PEERING, asked, FILTERS)
    return {"VpcPeeringConnections": Rows(PEERING_VIEW, shown), "NextToken": token}


async def create_vpc_peering_connection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Ask for a connection with another VPC, which is to be accepted there."""
    check_types(params, ("vpc-peering-connection",))
    vpc_id, peer_id = params["VpcId"], params.get("PeerVpcId")
    if not peer_id:
        raise AwsError("MissingParameter", "The request must contain the parameter peerVpcId")
    identifiers.check(VPC, [vpc_id, peer_id])
    if params.get("RequesterPeeringConnectionOptions"):
        raise AwsError("UnsupportedOperation", "Multipath resilience is not emulated.")
    if params.get("PeerOwnerId") not in (None, ctx.principal.account_number):
        raise AwsError("UnsupportedOperation", "Peering with other accounts is not emulated.")
    region = params.get("PeerRegion") or ctx.region
    if region not in regions.all_regions():
        raise AwsError("InvalidParameterValue", f"Invalid region '{region}' for peerRegion.")
    peering_id, tags = ids.new("pcx"), tags_for(params, "vpc-peering-connection")
    try:
        made = await vpc_peering_connections.insert(
            ctx.db, ctx.region, peering_id, vpc_id, peer_id, region, tags, ctx.now
        )
    except UniqueViolationError:
        raise AwsError(
            "VpcPeeringConnectionAlreadyExists",
            f"A VPC peering connection between {vpc_id} and {peer_id} already exists.",
        ) from None
    if not made:
        raise identifiers.not_found(VPC, [vpc_id])
    return {"VpcPeeringConnection": await _shown(ctx, peering_id)}


async def accept_vpc_peering_connection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Accept a connection, in the region of the VPC that was asked."""
    peering_id = params["VpcPeeringConnectionId"]
    await _move(ctx, peering_id, "active", ("pending-acceptance",))
    return {"VpcPeeringConnection": await _shown(ctx, peering_id)}


async def reject_vpc_peering_connection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Refuse a connection, in the region of the VPC that was asked."""
    await _move(ctx, params["VpcPeeringConnectionId"], "rejected", ("pending-acceptance",))
    return {"Return": True}


async def delete_vpc_peering_connection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """End a connection, from either side; routes to it lead nowhere then."""
    before = ("pending-acceptance", "active")
    await _move(ctx, params["VpcPeeringConnectionId"], "deleted", before)
    return {"Return": True}


async def modify_vpc_peering_connection_options(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Say whether the other side's names are resolved to private addresses."""
    peering_id = params["VpcPeeringConnectionId"]
    identifiers.check(PEERING, [peering_id])
    wanted = []
    for member in MEMBERS:
        given = params.get(member) or {}
        if any(value for name, value in given.items() if name not in OPTIONS):
            raise AwsError("UnsupportedOperation", f"Of {member}, only {OPTIONS[0]} is emulated.")
        wanted.append({name: value for name, value in given.items() if name in OPTIONS})
    if not any(wanted):
        raise AwsError("MissingParameter", "The request must contain at least one option.")
    row = await vpc_peering_connections.configure(ctx.db, ctx.region, peering_id, *wanted)
    if row is None:
        await _find(ctx, peering_id)
        raise AwsError(
            "OperationNotPermitted",
            f"Peering {peering_id} is not active. Peering options can be added only to active"
            " peerings.",
        )
    told = zip(MEMBERS, (row["requester_options"], row["accepter_options"]), wanted, strict=True)
    return {member: options for member, options, given in told if given}


async def _move(ctx: Context, peering_id: str, state: str, before: tuple[str, ...]) -> None:
    identifiers.check(PEERING, [peering_id])
    verdict = await vpc_peering_connections.move(
        ctx.db, ctx.region, peering_id, state, before, ctx.now
    )
    if verdict is None:
        raise identifiers.not_found(PEERING, [peering_id])
    if verdict["done"]:
        return
    if verdict["state"] in before:
        raise AwsError(
            "OperationNotPermitted",
            f"Incorrect region ({ctx.region}) specified for this request. VPC peering connection"
            f" {peering_id} must be accepted in region {verdict['accepter_region']}",
        )
    raise AwsError(
        "InvalidStateTransition",
        f"Invalid state transition for {peering_id}, attempted to transition from"
        f" {verdict['state']} to {state}",
    )


async def _find(ctx: Context, peering_id: str) -> Any:
    row = await LISTING.one(ctx.db, ctx.region, peering_id)
    if row is None:
        raise identifiers.not_found(PEERING, [peering_id])
    return row


async def _shown(ctx: Context, peering_id: str) -> dict[str, Any]:
    return PEERING_VIEW.show(await _find(ctx, peering_id))


def _message(state: str, owner: str) -> str:
    return {
        "pending-acceptance": f"Pending Acceptance by {owner}",
        "active": "Active",
        "rejected": f"Rejected by {owner}",
        "deleted": f"Deleted by {owner}",
        "failed": "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range",
        "expired": "Expired",
    }[state]


def _options(given: dict[str, Any], state: str) -> dict[str, bool] | None:
    """Options are told of what is active."""
    if state != "active":
        return None
    return {
        "AllowDnsResolutionFromRemoteVpc": bool(given.get("AllowDnsResolutionFromRemoteVpc")),
        "AllowEgressFromLocalClassicLinkToRemoteVpc": False,
        "AllowEgressFromLocalVpcToRemoteClassicLink": False,
    }


def _side(name: str, region: str) -> dict[str, Any]:
    return {
        "CidrBlock": f"{name}_cidr",
        "CidrBlockSet": When(f"{name}_cidr", [{"CidrBlock": f"{name}_cidr"}]),
        "OwnerId": "owner",
        "PeeringOptions": Computed(_options, f"{name}_options", "shown_state"),
        "VpcId": f"{name}_vpc_id",
        "Region": region,
    }


MEMBERS = ("RequesterPeeringConnectionOptions", "AccepterPeeringConnectionOptions")
PEERING_VIEW = View(
    {
        "AccepterVpcInfo": _side("accepter", "accepter_region"),
        "ExpirationTime": "expires_at",
        "RequesterVpcInfo": _side("requester", "region"),
        "Status": {
            "Code": "shown_state",
            "Message": Computed(_message, "shown_state", "owner"),
        },
        "Tags": Each("tags", {"Key": "key", "Value": "value"}),
        "VpcPeeringConnectionId": "id",
    }
)
FILTERS = TAGS | {
    "accepter-vpc-info.cidr-block": "accepter_cidr",
    "accepter-vpc-info.owner-id": "owner",
    "accepter-vpc-info.vpc-id": "accepter_vpc_id",
    "expiration-time": "expires_at",
    "requester-vpc-info.cidr-block": "requester_cidr",
    "requester-vpc-info.owner-id": "owner",
    "requester-vpc-info.vpc-id": "requester_vpc_id",
    "status-code": "state",
    "vpc-peering-connection-id": "id",
}
