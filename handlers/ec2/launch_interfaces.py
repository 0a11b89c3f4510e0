"""The interfaces that a launch asks for beside the first one of each instance.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/
API_InstanceNetworkInterfaceSpecification.html.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from handlers.ec2 import identifiers, network_interface_changes
from handlers.ec2.identifiers import NETWORK_INTERFACE
from handlers.ec2.tag_specifications import tags_for
from models import network_interfaces
from models.machines import InstanceType

Params = Mapping[str, Any]


def beside(wanted: Params) -> list[Params]:
    """What a request says of interfaces other than the first."""
    given: Sequence[Params] = wanted.get("NetworkInterfaces") or ()
    first = next((one for one in given if not one.get("DeviceIndex")), given[0] if given else None)
    return [one for one in given if one is not first]


async def check(ctx: Context, wanted: Params, kind: InstanceType) -> None:
    """Refuse interfaces that instances of the type cannot have, and existing ones."""
    given: Sequence[Params] = wanted.get("NetworkInterfaces") or ()
    named = [one["NetworkInterfaceId"] for one in given if one.get("NetworkInterfaceId")]
    if named:
        # they would be those of one instance, made and attached by calls of their own here
        identifiers.check(NETWORK_INTERFACE, named)
        rows = await network_interfaces.LISTING.page(ctx.db, region=ctx.region, ids=named)
        identifiers.check_found(NETWORK_INTERFACE, named, (row["id"] for row in rows))
        raise AwsError(
            "UnsupportedOperation", "NetworkInterfaceId is not supported in this account."
        )
    if len(given) < 2:
        return
    indexes = {one.get("DeviceIndex") for one in given}
    if None in indexes or len(indexes) < len(given):
        raise AwsError(
            "InvalidParameterValue", "Each network interface requires a unique device index."
        )
    if any(one.get("AssociatePublicIpAddress") for one in given):
        raise AwsError(
            "InvalidParameterCombination",
            "The associatePublicIPAddress parameter cannot be specified when launching with"
            " multiple network interfaces.",
        )
    if len(given) > kind.maximum_network_interfaces:
        raise AwsError(
            "AttachmentLimitExceeded",
            f"Interface count {len(given)} exceeds the limit for {kind.name}",
        )


async def add(ctx: Context, wanted: Params, instances: Iterable[Params]) -> None:
    """Make and attach what `check` has let pass, for each of the instances."""
    asked, tags = beside(wanted), tags_for(wanted, "network-interface")
    if not asked:
        return
    for instance in instances:
        for one in asked:
            given = {**one, "SubnetId": one.get("SubnetId") or instance["subnet_id"]}
            row = await network_interface_changes.new_row(ctx, given, tags)
            if row["availability_zone"] != instance["availability_zone"]:
                raise AwsError(
                    "InvalidParameterCombination",
                    "You may not attach a network interface to an instance if they are not in the"
                    " same availability zone",
                )
            goes = one.get("DeleteOnTermination")
            attached = {
                "attached_instance_id": instance["instance_id"],
                "attachment_id": ids.new("eni-attach"),
                "device_index": one["DeviceIndex"],
                "delete_on_termination": True if goes is None else bool(goes),
                "attached_at": ctx.now,
            }
            await network_interfaces.insert(ctx.db, {**row, **attached})
