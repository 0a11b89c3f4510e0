"""Launches: the rows that new instances are made of, whoever launches them.

The API launches under row security and the drift engine as the owner of the tables; the
statements take the account, so that both can use them.
"""

import ipaddress
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

from models import costs, discounts, draws
from models.listing import Database

ENVIRONMENT_TAGS = ("env", "environment", "stage")
DEFAULT_ENVIRONMENT = "dev"

INSTANCE_COLUMNS = {
    "instance_id": "text",
    "name": "text",
    "instance_type": "text",
    "env": "text",
    "region": "text",
    "state": "text",
    "settled_state": "text",
    "settles_at": "timestamptz",
    "state_changed_at": "timestamptz",
    "autoscaling_group_id": "uuid",
    "launch_time": "timestamptz",
    "last_active_at": "timestamptz",
    "created_at": "timestamptz",
    "hourly_cost": "numeric",
    "gpu_hourly_cost": "numeric",
    "gpu_count": "int",
    "has_gpu": "boolean",
    "tags": "jsonb",
    "availability_zone": "text",
    "vpc_id": "text",
    "subnet_id": "text",
    "network_interface_id": "text",
    "private_ip_address": "text",
    "public_ip_address": "text",
    "source_dest_check": "boolean",
    "security_group_ids": "text[]",
    "image_id": "text",
    "architecture": "text",
    "platform": "text",
    "platform_details": "text",
    "usage_operation": "text",
    "root_device_name": "text",
    "key_name": "text",
    "iam_instance_profile_arn": "text",
    "user_data": "text",
    "metadata_options": "jsonb",
    "launch_options": "jsonb",
    "monitoring": "text",
    "ebs_optimized": "boolean",
    "hibernation": "boolean",
    "disable_api_termination": "boolean",
    "disable_api_stop": "boolean",
    "shutdown_behavior": "text",
    "tenancy": "text",
    "instance_lifecycle": "text",
    "reservation_id": "text",
    "launch_index": "int",
    "client_token": "text",
    "launch_template_id": "text",
    "launch_template_version": "text",
    "launch_configuration_name": "text",
    "protected_from_scale_in": "boolean",
    "cpu_credits": "text",
}
# What a row has when it says nothing else; the rest is null.
INSTANCE_DEFAULTS: dict[str, Any] = {
    "state": "running",
    "env": DEFAULT_ENVIRONMENT,
    "gpu_count": 0,
    "has_gpu": False,
    "tags": {},
    "source_dest_check": True,
    "security_group_ids": [],
    "architecture": "x86_64",
    "platform_details": "Linux/UNIX",
    "usage_operation": "RunInstances",
    "root_device_name": "/dev/xvda",
    "monitoring": "disabled",
    "ebs_optimized": False,
    "hibernation": False,
    "disable_api_termination": False,
    "disable_api_stop": False,
    "shutdown_behavior": "stop",
    "tenancy": "default",
    "launch_index": 0,
    "protected_from_scale_in": False,
}
# Whoever asks for a dedicated host has none: there are none to allocate here.
NO_HOST = "There is no dedicated host with a matching configuration and sufficient capacity."
# What `launch_options` keeps of a launch's members.
LAUNCH_OPTIONS = (
    "CpuOptions", "CapacityReservationSpecification", "EnclaveOptions", "MaintenanceOptions",
    "PrivateDnsNameOptions",
)  # fmt: skip
VOLUME_COLUMNS = {
    "volume_id": "text",
    "region": "text",
    "availability_zone": "text",
    "size_gib": "int",
    "volume_type": "text",
    "iops": "int",
    "throughput": "int",
    "encrypted": "boolean",
    "kms_key_id": "text",
    "snapshot_id": "text",
    "state": "text",
    "attached_instance_id": "text",
    "attach_device": "text",
    "attach_time": "timestamptz",
    "delete_on_termination": "boolean",
    "monthly_cost": "numeric",
    "last_used_at": "timestamptz",
    "created_at": "timestamptz",
    "tags": "jsonb",
}
VOLUME_DEFAULTS: dict[str, Any] = {"state": "in-use", "encrypted": False, "tags": {}}


