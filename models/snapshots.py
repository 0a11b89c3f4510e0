"""Snapshots: copies of volumes, which stay when their volume goes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from models import single_rows
from models.callers import NOW, NUMBER
from models.listing import Column, Database, Listing

# A snapshot is under way until `completed_at`; nothing needs to run for it to complete.
_PENDING = f"(s.state = 'completed' and s.completed_at > {NOW})"
_STATE = f"(case when {_PENDING} then 'pending' else s.state end)"
_PROGRESS = f"(case when {_PENDING} then '0%' else coalesce(s.progress, '100%') end)"
_STARTED = "coalesce(s.started_at, s.created_at)"
# What AWS says of a snapshot whose volume it does not know, such as a copy.
_VOLUME = "coalesce(s.source_volume_id, 'vol-ffffffff')"

LISTING = Listing(
    f"s.snapshot_id, {_VOLUME} as volume_id, s.source_volume_id, s.size_gib, {_STATE} as state,"
    f" {_PROGRESS} as progress, coalesce(s.description, '') as description, s.encrypted,"
    f" s.kms_key_id, s.data_encryption_key_id, s.storage_tier, s.full_snapshot_size_bytes,"
    f" {_STARTED} as started_at, (case when {_PENDING} then null else s.completed_at end)"
    f" as completed_at, {NUMBER} as owner, s.tags, s.region, s.monthly_cost",
    "snapshots as s",
    key="s.snapshot_id",
    columns={
        "region": "s.region",
        "snapshot_id": "s.snapshot_id",
        "volume_id": _VOLUME,
        "size_gib": Column("s.size_gib", "int"),
        "state": _STATE,
        "progress": _PROGRESS,
        "description": "coalesce(s.description, '')",
        "encrypted": Column("s.encrypted", "bool"),
        "storage_tier": "s.storage_tier",
        "started_at": Column(_STARTED, "time"),
        "completed_at": Column("s.completed_at", "time"),
        "owner": NUMBER,
        # Nobody else's snapshots are here, so none has an alias, and none lies on an outpost.
        "nothing": "null::text",
        "transfer_type": "'standard'::text",
    },
    tagged="snapshot",
    # it completes without being touched
    revision=f"concat(s.xmin, s.ctid, {_PENDING})",
)

_COLUMNS = {
    "snapshot_id": "text",
    "region": "text",
    "source_volume_id": "text",
    "size_gib": "int",
    "monthly_cost": "numeric",
    "tags": "jsonb",
    "created_at": "timestamptz",
    "started_at": "timestamptz",
    "completed_at": "timestamptz",
    "description": "text",
    "encrypted": "boolean",
    "kms_key_id": "text",
}
_NAMES = ", ".join(_COLUMNS)
_TYPED = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
INSERT = f"""
insert into snapshots (account_id, {_NAMES})
select driftcloud_account(), {_NAMES} from jsonb_to_recordset($1::jsonb) as made({_TYPED})
"""

# The image that a snapshot belongs to, if any: it holds the snapshot back from deletion.
_IMAGE = """
select i.image_id from images as i
 where i.account_id = driftcloud_account() and i.region = $2 and i.state = 'available'
   and i.block_device_mappings @> jsonb_build_array(
           jsonb_build_object('Ebs', jsonb_build_object('SnapshotId', $1::text)))
 order by i.image_id limit 1
"""

DELETE = f"""
delete from snapshots
 where snapshot_id = $1 and region = $2 and not exists ({_IMAGE})
returning snapshot_id
"""

ARCHIVE = f"""
update snapshots set storage_tier = 'archive', monthly_cost = $3, tiering = 'archival-completed',
       tiered_at = {NOW}
 where snapshot_id = $1 and region = $2 and storage_tier = 'standard' and not exists ({_IMAGE})
returning snapshot_id
"""


RESTORE = f"""
update snapshots set storage_tier = 'standard', monthly_cost = $3,
       tiering = 'permanent-restore-completed', tiered_at = {NOW}
 where account_id = (select driftcloud_account()) and region = $2 and snapshot_id = $1
   and storage_tier = 'archive'
returning snapshot_id
"""
TIERS = Listing(
    f"s.snapshot_id, {_VOLUME} as volume_id, {_STATE} as state, s.storage_tier, s.tiering,"
    f" s.tiered_at, s.tags, {NUMBER} as owner",
    "snapshots as s",
    key="s.snapshot_id",
    columns={
        "region": "s.region",
        "snapshot_id": "s.snapshot_id",
        "volume_id": _VOLUME,
        "tiering": "s.tiering",
    },
)


async def find_one(db: Database, region: str, snapshot_id: str) -> Any | None:
    """The snapshot of that id, or None."""
    return await LISTING.one(db, region, snapshot_id)


async def insert(db: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new snapshots in one statement; a row has any of the keys of `_COLUMNS`."""
    # Costs travel as text: a JSON number would pass through a float.
    await db.write(INSERT, [{**row, "monthly_cost": str(row["monthly_cost"])} for row in rows])


async def delete(db: Any, region: str, snapshot_id: str) -> bool:
    """Delete a snapshot that no image needs; False when it is not there or needed."""
    return bool(await db.write(DELETE, snapshot_id, region))


async def archive(db: Any, region: str, snapshot_id: str, monthly_cost: Decimal) -> bool:
    """Move a snapshot that no image needs to the archive tier; False when that cannot be."""
    return bool(await db.write(ARCHIVE, snapshot_id, region, monthly_cost))


async def restore(db: Any, region: str, snapshot_id: str, monthly_cost: Decimal) -> bool:
    """Bring a snapshot back from the archive tier for good; False when it is not there."""
    return bool(await db.write(RESTORE, snapshot_id, region, monthly_cost))


async def image_of(db: Any, region: str, snapshot_id: str) -> str | None:
    """The image whose block devices name the snapshot, or None."""
    image_id: str | None = await db.fetchval(_IMAGE, snapshot_id, region)
    return image_id


async def shared(db: Any, region: str, snapshot_id: str, *, lock: bool = False) -> Any | None:
    """Who may use a snapshot, as `volume_users`, and how it is encrypted; None: there is none."""
    return await db.fetchrow(
        "select s.volume_users, s.encrypted, s.kms_key_id from snapshots as s where s.account_id ="
        " (select driftcloud_account()) and s.region = $1 and s.snapshot_id = $2"
        + (" for update" if lock else ""),
        region,
        snapshot_id,
    )


async def share(db: Any, region: str, snapshot_id: str, users: Sequence[str]) -> bool:
    """Say who may use a snapshot; False when it is not there."""
    return await single_rows.update(
        db, "snapshots", region, "snapshot_id", snapshot_id, {"volume_users": list(users)}
    )
