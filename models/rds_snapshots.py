"""Snapshots of databases and clusters: manual ones are stored, automated ones follow.

An automated snapshot is there for each of the last `backup_retention_days` days on which its
source ran; it needs no row, and goes when its day or its source goes.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models import single_rows
from models.callers import NUMBER
from models.costs.money import quantise
from models.listing import Column, Database, Listing
from models.prices import price
from models.rds_instances import RESOURCE_ID
from models.rds_networks import VPC_ID
from models.rds_windows import BACKUP, NOW

_STORED = (
    "identifier", "arn", "region", "source_identifier", "source_resource_id", "source_created_at",
    "copied_from_arn", "original_created_at", "engine", "engine_version", "instance_class",
    "allocated_storage_gib", "storage_type", "iops", "storage_throughput", "storage_encrypted",
    "kms_key_id", "license_model", "db_name", "master_username", "port", "availability_zone",
    "vpc_id", "subnet_group_name", "iam_authentication", "shared_with", "monthly_cost",
    "completed_at", "tags", "created_at", "env",
)  # fmt: skip

_MADE_AT = (
    f"(date_trunc('day', {NOW} at time zone 'utc') at time zone 'utc' - day.ago * interval '1 day'"
    f" + left({BACKUP.format('r')}, 5)::interval + interval '7 minutes')"
)
# A time inside a name is shifted here, since nothing after this knows that it is one.
_NAME = (
    "('rds:' || r.identifier || to_char((made.at + {shift}) at time zone 'utc',"
    " '-YYYY-MM-DD-HH24-MI'))"
)


def _automated(table: str, segment: str, own: Mapping[str, str], condition: str) -> str:
    """The automated snapshots of the rows of a table; `own` where its columns differ."""
    columns = {column: f"r.{column}" for column in _STORED} | {
        "identifier": _NAME,
        "arn": f"('arn:aws:rds:' || r.region || ':' || {NUMBER} || ':{segment}:' || {_NAME})",
        "source_identifier": "r.identifier",
        "source_resource_id": RESOURCE_ID.format("r"),
        "source_created_at": "r.created_at",
        "copied_from_arn": "null::text",
        "original_created_at": "made.at",
        "vpc_id": VPC_ID.format("r"),
        "shared_with": "'{}'::text[]",
        "monthly_cost": "0::numeric",
        "completed_at": "made.at",
        "created_at": "made.at",
        "tags": "'{}'::jsonb",
        **own,
    }
    shown = ", ".join(f"{expression} as {column}" for column, expression in columns.items())
    return (
        f"select {shown}, 'automated' as snapshot_type from {table} as r,"
        f" generate_series(0, r.backup_retention_days) as day(ago),"
        f" lateral (select {_MADE_AT} as at offset 0) as made"  # worked out once
        f" where {condition} and made.at between r.created_at and {NOW}"
        f" and made.at > {NOW} - r.backup_retention_days * interval '1 day'"
    )


def _listing(source_type: str, tagged: str, automated: str) -> Listing:
    stored = ", ".join(f"s.{name}" for name in _STORED)
    source = (
        f"(select {stored}, 'manual' as snapshot_type from rds_snapshots as s"
        f" where s.source_type = '{source_type}' union all {automated}) as s"
    )
    return Listing(
        f"{stored}, s.snapshot_type,"
        f" (case when s.completed_at > {NOW} then 'creating' else 'available' end) as status,"
        f" (case when s.completed_at > {NOW} then 0 else 100 end) as progress",
        source,
        key="s.identifier",
        columns={
            "region": "s.region",
            "identifier": "s.identifier",
            "source_identifier": "s.source_identifier",
            "source_resource_id": "s.source_resource_id",
            "snapshot_type": "s.snapshot_type",
            "engine": "s.engine",
            "created_at": Column("s.created_at", "time"),
        },
        tagged=tagged,
    )


INSTANCE = _listing(
    "instance",
    "rds_snapshot",
    _automated(
        "rds_instances",
        "snapshot",
        {},
        "r.cluster_identifier is null and r.replica_of is null and r.backup_retention_days > 0"
        " and (r.stopped_at is null or made.at < r.stopped_at)",
    ),
)
CLUSTER = _listing(
    "cluster",
    "rds_snapshot",
    _automated(
        "rds_clusters",
        "cluster-snapshot",
        {
            "source_resource_id": "('cluster-' || upper(substr(md5(r.id::text), 1, 26)))",
            "instance_class": "null::text",
            "allocated_storage_gib": "1",
            "iops": "null::int",
            "storage_throughput": "null::int",
            "license_model": "null::text",
            "availability_zone": "null::text",
        },
        "r.backup_retention_days > 0",
    ),
)

_DELETE = """
delete from rds_snapshots
 where account_id = driftcloud_account() and region = $1 and source_type = $2 and identifier = $3
returning id
"""

_SHARE = """
update rds_snapshots set shared_with = $4
 where account_id = driftcloud_account() and region = $1 and source_type = $2 and identifier = $3
returning id
"""
# What a copy has of its source.
COPIED = tuple(
    name
    for name in _STORED
    if name not in ("identifier", "arn", "region", "copied_from_arn", "shared_with", "tags",
                    "monthly_cost", "completed_at", "created_at")
)  # fmt: skip


async def find_one(db: Database, listing: Listing, region: str, identifier: str, shift: Any) -> Any:
    """The snapshot of that identifier in INSTANCE or CLUSTER, or None."""
    rows = await listing.page(db, region=region, ids=[identifier], shift=shift)
    return rows[0] if rows else None


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a manual snapshot with its cost; False when the identifier is taken."""
    cost = monthly_cost(row["allocated_storage_gib"], row["region"])
    return await single_rows.insert(db, "rds_snapshots", {**row, "monthly_cost": cost})


async def delete(db: Any, region: str, source_type: str, identifier: str) -> bool:
    """Delete a manual snapshot of an `instance` or a `cluster`."""
    return bool(await db.write(_DELETE, region, source_type, identifier))


def monthly_cost(size_gib: int, region: str) -> Decimal:
    """A manual snapshot at its full size; the free backup storage is the automated ones'."""
    return quantise(price("rds", "backup", region) * size_gib)


async def share(
    db: Any, region: str, source_type: str, identifier: str, account_numbers: list[str]
) -> None:
    """Say which accounts may restore a manual snapshot; `all` is everybody."""
    await db.write(_SHARE, region, source_type, identifier, account_numbers)
