"""Snapshots of caches: manual ones, billed by their size for as long as they are kept."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models import single_rows
from models.callers import NOW
from models.costs import quantise
from models.listing import Database, Listing
from models.prices import price

_STORED = (
    "identifier", "arn", "region", "snapshot_source", "cache_cluster_id", "replication_group_id",
    "engine", "engine_version", "node_type", "num_nodes", "num_node_groups", "size_mib",
    "details", "node_snapshots", "kms_key_id", "created_at", "env",
)  # fmt: skip
LISTING = Listing(
    ", ".join(f"s.{name}" for name in _STORED)
    + f", (case when s.completed_at > {NOW} then 'creating' else 'available' end) as status",
    "cache_snapshots as s",
    key="s.identifier",
    columns={
        "region": "s.region",
        "cache_cluster_id": "s.cache_cluster_id",
        "replication_group_id": "s.replication_group_id",
        "snapshot_source": "s.snapshot_source",
    },
)
_DELETE = """
delete from cache_snapshots
 where account_id = driftcloud_account() and region = $1 and identifier = $2
"""
MIB_PER_GIB = 1024


async def find_one(db: Database, region: str, name: str) -> Any | None:
    """The snapshot of that name, or None."""
    return await LISTING.one(db, region, name)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a snapshot with its cost; False when the name is taken."""
    cost = monthly_cost(row["size_mib"], row["region"])
    return await single_rows.insert(db, "cache_snapshots", {**row, "monthly_cost": cost})


async def delete(db: Any, region: str, name: str) -> None:
    """Delete a snapshot."""
    await db.write(_DELETE, region, name)


def monthly_cost(size_mib: int, region: str) -> Decimal:
    """A snapshot at its size."""
    return quantise(price("elasticache", "backup", region) * size_mib / MIB_PER_GIB)
