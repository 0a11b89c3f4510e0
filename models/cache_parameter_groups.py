"""Parameter groups of caches: those that an account made; the default ones follow."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.listing import Database, Listing

LISTING = Listing(
    "g.name, g.arn, g.region, g.family, g.description, g.parameters",
    "cache_parameter_groups as g",
    key="g.name",
    columns={"region": "g.region"},
)
_DELETE = """
delete from cache_parameter_groups as g
 where g.account_id = driftcloud_account() and g.region = $1 and g.name = $2
   and not exists (select 1 from cache_clusters as c where c.account_id = g.account_id
                      and c.region = g.region and c.parameter_group_name = g.name)
returning id
"""


async def find_one(db: Database, region: str, name: str) -> Any | None:
    """The group of that name, or None."""
    return await LISTING.one(db, region, name)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new group; False when the name is taken."""
    return await single_rows.insert(db, "cache_parameter_groups", row)


async def update(db: Any, region: str, name: str, parameters: Mapping[str, Any]) -> None:
    """Give a group other values."""
    await single_rows.update(
        db, "cache_parameter_groups", region, "name", name, {"parameters": dict(parameters)}
    )


async def delete(db: Any, region: str, name: str) -> bool:
    """Delete a group that nothing uses; False when it is not there or in use."""
    return bool(await db.write(_DELETE, region, name))
