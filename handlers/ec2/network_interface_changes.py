"""Network interfaces as they are made, attached, changed and deleted.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html and
the pages of the operations beside it.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from emulator.idempotency import once
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import INSTANCE, NETWORK_INTERFACE, SECURITY_GROUP, SUBNET
from handlers.ec2.instance_view import attachment_id
from handlers.ec2.network_interfaces import INTERFACE_VIEW
from handlers.ec2.tag_specifications import check_types, tags_for
from models import instance_types, instances, launches, network_interfaces, subnets

NOUN = "network_interfaces"
# Interfaces here have one IPv4 address each.
UNSUPPORTED = (
    "Ipv4Prefixes", "Ipv4PrefixCount", "Ipv6Prefixes", "Ipv6PrefixCount", "Ipv6Addresses",
    "Ipv6AddressCount", "EnablePrimaryIpv6", "ConnectionTrackingSpecification",
    "SecondaryPrivateIpAddressCount",
)  # fmt: skip
UNSUPPORTED_CHANGES = (
    "EnaSrdSpecification", "EnablePrimaryIpv6", "ConnectionTrackingSpecification",
    "AssociatePublicIpAddress", "AssociatedSubnetIds",
)  # fmt: skip


async def create_network_interface(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """An interface in a subnet, attached to nothing yet."""
    check_types(params, ("network-interface",))
    _refuse(params, UNSUPPORTED)
    tags = tags_for(params, "network-interface")

    async def work() -> list[str]:
        row = await new_row(ctx, params, tags)
        await network_interfaces.insert(ctx.db, row)
        return [row["network_interface_id"]]

    [interface_id] = await once(ctx, params.get("ClientToken"), work)
    shown = INTERFACE_VIEW.show(await _find(ctx, interface_id))
    return {
        "NetworkInterface": {**shown, "Status": "pending"},
        "ClientToken": params.get("ClientToken"),
    }


async def delete_network_interface(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete an interface that is attached to nothing."""
    interface_id = params["NetworkInterfaceId"]
    identifiers.check(NETWORK_INTERFACE, [interface_id])
    if not await network_interfaces.delete(ctx.db, ctx.region, interface_id):
        row = await _find(ctx, interface_id)
        _check_own(row)
        raise AwsError(
            "InvalidParameterValue", f"Network interface '{interface_id}' is currently in use."
        )
    return {}


