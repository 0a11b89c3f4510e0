"""Operations of MSK clusters: every update that was asked for, and how it went."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.callers import NOW
from models.listing import Database, Listing

LISTING = Listing(
    "o.arn, o.kind, o.source, o.target, o.started_at, s.arn as cluster_arn, s.cluster_type,"
    f" (case when o.ends_at > {NOW} then 'UPDATE_IN_PROGRESS' else 'UPDATE_COMPLETE' end) as state,"
    f" (case when o.ends_at <= {NOW} then o.ends_at end) as ended_at",
    "streaming_operations as o join streaming_clusters as s on s.id = o.cluster_id",
    key="o.arn",
    columns={"region": "o.region", "cluster": "s.arn"},
)


async def find_one(db: Database, region: str, arn: str) -> Any | None:
    """The operation of that ARN, or None."""
    return await LISTING.one(db, region, arn)


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store an operation that begins."""
    await single_rows.insert(db, "streaming_operations", row)
