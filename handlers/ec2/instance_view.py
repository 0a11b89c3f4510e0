"""An instance as EC2 shows it.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html.
"""

from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from emulator.ids import derived
from emulator.rows import Computed, Constant, Each, View, When
from models import instance_types
from models.regions import zone_id
from models.spot_requests import id_of


@lru_cache(maxsize=20_000)
def private_dns_name(address: str | None, region: str) -> str:
    """The name of a private address: ip-10-0-1-7.ec2.internal; empty without an address."""
    if not address:
        return ""
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    return f"ip-{address.replace('.', '-')}.{domain}"


@lru_cache(maxsize=20_000)
def public_dns_name(address: str | None, region: str, nameless: bool = False) -> str:
    """The name of a public address: ec2-3-80-1-7.compute-1.amazonaws.com; empty without one.

    `nameless`: the machine's VPC has no DNS hostnames.
    """
    if not address or nameless:
        return ""
    domain = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"ec2-{address.replace('.', '-')}.{domain}.amazonaws.com"


@lru_cache(maxsize=20_000)
def attachment_id(interface: str) -> str:
    """The attachment of an instance's first network interface."""
    return derived("eni-attach", interface)


@lru_cache(maxsize=20_000)
def association_id(interface: str) -> str:
    """The association of an address that EC2 lent."""
    return derived("eipassoc", interface)


@lru_cache(maxsize=20_000)
def mac_address(interface: str) -> str:
    """The hardware address of a network interface, in the range EC2 uses."""
    digits = derived("mac", interface)[4:14]
    return "12:" + ":".join(digits[n : n + 2] for n in range(0, 10, 2))


@lru_cache(maxsize=2_000)
def cpu_options(instance_type: str) -> dict[str, int] | None:
    """Cores and threads per core of an instance type."""
    known = instance_types.find(instance_type)
    if known is None:
        return None
    return {
        "CoreCount": known.vcpus // known.threads_per_core or 1,
        "ThreadsPerCore": known.threads_per_core,
    }


def chosen_cpu_options(instance_type: str, options: dict[str, Any]) -> dict[str, Any] | None:
    """Cores and threads as the launch asked for them, else as the type has them."""
    return (cpu_options(instance_type) or {}) | options.get("CpuOptions", {}) or None


def resource_dns_name(
    address: str | None, region: str, instance_id: str, options: dict[str, Any]
) -> str:
    """The private name of a machine that may be named after itself: i-0….ec2.internal."""
    name = private_dns_name(address, region)
    if options.get("PrivateDnsNameOptions", {}).get("HostnameType") != "resource-name":
        return name
    return name and f"{instance_id}.{name.partition('.')[2]}"


def reservation_id(options: dict[str, Any]) -> str | None:
    """The capacity reservation that the launch named."""
    target = options.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget")
    return target["CapacityReservationId"] if target else None


@lru_cache(maxsize=1_000)
def profile(arn: str) -> dict[str, str]:
    """An instance profile, with the id that belongs to its ARN."""
    return {"Arn": arn, "Id": "AIPA" + derived("aipa", arn)[5:21].upper()}


def metadata_options(given: dict[str, Any] | str | None) -> dict[str, Any]:
    """The instance metadata service's settings, with EC2's defaults."""
    return _metadata_options(tuple(given.items()) if isinstance(given, dict) else ())


