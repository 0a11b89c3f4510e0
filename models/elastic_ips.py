"""Elastic IPs: public addresses, in use or paid for in vain."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from models.callers import NUMBER
from models.listing import Column, Database, Listing

# Rows from elsewhere may lack the id that AWS shows for every association.
_ASSOCIATION = (
    "coalesce(e.association_id, case when e.state = 'associated'"
    " then 'eipassoc-' || substr(md5(e.allocation_id), 1, 17) end)"
)
# An instance is shown only where the address lies on its own interface.
_INTERFACE = (
    "coalesce(e.network_interface_id, (select i.network_interface_id from instances as i"
    " where i.instance_id = e.associated_instance_id))"
)
_PRIVATE = (
    "coalesce(e.private_ip_address, (select i.private_ip_address from instances as i"
    " where i.instance_id = e.associated_instance_id))"
)
_OWNER = f"(case when e.state = 'associated' then {NUMBER} end)"
_BORDER = "coalesce(e.network_border_group, e.region)"

LISTING = Listing(
    f"e.allocation_id, e.public_ip, e.state, {_ASSOCIATION} as association_id,"
    f" e.associated_instance_id, e.associated_lb_arn, e.associated_nat_gateway_id,"
    f" {_INTERFACE} as network_interface_id, {_PRIVATE} as private_ip_address,"
    f" {_OWNER} as interface_owner, {_BORDER} as network_border_group, e.public_ipv4_pool,"
    f" e.hourly_cost, e.tags, e.region",
    "elastic_ips as e",
    key="e.allocation_id",
    columns={
        "region": "e.region",
        "allocation_id": "e.allocation_id",
        "association_id": _ASSOCIATION,
        "domain": "'vpc'::text",
        "associated_instance_id": "e.associated_instance_id",
        "network_border_group": _BORDER,
        "network_interface_id": _INTERFACE,
        "interface_owner": _OWNER,
        "private_ip_address": _PRIVATE,
        "public_ip": Column("e.public_ip"),
    },
    tagged="elastic_ip",
)

# Addresses are unique over all accounts: whoever comes second to one draws another.
INSERT = """
insert into elastic_ips (account_id, allocation_id, public_ip, region, network_border_group,
                         hourly_cost, tags, created_at, updated_at)
values (driftcloud_account(), $1, $2, $3, $3, $4, $5, $6, $6)
on conflict (public_ip) do nothing
returning allocation_id
"""

LOCK_INSTANCES = """
select instance_id, state, network_interface_id, private_ip_address, public_ip_address
  from instances
 where region = $1 and (instance_id = any($2::text[]) or network_interface_id = $3)
 order by id for update
"""

LOCK = """
select allocation_id from elastic_ips
 where region = $1 and (allocation_id = $2 or associated_instance_id = $3)
 order by id for update
"""

# One address in, another out: an instance has one elastic IP.
ASSOCIATE = """
update elastic_ips as e
   set state = case when mine then 'associated' else 'unassociated' end,
       associated_instance_id = case when mine then $2 end,
       associated_lb_arn = null, associated_nat_gateway_id = null,
       association_id = case when mine then $3 end,
       association_time = case when mine then $4::timestamptz end,
       network_interface_id = case when mine then $5 end,
       private_ip_address = case when mine then $6 end,
       hourly_cost = case when mine then $7::numeric else $8::numeric end
  from (select id, allocation_id = $1 as mine from elastic_ips
         where allocation_id = $1 or associated_instance_id = $2) as one
 where e.id = one.id
returning e.allocation_id
"""

# The address is free from here on, and the instance without it.
DISASSOCIATE = """
with freed as (
    update elastic_ips
       set state = 'unassociated', associated_instance_id = null, associated_lb_arn = null,
           associated_nat_gateway_id = null, association_id = null, association_time = null,
           network_interface_id = null, private_ip_address = null, hourly_cost = $4
     where allocation_id = $1 and region = $2 and associated_instance_id is not distinct from $3
       and associated_nat_gateway_id is null
    returning public_ip
), bare as (
    update instances set public_ip_address = null
     where instance_id = $3 and public_ip_address = (select public_ip from freed)
)
select public_ip from freed
"""

SHOW_ON_INSTANCE = """
update instances
   set public_ip_address = case when instance_id = $1 then $2 end
 where (instance_id = $1 and public_ip_address is distinct from $2)
    or (instance_id = $3 and instance_id <> $1 and public_ip_address = $2)
"""

# A gateway's claim: of two that want the same address one gets it.
CLAIM_FOR_GATEWAY = """
update elastic_ips
   set state = 'associated', associated_nat_gateway_id = $3, association_id = $4,
       association_time = $5, network_interface_id = $6, private_ip_address = $7, hourly_cost = $8
 where allocation_id = $1 and region = $2 and state = 'unassociated'
returning public_ip
"""

RELEASE = """
delete from elastic_ips
 where allocation_id = $1 and region = $2 and state = 'unassociated'
returning allocation_id
"""


async def find_one(db: Database, region: str, allocation_id: str) -> Any | None:
    """The address of that allocation, or None."""
    return await LISTING.one(db, region, allocation_id)


async def allocate(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new address; False when somebody holds that address."""
    names = ("allocation_id", "public_ip", "region", "hourly_cost", "tags", "created_at")
    return bool(await db.write(INSERT, *(row[name] for name in names)))


async def lock(
    db: Any, region: str, instance_ids: Sequence[str], interface_id: str | None, allocation_id: str
) -> list[Any]:
    """Lock instances (by id or interface), then addresses; the instances found."""
    found: list[Any] = await db.fetch(LOCK_INSTANCES, region, list(instance_ids), interface_id)
    for row in found:
        await db.fetch(LOCK, region, allocation_id, row["instance_id"])
    return found


async def associate(
    db: Any,
    allocation_id: str,
    public_ip: str,
    instance: Any,
    before: str | None,
    association_id: str,
    now: datetime,
    costs: tuple[Decimal, Decimal],
) -> None:
    """Put an address on an instance, off the instance `before`, and the instance's own off it.

    `costs` are what an hour of the address, and of the one it replaces, costs from now on.
    """
    await db.write(
        ASSOCIATE,
        allocation_id,
        instance["instance_id"],
        association_id,
        now,
        instance["network_interface_id"],
        instance["private_ip_address"],
        *costs,
    )
    await db.write(SHOW_ON_INSTANCE, instance["instance_id"], public_ip, before)


async def disassociate(
    db: Any, region: str, allocation_id: str, instance_id: str | None, hourly_cost: Decimal
) -> bool:
    """Take an address off its instance or balancer; False when it is not there any more."""
    return bool(await db.write(DISASSOCIATE, allocation_id, region, instance_id, hourly_cost))


async def claim_for_gateway(db: Any, region: str, claim: Mapping[str, Any]) -> str | None:
    """Give a free address to a NAT gateway; the address, or None when it is not free."""
    rows = await db.write(
        CLAIM_FOR_GATEWAY,
        claim["allocation_id"],
        region,
        claim["nat_gateway_id"],
        claim["association_id"],
        claim["now"],
        claim["network_interface_id"],
        claim["private_ip"],
        claim["hourly_cost"],
    )
    return str(rows[0]["public_ip"]) if rows else None


async def release(db: Any, region: str, allocation_id: str) -> bool:
    """Give a free address back; False when it is not there or in use."""
    return bool(await db.write(RELEASE, allocation_id, region))