def _insert(table: str, columns: Mapping[str, str]) -> str:
    names = ", ".join(columns)
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return (
        f"insert into {table} (account_id, updated_at, {names})"
        f" select $1::uuid, created_at, {names}"
        f" from jsonb_to_recordset($2::text::jsonb) as made({typed})"
    )


INSERT_INSTANCES = _insert("instances", INSTANCE_COLUMNS)
INSERT_VOLUMES = _insert("volumes", VOLUME_COLUMNS)

# Launches into one subnet take turns from here to the end of their transaction, so that none
# chooses an address that another one is about to take.
LOCK_SUBNET = "select pg_advisory_xact_lock(hashtext('subnet addresses'), hashtext($1))"
TAKEN = """
select i.private_ip_address from instances as i
 where i.account_id = $1 and i.subnet_id = $2 and i.state <> 'terminated'
   and i.private_ip_address is not null
union all
select n.private_ip from nat_gateways as n
 where n.account_id = $1 and n.subnet_id = $2 and n.state not in ('deleted', 'failed')
   and n.private_ip is not null
union all
select o.private_ip_address from network_interfaces as o
 where o.account_id = $1 and o.subnet_id = $2
"""
PLACES = """
select s.subnet_id, s.vpc_id, s.availability_zone, s.cidr_block, s.map_public_ip_on_launch,
       v.instance_tenancy,
       (select g.group_id from security_groups as g
         where g.vpc_id = s.vpc_id and g.name = 'default') as default_group_id
  from subnets as s join vpcs as v on v.vpc_id = s.vpc_id
 where s.account_id = driftcloud_account() and s.region = $1
   and case when $2::text is null then s.default_for_az else s.subnet_id = $2 end
 order by s.availability_zone
"""
GROUPS = """
select g.group_id, g.name, g.vpc_id from security_groups as g
 where g.account_id = driftcloud_account() and g.region = $1
   and (g.group_id = any($2::text[]) or (g.name = any($3::text[]) and g.vpc_id = $4))
"""


async def places(db: Database, region: str, subnet_id: str | None) -> list[Any]:
    """The subnet of that id, or the default subnets of the region, by zone."""
    return await db.fetch(PLACES, region, subnet_id)


async def groups(
    db: Database, region: str, group_ids: Sequence[str], names: Sequence[str], vpc_id: str
) -> list[Any]:
    """Security groups by id, and by name in one VPC."""
    return await db.fetch(GROUPS, region, list(group_ids), list(names), vpc_id)


async def taken(db: Any, account_id: uuid.UUID, subnet_id: str) -> set[str]:
    """The subnet's addresses in use; it stays locked against other launches until the end."""
    await db.write(LOCK_SUBNET, subnet_id)
    return {row[0] for row in await db.fetch(TAKEN, account_id, subnet_id)}


async def insert(
    db: Any,
    account_id: uuid.UUID,
    instances: Iterable[Mapping[str, Any]],
    volumes: Iterable[Mapping[str, Any]],
) -> None:
    """Store new instances and the volumes attached to them: one statement each."""
    made = [_plain(INSTANCE_DEFAULTS | dict(row)) for row in instances]
    attached = [_plain(VOLUME_DEFAULTS | dict(row)) for row in volumes]
    await db.write(INSERT_INSTANCES, account_id, orjson.dumps(made, default=str).decode())
    if attached:
        await db.write(INSERT_VOLUMES, account_id, orjson.dumps(attached, default=str).decode())


