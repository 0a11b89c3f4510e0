"""What DescribeInstances and DescribeInstanceStatus can be filtered by.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html and
API_DescribeInstanceStatus.html.
"""

from emulator.filters import TAGS
from handlers.ec2.derived_filters import NOT_MANAGED, ZONE_ID, Derived, Names, Same
from handlers.ec2.instance_view import attachment_id, mac_address, profile

_RESERVATIONS = "capacity-reservation-specification"
FILTERS = TAGS | {
    "architecture": "architecture",
    "availability-zone": "availability_zone",
    "block-device-mapping.attach-time": "device_attach_time",
    "block-device-mapping.delete-on-termination": "device_delete_on_termination",
    "block-device-mapping.device-name": "device_name",
    "block-device-mapping.status": "device_status",
    "block-device-mapping.volume-id": "device_volume_id",
    "capacity-reservation-id": "target_reservation",
    f"{_RESERVATIONS}.capacity-reservation-preference": "reservation_preference",
    f"{_RESERVATIONS}.capacity-reservation-target.capacity-reservation-id": "target_reservation",
    "client-token": "client_token",
    "dns-name": "public_dns_name",
    "ebs-optimized": "ebs_optimized",
    "enclave-options.enabled": "enclave",
    "group-id": "security_group_id",
    "group-name": "security_group_name",
    "hibernation-options.configured": "hibernation",
    "iam-instance-profile.arn": "iam_instance_profile_arn",
    "image-id": "image_id",
    "instance-id": "instance_id",
    "instance-lifecycle": "instance_lifecycle",
    "instance-state-code": "state_number",
    "instance-state-name": "state",
    "instance-type": "instance_type",
    "instance.group-id": "security_group_id",
    "instance.group-name": "security_group_name",
    "ip-address": "public_ip_address",
    "key-name": "key_name",
    "launch-index": "launch_index",
    "launch-time": "launch_time",
    "maintenance-options.auto-recovery": "auto_recovery",
    "metadata-options.http-endpoint": "metadata_endpoint",
    "metadata-options.http-protocol-ipv4": "metadata_endpoint",
    "metadata-options.http-protocol-ipv6": "metadata_ipv6",
    "metadata-options.http-put-response-hop-limit": "metadata_hops",
    "metadata-options.http-tokens": "metadata_tokens",
    "metadata-options.instance-metadata-tags": "metadata_tags",
    "monitoring-state": "monitoring",
    "network-interface.addresses.association.allocation-id": "association_allocation_id",
    "network-interface.addresses.association.association-id": "association_id",
    "network-interface.addresses.association.ip-owner-id": "association_owner",
    "network-interface.addresses.association.public-dns-name": "public_dns_name",
    "network-interface.addresses.association.public-ip": "public_ip_address",
    "network-interface.addresses.private-dns-name": "private_dns_name",
    "network-interface.addresses.private-ip-address": "interface_address",
    "network-interface.association.allocation-id": "association_allocation_id",
    "network-interface.association.association-id": "association_id",
    "network-interface.association.ip-owner-id": "association_owner",
    "network-interface.association.public-dns-name": "public_dns_name",
    "network-interface.association.public-ip": "public_ip_address",
    "network-interface.attachment.attach-time": "created_at",
    "network-interface.attachment.instance-id": "instance_id",
    "network-interface.attachment.instance-owner-id": "owner",
    "network-interface.availability-zone": "availability_zone",
    "network-interface.description": "interface_description",
    "network-interface.group-id": "security_group_id",
    "network-interface.group-name": "security_group_name",
    "network-interface.network-interface-id": "interface_id",
    "network-interface.owner-id": "owner",
    "network-interface.private-dns-name": "private_dns_name",
    "network-interface.private-ip-address": "interface_address",
    "network-interface.public-dns-name": "public_dns_name",
    "network-interface.source-dest-check": "source_dest_check",
    "network-interface.subnet-id": "interface_subnet_id",
    "network-interface.tag-key": "interface_tag_key",
    "network-interface.tag-value": "interface_tag_value",
    "network-interface.vpc-id": "vpc_id",
    "owner-id": "owner",
    "placement.availability-zone": "availability_zone",
    "platform": "platform",
    "platform-details": "platform_details",
    "private-dns-name": "private_dns_name",
    "private-dns-name-options.enable-resource-name-dns-a-record": "names_by_a_record",
    "private-dns-name-options.enable-resource-name-dns-aaaa-record": "names_by_aaaa_record",
    "private-dns-name-options.hostname-type": "hostname_type",
    "private-ip-address": "private_ip_address",
    "reason": "transition_reason",
    "reservation-id": "reservation_id",
    "root-device-name": "root_device_name",
    "source-dest-check": "source_dest_check",
    "spot-instance-request-id": "spot_request_id",
    "state-reason-code": "state_reason_code",
    "state-reason-message": "state_reason_message",
    "subnet-id": "subnet_id",
    "tenancy": "tenancy",
    "usage-operation": "usage_operation",
    "usage-operation-update-time": "created_at",
    "vpc-id": "vpc_id",
}