async def attach_network_interface(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Attach an interface to an instance of its zone, at an index that is free."""
    _refuse(params, ("EnaSrdSpecification", "EnaQueueCount", "NetworkCardIndex"))
    interface_id, instance_id = params["NetworkInterfaceId"], params["InstanceId"]
    identifiers.check(INSTANCE, [instance_id])
    index, attachment = params["DeviceIndex"], ids.new("eni-attach")
    async with ctx.db.transaction():
        row = await _find(ctx, interface_id)
        instance = await instances.find_one(ctx.db, ctx.region, instance_id)
        if instance is None:
            raise identifiers.not_found(INSTANCE, [instance_id])
        if row["in_use"]:
            raise AwsError("InvalidNetworkInterface.InUse", f"Interface: [{interface_id}] in use.")
        await _check_fits(ctx, row, instance, index)
        if index == 0 or not await network_interfaces.attach(
            ctx.db, ctx.region, interface_id, instance_id, index, ctx.now, attachment
        ):
            raise AwsError(
                "InvalidParameterValue",
                f"Instance '{instance_id}' already has an interface attached at device index"
                f" '{index}'.",
            )
    return {"AttachmentId": attachment, "NetworkCardIndex": 0}


async def detach_network_interface(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Detach an interface; it stays, attached to nothing."""
    attachment = params["AttachmentId"]
    if not await network_interfaces.detach(ctx.db, ctx.region, attachment):
        raise AwsError(
            "InvalidAttachmentID.NotFound", f"The attachment '{attachment}' does not exist."
        )
    return {}


async def modify_network_interface_attribute(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Change the description, the groups, the check of addresses or the end of an interface."""
    _refuse(params, UNSUPPORTED_CHANGES)
    async with ctx.db.transaction():
        row = await _find(ctx, params["NetworkInterfaceId"])
        _check_managed(row)
        changes = await _changes(ctx, row, params)
        named = row["id"]
        if await network_interfaces.change(ctx.db, ctx.region, named, changes):
            return {}
        if set(changes) - {"security_group_ids", "source_dest_check"}:
            raise AwsError(
                "UnsupportedOperation",
                f"This attribute of the first interface of an instance, '{named}', cannot be"
                " changed.",
            )
        await network_interfaces.change_primary(ctx.db, ctx.region, named, changes)
    return {}


async def describe_network_interface_attribute(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """One attribute of an interface."""
    shown = INTERFACE_VIEW.show(await _find(ctx, params["NetworkInterfaceId"]))
    answer = {"NetworkInterfaceId": params["NetworkInterfaceId"]}
    attribute = params.get("Attribute") or "description"
    parts: dict[str, dict[str, Any]] = {
        "description": {"Description": {"Value": shown["Description"]}},
        "groupSet": {"Groups": shown["Groups"]},
        "sourceDestCheck": {"SourceDestCheck": {"Value": shown["SourceDestCheck"]}},
        "attachment": {"Attachment": shown.get("Attachment")},
        "associatePublicIpAddress": {"AssociatePublicIpAddress": "Association" in shown},
    }
    return answer | parts[attribute]


async def _find(ctx: Context, interface_id: str) -> Any:
    identifiers.check(NETWORK_INTERFACE, [interface_id])
    row = await network_interfaces.find_one(ctx.db, ctx.region, interface_id)
    if row is None:
        raise identifiers.not_found(NETWORK_INTERFACE, [interface_id])
    return row


async def new_row(
    ctx: Context, params: Mapping[str, Any], tags: Mapping[str, str]
) -> dict[str, Any]:
    """Columns of an interface that is attached to nothing yet."""
    subnet_id = params["SubnetId"]
    identifiers.check(SUBNET, [subnet_id])
    subnet = await subnets.find_one(ctx.db, ctx.region, subnet_id)
    if subnet is None:
        raise identifiers.not_found(SUBNET, [subnet_id])
    in_use = await launches.taken(ctx.db, ctx.principal.account_id, subnet_id)
    return {
        "network_interface_id": ids.new("eni"),
        "region": ctx.region,
        "subnet_id": subnet_id,
        "vpc_id": subnet["vpc_id"],
        "availability_zone": subnet["availability_zone"],
        "private_ip_address": _address(params, subnet["cidr_block"], in_use),
        "description": params.get("Description") or "",
        "interface_type": params.get("InterfaceType") or "interface",
        "security_group_ids": await _groups(ctx, params.get("Groups"), subnet["vpc_id"]),
        "tags": tags,
        "created_at": ctx.now,
    }


async def _groups(ctx: Context, asked: Sequence[str] | None, vpc_id: str) -> list[str]:
    """The groups that are meant, all of one VPC; its default group where none is named."""
    identifiers.check(SECURITY_GROUP, asked or ())
    names = () if asked else ("default",)
    rows = await launches.groups(ctx.db, ctx.region, asked or (), names, vpc_id)
    identifiers.check_found(SECURITY_GROUP, asked or (), (row["group_id"] for row in rows))
    if any(row["vpc_id"] != vpc_id for row in rows):
        raise AwsError(
            "InvalidGroup.NotFound",
            f"You have specified two resources that belong to different networks: {vpc_id}.",
        )
    return list(dict.fromkeys(asked)) if asked else [row["group_id"] for row in rows]


def _address(params: Mapping[str, Any], block: str, in_use: set[str]) -> str:
    given = params.get("PrivateIpAddresses") or ()
    if len(given) > 1:
        _refuse({"PrivateIpAddresses": given}, ("PrivateIpAddresses",))
    wanted = params.get("PrivateIpAddress") or next(
        (one["PrivateIpAddress"] for one in given), None
    )
    if not wanted:
        free = launches.addresses(block, in_use, 1)
        if not free:
            raise AwsError(
                "InsufficientFreeAddressesInSubnet",
                "The specified subnet does not have enough free addresses to satisfy the request.",
            )
        return free[0]
    try:
        inside = ipaddress.ip_address(wanted) in ipaddress.ip_network(block)
    except ValueError:
        raise AwsError("InvalidParameterValue", f"Invalid address: {wanted}") from None
    if not inside:
        raise AwsError(
            "InvalidParameterValue",
            f"Address {wanted} does not fall within the subnet's address range",
        )
    if wanted in in_use:
        raise AwsError("InvalidIPAddress.InUse", f"Address {wanted} is in use.")
    return str(wanted)


async def _check_fits(ctx: Context, row: Any, instance: Any, index: int) -> None:
    """Refuse an instance that cannot have the interface: of another zone, gone, or full."""
    if instance["state"] not in ("running", "stopped"):
        raise AwsError(
            "IncorrectInstanceState",
            f"Instance '{instance['instance_id']}' is not 'running' or 'stopped'.",
        )
    if instance["availability_zone"] != row["availability_zone"]:
        raise AwsError(
            "InvalidParameterCombination",
            "You may not attach a network interface to an instance if they are not in the same"
            " availability zone",
        )
    machine = instance_types.find(instance["instance_type"])
    most = machine.maximum_network_interfaces if machine else index + 1
    count = await network_interfaces.attached_count(ctx.db, instance["instance_id"])
    if count + 1 >= most:
        raise AwsError(
            "AttachmentLimitExceeded",
            f"Interface count {count + 2} exceeds the limit for {instance['instance_type']}",
        )


async def _changes(ctx: Context, row: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if params.get("Description") is not None:
        changes["description"] = params["Description"].get("Value") or ""
    if params.get("SourceDestCheck") is not None:
        changes["source_dest_check"] = bool(params["SourceDestCheck"].get("Value"))
    if params.get("Groups"):
        changes["security_group_ids"] = await _groups(ctx, params["Groups"], row["vpc_id"])
    attachment = params.get("Attachment")
    if attachment is not None:
        own = row["attachment_id"] or attachment_id(row["id"])
        if not row["in_use"] or attachment.get("AttachmentId") != own:
            raise AwsError(
                "InvalidAttachmentID.NotFound",
                f"The attachment '{attachment.get('AttachmentId')}' does not exist.",
            )
        changes["delete_on_termination"] = bool(attachment.get("DeleteOnTermination"))
    return changes


def _check_own(row: Any) -> None:
    """Refuse what belongs to an instance from its launch on, or to AWS."""
    _check_managed(row)
    if row["attachment_id"] is None:
        raise AwsError(
            "InvalidParameterValue", f"Network interface '{row['id']}' is currently in use."
        )


def _check_managed(row: Any) -> None:
    if row["managed"]:
        raise AwsError(
            "AuthFailure", "You do not have permission to access the specified resource."
        )


def _refuse(params: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in names:
        if params.get(name) not in (None, 0, []):
            raise AwsError("UnsupportedOperation", f"{name} is not supported in this account.")