@lru_cache(maxsize=1_000)
def _metadata_options(given: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return METADATA_DEFAULTS | dict(given)


METADATA_DEFAULTS = {
    "State": "applied",
    "HttpTokens": "optional",
    "HttpPutResponseHopLimit": 1,
    "HttpEndpoint": "enabled",
    "HttpProtocolIpv6": "disabled",
    "InstanceMetadataTags": "disabled",
}

OPTION_DEFAULTS: dict[str, dict[str, Any]] = {
    "CapacityReservationSpecification": {"CapacityReservationPreference": "open"},
    "EnclaveOptions": {"Enabled": False},
    "MaintenanceOptions": {"AutoRecovery": "default", "RebootMigration": "default"},
    "PrivateDnsNameOptions": {
        "HostnameType": "ip-name",
        "EnableResourceNameDnsARecord": False,
        "EnableResourceNameDnsAAAARecord": False,
    },
}


def options_shown(member: str, options: dict[str, Any] | None) -> dict[str, Any]:
    """One member of `launch_options`, with EC2's defaults."""
    said: dict[str, Any] = (options or {}).get(member, {})
    if "CapacityReservationTarget" in said:
        return dict(said)
    return OPTION_DEFAULTS[member] | said


def _option(member: str) -> When:
    shown = Computed(partial(options_shown, member), "launch_options")
    return When("launch_options", shown, Constant(OPTION_DEFAULTS[member]))


GROUPS = Each("groups", {"GroupId": "id", "GroupName": "name"})
PRIVATE_DNS = Computed(private_dns_name, "private_ip_address", "region")
PUBLIC_DNS = Computed(public_dns_name, "public_ip_address", "region", "nameless")
ASSOCIATION = When(
    "public_ip_address",
    {
        "IpOwnerId": When("has_elastic_ip", "owner_number", Constant("amazon")),
        "PublicDnsName": PUBLIC_DNS,
        "PublicIp": "public_ip_address",
    },
)

INTERFACE = {
    "NetworkInterfaceId": "network_interface_id",
    "SubnetId": "subnet_id",
    "VpcId": "vpc_id",
    "Description": When(
        "launch_options",
        Computed(lambda options: options.get("Description", ""), "launch_options"),
        Constant(""),
    ),
    "OwnerId": "owner_number",
    "Status": Constant("in-use"),
    "InterfaceType": Constant("interface"),
    "MacAddress": Computed(mac_address, "network_interface_id"),
    "PrivateIpAddress": "private_ip_address",
    "PrivateDnsName": PRIVATE_DNS,
    "SourceDestCheck": "source_dest_check",
    "Groups": GROUPS,
    "Ipv6Addresses": Constant([]),
    "Attachment": {
        "AttachmentId": Computed(attachment_id, "network_interface_id"),
        "DeviceIndex": Constant(0),
        "NetworkCardIndex": Constant(0),
        "Status": Constant("attached"),
        "AttachTime": "created_at",
        "DeleteOnTermination": Constant(True),
    },
    "Association": ASSOCIATION,
    "PrivateIpAddresses": [
        {
            "Primary": Constant(True),
            "PrivateIpAddress": "private_ip_address",
            "PrivateDnsName": PRIVATE_DNS,
            "Association": ASSOCIATION,
        }
    ],
    "Operator": Constant({"Managed": False}),
}

# The interfaces that were attached beside the first; a lent or elastic address lies on that one.
_FIRST = View(INTERFACE)
_ADDED = View(
    INTERFACE
    | {
        "Description": "description",
        "InterfaceType": "kind",
        "Attachment": {
            "AttachmentId": "attachment_id",
            "DeviceIndex": "device_index",
            "NetworkCardIndex": Constant(0),
            "Status": Constant("attached"),
            "AttachTime": Computed(datetime.fromisoformat, "attached_at"),
            "DeleteOnTermination": "delete_on_termination",
        },
    }
)
_SHOWN_FROM = (
    "network_interface_id", "subnet_id", "vpc_id", "private_ip_address", "source_dest_check",
    "groups", "created_at", "public_ip_address", "region", "nameless", "has_elastic_ip",
    "owner_number", "launch_options",
)  # fmt: skip


def all_interfaces(added: list[dict[str, Any]], *values: Any) -> list[dict[str, Any]]:
    """The first interface, told by columns, and those `added`."""
    first = dict(zip(_SHOWN_FROM, values, strict=True))
    beside = {"public_ip_address": None, **{n: first[n] for n in ("region", "owner_number")}}
    return [_FIRST.show(first), *(_ADDED.show({**beside, **one}) for one in added)]


INSTANCE_MEMBERS: dict[str, Any] = {
    "InstanceId": "instance_id",
    "ImageId": "image_id",
    "State": {"Code": "state_number", "Name": "state"},
    "PrivateDnsName": When(
        "launch_options",
        Computed(
            resource_dns_name, "private_ip_address", "region", "instance_id", "launch_options"
        ),
        PRIVATE_DNS,
    ),
    "PublicDnsName": PUBLIC_DNS,
    "StateTransitionReason": Computed(lambda reason: reason or "", "transition_reason"),
    "KeyName": "key_name",
    "AmiLaunchIndex": "launch_index",
    "ProductCodes": Constant([]),
    "InstanceType": "instance_type",
    "LaunchTime": "launch_time",
    "Placement": {
        "AvailabilityZone": "availability_zone",
        "AvailabilityZoneId": Computed(zone_id, "availability_zone", "owner_number"),
        "GroupName": Constant(""),
        "Tenancy": "tenancy",
    },
    "Platform": "platform",
    "Monitoring": {"State": "monitoring"},
    "SubnetId": "subnet_id",
    "VpcId": "vpc_id",
    "PrivateIpAddress": "private_ip_address",
    "PublicIpAddress": "public_ip_address",
    "StateReason": When(
        "state_reason_code", {"Code": "state_reason_code", "Message": "state_reason_message"}
    ),
    "Architecture": "architecture",
    "RootDeviceType": Constant("ebs"),
    "RootDeviceName": "root_device_name",
    "BlockDeviceMappings": Each(
        "devices",
        {
            "DeviceName": "device",
            "Ebs": {
                "VolumeId": "volume_id",
                "Status": Constant("attached"),
                "AttachTime": Computed(datetime.fromisoformat, "attach_time"),
                "DeleteOnTermination": "delete_on_termination",
            },
        },
    ),
    "VirtualizationType": Constant("hvm"),
    "InstanceLifecycle": "instance_lifecycle",
    "SpotInstanceRequestId": Computed(
        lambda kind, instance: id_of(instance) if kind == "spot" else None,
        "instance_lifecycle",
        "instance_id",
    ),
    "ClientToken": Computed(lambda token: token or "", "client_token"),
    "Tags": Each("tags", {"Key": "key", "Value": "value"}),
    "SecurityGroups": GROUPS,
    "SourceDestCheck": "source_dest_check",
    # "The value xen is used for both Xen and Nitro hypervisors" (API_Instance)
    "Hypervisor": Constant("xen"),
    "NetworkInterfaces": When(
        "added_interfaces",
        Computed(all_interfaces, "added_interfaces", *_SHOWN_FROM),
        When("network_interface_id", [INTERFACE], Constant([])),
    ),
    "EbsOptimized": "ebs_optimized",
    "EnaSupport": Constant(True),
    "IamInstanceProfile": When(
        "iam_instance_profile_arn", Computed(profile, "iam_instance_profile_arn")
    ),
    "CpuOptions": When(
        "launch_options",
        Computed(chosen_cpu_options, "instance_type", "launch_options"),
        Computed(cpu_options, "instance_type"),
    ),
    "CapacityReservationId": When("launch_options", Computed(reservation_id, "launch_options")),
    "CapacityReservationSpecification": _option("CapacityReservationSpecification"),
    "HibernationOptions": {"Configured": "hibernation"},
    "MetadataOptions": Computed(metadata_options, "metadata_options"),
    "EnclaveOptions": _option("EnclaveOptions"),
    "PlatformDetails": "platform_details",
    "UsageOperation": "usage_operation",
    "UsageOperationUpdateTime": "created_at",
    "PrivateDnsNameOptions": _option("PrivateDnsNameOptions"),
    "MaintenanceOptions": _option("MaintenanceOptions"),
    "CurrentInstanceBootMode": Constant("legacy-bios"),
    "NetworkPerformanceOptions": Constant({"BandwidthWeighting": "default"}),
    "Operator": Constant({"Managed": False}),
}
