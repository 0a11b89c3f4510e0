"""Load balancers: application, network, gateway and classic ones."""

from collections.abc import Mapping, Sequence
from typing import Any

from models import single_rows
from models.callers import NOW
from models.listing import Database, Listing

# Provisioning is over when its time has come, whether or not anything has settled it yet.
STATE = f"(case when b.settles_at > {NOW} then b.state else 'active' end)"
_PLACES = (
    "coalesce((select jsonb_agg(jsonb_build_object('ZoneName', s.availability_zone, 'SubnetId',"
    " s.subnet_id, 'LoadBalancerAddresses', (select coalesce(jsonb_agg(a.address), '[]') from"
    " (select jsonb_strip_nulls(jsonb_build_object('AllocationId', m.value ->> 'AllocationId',"
    " 'IpAddress', e.public_ip, 'PrivateIPv4Address', m.value ->> 'PrivateIPv4Address')) as address"
    " from jsonb_each(b.subnet_mappings) as m"
    " left join elastic_ips as e on e.allocation_id = m.value ->> 'AllocationId'"
    " where m.key = s.subnet_id) as a)) order by s.availability_zone)"
    " from subnets as s where s.account_id = b.account_id and s.subnet_id = any(b.subnet_ids)),"
    " (select jsonb_agg(jsonb_build_object('ZoneName', z, 'LoadBalancerAddresses', '[]'::jsonb))"
    " from unnest(b.availability_zones) as z), '[]')"
)
_COLUMNS = (
    "b.id, b.lb_arn, b.name, b.type, b.region, b.env, b.created_at, b.dns_name, b.vpc_id,"
    " b.scheme, b.availability_zones, b.subnet_ids, b.security_group_ids, b.ip_address_type,"
    f" b.attributes, b.subnet_mappings, {STATE} as state"
)
_FILTERS = {"region": "b.region", "name": "b.name", "arn": "b.lb_arn", "vpc_id": "b.vpc_id"}

LISTING = Listing(
    f"{_COLUMNS}, {_PLACES} as places",
    "load_balancers as b",
    key="b.lb_arn",
    columns=_FILTERS,
    always="b.type <> 'classic'",
)
CLASSIC = Listing(
    f"{_COLUMNS}, b.classic_listeners, b.policies, b.health_check,"
    " array(select t.target_id from targets as t where t.load_balancer_id = b.id"
    " order by t.target_id) as instance_ids,"
    " (select g.name from security_groups as g where g.group_id = b.security_group_ids[1])"
    " as source_group",
    "load_balancers as b",
    key="b.name",
    columns=_FILTERS,
    always="b.type = 'classic'",
)

# What ends by itself: called by the server while it runs, in step with its transition_seconds.
SETTLE = """
with active as (
    update load_balancers set state = 'active', settles_at = null
     where settles_at <= driftcloud_now(account_id)
), gone as (
    delete from targets where draining and settles_at <= driftcloud_now(account_id)
)
update targets set settles_at = null
 where not draining and settles_at <= driftcloud_now(account_id)
"""

_HOLD = (
    "select pg_advisory_xact_lock(hashtextextended('balancer/' || driftcloud_account() || $1, 0))"
)
_SUBNETS = """
select s.subnet_id, s.vpc_id, s.availability_zone from subnets as s
 where s.account_id = driftcloud_account() and s.region = $1 and s.subnet_id = any($2::text[])
"""
_ZONES = """
select s.subnet_id, s.vpc_id, s.availability_zone from subnets as s
 where s.account_id = driftcloud_account() and s.region = $1 and s.default_for_az
   and s.availability_zone = any($2::text[])
"""
_GROUPS = """
select group_id from security_groups
 where account_id = driftcloud_account() and region = $1 and vpc_id = $2
   and case when cardinality($3::text[]) = 0 then name = 'default'
            else group_id = any($3::text[]) end
 order by group_id
"""
_ADDRESSES = """
select allocation_id, public_ip from elastic_ips
 where account_id = driftcloud_account() and region = $1 and allocation_id = any($2::text[])
   and (state = 'unassociated' or associated_lb_arn = $3)
"""
_BIND = """
update elastic_ips set state = 'associated', associated_lb_arn = $2, hourly_cost = $3
 where account_id = driftcloud_account() and allocation_id = any($1::text[])
"""
_RELEASE = """
update elastic_ips set state = 'unassociated', associated_lb_arn = null,
       hourly_cost = $3
 where account_id = driftcloud_account() and associated_lb_arn = $1
   and not allocation_id = any($2::text[])
"""
_TAG = """
insert into resource_tags (account_id, resource_type, resource_id, key, value)
select driftcloud_account(), 'load_balancer', $1, t.key, t.value
  from jsonb_each_text($2::jsonb) as t
"""


