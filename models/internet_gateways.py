"""Internet gateways, and those for IPv6 that lead out alone."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.callers import NUMBER
from models.listing import Column, Listing

LISTING = Listing(
    f"g.internet_gateway_id as id, g.vpc_id, g.region, g.tags, {NUMBER} as owner",
    "internet_gateways as g",
    key="g.internet_gateway_id",
    columns={
        "region": "g.region",
        "id": "g.internet_gateway_id",
        "vpc_id": "g.vpc_id",
        "owner": Column(NUMBER),
        "state": "(case when g.vpc_id is not null then 'available' end)",
    },
    tagged="internet_gateway",
)
EGRESS_ONLY = Listing(
    f"g.gateway_id as id, g.vpc_id, g.region, g.tags, {NUMBER} as owner",
    "egress_only_internet_gateways as g",
    key="g.gateway_id",
    columns={"region": "g.region", "id": "g.gateway_id"},
    tagged="egress_only_internet_gateway",
)

_HELD = """
with held as (
    select g.id, g.vpc_id from internet_gateways as g
     where g.account_id = (select driftcloud_account()) and g.region = $1
       and g.internet_gateway_id = $2
       for no key update
), judged as (
    select h.id, h.vpc_id,
           exists (select from vpcs as v where v.vpc_id = $3 and v.region = $1) as there,
           exists (select from internet_gateways as o where o.vpc_id = $3) as taken,
           exists (select from instances as i
                    where i.vpc_id = $3 and i.public_ip_address is not null
                      and i.state <> 'terminated')
           or exists (select from nat_gateways as n
                       where n.vpc_id = $3 and n.connectivity_type = 'public'
                         and n.state in ('pending', 'available')) as mapped
      from held as h
)"""
_ATTACH = f"""{_HELD}, done as (
    update internet_gateways as g set vpc_id = $3 from judged as j
     where g.id = j.id and j.vpc_id is null and j.there and not j.taken
    returning g.id
)
select j.*, exists (select from done) as done from judged as j
"""
_DETACH = f"""{_HELD}, done as (
    update internet_gateways as g set vpc_id = null from judged as j
     where g.id = j.id and j.vpc_id = $3 and not j.mapped
    returning g.id
)
select j.*, exists (select from done) as done from judged as j
"""
_DELETE = """
delete from internet_gateways
 where region = $1 and internet_gateway_id = $2 and vpc_id is null returning id
"""
_INSERT_EGRESS_ONLY = """
insert into egress_only_internet_gateways (account_id, gateway_id, region, vpc_id, tags, created_at)
select v.account_id, $3, v.region, v.vpc_id, $4, $5
  from vpcs as v where v.region = $1 and v.vpc_id = $2
returning gateway_id
"""
_DELETE_EGRESS_ONLY = """
delete from egress_only_internet_gateways where region = $1 and gateway_id = $2 returning id
"""


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new gateway, attached to nothing."""
    await single_rows.insert(db, "internet_gateways", row)


async def attach(db: Any, region: str, gateway_id: str, vpc_id: str) -> Any | None:
    """Attach a gateway to a VPC.

    The verdict: the `vpc_id` it was attached to before, whether the VPC is `there`, has a gateway
    (`taken`), and whether it was `done`. None: there is no such gateway.
    """
    rows = await db.write(_ATTACH, region, gateway_id, vpc_id)
    return rows[0] if rows else None


async def detach(db: Any, region: str, gateway_id: str, vpc_id: str) -> Any | None:
    """Detach a gateway, unless the VPC has public addresses in use (`mapped`)."""
    rows = await db.write(_DETACH, region, gateway_id, vpc_id)
    return rows[0] if rows else None


async def delete(db: Any, region: str, gateway_id: str) -> bool:
    """Delete a gateway; False when it is not there or attached."""
    return bool(await db.write(_DELETE, region, gateway_id))


async def insert_egress_only(
    db: Any, region: str, vpc_id: str, gateway_id: str, tags: Mapping[str, str], now: Any
) -> bool:
    """Store a new gateway of a VPC; False: there is no such VPC."""
    return bool(await db.write(_INSERT_EGRESS_ONLY, region, vpc_id, gateway_id, dict(tags), now))


async def delete_egress_only(db: Any, region: str, gateway_id: str) -> bool:
    """Delete a gateway; False when it is not there."""
    return bool(await db.write(_DELETE_EGRESS_ONLY, region, gateway_id))
