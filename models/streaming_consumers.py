"""Consumers with enhanced fan-out of Kinesis streams."""

from typing import Any

from models import single_rows
from models.callers import NOW
from models.listing import Condition, Database, Listing

_STATUS = f"(case when c.settles_at > {NOW} then 'CREATING' else 'ACTIVE' end)"

LISTING = Listing(
    f"c.name, c.arn, c.created_at, {_STATUS} as status, s.arn as stream_arn",
    "streaming_consumers as c join streaming_clusters as s on s.id = c.stream_id",
    key="c.name",
    columns={"region": "c.region", "arn": "c.arn", "stream": "s.arn"},
)
_DELETE = "delete from streaming_consumers where account_id = driftcloud_account() and arn = $1"


async def find_one(db: Database, region: str, where: Condition, name: str | None) -> Any | None:
    """The consumer that a condition on its ARN, or on its stream with a name, means, or None."""
    ids = [name] if name else None
    rows = await LISTING.page(db, [where], region=region, ids=ids)
    return rows[0] if rows else None


async def insert(db: Any, row: dict[str, Any]) -> bool:
    """Store a new consumer; False when its stream has one of the name."""
    return await single_rows.insert(db, "streaming_consumers", row)


async def delete(db: Any, arn: str) -> None:
    """Forget a consumer."""
    await db.write(_DELETE, arn)