_NETWORK = "network-interface"
TOLD_ALIKE: Names = {
    **NOT_MANAGED,
    **{f"{_NETWORK}.{name}": kind for name, kind in NOT_MANAGED.items()},
    **dict.fromkeys(
        (
            "affinity", "boot-mode",
            "capacity-reservation-specification.capacity-reservation-target"
            ".capacity-reservation-resource-group-arn",
            "host-id", "ipv6-address", "kernel-id", "outpost-arn", "placement-group-name",
            "placement-partition-number", "product-code", "product-code.type", "ramdisk-id",
            "requester-id", "tpm-support",
            f"{_NETWORK}.addresses.association.carrier-ip",
            f"{_NETWORK}.addresses.association.customer-owned-ip",
            f"{_NETWORK}.association.carrier-ip", f"{_NETWORK}.association.customer-owned-ip",
            f"{_NETWORK}.deny-all-igw-traffic", f"{_NETWORK}.ipv4-prefixes.ipv4-prefix",
            f"{_NETWORK}.ipv6-address", f"{_NETWORK}.ipv6-addresses.ipv6-address",
            f"{_NETWORK}.ipv6-addresses.is-primary-ipv6", f"{_NETWORK}.ipv6-native",
            f"{_NETWORK}.ipv6-prefixes.ipv6-prefix", f"{_NETWORK}.outpost-arn",
            f"{_NETWORK}.requester-id",
        ),
        Same(),
    ),
    "availability-zone-id": ZONE_ID,
    "current-instance-boot-mode": Same(("legacy-bios",)),
    "ena-support": Same(("true",)),
    "hypervisor": Same(("xen",)),
    "iam-instance-profile.id": Derived(
        "iam_instance_profile_arn", lambda _, arn: profile(arn)["Id"]
    ),
    "metadata-options.state": Same(("applied",)),
    f"{_NETWORK}.addresses.primary": Same(("true",)),
    f"{_NETWORK}.attachment.attachment-id": Derived(
        "network_interface_id", lambda _, interface: attachment_id(interface)
    ),
    f"{_NETWORK}.attachment.delete-on-termination": Same(("true",)),
    f"{_NETWORK}.attachment.device-index": Same(("0",)),
    f"{_NETWORK}.attachment.network-card-index": Same(("0",)),
    f"{_NETWORK}.attachment.status": Same(("attached",)),
    f"{_NETWORK}.mac-address": Derived(
        "network_interface_id", lambda _, interface: mac_address(interface)
    ),
    f"{_NETWORK}.requester-managed": Same(("false",)),
    f"{_NETWORK}.status": Same(("in-use",)),
    "network-performance-options.bandwidth-weighting": Same(("default",)),
    "root-device-type": Same(("ebs",)),
    "virtualization-type": Same(("hvm",)),
}  # fmt: skip

STATUS_FILTERS = TAGS | {
    "attached-ebs-status.status": "status",
    "availability-zone": "availability_zone",
    "instance-state-code": "state_number",
    "instance-state-name": "state",
    "instance-status.status": "status",
    "system-status.status": "status",
    "instance-status.reachability": "reachability",
    "system-status.reachability": "reachability",
}

# Nothing is scheduled for an instance, and none tells of its applications.
STATUS_TOLD_ALIKE: Names = {
    **NOT_MANAGED,
    **dict.fromkeys(
        (
            "application-status.status", "event.code", "event.description",
            "event.instance-event-id", "event.not-after", "event.not-before",
            "event.not-before-deadline",
        ),
        Same(),
    ),
    "availability-zone-id": ZONE_ID,
}  # fmt: skip
