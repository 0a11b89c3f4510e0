"""Network interfaces: those of instances, NAT gateways and interface endpoints, and those alone.

The table holds what was made by itself; every other follows from what it belongs to.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import single_rows
from models.callers import NUMBER
from models.listing import Column, Database, Listing
from models.vpc_endpoints import INTERFACE
from models.vpcs import NAMELESS

_INSTANCES = """
select i.network_interface_id as id, i.region, i.availability_zone, i.vpc_id, i.subnet_id,
       i.private_ip_address, i.public_ip_address, e.allocation_id, e.association_id,
       i.security_group_ids, i.source_dest_check, i.created_at as attached_at, i.instance_id,
       'interface' as kind, coalesce(i.launch_options ->> 'Description', '') as description,
       false as managed, 0 as device_index,
       true as delete_on_termination, null as attachment_id,
       coalesce(i.launch_options -> 'InterfaceTags', '{}') as tags
  from instances as i left join elastic_ips as e on e.associated_instance_id = i.instance_id
 where i.network_interface_id is not null and i.state <> 'terminated'
"""
_GATEWAYS = """
select n.network_interface_id, n.region, s.availability_zone, n.vpc_id, n.subnet_id,
       n.private_ip, n.public_ip, e.allocation_id, e.association_id,
       '{}'::text[], false, n.created_at, null,
       'nat_gateway', 'Interface for NAT Gateway ' || n.nat_gateway_id, true, 1, false,
       null, '{}'
  from nat_gateways as n left join subnets as s on s.subnet_id = n.subnet_id
       left join elastic_ips as e on e.associated_nat_gateway_id = n.nat_gateway_id
 where n.network_interface_id is not null and n.state <> 'deleted'
"""
# An endpoint's address is the same on every day: it follows from the interface's id.
_ENDPOINTS = f"""
select {INTERFACE}, e.region, s.availability_zone, e.vpc_id, subnet.id,
       host(s.cidr_block::inet + 5
            + mod(('x' || substr(md5({INTERFACE}), 1, 7))::bit(28)::int,
                  greatest((2 ^ (32 - masklen(s.cidr_block::inet)))::int - 6, 1))),
       null, null, null,
       e.security_group_ids, true, e.created_at, null,
       'vpc_endpoint', 'VPC Endpoint Interface ' || e.vpc_endpoint_id, true, 1,
       false, null, '{{}}'
  from vpc_endpoints as e cross join unnest(e.subnet_ids) as subnet(id)
       left join subnets as s on s.subnet_id = subnet.id
 where e.vpc_endpoint_type = 'Interface'
"""

_ALONE = """
select n.network_interface_id, n.region, n.availability_zone, n.vpc_id, n.subnet_id,
       n.private_ip_address, null, null, null,
       n.security_group_ids, n.source_dest_check, n.attached_at, n.attached_instance_id,
       n.interface_type, n.description, false, n.device_index, n.delete_on_termination,
       n.attachment_id, n.tags
  from network_interfaces as n
