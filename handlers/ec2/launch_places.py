"""Where a launch goes: subnet, zone, security groups and addresses."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.ec2 import identifiers, zones
from handlers.ec2.identifiers import SECURITY_GROUP, SUBNET
from models import instance_types, launches
from models.machines import InstanceType


@dataclass(slots=True)
class Wish:
    """What a request says about the place, whichever of its two ways of saying it was taken."""

    subnet_id: str | None
    zone: str | None
    zone_id: str | None
    group_ids: Sequence[str]
    group_names: Sequence[str]
    private_ip: str | None
    public: bool | None
    tenancy: str | None

    @classmethod
    def of(cls, wanted: Mapping[str, Any]) -> "Wish":
        """The wish of RunInstances' parameters; the first network interface is the place."""
        given = wanted.get("NetworkInterfaces") or ()
        placement = wanted.get("Placement") or {}
        zone = placement.get("AvailabilityZone") or None
        zone_id = placement.get("AvailabilityZoneId") or None
        tenancy = placement.get("Tenancy")
        if not given:
            return cls(
                wanted.get("SubnetId"), zone, zone_id, wanted.get("SecurityGroupIds") or (),
                wanted.get("SecurityGroups") or (), wanted.get("PrivateIpAddress"), None, tenancy,
            )  # fmt: skip
        _check_interfaces(wanted)
        first = next((one for one in given if not one.get("DeviceIndex")), given[0])
        addresses = first.get("PrivateIpAddresses") or ()
        primary = next(
            (one.get("PrivateIpAddress") for one in addresses if one.get("Primary")), None
        )
        return cls(
            first.get("SubnetId"), zone, zone_id, first.get("Groups") or (), (),
            first.get("PrivateIpAddress") or primary, first.get("AssociatePublicIpAddress"),
            tenancy,
        )  # fmt: skip


@dataclass(slots=True)
class Place:
    """A subnet to launch into, and the security groups that the instances get there."""

    wish: Wish
    subnet: Any
    groups: list[str] = field(default_factory=list)

    @classmethod
    async def find(cls, ctx: Context, wish: Wish, machine: InstanceType) -> "Place":
        """The place for instances of a type; AwsError where there is none."""
        number = ctx.principal.account_number
        offered = [
            zone.name for zone in instance_types.zones_offering(machine.name, ctx.region, number)
        ]
        if not offered:
            raise AwsError(
                "Unsupported",
                "The requested configuration is currently not supported. Please check the"
                " documentation for supported configurations.",
            )
        place = cls(wish, await _subnet(ctx, wish, machine, offered))
        place.groups = await _groups(ctx, wish, place.subnet)
        return place

    @property
    def is_public(self) -> bool:
        """Whether EC2 lends the instances public addresses."""
        public = self.wish.public
        return bool(self.subnet["map_public_ip_on_launch"]) if public is None else public

    @property
    def tenancy(self) -> str:
        """The instances' tenancy: a dedicated VPC takes no shared ones."""
        wished = self.wish.tenancy or "default"
        return str(self.subnet["instance_tenancy"]) if wished == "default" else wished

    async def addresses(self, ctx: Context, least: int, most: int) -> list[str]:
        """As many private addresses as can be had, from `least` to `most`, kept for this launch."""
        subnet_id, block = self.subnet["subnet_id"], self.subnet["cidr_block"]
        in_use = await launches.taken(ctx.db, ctx.principal.account_id, subnet_id)
        if self.wish.private_ip:
            _check_address(self.wish.private_ip, block, in_use, most)
            return [self.wish.private_ip]
        found = launches.addresses(block, in_use, most)
        if len(found) < least:
            raise AwsError(
                "InsufficientFreeAddressesInSubnet",
                f"There are not enough free addresses in subnet '{subnet_id}' to satisfy the"
                " requested number of instances.",
            )
        return found


def _check_interfaces(wanted: Mapping[str, Any]) -> None:
    instance_level = {
        "SubnetId": "subnet ID",
        "SecurityGroupIds": "security groups",
        "SecurityGroups": "security groups",
        "PrivateIpAddress": "private address",
    }
    for name, words in instance_level.items():
        if wanted.get(name):
            raise AwsError(
                "InvalidParameterCombination",
                f"Network interfaces and an instance-level {words} may not be specified on the"
                " same request",
            )


