"""Elastic IPs.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Address.html and the pages of
the operations beside it.
"""

import ipaddress
from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.pages import page
from emulator.rows import Constant, Rows, View
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import ALLOCATION, ASSOCIATION, INSTANCE, NETWORK_INTERFACE
from handlers.ec2.tag_specifications import check_types, tags_for
from handlers.ec2.tag_view import TAG_LIST
from models import costs, draws, elastic_ips
from models.listing import Condition

# First bytes of blocks that AWS gives addresses from.
BLOCKS = (3, 13, 18, 34, 35, 44, 52, 54)
MOST_DRAWS = 20
# States in which an instance makes its address free of charge.
RUNNING = ("pending", "running")


async def describe_addresses(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Addresses of the region, by allocation, address and filter. AWS has no pages here."""
    asked, public_ips = params.get("AllocationIds"), params.get("PublicIps")
    identifiers.check(ALLOCATION, asked or ())
    where = conditions(ctx, elastic_ips.LISTING, FILTERS, params.get("Filters"))
    filtered = bool(where)
    if public_ips:
        where.append(Condition("public_ip", tuple(map(_checked, public_ips))))
    rows = await elastic_ips.LISTING.page(ctx.db, where, region=ctx.region, ids=asked)
    if asked and not filtered:
        identifiers.check_found(ALLOCATION, asked, (row["allocation_id"] for row in rows))
    found = {row["public_ip"] for row in rows}
    missing = [one for one in public_ips or () if one not in found]
    if missing and not filtered:
        raise _no_address(missing[0])
    return {"Addresses": Rows(ADDRESS_VIEW, rows)}


async def describe_addresses_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Addresses and the names that reverse DNS has for them, which nothing here gives.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddressesAttribute.html
    """
    asked = params.get("AllocationIds")
    identifiers.check(ALLOCATION, asked or ())
    here = page(ctx, params)
    rows = await elastic_ips.LISTING.page(
        ctx.db, region=ctx.region, ids=asked, after=here.after, limit=here.fetch
    )
    if asked and here.limit is None:
        identifiers.check_found(ALLOCATION, asked, (row["allocation_id"] for row in rows))
    shown, token = here.cut(rows, "allocation_id")
    return {"Addresses": Rows(ATTRIBUTE_VIEW, shown), "NextToken": token}


async def allocate_address(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new address, or the one asked for if it is free; paid for from the first idle hour."""
    check_types(params, ("elastic-ip",))
    border = params.get("NetworkBorderGroup") or ctx.region
    if border != ctx.region:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({border}) for parameter NetworkBorderGroup is invalid.",
        )
    row = {
        "allocation_id": ids.new("eipalloc"),
        "region": ctx.region,
        "hourly_cost": costs.elastic_ip_hourly(False, ctx.region),
        "tags": tags_for(params, "elastic-ip"),
        "created_at": ctx.now,
    }
    wanted = params.get("Address")
    async with ctx.db.transaction():
        row["public_ip"] = await _allocate(ctx, row, wanted)
    return {
        "AllocationId": row["allocation_id"],
        "PublicIp": row["public_ip"],
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": border,
        "Domain": "vpc",
    }


async def associate_address(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put an address on an instance, named itself or by its network interface.

    An address that lies elsewhere moves, unless AllowReassociation is false; an address that the
    instance had before comes off it.
    """
    instance_id, interface_id = params.get("InstanceId"), params.get("NetworkInterfaceId")
    if not instance_id and not interface_id:
        raise AwsError(
            "MissingParameter", "Either 'InstanceId' or 'NetworkInterfaceId' must be specified"
        )
    if instance_id:
        identifiers.check(INSTANCE, [instance_id])
    if interface_id:
        identifiers.check(NETWORK_INTERFACE, [interface_id])
    async with ctx.db.transaction():
        address = await _named(ctx, params)
        instance = await _locked(ctx, address, instance_id, interface_id)
        address = await _named(ctx, {"AllocationId": address["allocation_id"]})
        if address["associated_instance_id"] == instance["instance_id"]:
            return {"AssociationId": address["association_id"]}
        if address["state"] == "associated":
            _check_movable(address, params)
        association_id = ids.new("eipassoc")
        await elastic_ips.associate(
            ctx.db,
            address["allocation_id"],
            address["public_ip"],
            instance,
            address["associated_instance_id"],
            association_id,
            ctx.now,
            (
                costs.elastic_ip_hourly(instance["state"] in RUNNING, ctx.region),
                costs.elastic_ip_hourly(False, ctx.region),
            ),
        )
    return {"AssociationId": association_id}


async def disassociate_address(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take an address off what it lies on; it stays allocated, and idle costs money."""
    association_id = params.get("AssociationId")
    if not association_id and not params.get("PublicIp"):
        raise AwsError(
            "MissingParameter", "Either 'AssociationId' or 'PublicIp' must be specified."
        )
    async with ctx.db.transaction():
        if association_id:
            identifiers.check(ASSOCIATION, [association_id])
            address = await _by(ctx, "association_id", association_id)
            if address is None:
                raise identifiers.not_found(ASSOCIATION, [association_id])
        else:
            address = await _by_public_ip(ctx, params["PublicIp"])
        if address["state"] == "associated":
            _check_not_managed(address)
            await elastic_ips.disassociate(
                ctx.db,
                ctx.region,
                address["allocation_id"],
                address["associated_instance_id"],
                costs.elastic_ip_hourly(False, ctx.region),
            )
    return {}


async def release_address(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give an address back, for good, if nothing uses it."""
    allocation_id = params.get("AllocationId")
    if not allocation_id and params.get("PublicIp"):
        await _by_public_ip(ctx, params["PublicIp"])
        raise AwsError(
            "InvalidParameterValue",
            "You must specify an allocation id when releasing a VPC elastic IP address",
        )
    if not allocation_id:
        raise AwsError("MissingParameter", "Either 'AllocationId' or 'PublicIp' must be specified.")
    identifiers.check(ALLOCATION, [allocation_id])
    if not await elastic_ips.release(ctx.db, ctx.region, allocation_id):
        address = await elastic_ips.find_one(ctx.db, ctx.region, allocation_id)
        if address is None:
            raise identifiers.not_found(ALLOCATION, [allocation_id])
        raise AwsError("InvalidIPAddress.InUse", f"Address {address['public_ip']} is in use.")
    return {}


async def _allocate(ctx: Context, row: dict[str, Any], wanted: str | None) -> str:
    if wanted:
        if await elastic_ips.allocate(ctx.db, {**row, "public_ip": _checked(wanted)}):
            return wanted
        raise _no_address(wanted)
    for _ in range(MOST_DRAWS):
        address = str(ipaddress.IPv4Address(draws.choice(BLOCKS) << 24 | draws.below(1 << 24)))
        if await elastic_ips.allocate(ctx.db, {**row, "public_ip": address}):
            return address
    raise AwsError(
        "InsufficientAddressCapacity", "There is not enough capacity to allocate an address.", 500
    )


async def _named(ctx: Context, params: dict[str, Any]) -> Any:
    """The address that AllocationId or PublicIp names."""
    allocation_id = params.get("AllocationId")
    if allocation_id:
        identifiers.check(ALLOCATION, [allocation_id])
        address = await elastic_ips.find_one(ctx.db, ctx.region, allocation_id)
        if address is None:
            raise identifiers.not_found(ALLOCATION, [allocation_id])
        return address
    if not params.get("PublicIp"):
        raise AwsError("MissingParameter", "Either 'AllocationId' or 'PublicIp' must be specified.")
    return await _by_public_ip(ctx, params["PublicIp"])


async def _locked(
    ctx: Context, address: Any, instance_id: str | None, interface_id: str | None
) -> Any:
    """The instance to put the address on; it, the one before, and the addresses are locked."""
    both = [one for one in (instance_id, address["associated_instance_id"]) if one]
    found = await elastic_ips.lock(ctx.db, ctx.region, both, interface_id, address["allocation_id"])
    instance = next(
        (
            row
            for row in found
            if row["instance_id"] == instance_id
            or (not instance_id and row["network_interface_id"] == interface_id)
        ),
        None,
    )
    if instance is None and instance_id:
        raise identifiers.not_found(INSTANCE, [instance_id])
    if instance is None or (interface_id and instance["network_interface_id"] != interface_id):
        raise identifiers.not_found(NETWORK_INTERFACE, [str(interface_id)])
    if instance["state"] in ("terminated", "shutting-down"):
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{instance['instance_id']}' is not in a valid state for this operation.",
        )
    return instance


def _check_movable(address: Any, params: dict[str, Any]) -> None:
    _check_not_managed(address)
    if params.get("AllowReassociation") is False:
        raise already_associated(address)


def already_associated(address: Any) -> AwsError:
    """The refusal of an address that something else holds."""
    return AwsError(
        "Resource.AlreadyAssociated",
        f"resource {address['allocation_id']} is already associated with associate-id"
        f" {address['association_id']}",
    )


def _check_not_managed(address: Any) -> None:
    if address["associated_lb_arn"]:
        raise AwsError(
            "OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments."
        )
    if address["associated_nat_gateway_id"]:
        raise AwsError(
            "AuthFailure", "You do not have permission to access the specified resource."
        )


async def _by(ctx: Context, column: str, value: str) -> Any | None:
    rows = await elastic_ips.LISTING.page(ctx.db, [Condition(column, (value,))], region=ctx.region)
    return rows[0] if rows else None


async def _by_public_ip(ctx: Context, public_ip: str) -> Any:
    address = await _by(ctx, "public_ip", _checked(public_ip))
    if address is None:
        raise _no_address(public_ip)
    return address


def _checked(public_ip: str) -> str:
    try:
        ipaddress.IPv4Address(public_ip)
    except ValueError:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({public_ip}) for parameter publicIp is invalid. Invalid IPv4 address.",
        ) from None
    return public_ip


def _no_address(public_ip: str) -> AwsError:
    return AwsError("InvalidAddress.NotFound", f"Address '{public_ip}' not found.")


ADDRESS_VIEW = View(
    {
        "InstanceId": "associated_instance_id",
        "PublicIp": "public_ip",
        "AllocationId": "allocation_id",
        "AssociationId": "association_id",
        "Domain": Constant("vpc"),
        "NetworkInterfaceId": "network_interface_id",
        "NetworkInterfaceOwnerId": "interface_owner",
        "PrivateIpAddress": "private_ip_address",
        "PublicIpv4Pool": "public_ipv4_pool",
        "NetworkBorderGroup": "network_border_group",
        "Tags": TAG_LIST,
    }
)

ATTRIBUTE_VIEW = View({"PublicIp": "public_ip", "AllocationId": "allocation_id"})

FILTERS = TAGS | {
    "allocation-id": "allocation_id",
    "association-id": "association_id",
    "domain": "domain",
    "instance-id": "associated_instance_id",
    "network-border-group": "network_border_group",
    "network-interface-id": "network_interface_id",
    "network-interface-owner-id": "interface_owner",
    "private-ip-address": "private_ip_address",
    "public-ip": "public_ip",
}
