"""Launch configurations: what groups launch from that use no launch template."""

from collections.abc import Mapping
from typing import Any

from models.listing import Database, Listing

LISTING = Listing(
    "c.name, c.arn, c.data, c.created_at",
    "launch_configurations as c",
    key="c.name",
    columns={"region": "c.region", "name": "c.name"},
)
_INSERT = """
insert into launch_configurations (account_id, id, name, arn, region, data, created_at)
values (driftcloud_account(), $1, $2, $3, $4, $5, $6)
on conflict (account_id, region, name) do nothing returning id
"""
_DELETE = """
delete from launch_configurations
 where account_id = driftcloud_account() and region = $1 and name = $2
"""
_USER = """
select name from autoscaling_groups
 where account_id = driftcloud_account() and region = $1 and launch_configuration_name = $2
 order by name limit 1
"""


async def find(db: Database, region: str, name: str) -> Any | None:
    """The launch configuration of that name, or None."""
    return await LISTING.one(db, region, name)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new launch configuration; False when the name is taken."""
    columns = ("id", "name", "arn", "region", "data", "created_at")
    return bool(await db.write(_INSERT, *(row[name] for name in columns)))


async def used_by(db: Database, region: str, name: str) -> str | None:
    """The name of a group that launches from it, or None."""
    rows = await db.fetch(_USER, region, name)
    return rows[0][0] if rows else None


async def delete(db: Any, region: str, name: str) -> None:
    """Delete a launch configuration; what was launched from it stays."""
    await db.write(_DELETE, region, name)
