"""Subnet groups: the subnets that databases may stand in."""

from collections.abc import Mapping, Sequence
from typing import Any

from models import single_rows
from models.listing import Database, Listing
from models.rds_networks import SUBNETS

LISTING = Listing(
    "g.name, g.arn, g.region, g.description, g.vpc_id, g.subnet_ids, g.tags,"
    f" {SUBNETS.format('g')} as subnets",
    "rds_subnet_groups as g",
    key="g.name",
    columns={"region": "g.region", "name": "g.name", "vpc_id": "g.vpc_id"},
    tagged="rds_subnet_group",
    tagged_by="g.arn",
)
_DELETE = """
delete from rds_subnet_groups as g
 where g.account_id = driftcloud_account() and g.region = $1 and g.name = $2
   and not exists (select 1 from rds_instances as r where r.account_id = g.account_id
                      and r.region = g.region and r.subnet_group_name = g.name)
   and not exists (select 1 from rds_clusters as c where c.account_id = g.account_id
                      and c.region = g.region and c.subnet_group_name = g.name)
returning id
"""
_SUBNETS = """
select subnet_id, vpc_id, availability_zone from subnets
 where region = $1 and subnet_id = any($2::text[])
"""


async def find_one(db: Database, region: str, name: str) -> Any | None:
    """The group of that name, or None."""
    return await LISTING.one(db, region, name)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new group; False when the name is taken."""
    return await single_rows.insert(db, "rds_subnet_groups", row)


async def delete(db: Any, region: str, name: str) -> bool:
    """Delete a group that nothing stands in; False when it is not there or in use."""
    return bool(await db.write(_DELETE, region, name))


async def subnets(db: Database, region: str, subnet_ids: Sequence[str]) -> list[Any]:
    """Those of the subnets that are there: id, network and zone."""
    return await db.fetch(_SUBNETS, region, list(subnet_ids))
