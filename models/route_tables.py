"""Route tables: where the traffic of subnets goes."""

from collections.abc import Mapping
from typing import Any

from models.callers import NUMBER
from models.listing import Listing

# The lists of the services with gateway endpoints, as models/prefix_lists.py names them.
_LIST = "'pl-' || left(md5(e.region || '/' || split_part(e.service_name, '.', 4)), 8)"
_TABLES = f"""
select t.route_table_id as id, t.vpc_id, t.region, t.tags,
       jsonb_build_array(jsonb_build_object('DestinationCidrBlock', v.cidr_block, 'GatewayId',
           'local', 'Origin', 'CreateRouteTable', 'State', 'active'))
       || coalesce((
           select jsonb_agg(r.value || jsonb_build_object(
                      case when r.key like 'pl-%' then 'DestinationPrefixListId'
                           when r.key like '%:%' then 'DestinationIpv6CidrBlock'
                           else 'DestinationCidrBlock' end, r.key, 'Origin', 'CreateRoute',
                      'State', case when driftcloud_leads(r.value, t.vpc_id) then 'active'
                                    else 'blackhole' end) order by r.key)
             from jsonb_each(t.routes) as r), '[]')
       || coalesce((
           select jsonb_agg(jsonb_build_object('DestinationPrefixListId', {_LIST}, 'GatewayId',
                      e.vpc_endpoint_id, 'Origin', 'CreateRoute', 'State', 'active')
                      order by e.vpc_endpoint_id)
             from vpc_endpoints as e
            where e.account_id = t.account_id and e.vpc_id = t.vpc_id
              and t.route_table_id = any(e.route_table_ids)), '[]') as routes,
       case when t.main_association_id is null then '[]' else
           jsonb_build_array(jsonb_build_object('id', t.main_association_id, 'main', true,
               'table', t.route_table_id)) end
       || coalesce((
           select jsonb_agg(jsonb_build_object('id', s.route_table_association_id, 'main', false,
                      'table', t.route_table_id, 'subnet', s.subnet_id) order by s.subnet_id)
             from subnets as s where s.route_table_id = t.route_table_id), '[]') as associations
  from route_tables as t join vpcs as v on v.vpc_id = t.vpc_id
"""


def _any(column: str, key: str) -> str:
    return (
        f"exists (select 1 from jsonb_array_elements(r.{column}) as one"
        f" where one ->> '{key}' {{match}})"
    )


_ROUTES = {
    "cidr": "DestinationCidrBlock",
    "ipv6_cidr": "DestinationIpv6CidrBlock",
    "prefix_list": "DestinationPrefixListId",
    "egress_only": "EgressOnlyInternetGatewayId",
    "gateway": "GatewayId",
    "instance": "InstanceId",
    "nat": "NatGatewayId",
    "origin": "Origin",
    "state": "State",
    "transit_gateway": "TransitGatewayId",
    "peering": "VpcPeeringConnectionId",
}
LISTING = Listing(
    f"r.id, r.vpc_id, r.region, r.routes, r.associations, r.tags, {NUMBER} as owner",
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
        **{f"route_{name}": _any("routes", member) for name, member in _ROUTES.items()},
        "nothing": "null::text",
    },
    tagged="route_table",
)

