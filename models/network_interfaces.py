"""Network interfaces: those of instances, NAT gateways and interface endpoints.

No table holds them: each follows from what it belongs to.
"""

from models.callers import NUMBER
from models.listing import Column, Listing
from models.vpc_endpoints import INTERFACE

_INSTANCES = """
select i.network_interface_id as id, i.region, i.availability_zone, i.vpc_id, i.subnet_id,
       i.private_ip_address, i.public_ip_address, e.allocation_id, e.association_id,
       i.security_group_ids, i.source_dest_check, i.created_at as attached_at, i.instance_id,
       'interface' as kind, '' as description, false as managed
  from instances as i left join elastic_ips as e on e.associated_instance_id = i.instance_id
 where i.network_interface_id is not null and i.state <> 'terminated'
"""
_GATEWAYS = """
select n.network_interface_id, n.region, s.availability_zone, n.vpc_id, n.subnet_id,
       n.private_ip, n.public_ip, e.allocation_id, e.association_id,
       '{}'::text[], false, n.created_at, null,
       'nat_gateway', 'Interface for NAT Gateway ' || n.nat_gateway_id, true
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
       'vpc_endpoint', 'VPC Endpoint Interface ' || e.vpc_endpoint_id, true
  from vpc_endpoints as e cross join unnest(e.subnet_ids) as subnet(id)
       left join subnets as s on s.subnet_id = subnet.id
 where e.vpc_endpoint_type = 'Interface'
"""

_GROUPS = (
    "(select jsonb_agg(jsonb_build_object('id', g.group_id, 'name', g.name) order by g.group_id)"
    " from security_groups as g where g.group_id = any(i.security_group_ids))"
)

LISTING = Listing(
    f"i.*, {_GROUPS} as groups, {NUMBER} as owner",
    f"({_INSTANCES} union all {_GATEWAYS} union all {_ENDPOINTS}) as i",
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
        "instance_owner": f"(case when i.instance_id is null then 'amazon-aws' else {NUMBER} end)",
        "kind": "i.kind",
        "description": "i.description",
        "managed": Column("i.managed", "bool"),
        "delete_on_termination": Column("(i.instance_id is not null)", "bool"),
        "owner": NUMBER,
        "status": "'in-use'::text",
        "attached": "'attached'::text",
        "yes": Column("true", "bool"),
        "first": "'0'::text",
        "nothing": "null::text",
    },
    # Interfaces themselves cannot be tagged here.
    tagged="network_interface",
)