def instance_costs(
    instance_type: str,
    region: str,
    *,
    platform: str = "",
    tenancy: str = "default",
    lifecycle: str | None = None,
) -> dict[str, Any]:
    """The columns of an instance that follow from what it is: its costs and its GPUs."""
    hourly = costs.instance_hourly(
        instance_type, region, platform=platform or "", tenancy=tenancy or "default"
    )
    gpu_hourly = costs.gpu_hourly(instance_type, region)
    if lifecycle == "spot":
        hourly, gpu_hourly = discounts.spot_hourly(hourly), discounts.spot_hourly(gpu_hourly)
    gpus = costs.gpu_count(instance_type)
    return {
        "hourly_cost": hourly,
        "gpu_hourly_cost": gpu_hourly,
        "gpu_count": gpus,
        "has_gpu": gpus > 0,
    }


def asked(given: Mapping[str, Any], *, is_burstable: bool) -> dict[str, Any]:
    """The columns that hold members of a launch as they were given, whoever launches."""
    credits = (given.get("CreditSpecification") or {}).get("CpuCredits")
    return {
        "key_name": given.get("KeyName"),
        "user_data": given.get("UserData"),
        "cpu_credits": credits if is_burstable else None,
        "monitoring": "enabled" if (given.get("Monitoring") or {}).get("Enabled") else "disabled",
        "ebs_optimized": bool(given.get("EbsOptimized")),
        "hibernation": bool((given.get("HibernationOptions") or {}).get("Configured")),
        "disable_api_termination": bool(given.get("DisableApiTermination")),
        "disable_api_stop": bool(given.get("DisableApiStop")),
        "shutdown_behavior": given.get("InstanceInitiatedShutdownBehavior") or "stop",
    }


def launch_options(
    given: Mapping[str, Any], *, interface_tags: Mapping[str, str]
) -> dict[str, Any] | None:
    """What `launch_options` keeps of members of a launch; None: all is as it is by default.

    Of its first network interface these are the description and the tags (`InterfaceTags`).
    """
    options = {name: given.get(name) for name in LAUNCH_OPTIONS}
    interfaces = given.get("NetworkInterfaces") or ()
    first: Mapping[str, Any] = next((one for one in interfaces if not one.get("DeviceIndex")), {})
    told = said({**options, "Description": first.get("Description")})
    if interface_tags:
        told["InterfaceTags"] = dict(interface_tags)
    return told or None


def changed(
    options: Mapping[str, Any] | None, member: str, value: Mapping[str, Any]
) -> dict[str, Any] | None:
    """`launch_options` with another value of one member."""
    others = {name: one for name, one in (options or {}).items() if name != member}
    return {**others, **said({member: value})} or None


def said(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options without members that say nothing: what is false is so by default."""
    told = {
        name: said(value) if isinstance(value, dict) else value for name, value in options.items()
    }
    return {name: value for name, value in told.items() if value not in (None, False, "", {})}


def environment(tags: Mapping[str, str]) -> str:
    """The environment that tags tell of, else dev."""
    known = {key.lower(): value for key, value in tags.items()}
    return next((known[key] for key in ENVIRONMENT_TAGS if known.get(key)), DEFAULT_ENVIRONMENT)


def addresses(
    cidr_block: str,
    in_use: set[str],
    count: int,
    draw: Callable[[int], int] = draws.below,
) -> list[str]:
    """Up to `count` free addresses of a block, from a drawn one on; fewer when it is full.

    AWS keeps the first four addresses of a subnet and its last
    (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html).
    """
    network = ipaddress.ip_network(cidr_block)
    base, room = int(network.network_address) + 4, network.num_addresses - 5
    if room <= 0 or count <= 0:
        return []
    first, found = draw(room), []
    for step in range(room):
        address = str(ipaddress.ip_address(base + (first + step) % room))
        if address not in in_use:
            found.append(address)
            if len(found) == count:
                break
    return found


def public_address(draw: Callable[[int], int] = draws.below) -> str:
    """An address that EC2 lends to an instance while it runs."""
    return f"3.{80 + draw(100)}.{draw(256)}.{1 + draw(254)}"


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON: costs as text, since a JSON number would pass through a float."""
    return {
        name: str(value) if name.endswith("_cost") and value is not None else value
        for name, value in row.items()
    }