_HELD = """
with held as (
    select t.id, t.vpc_id, t.routes, v.cidr_block
      from route_tables as t join vpcs as v on v.vpc_id = t.vpc_id
     where t.account_id = (select driftcloud_account()) and t.region = $1
       and t.route_table_id = $2
       for no key update of t
), judged as (
    select h.id, h.cidr_block = $3::text as local, h.routes ? $3::text as present,
           driftcloud_leads($4::jsonb, h.vpc_id) as alive,
           exists (select from internet_gateways as g
                    where g.internet_gateway_id = $4::jsonb ->> 'GatewayId') as elsewhere,
           $3::text not like 'pl-%' or $5::boolean
           or exists (select from managed_prefix_lists as p
                       where p.prefix_list_id = $3 and p.region = $1) as listed
      from held as h
)"""
_PUT = f"""{_HELD}, done as (
    update route_tables as t set routes = t.routes || jsonb_build_object($3::text, $4::jsonb)
      from judged as j
     where t.id = j.id and j.alive and j.listed and not j.local and j.present = $6::boolean
    returning t.id
)
select j.*, exists (select from done) as done from judged as j
"""
_TAKE = """
update route_tables set routes = routes - $3::text
 where region = $1 and route_table_id = $2 and routes ? $3::text returning id
"""
_INSERT = """
insert into route_tables (account_id, route_table_id, vpc_id, region, tags, created_at)
select v.account_id, $3, v.vpc_id, v.region, $4, $5
  from vpcs as v where v.region = $1 and v.vpc_id = $2
returning route_table_id
"""
_DELETE = """
delete from route_tables as t
 where t.region = $1 and t.route_table_id = $2 and t.main_association_id is null
   and not exists (select from subnets as s where s.route_table_id = t.route_table_id)
returning t.id
"""
# $3 subnet, $4 the new association's id
_ASSOCIATE = """
with judged as (
    select t.route_table_id, s.subnet_id, s.route_table_id as before, s.vpc_id = t.vpc_id as near
      from route_tables as t
      left join subnets as s on s.subnet_id = $3 and s.region = $1
     where t.region = $1 and t.route_table_id = $2
), done as (
    update subnets as s set route_table_id = j.route_table_id, route_table_association_id = $4
      from judged as j
     where s.subnet_id = j.subnet_id and s.route_table_id is null and j.near
    returning s.id
)
select j.*, exists (select from done) as done from judged as j
"""
_DISASSOCIATE = """
update subnets set route_table_id = null, route_table_association_id = null
 where region = $1 and route_table_association_id = $2 returning id
"""
_MOVE = """
update subnets as s set route_table_id = t.route_table_id, route_table_association_id = $4
  from route_tables as t
 where s.region = $1 and s.route_table_association_id = $2
   and t.region = $1 and t.route_table_id = $3 and t.vpc_id = s.vpc_id
returning s.id
"""
_MAIN = """
update route_tables set main_association_id = null
 where region = $1 and main_association_id = $2 returning vpc_id
"""
_IS_MAIN = "select from route_tables where region = $1 and main_association_id = $2"
_NEW_MAIN = """
update route_tables set main_association_id = $4
 where region = $1 and route_table_id = $2 and vpc_id = $3 returning id
"""


async def insert(
    db: Any, region: str, vpc_id: str, table_id: str, tags: Mapping[str, str], now: Any
) -> bool:
    """Store a new table of a VPC; False: there is no such VPC."""
    return bool(await db.write(_INSERT, region, vpc_id, table_id, dict(tags), now))


async def delete(db: Any, region: str, table_id: str) -> bool:
    """Delete a table; False when it is not there, the main one or used by a subnet."""
    return bool(await db.write(_DELETE, region, table_id))


async def put(
    db: Any, region: str, table_id: str, destination: str, target: Mapping[str, str], *,
    of_aws: bool, replace: bool,
) -> Any | None:  # fmt: skip
    """A new route, or with `replace` another target of one that is there.

    `of_aws`: the destination is a prefix list of AWS's. The verdict: the destination is the VPC's
    own (`local`), has a route (`present`), is a prefix list that is there (`listed`); its target
    takes traffic (`alive`), or is a gateway of another VPC (`elsewhere`); and it was `done`.
    None: there is no such table.
    """
    rows = await db.write(_PUT, region, table_id, destination, dict(target), of_aws, replace)
    return rows[0] if rows else None


async def take(db: Any, region: str, table_id: str, destination: str) -> bool:
    """Remove a route; False when it is not there."""
    return bool(await db.write(_TAKE, region, table_id, destination))


async def associate(
    db: Any, region: str, table_id: str, subnet_id: str, association_id: str
) -> Any | None:
    """Let a subnet use a table; the verdict: its `subnet_id`, `near`, table `before`, `done`."""
    rows = await db.write(_ASSOCIATE, region, table_id, subnet_id, association_id)
    return rows[0] if rows else None


async def disassociate(db: Any, region: str, association_id: str) -> bool:
    """Let a subnet use the main table again; False: there is no such association of a subnet."""
    return bool(await db.write(_DISASSOCIATE, region, association_id))


async def is_main(db: Any, region: str, association_id: str) -> bool:
    """Whether an association is that of a main table."""
    return bool(await db.fetch(_IS_MAIN, region, association_id))


async def move(db: Any, region: str, old: str, table_id: str, new: str) -> bool:
    """Put another table in an association's place, a subnet's or a main one's.

    To be called in a transaction, which a False must undo: one of them is not there, or the
    table is of another VPC.
    """
    if await db.write(_MOVE, region, old, table_id, new):
        return True
    rows = await db.write(_MAIN, region, old)
    return bool(rows) and bool(await db.write(_NEW_MAIN, region, table_id, rows[0]["vpc_id"], new))
