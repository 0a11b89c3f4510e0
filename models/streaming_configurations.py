"""Configurations of Kafka brokers, with all their revisions."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.listing import Database, Listing

LISTING = Listing(
    "c.name, c.arn, c.description, c.kafka_versions, c.revisions, c.created_at, c.region",
    "streaming_configurations as c",
    key="c.arn",
    columns={"region": "c.region", "name": "c.name"},
)
_DELETE = """
delete from streaming_configurations as c
 where c.account_id = driftcloud_account() and c.region = $1 and c.arn = $2
   and not exists (select 1 from streaming_clusters as s where s.account_id = c.account_id
                      and s.settings -> 'ConfigurationInfo' ->> 'Arn' = c.arn)
returning id
"""


async def find_one(db: Database, region: str, arn: str) -> Any | None:
    """The configuration of that ARN, or None."""
    return await LISTING.one(db, region, arn)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new configuration; False when its name is taken."""
    return await single_rows.insert(db, "streaming_configurations", row)


async def revise(db: Any, region: str, arn: str, revisions: list[dict[str, Any]]) -> None:
    """Give a configuration its revisions, the new one last."""
    changes = {"revisions": revisions}
    await single_rows.update(db, "streaming_configurations", region, "arn", arn, changes)


async def delete(db: Any, region: str, arn: str) -> bool:
    """Delete a configuration; False while a cluster uses it."""
    return bool(await db.write(_DELETE, region, arn))
