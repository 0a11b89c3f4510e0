"""Capacity providers of ECS: Fargate's two, and Auto Scaling groups that an account registers."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.listing import Database, Listing

FARGATE = ("FARGATE", "FARGATE_SPOT")
LISTING = Listing(
    "p.name, p.arn, p.status, p.provider, p.tags",
    "capacity_providers as p",
    key="p.name",
    columns={"region": "p.region", "name": "p.name"},
    tagged="capacity_provider",
    tagged_by="p.arn",
)
_DELETE = """
delete from capacity_providers where account_id = driftcloud_account() and arn = $1
"""
_USED = """
select name from container_clusters
 where account_id = driftcloud_account() and region = $1 and $2 = any (capacity_providers)
   and status = 'ACTIVE' limit 1
"""
_GROUP = """
select arn from autoscaling_groups where account_id = driftcloud_account() and region = $1
   and (arn = $2 or name = $2)
"""


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a provider; False when the name is taken."""
    return await single_rows.insert(db, "capacity_providers", row)


async def delete(db: Any, arn: str) -> None:
    """Delete a provider."""
    await db.write(_DELETE, arn)


async def cluster_using(db: Database, region: str, name: str) -> str | None:
    """A cluster that has the provider, or None."""
    rows = await db.fetch(_USED, region, name)
    return rows[0]["name"] if rows else None


async def group_arn(db: Database, region: str, name: str) -> str | None:
    """The ARN of an Auto Scaling group that is named by ARN or name, or None."""
    rows = await db.fetch(_GROUP, region, name)
    return rows[0]["arn"] if rows else None
