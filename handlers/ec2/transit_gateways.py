"""Transit gateways, and the VPCs attached to them.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGateway.html and
the pages of the operations beside it.
"""

from datetime import timedelta
from typing import Any

from emulator import ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.rows import Computed, Constant, Rows, View
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import SUBNET, TRANSIT_GATEWAY, TRANSIT_GATEWAY_ATTACHMENT, VPC
from handlers.ec2.tag_specifications import check_types, tags_for
from handlers.ec2.tag_view import TAG_LIST
from models import costs, subnets, transit_gateways, vpcs

DEFAULTS = {
    "AmazonSideAsn": 64512,
    "AutoAcceptSharedAttachments": "disable",
    "DefaultRouteTableAssociation": "enable",
    "DefaultRouteTablePropagation": "enable",
    "VpnEcmpSupport": "enable",
    "DnsSupport": "enable",
    "SecurityGroupReferencingSupport": "disable",
    "MulticastSupport": "disable",
}
VPC_DEFAULTS = {
    "DnsSupport": "enable",
    "SecurityGroupReferencingSupport": "enable",
    "Ipv6Support": "disable",
    "ApplianceModeSupport": "disable",
}


async def describe_transit_gateways(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Transit gateways of the region, by id, filter and page."""
    asked = params.get("TransitGatewayIds")
    identifiers.check(TRANSIT_GATEWAY, asked or ())
    page = pages.page(ctx, params)
    listing = transit_gateways.GATEWAYS
    where = conditions(ctx, listing, GATEWAY_FILTERS, params.get("Filters"))
    rows = await listing.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where and page.limit is None:
        identifiers.check_found(TRANSIT_GATEWAY, asked, (row["transit_gateway_id"] for row in rows))
    shown, token = page.cut(rows, "transit_gateway_id")
    return {"TransitGateways": Rows(GATEWAY_VIEW, shown), "NextToken": token}


async def create_transit_gateway(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new transit gateway, which nothing is attached to yet."""
    check_types(params, ("transit-gateway",))
    row = {
        "transit_gateway_id": ids.new("tgw"),
        "region": ctx.region,
        "description": params.get("Description") or "",
        "options": params.get("Options") or {},
        "route_table_id": ids.new("tgw-rtb"),
        "tags": tags_for(params, "transit-gateway"),
        "created_at": ctx.now,
        "settles_at": _settles(ctx),
    }
    await transit_gateways.insert_gateway(ctx.db, row)
    made = await _gateway(ctx, row["transit_gateway_id"])
    return {"TransitGateway": {**GATEWAY_VIEW.show(made), "State": "pending"}}


async def delete_transit_gateway(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a transit gateway that nothing is attached to."""
    row = await _gateway(ctx, params["TransitGatewayId"])
    gateway_id = row["transit_gateway_id"]
    if not await transit_gateways.delete_gateway(ctx.db, ctx.region, gateway_id, ctx.now):
        if row["state"] == "deleted":
            raise _incorrect(gateway_id, "deleted")
        held = await transit_gateways.attached(ctx.db, ctx.region, gateway_id)
        names = ", ".join(one["attachment_id"] for one in held if one["state"] != "deleted")
        raise AwsError("IncorrectState", f"{gateway_id} has non-deleted VPC Attachments: {names}.")
    return {"TransitGateway": {**GATEWAY_VIEW.show(row), "State": "deleting"}}


async def create_transit_gateway_vpc_attachment(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Attach a VPC, through one subnet in each zone that is to be reached."""
    check_types(params, ("transit-gateway-attachment",))
    vpc_id, subnet_ids = params["VpcId"], list(dict.fromkeys(params["SubnetIds"]))
    gateway = await _gateway(ctx, params["TransitGatewayId"])
    if gateway["shown_state"] != "available":
        raise _incorrect(gateway["transit_gateway_id"], gateway["shown_state"])
    identifiers.check(VPC, [vpc_id])
    if await vpcs.find_one(ctx.db, ctx.region, vpc_id) is None:
        raise identifiers.not_found(VPC, [vpc_id])
    await _check_subnets(ctx, vpc_id, subnet_ids)
    held = await transit_gateways.attached(ctx.db, ctx.region, gateway["transit_gateway_id"])
    if any(one["vpc_id"] == vpc_id and one["state"] != "deleted" for one in held):
        raise AwsError(
            "DuplicateTransitGatewayAttachment",
            f"{gateway['transit_gateway_id']} has non-deleted Transit Gateway Attachments with"
            f" same VPC ID {vpc_id}.",
        )
    row = {
        "attachment_id": ids.new("tgw-attach"),
        "transit_gateway_id": gateway["transit_gateway_id"],
        "region": ctx.region,
        "vpc_id": vpc_id,
        "subnet_ids": subnet_ids,
        "options": params.get("Options") or {},
        "hourly_cost": costs.transit_gateway_attachment_hourly(ctx.region),
        "tags": tags_for(params, "transit-gateway-attachment"),
        "created_at": ctx.now,
        "settles_at": _settles(ctx),
    }
    await transit_gateways.insert_attachment(ctx.db, row)
    made = await _attachment(ctx, row["attachment_id"])
    return {"TransitGatewayVpcAttachment": {**VPC_VIEW.show(made), "State": "pending"}}


async def delete_transit_gateway_vpc_attachment(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Detach a VPC."""
    row = await _attachment(ctx, params["TransitGatewayAttachmentId"])
    named = row["attachment_id"]
    if not await transit_gateways.delete_attachment(ctx.db, ctx.region, named, ctx.now):
        raise _incorrect(named, "deleted")
    return {"TransitGatewayVpcAttachment": {**VPC_VIEW.show(row), "State": "deleting"}}


async def describe_transit_gateway_attachments(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What is attached to transit gateways of the region."""
    return await _attachments(ctx, params, "TransitGatewayAttachments", ATTACHMENT_VIEW)


async def describe_transit_gateway_vpc_attachments(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """VPCs that are attached to transit gateways of the region."""
    return await _attachments(ctx, params, "TransitGatewayVpcAttachments", VPC_VIEW)


async def _attachments(
    ctx: Context, params: dict[str, Any], member: str, view: View
) -> dict[str, Any]:
    asked = params.get("TransitGatewayAttachmentIds")
    identifiers.check(TRANSIT_GATEWAY_ATTACHMENT, asked or ())
    page = pages.page(ctx, params)
    listing = transit_gateways.ATTACHMENTS
    where = conditions(ctx, listing, ATTACHMENT_FILTERS, params.get("Filters"))
    rows = await listing.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where and page.limit is None:
        found = (row["attachment_id"] for row in rows)
        identifiers.check_found(TRANSIT_GATEWAY_ATTACHMENT, asked, found)
    shown, token = page.cut(rows, "attachment_id")
    return {member: Rows(view, shown), "NextToken": token}


async def _gateway(ctx: Context, gateway_id: str) -> Any:
    identifiers.check(TRANSIT_GATEWAY, [gateway_id])
    row = await transit_gateways.gateway(ctx.db, ctx.region, gateway_id)
    if row is None:
        raise identifiers.not_found(TRANSIT_GATEWAY, [gateway_id])
    return row


async def _attachment(ctx: Context, attachment_id: str) -> Any:
    identifiers.check(TRANSIT_GATEWAY_ATTACHMENT, [attachment_id])
    row = await transit_gateways.attachment(ctx.db, ctx.region, attachment_id)
    if row is None:
        raise identifiers.not_found(TRANSIT_GATEWAY_ATTACHMENT, [attachment_id])
    return row


async def _check_subnets(ctx: Context, vpc_id: str, subnet_ids: list[str]) -> None:
    identifiers.check(SUBNET, subnet_ids)
    rows = await subnets.LISTING.page(ctx.db, region=ctx.region, ids=subnet_ids)
    found = {row["subnet_id"] for row in rows if row["vpc_id"] == vpc_id}
    identifiers.check_found(SUBNET, subnet_ids, found)
    if len({row["availability_zone"] for row in rows}) < len(rows):
        raise AwsError("DuplicateSubnetsInSameZone", "Duplicate Subnets for same AZ")


def _settles(ctx: Context) -> Any:
    seconds = ctx.server.settings.transition_seconds
    return ctx.now + timedelta(seconds=seconds) if seconds else None


def _incorrect(named: str, state: str) -> AwsError:
    return AwsError("IncorrectState", f"{named} is in invalid state {state}.")


def _options(given: dict[str, Any], route_table_id: str) -> dict[str, Any]:
    merged = DEFAULTS | given
    if merged["DefaultRouteTableAssociation"] == "enable":
        merged["AssociationDefaultRouteTableId"] = route_table_id
    if merged["DefaultRouteTablePropagation"] == "enable":
        merged["PropagationDefaultRouteTableId"] = route_table_id
    return merged


GATEWAY_VIEW = View(
    {
        "TransitGatewayId": "transit_gateway_id",
        "TransitGatewayArn": Computed(
            lambda region, owner, named: f"arn:aws:ec2:{region}:{owner}:transit-gateway/{named}",
            "region",
            "owner",
            "transit_gateway_id",
        ),
        "State": "shown_state",
        "OwnerId": "owner",
        "Description": "description",
        "CreationTime": "created_at",
        "Options": Computed(_options, "options", "route_table_id"),
        "Tags": TAG_LIST,
    }
)
ATTACHMENT_VIEW = View(
    {
        "TransitGatewayAttachmentId": "attachment_id",
        "TransitGatewayId": "transit_gateway_id",
        "TransitGatewayOwnerId": "owner",
        "ResourceOwnerId": "owner",
        "ResourceType": Constant("vpc"),
        "ResourceId": "vpc_id",
        "State": "shown_state",
        "Association": {
            "TransitGatewayRouteTableId": "route_table_id",
            "State": Constant("associated"),
        },
        "CreationTime": "created_at",
        "Tags": TAG_LIST,
    }
)
VPC_VIEW = View(
    {
        "TransitGatewayAttachmentId": "attachment_id",
        "TransitGatewayId": "transit_gateway_id",
        "VpcId": "vpc_id",
        "VpcOwnerId": "owner",
        "State": "shown_state",
        "SubnetIds": "subnet_ids",
        "CreationTime": "created_at",
        "Options": Computed(lambda given: VPC_DEFAULTS | given, "options"),
        "Tags": TAG_LIST,
    }
)
GATEWAY_FILTERS = TAGS | {
    "options.amazon-side-asn": "asn",
    "options.association-default-route-table-id": "route_table_id",
    "options.propagation-default-route-table-id": "route_table_id",
    "owner-id": "owner",
    "state": "state",
    "transit-gateway-id": "transit_gateway_id",
}
ATTACHMENT_FILTERS = TAGS | {
    "association.state": "associated",
    "association.transit-gateway-route-table-id": "route_table_id",
    "resource-id": "vpc_id",
    "resource-owner-id": "owner",
    "resource-type": "kind",
    "state": "state",
    "transit-gateway-attachment-id": "attachment_id",
    "transit-gateway-id": "transit_gateway_id",
    "transit-gateway-owner-id": "owner",
    "vpc-id": "vpc_id",
}
