"""Subnets: the parts of a VPC, each in one zone."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.callers import NUMBER
from models.listing import Column, Database, Listing

_ARN = f"('arn:aws:ec2:' || s.region || ':' || {NUMBER} || ':subnet/' || s.subnet_id)"

LISTING = Listing(
    "s.subnet_id, s.vpc_id, s.cidr_block, s.availability_zone, s.availability_zone_id,"
    " s.available_ip_address_count, s.default_for_az, s.map_public_ip_on_launch, s.state,"
    f" {_ARN} as arn, {NUMBER} as owner, s.tags, s.region",
    "subnets as s",
    key="s.subnet_id",
    columns={
        "region": "s.region",
        "subnet_id": "s.subnet_id",
        "vpc_id": "s.vpc_id",
        "cidr_block": "s.cidr_block",
        "availability_zone": "s.availability_zone",
        "availability_zone_id": "s.availability_zone_id",
        "available_ip_address_count": Column("s.available_ip_address_count", "int"),
        "default_for_az": Column("s.default_for_az", "bool"),
        "map_public_ip_on_launch": Column("s.map_public_ip_on_launch", "bool"),
        "arn": _ARN,
        "owner": NUMBER,
        "state": "s.state",
        "hostname_type": "'ip-name'::text",
        "never": Column("false", "bool"),
        "nothing": "null::text",
    },
    tagged="subnet",
)

# A subnet must lie within its VPC and beside the others in it; the VPC's row is locked.
INSERT = """
insert into subnets (account_id, subnet_id, vpc_id, region, cidr_block, availability_zone,
                     availability_zone_id, available_ip_address_count, tags, created_at)
select v.account_id, $1, v.vpc_id, $3, $4::text, $5, $6, $7, $8, $9
  from vpcs as v
 where v.vpc_id = $2 and not exists (
       select 1 from subnets as s
        where s.vpc_id = v.vpc_id and s.cidr_block::inet && $4::text::inet)
returning subnet_id
"""

_IN_USE = """
exists (select 1 from instances as i
         where i.subnet_id = s.subnet_id and i.state <> 'terminated')
 or exists (select 1 from nat_gateways as n
             where n.subnet_id = s.subnet_id and n.state <> 'deleted')
 or exists (select 1 from vpc_endpoints as e
             where e.vpc_id = s.vpc_id and s.subnet_id = any(e.subnet_ids))
 or exists (select 1 from load_balancers as b
             where b.account_id = s.account_id and s.subnet_id = any(b.subnet_ids))
 or exists (select 1 from network_interfaces as o where o.subnet_id = s.subnet_id)
 or exists (select 1 from transit_gateway_attachments as t
             where t.vpc_id = s.vpc_id and t.state = 'available'
               and s.subnet_id = any(t.subnet_ids))
"""
DELETE = f"""
delete from subnets as s where s.subnet_id = $1 and s.region = $2 and not ({_IN_USE})
returning s.subnet_id
"""


async def find_one(db: Database, region: str, subnet_id: str) -> Any | None:
    """The subnet of that id, or None."""
    return await LISTING.one(db, region, subnet_id)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new subnet; False when it overlaps another of its VPC."""
    names = (
        "subnet_id",
        "vpc_id",
        "region",
        "cidr_block",
        "availability_zone",
        "availability_zone_id",
        "available_ip_address_count",
        "tags",
        "created_at",
    )
    return bool(await db.write(INSERT, *(row[name] for name in names)))


async def delete(db: Any, region: str, subnet_id: str) -> bool:
    """Delete a subnet that nothing lives in; False when it is not there or in use."""
    return bool(await db.write(DELETE, subnet_id, region))


async def map_public_addresses(db: Any, region: str, subnet_id: str, wanted: bool) -> bool:
    """Say whether machines launched in a subnet get public addresses; False: there is none."""
    return await single_rows.update(
        db, "subnets", region, "subnet_id", subnet_id, {"map_public_ip_on_launch": wanted}
    )
