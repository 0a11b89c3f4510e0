"""Internet gateways, and those for IPv6 that lead out alone.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InternetGateway.html,
API_EgressOnlyInternetGateway.html and the pages of the operations beside them.
"""

from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS
from emulator.idempotency import once
from emulator.rows import Constant, Each, Rows, View, When
from handlers.ec2 import identifiers, lists
from handlers.ec2.identifiers import EGRESS_ONLY_GATEWAY, INTERNET_GATEWAY, VPC
from handlers.ec2.tag_specifications import check_types, tags_for
from models import internet_gateways
from models.internet_gateways import EGRESS_ONLY, LISTING


async def describe_internet_gateways(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Internet gateways of the region, by id, filter and page."""
    asked = params.get("InternetGatewayIds")
    shown, token = await lists.found(ctx, params, LISTING, INTERNET_GATEWAY, asked, FILTERS)
    return {"InternetGateways": Rows(GATEWAY_VIEW, shown), "NextToken": token}


async def create_internet_gateway(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new gateway, attached to nothing."""
    check_types(params, ("internet-gateway",))
    row = {
        "internet_gateway_id": ids.new("igw"),
        "region": ctx.region,
        "tags": tags_for(params, "internet-gateway"),
        "created_at": ctx.now,
    }
    await internet_gateways.insert(ctx.db, row)
    shown = {**row, "id": row["internet_gateway_id"], "vpc_id": None}
    return {"InternetGateway": GATEWAY_VIEW.show({**shown, "owner": ctx.principal.account_number})}


async def attach_internet_gateway(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Attach a gateway to a VPC that has none."""
    gateway_id, vpc_id = params["InternetGatewayId"], params["VpcId"]
    identifiers.check(INTERNET_GATEWAY, [gateway_id])
    identifiers.check(VPC, [vpc_id])
    verdict = await internet_gateways.attach(ctx.db, ctx.region, gateway_id, vpc_id)
    if verdict is None:
        raise identifiers.not_found(INTERNET_GATEWAY, [gateway_id])
    if verdict["vpc_id"]:
        raise AwsError(
            "Resource.AlreadyAssociated",
            f"resource {gateway_id} is already attached to network {verdict['vpc_id']}",
        )
    if not verdict["there"]:
        raise identifiers.not_found(VPC, [vpc_id])
    if verdict["taken"]:
        raise AwsError(
            "InvalidParameterValue",
            f"Network {vpc_id} already has an internet gateway attached",
        )
    return {}


async def detach_internet_gateway(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Detach a gateway from a VPC in which nothing has a public address."""
    gateway_id, vpc_id = params["InternetGatewayId"], params["VpcId"]
    identifiers.check(INTERNET_GATEWAY, [gateway_id])
    identifiers.check(VPC, [vpc_id])
    verdict = await internet_gateways.detach(ctx.db, ctx.region, gateway_id, vpc_id)
    if verdict is None:
        raise identifiers.not_found(INTERNET_GATEWAY, [gateway_id])
    if verdict["vpc_id"] != vpc_id:
        raise AwsError(
            "Gateway.NotAttached", f"resource {gateway_id} is not attached to network {vpc_id}"
        )
    if not verdict["done"]:
        raise AwsError(
            "DependencyViolation",
            f"Network {vpc_id} has some mapped public address(es). Please unmap those public"
            " address(es) before detaching the gateway.",
        )
    return {}


async def delete_internet_gateway(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a gateway that is attached to nothing."""
    gateway_id = params["InternetGatewayId"]
    identifiers.check(INTERNET_GATEWAY, [gateway_id])
    if not await internet_gateways.delete(ctx.db, ctx.region, gateway_id):
        if await LISTING.one(ctx.db, ctx.region, gateway_id) is None:
            raise identifiers.not_found(INTERNET_GATEWAY, [gateway_id])
        raise AwsError(
            "DependencyViolation",
            f"The internetGateway '{gateway_id}' has dependencies and cannot be deleted.",
        )
    return {}


async def describe_egress_only_internet_gateways(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Egress-only internet gateways of the region, by id, filter and page."""
    asked, noun = params.get("EgressOnlyInternetGatewayIds"), EGRESS_ONLY_GATEWAY
    shown, token = await lists.found(ctx, params, EGRESS_ONLY, noun, asked, TAGS)
    return {"EgressOnlyInternetGateways": Rows(EGRESS_ONLY_VIEW, shown), "NextToken": token}


async def create_egress_only_internet_gateway(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """A new gateway of a VPC for IPv6."""
    check_types(params, ("egress-only-internet-gateway",))
    vpc_id = params["VpcId"]
    identifiers.check(VPC, [vpc_id])
    tags = tags_for(params, "egress-only-internet-gateway")

    async def work() -> list[str]:
        made = ids.new("eigw")
        if not await internet_gateways.insert_egress_only(
            ctx.db, ctx.region, vpc_id, made, tags, ctx.now
        ):
            raise identifiers.not_found(VPC, [vpc_id])
        return [made]

    [gateway_id] = await once(ctx, params.get("ClientToken"), work)
    made = await EGRESS_ONLY.one(ctx.db, ctx.region, gateway_id)
    if made is None:
        raise identifiers.not_found(EGRESS_ONLY_GATEWAY, [gateway_id])
    return {
        "ClientToken": params.get("ClientToken"),
        "EgressOnlyInternetGateway": EGRESS_ONLY_VIEW.show(made),
    }


async def delete_egress_only_internet_gateway(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Delete a gateway; routes to it lead nowhere then."""
    gateway_id = params["EgressOnlyInternetGatewayId"]
    identifiers.check(EGRESS_ONLY_GATEWAY, [gateway_id])
    if not await internet_gateways.delete_egress_only(ctx.db, ctx.region, gateway_id):
        raise identifiers.not_found(EGRESS_ONLY_GATEWAY, [gateway_id])
    return {"ReturnCode": True}


_TAGS = Each("tags", {"Key": "key", "Value": "value"})
GATEWAY_VIEW = View(
    {
        "Attachments": When(
            "vpc_id", [{"State": Constant("available"), "VpcId": "vpc_id"}], Constant([])
        ),
        "InternetGatewayId": "id",
        "OwnerId": "owner",
        "Tags": _TAGS,
    }
)
FILTERS = TAGS | {
    "attachment.state": "state",
    "attachment.vpc-id": "vpc_id",
    "internet-gateway-id": "id",
    "owner-id": "owner",
}
EGRESS_ONLY_VIEW = View(
    {
        "Attachments": [{"State": Constant("attached"), "VpcId": "vpc_id"}],
        "EgressOnlyInternetGatewayId": "id",
        "Tags": _TAGS,
    }
)