"""
_IN_USE = "(i.attached_at is not null)"
_STATUS = f"(case when {_IN_USE} then 'in-use' else 'available' end)"

# Few sets of groups serve many interfaces: joined this way, PostgreSQL reads each set once.
_HELD = (
    "left join lateral (select coalesce(json_agg(json_build_object('id', g.group_id,"
    " 'name', g.name) order by g.group_id), '[]') as groups from security_groups as g"
    " where g.group_id = any(i.security_group_ids)) as held on true"
)

LISTING = Listing(
    f"i.*, held.groups, {NUMBER} as owner, {_IN_USE} as in_use, {_STATUS} as status,"
    f" {NAMELESS.format(vpc='i.vpc_id')} as nameless",
    f"({_INSTANCES} union all {_GATEWAYS} union all {_ENDPOINTS} union all {_ALONE}) as i {_HELD}",
    key="i.id",
    columns={
        "region": "i.region",
        "id": "i.id",
        "availability_zone": "i.availability_zone",
        "vpc_id": "i.vpc_id",
        "subnet_id": "i.subnet_id",
        "private_ip_address": "i.private_ip_address",
        "public_ip_address": "i.public_ip_address",
        "allocation_id": "i.allocation_id",
        "association_id": "i.association_id",
        "group_id": Column("i.security_group_ids", "texts"),
        "group_name": (
            "exists (select 1 from security_groups as g"
            " where g.group_id = any(i.security_group_ids) and g.name {match})"
        ),
        "source_dest_check": Column("i.source_dest_check", "bool"),
        "attached_at": Column("i.attached_at", "time"),
        "instance_id": "i.instance_id",
        "instance_owner": (
            f"(case when not {_IN_USE} then null when i.instance_id is null then 'amazon-aws'"
            f" else {NUMBER} end)"
        ),
        "kind": "i.kind",
        "description": "i.description",
        "managed": Column("i.managed", "bool"),
        "requester": "case when i.managed then 'amazon-aws' end",
        "delete_on_termination": Column(f"({_IN_USE} and i.delete_on_termination)", "bool"),
        "owner": NUMBER,
        "status": _STATUS,
        "attached": f"(case when {_IN_USE} then 'attached' end)",
        "device_index": "i.device_index::text",
        "yes": Column("true", "bool"),
        "nothing": "null::text",
    },
    tagged="network_interface",
)

# The index must be free on the instance, and the instance have room for one more.
_ATTACH = """
update network_interfaces as n
   set attached_instance_id = $3, device_index = $4, attached_at = $5, attachment_id = $6
 where n.network_interface_id = $2 and n.region = $1 and n.attached_instance_id is null
   and not exists (select from network_interfaces as o
                    where o.attached_instance_id = $3 and o.device_index = $4)
returning n.network_interface_id
"""
_COUNT = "select count(*) from network_interfaces where attached_instance_id = $1"
_DETACH = """
update network_interfaces
   set attached_instance_id = null, device_index = null, attached_at = null, attachment_id = null
 where region = $1 and attachment_id = $2 and account_id = driftcloud_account()
returning network_interface_id
"""
_DELETE = """
delete from network_interfaces
 where region = $1 and network_interface_id = $2 and attached_instance_id is null
   and account_id = driftcloud_account()
returning network_interface_id
"""


async def find_one(db: Database, region: str, interface_id: str) -> Any | None:
    """The interface of that id, whoever it belongs to, or None."""
    return await LISTING.one(db, region, interface_id)


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new interface."""
    await single_rows.insert(db, "network_interfaces", row)


async def change(db: Any, region: str, interface_id: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of an interface that was made by itself; False: there is no such."""
    return await single_rows.update(
        db, "network_interfaces", region, "network_interface_id", interface_id, changes
    )


async def change_primary(
    db: Any, region: str, interface_id: str, changes: Mapping[str, Any]
) -> bool:
    """Change the first interface of an instance, whose columns are the instance's."""
    return await single_rows.update(
        db, "instances", region, "network_interface_id", interface_id, changes
    )


async def attached_count(db: Any, instance_id: str) -> int:
    """How many interfaces an instance has beside its first."""
    return int(await db.fetchval(_COUNT, instance_id))


async def attach(
    db: Any, region: str, interface_id: str, instance_id: str, index: int, now: datetime, named: str
) -> bool:
    """Attach an interface; False when it is attached already, or the index is taken."""
    return bool(await db.write(_ATTACH, region, interface_id, instance_id, index, now, named))


async def detach(db: Any, region: str, attachment: str) -> bool:
    """Detach an interface; False: there is no such attachment."""
    return bool(await db.write(_DETACH, region, attachment))


async def delete(db: Any, region: str, interface_id: str) -> bool:
    """Delete an interface that is attached to nothing; False when it is not such a one."""
    return bool(await db.write(_DELETE, region, interface_id))
