"""Subnet groups: the subnets that caches may stand in."""

from collections.abc import Mapping, Sequence
from typing import Any

from models import single_rows
from models.listing import Database, Listing

_SUBNETS = (
    "(select jsonb_agg(jsonb_build_object('id', s.subnet_id, 'zone', s.availability_zone)"
    " order by s.availability_zone, s.subnet_id) from subnets as s"
    " where s.subnet_id = any(g.subnet_ids))"
)
LISTING = Listing(
    f"g.name, g.arn, g.region, g.description, g.vpc_id, g.subnet_ids, {_SUBNETS} as subnets",
    "cache_subnet_groups as g",
    key="g.name",
    columns={"region": "g.region"},
)
_DELETE = """
delete from cache_subnet_groups as g
 where g.account_id = driftcloud_account() and g.region = $1 and g.name = $2
   and not exists (select 1 from cache_clusters as c where c.account_id = g.account_id
                      and c.region = g.region and c.subnet_group_name = g.name)
returning id
"""
_FOUND = """
select subnet_id, vpc_id, availability_zone from subnets
 where region = $1 and subnet_id = any($2::text[])
"""
_SECURITY_GROUPS = """
select group_id from security_groups where region = $1 and group_id = any($2::text[])
"""


async def find_one(db: Database, region: str, name: str) -> Any | None:
    """The group of that name, or None."""
    return await LISTING.one(db, region, name)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new group; False when the name is taken."""
    return await single_rows.insert(db, "cache_subnet_groups", row)


async def delete(db: Any, region: str, name: str) -> bool:
    """Delete a group that nothing stands in; False when it is not there or in use."""
    return bool(await db.write(_DELETE, region, name))


async def subnets(db: Database, region: str, subnet_ids: Sequence[str]) -> list[Any]:
    """Those of the subnets that are there: id, network and zone."""
    return await db.fetch(_FOUND, region, list(subnet_ids))


async def security_groups(db: Database, region: str, group_ids: Sequence[str]) -> set[str]:
    """Those of the security groups that are there."""
    rows = await db.fetch(_SECURITY_GROUPS, region, list(group_ids))
    return {row["group_id"] for row in rows}
