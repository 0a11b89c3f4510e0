"""Route tables and internet gateways, as they follow from what a VPC has.

No table holds them: a VPC has its main route table; it has an internet gateway where instances
get public addresses or a public NAT gateway stands; and each NAT gateway has a route table for
the private subnets of its zone.
"""

from models.callers import NUMBER
from models.listing import Column, Listing


def _id(prefix: str, of: str) -> str:
    return f"('{prefix}-' || substr(md5('{prefix}' || {of}), 1, 17))"


_OPEN = """(v.is_default
 or exists (select 1 from subnets as s where s.vpc_id = v.vpc_id and s.map_public_ip_on_launch)
 or exists (select 1 from nat_gateways as n where n.vpc_id = v.vpc_id
               and n.state <> 'deleted' and n.connectivity_type = 'public'))"""
_LOCAL = (
    "jsonb_build_array(jsonb_build_object('cidr', v.cidr_block, 'gateway', 'local',"
    " 'origin', 'CreateRouteTable'))"
)


def _out(target: str, of: str) -> str:
    return (
        f"jsonb_build_array(jsonb_build_object('cidr', '0.0.0.0/0', '{target}', {of},"
        " 'origin', 'CreateRoute'))"
    )


_IGW = _id("igw", "v.vpc_id")
_TABLES = f"""
select {_id("rtb", "v.vpc_id")} as id, v.vpc_id, v.region, true as main,
       {_LOCAL} || case when {_OPEN} then {_out("gateway", _IGW)} else '[]' end as routes,
       jsonb_build_array(jsonb_build_object('id', {_id("rtbassoc", "v.vpc_id")}, 'main', true,
           'table', {_id("rtb", "v.vpc_id")})) as associations
  from vpcs as v
union all
select {_id("rtb", "n.nat_gateway_id")}, v.vpc_id, v.region, false,
       {_LOCAL} || {_out("nat", "n.nat_gateway_id")},
       coalesce((select jsonb_agg(jsonb_build_object('id', {_id("rtbassoc", "s.subnet_id")},
                        'main', false, 'table', {_id("rtb", "n.nat_gateway_id")},
                        'subnet', s.subnet_id) order by s.subnet_id)
                   from subnets as s join subnets as own on own.subnet_id = n.subnet_id
                  where s.vpc_id = n.vpc_id and not s.map_public_ip_on_launch
                    and s.subnet_id <> own.subnet_id
                    and s.availability_zone = own.availability_zone), '[]')
  from nat_gateways as n join vpcs as v on v.vpc_id = n.vpc_id
 where n.state <> 'deleted'
"""


def _any(column: str, key: str) -> str:
    return (
        f"exists (select 1 from jsonb_array_elements(r.{column}) as one"
        f" where one ->> '{key}' {{match}})"
    )


LISTING = Listing(
    f"r.id, r.vpc_id, r.region, r.main, r.routes, r.associations, {NUMBER} as owner",
    f"({_TABLES}) as r",
    key="r.id",
    columns={
        "region": "r.region",
        "id": "r.id",
        "vpc_id": "r.vpc_id",
        "owner": NUMBER,
        "association_id": _any("associations", "id"),
        "association_main": _any("associations", "main"),
        "subnet_id": _any("associations", "subnet"),
        "route_cidr": _any("routes", "cidr"),
        "route_gateway": _any("routes", "gateway"),
        "route_nat": _any("routes", "nat"),
        "route_origin": _any("routes", "origin"),
        "route_state": "'active'::text",
        "nothing": "null::text",
    },
    # Neither table can be tagged here.
    tagged="route_table",
)

INTERNET_GATEWAYS = Listing(
    f"g.id, g.vpc_id, g.region, {NUMBER} as owner",
    f"(select {_IGW} as id, v.vpc_id, v.region from vpcs as v where {_OPEN}) as g",
    key="g.id",
    columns={
        "region": "g.region",
        "id": "g.id",
        "vpc_id": "g.vpc_id",
        "owner": Column(NUMBER),
        "state": "'available'::text",
    },
    tagged="internet_gateway",
)
