"""What a list of instances can be filtered by: each name's expression.

In them `i` is the instance and `n` its VPC.
"""

from models.callers import NUMBER
from models.listing import ISO_MILLISECONDS, SHIFT, Column

# AWS's numbers of the states (API_InstanceState).
STATE_CODES = {
    "pending": 0,
    "running": 16,
    "shutting-down": 32,
    "terminated": 48,
    "stopping": 64,
    "stopped": 80,
}

STATE_NUMBER = (
    "(case i.state "
    + " ".join(f"when '{state}' then {code}" for state, code in STATE_CODES.items())
    + " end)"
)
# A time inside a text is shifted here, since nothing after this knows that it is one.
TRANSITION = (
    "i.state_transition_reason || coalesce(to_char((i.state_changed_at + {shift})"
    " at time zone 'utc', '\" (\"YYYY-MM-DD HH24:MI:SS\" GMT)\"'), '')"
)
NAMELESS = "coalesce(not coalesce(n.enable_dns_hostnames, n.is_default), false)"

_RESERVATIONS = "CapacityReservationSpecification"
TARGET_RESERVATION = (
    f"(i.launch_options -> '{_RESERVATIONS}' -> 'CapacityReservationTarget'"
    " ->> 'CapacityReservationId')"
)
_PUBLIC = "i.public_ip_address is not null"


def placed(expression: str, otherwise: str = "null") -> str:
    """Where an instance is in its network; a terminated one is nowhere."""
    return f"(case when i.state <> 'terminated' then {expression} else {otherwise} end)"


def _metadata(name: str, default: str) -> str:
    return f"(coalesce(i.metadata_options ->> '{name}', '{default}'))"


def _option(member: str, name: str, default: str) -> str:
    return f"(coalesce(i.launch_options -> '{member}' ->> '{name}', '{default}'))"


def _addressed(expression: str) -> str:
    return (
        "exists (select 1 from elastic_ips as e where e.associated_instance_id = i.instance_id"
        f" and {expression} {{match}})"
    )


def _interface(first: str, column: str) -> str:
    """What the first interface or one of those beside it tells."""
    return (
        f"({first} {{match}} or exists (select 1 from network_interfaces as o"
        f" where o.attached_instance_id = i.instance_id and o.{column} {{match}}))"
    )


def _interface_tagged(expression: str) -> str:
    return (
        "exists (select 1 from resource_tags as t where t.resource_type = 'network_interface'"
        f" and t.resource_id = i.network_interface_id and {expression} {{match}})"
    )


def _attached(expression: str) -> str:
    return (
        "exists (select 1 from volumes as v where v.attached_instance_id = i.instance_id"
        f" and {expression} {{match}})"
    )