async def find_one(db: Database, region: str, arn: str) -> Any | None:
    """The load balancer of that ARN, or None; classic ones have none that a request names."""
    return await LISTING.one(db, region, arn)


async def find_classic(db: Any, region: str, name: str, *, lock: bool = False) -> Any | None:
    """The classic load balancer of that name, or None; `lock` holds it."""
    if lock:
        await db.fetch(
            "select id from load_balancers where account_id = driftcloud_account()"
            " and region = $1 and name = $2 and type = 'classic' for no key update",
            region,
            name,
        )
    return await CLASSIC.one(db, region, name)


async def lock(db: Any, region: str, arn: str) -> Any | None:
    """The load balancer of that ARN, held until the transaction ends; None: there is none."""
    await db.fetch(
        "select id from load_balancers where account_id = driftcloud_account() and region = $1"
        " and lb_arn = $2 for no key update",
        region,
        arn,
    )
    return await find_one(db, region, arn)


async def find_named(db: Any, region: str, name: str) -> Any | None:
    """The load balancer of that name, not a classic one; nobody else can make one meanwhile.

    To be called in a transaction.
    """
    await db.fetch(_HOLD, f"{region}/{name}")
    rows = await db.fetch(
        "select lb_arn from load_balancers where account_id = driftcloud_account()"
        " and region = $1 and name = $2 and type <> 'classic'",
        region,
        name,
    )
    return await find_one(db, region, rows[0]["lb_arn"]) if rows else None


async def insert(db: Any, row: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    """Store a new load balancer with its tags; False when its ARN is taken."""
    if not await single_rows.insert(db, "load_balancers", row):
        return False
    if tags:
        await db.write(_TAG, row["lb_arn"], dict(tags))
    return True


async def update(db: Any, region: str, arn: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of one load balancer; False when it is not there."""
    return await single_rows.update(db, "load_balancers", region, "lb_arn", arn, changes)


async def delete(db: Any, region: str, arn: str) -> bool:
    """Delete a load balancer with its listeners; its target groups stay."""
    return bool(
        await db.write(
            "delete from load_balancers where account_id = driftcloud_account()"
            " and region = $1 and lb_arn = $2 returning id",
            region,
            arn,
        )
    )


async def subnets(db: Database, region: str, subnet_ids: Sequence[str]) -> list[Any]:
    """Those of the subnets that are there: id, network and zone."""
    return await db.fetch(_SUBNETS, region, list(subnet_ids))


async def default_subnets(db: Database, region: str, zones: Sequence[str]) -> list[Any]:
    """The default subnets of zones."""
    return await db.fetch(_ZONES, region, list(zones))


async def security_groups(
    db: Database, region: str, vpc_id: str, group_ids: Sequence[str]
) -> list[str]:
    """Those of the groups that the network has; asked for none, its default one."""
    rows = await db.fetch(_GROUPS, region, vpc_id, list(group_ids))
    return [row["group_id"] for row in rows]


async def free_addresses(
    db: Database, region: str, allocation_ids: Sequence[str], arn: str
) -> list[str]:
    """Those of the addresses that are there and free, or the load balancer's already."""
    rows = await db.fetch(_ADDRESSES, region, list(allocation_ids), arn)
    return [row["allocation_id"] for row in rows]


async def bind_addresses(
    db: Any, arn: str, allocation_ids: Sequence[str], bound_cost: Any, free_cost: Any
) -> None:
    """Let a load balancer have these addresses and no others; costs are those of an hour."""
    await db.write(_RELEASE, arn, list(allocation_ids), free_cost)
    if allocation_ids:
        await db.write(_BIND, list(allocation_ids), arn, bound_cost)