async def _subnet(ctx: Context, wish: Wish, machine: InstanceType, offered: list[str]) -> Any:
    if wish.subnet_id:
        identifiers.check(SUBNET, [wish.subnet_id])
    zone = _zone(ctx, wish)
    found = await launches.places(ctx.db, ctx.region, wish.subnet_id)
    if wish.subnet_id:
        if not found:
            raise identifiers.not_found(SUBNET, [wish.subnet_id])
        zone = zone or found[0]["availability_zone"]
        if found[0]["availability_zone"] != zone:
            raise AwsError(
                "InvalidParameterValue",
                f"The availability zone '{zone}' is not the one of subnet '{wish.subnet_id}'",
            )
    if zone and zone not in offered:
        raise AwsError(
            "Unsupported",
            f"Your requested instance type ({machine.name}) is not supported in your requested"
            f" Availability Zone ({zone}). Please retry your request by not specifying an"
            f" Availability Zone or choosing {', '.join(offered)}.",
        )
    fitting = [
        row
        for row in found
        if row["availability_zone"] in offered and zone in (None, row["availability_zone"])
    ]
    if not fitting:
        if not found:
            raise AwsError(
                "VPCIdNotSpecified", "No default VPC for this user. GroupName is only supported for"
                " EC2-Classic and default VPC."
                if wish.group_names
                else "No default VPC for this user"
            )  # fmt: skip
        raise AwsError(
            "MissingInput", f"No default subnet for availability zone: '{zone or offered[0]}'."
        )
    return fitting[0]


def _zone(ctx: Context, wish: Wish) -> str | None:
    """The zone that is wished for, by name or by id; None: any."""
    if wish.zone is None and wish.zone_id is None:
        return None
    zone = zones.named(ctx, wish.zone, wish.zone_id)
    if zone is None:
        raise AwsError(
            "InvalidParameterValue", f"Invalid availability zone: [{wish.zone or wish.zone_id}]"
        )
    return zone.name


async def _groups(ctx: Context, wish: Wish, subnet: Any) -> list[str]:
    if wish.subnet_id and wish.group_names:
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter groupName cannot be used with the parameter subnet",
        )
    if not wish.group_ids and not wish.group_names:
        return [subnet["default_group_id"]] if subnet["default_group_id"] else []
    identifiers.check(SECURITY_GROUP, wish.group_ids)
    vpc_id = subnet["vpc_id"]
    rows = await launches.groups(ctx.db, ctx.region, wish.group_ids, wish.group_names, vpc_id)
    identifiers.check_found(SECURITY_GROUP, wish.group_ids, (row["group_id"] for row in rows))
    by_name = {row["name"]: row["group_id"] for row in rows if row["vpc_id"] == vpc_id}
    for name in wish.group_names:
        if name not in by_name:
            raise AwsError(
                "InvalidGroup.NotFound",
                f"The security group '{name}' does not exist in default VPC '{vpc_id}'",
            )
    for row in rows:
        if row["vpc_id"] != vpc_id:
            raise AwsError(
                "InvalidParameter",
                f"Security group {row['group_id']} and subnet {subnet['subnet_id']} belong to"
                " different networks.",
            )
    chosen = [*wish.group_ids, *(by_name[name] for name in wish.group_names)]
    return list(dict.fromkeys(chosen))


def _check_address(address: str, block: str, in_use: set[str], count: int) -> None:
    if count > 1:
        raise AwsError(
            "InvalidParameterCombination",
            "A private IP address cannot be specified when more than one instance is launched",
        )
    network = ipaddress.ip_network(block)
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        raise AwsError("InvalidParameterValue", f"Invalid address: {address}") from None
    if number not in network:
        raise AwsError(
            "InvalidParameterValue",
            f"Address {address} does not fall within the subnet's address range",
        )
    place = int(number) - int(network.network_address)
    if place < 4 or place == network.num_addresses - 1:
        raise AwsError(
            "InvalidParameterValue", f"Address {address} is in subnet's reserved address range"
        )
    if address in in_use:
        raise AwsError("InvalidIPAddress.InUse", f"Address {address} is in use.")