COLUMNS: dict[str, Column | str] = {
    "region": "i.region",
    "instance_id": "i.instance_id",
    "instance_type": "i.instance_type",
    "state": "i.state",
    "state_number": Column(STATE_NUMBER, "int"),
    "state_reason_code": "i.state_reason_code",
    "state_reason_message": "i.state_reason_message",
    "launch_time": Column("i.launch_time", "time"),
    "launch_index": Column("i.launch_index", "int"),
    "availability_zone": "i.availability_zone",
    "vpc_id": placed("i.vpc_id"),
    "subnet_id": placed("i.subnet_id"),
    "network_interface_id": placed("i.network_interface_id"),
    "private_ip_address": placed("i.private_ip_address"),
    "public_ip_address": "i.public_ip_address",
    "source_dest_check": Column("i.source_dest_check", "bool"),
    "security_group_id": Column(placed("i.security_group_ids"), "texts"),
    "security_group_name": (
        "exists (select 1 from security_groups as g where i.state <> 'terminated'"
        " and g.group_id = any(i.security_group_ids) and g.name {match})"
    ),
    "image_id": "i.image_id",
    "architecture": "i.architecture",
    "platform": "i.platform",
    "platform_details": "i.platform_details",
    "usage_operation": "i.usage_operation",
    "root_device_name": "i.root_device_name",
    "key_name": "i.key_name",
    "iam_instance_profile_arn": "i.iam_instance_profile_arn",
    "monitoring": "i.monitoring",
    "hibernation": Column("i.hibernation", "bool"),
    "tenancy": "i.tenancy",
    "instance_lifecycle": "i.instance_lifecycle",
    "reservation_id": "i.reservation_id",
    "client_token": "i.client_token",
    "transition_reason": f"(coalesce({TRANSITION}, ''))",
    "created_at": Column("i.created_at", "time"),
    "ebs_optimized": Column("coalesce(i.ebs_optimized, false)", "bool"),
    "spot_request_id": (
        "(case when i.instance_lifecycle = 'spot'"
        " then driftcloud_spot_request_id(i.instance_id) end)"
    ),
    "status": "(case i.state when 'running' then 'ok' else 'not-applicable' end)",
    "reachability": "(case i.state when 'running' then 'passed' end)",
    "metadata_tokens": _metadata("HttpTokens", "optional"),
    "metadata_endpoint": _metadata("HttpEndpoint", "enabled"),
    "metadata_ipv6": _metadata("HttpProtocolIpv6", "disabled"),
    "metadata_hops": _metadata("HttpPutResponseHopLimit", "1"),
    "metadata_tags": _metadata("InstanceMetadataTags", "disabled"),
    "enclave": _option("EnclaveOptions", "Enabled", "false"),
    "auto_recovery": _option("MaintenanceOptions", "AutoRecovery", "default"),
    "hostname_type": _option("PrivateDnsNameOptions", "HostnameType", "ip-name"),
    "names_by_a_record": _option("PrivateDnsNameOptions", "EnableResourceNameDnsARecord", "false"),
    "names_by_aaaa_record": _option(
        "PrivateDnsNameOptions", "EnableResourceNameDnsAAAARecord", "false"
    ),
    "reservation_preference": (
        f"(case when {TARGET_RESERVATION} is null then"
        f" {_option(_RESERVATIONS, 'CapacityReservationPreference', 'open')} end)"
    ),
    "target_reservation": TARGET_RESERVATION,
    "owner": NUMBER,
    "private_dns_name": (
        f"(case {_option('PrivateDnsNameOptions', 'HostnameType', 'ip-name')}"
        " when 'resource-name' then i.instance_id"
        f" else 'ip-' || replace({placed('i.private_ip_address')}, '.', '-') end || case i.region"
        " when 'us-east-1' then '.ec2.internal'"
        " else '.' || i.region || '.compute.internal' end)"
    ),
    "public_dns_name": (
        f"(case when not {NAMELESS} then"
        " 'ec2-' || replace(i.public_ip_address, '.', '-') || case i.region"
        " when 'us-east-1' then '.compute-1.amazonaws.com'"
        " else '.' || i.region || '.compute.amazonaws.com' end end)"
    ),
    "device_name": _attached("v.attach_device"),
    "device_volume_id": _attached("v.volume_id"),
    "device_attach_time": _attached(
        f"to_char((v.attach_time + {SHIFT}) at time zone 'utc', {ISO_MILLISECONDS})"
    ),
    "device_delete_on_termination": _attached("v.delete_on_termination::text"),
    "device_status": _attached("'attached'"),
    "association_allocation_id": _addressed("e.allocation_id"),
    "association_id": _addressed("e.association_id"),
    "association_owner": (
        f"(case when i.has_elastic_ip then {NUMBER} when {_PUBLIC} then 'amazon' end)"
    ),
    "interface_id": _interface(placed("i.network_interface_id"), "network_interface_id"),
    "interface_subnet_id": _interface(placed("i.subnet_id"), "subnet_id"),
    "interface_address": _interface(placed("i.private_ip_address"), "private_ip_address"),
    "interface_description": _interface(
        "coalesce(i.launch_options ->> 'Description', '')", "description"
    ),
    "interface_tag_key": _interface_tagged("t.key"),
    "interface_tag_value": _interface_tagged("t.value"),
}
