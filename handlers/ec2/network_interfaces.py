"""Network interfaces.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html.
"""

from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.filters import TAGS
from emulator.rows import Computed, Constant, Each, Rows, View, When
from handlers.ec2 import identifiers
from handlers.ec2.derived_filters import NOT_MANAGED, ZONE_ID, Derived, Names, conditions
from handlers.ec2.identifiers import NETWORK_INTERFACE
from handlers.ec2.instance_view import (
    attachment_id,
    mac_address,
    private_dns_name,
    public_dns_name,
)
from models import network_interfaces
from models.regions import zone_id


async def describe_network_interfaces(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Network interfaces of the region, by id, filter and page."""
    asked = params.get("NetworkInterfaceIds")
    identifiers.check(NETWORK_INTERFACE, asked or ())
    page = pages.page(ctx, params)
    where = await conditions(
        ctx, network_interfaces.LISTING, FILTERS, TOLD_ALIKE, params.get("Filters")
    )
    rows = await network_interfaces.LISTING.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where and page.limit is None:
        identifiers.check_found(NETWORK_INTERFACE, asked, (row["id"] for row in rows))
    shown, token = page.cut(rows, "id")
    return {"NetworkInterfaces": Rows(INTERFACE_VIEW, shown), "NextToken": token}


def _holder(instance_id: str | None, owner: str) -> str:
    """Who attached the interface: what no instance has is AWS's own."""
    return owner if instance_id else "amazon-aws"


PRIVATE_DNS = Computed(private_dns_name, "private_ip_address", "region")
ASSOCIATION = When(
    "public_ip_address",
    {
        "AllocationId": "allocation_id",
        "AssociationId": "association_id",
        "IpOwnerId": Computed(
            lambda allocation_id, owner: owner if allocation_id else "amazon",
            "allocation_id",
            "owner",
        ),
        "PublicDnsName": Computed(public_dns_name, "public_ip_address", "region", "nameless"),
        "PublicIp": "public_ip_address",
    },
)

INTERFACE_VIEW = View(
    {
        "NetworkInterfaceId": "id",
        "Association": ASSOCIATION,
        "Attachment": When(
            "in_use",
            {
                "AttachmentId": Computed(
                    lambda own, interface: own or attachment_id(interface), "attachment_id", "id"
                ),
                "AttachTime": "attached_at",
                "DeleteOnTermination": "delete_on_termination",
                "DeviceIndex": "device_index",
                "NetworkCardIndex": Constant(0),
                "InstanceId": "instance_id",
                "InstanceOwnerId": Computed(_holder, "instance_id", "owner"),
                "Status": Constant("attached"),
            },
        ),
        "AvailabilityZone": "availability_zone",
        "AvailabilityZoneId": Computed(zone_id, "availability_zone", "owner"),
        "Description": "description",
        "Groups": Each("groups", {"GroupId": "id", "GroupName": "name"}),
        "InterfaceType": "kind",
        "Ipv6Addresses": Constant([]),
        "MacAddress": Computed(mac_address, "id"),
        "OwnerId": "owner",
        "PrivateDnsName": When("private_ip_address", PRIVATE_DNS),
        "PrivateIpAddress": "private_ip_address",
        "PrivateIpAddresses": [
            {
                "Association": ASSOCIATION,
                "Primary": Constant(True),
                "PrivateDnsName": When("private_ip_address", PRIVATE_DNS),
                "PrivateIpAddress": "private_ip_address",
            }
        ],
        "RequesterId": When("managed", Computed(lambda _: "amazon-aws", "managed")),
        "RequesterManaged": "managed",
        "SourceDestCheck": "source_dest_check",
        "Status": "status",
        "SubnetId": "subnet_id",
        "TagSet": Each("tags", {"Key": "key", "Value": "value"}),
        "VpcId": "vpc_id",
    }
)

FILTERS = TAGS | {
    "addresses.association.owner-id": "owner",
    "addresses.association.public-ip": "public_ip_address",
    "addresses.primary": "yes",
    "addresses.private-ip-address": "private_ip_address",
    "association.allocation-id": "allocation_id",
    "association.association-id": "association_id",
    "association.ip-owner-id": "owner",
    "association.public-ip": "public_ip_address",
    "attachment.attach-time": "attached_at",
    "attachment.delete-on-termination": "delete_on_termination",
    "attachment.device-index": "device_index",
    "attachment.instance-id": "instance_id",
    "attachment.instance-owner-id": "instance_owner",
    "attachment.status": "attached",
    "availability-zone": "availability_zone",
    "description": "description",
    "group-id": "group_id",
    "group-name": "group_name",
    "interface-type": "kind",
    "ipv6-addresses.ipv6-address": "nothing",
    "network-interface-id": "id",
    "owner-id": "owner",
    "private-ip-address": "private_ip_address",
    "requester-id": "requester",
    "requester-managed": "managed",
    "source-dest-check": "source_dest_check",
    "status": "status",
    "subnet-id": "subnet_id",
    "vpc-id": "vpc_id",
}

TOLD_ALIKE: Names = {
    **NOT_MANAGED,
    "availability-zone-id": ZONE_ID,
    "mac-address": Derived("id", lambda _, interface: mac_address(interface)),
}
