"""Volumes: block storage, attached or left behind."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from models.callers import NUMBER
from models.listing import Column, Database, Listing

LISTING = Listing(
    "v.volume_id, v.size_gib, v.volume_type, v.state, v.created_at, v.availability_zone, v.iops,"
    " v.throughput, v.encrypted, v.kms_key_id, v.snapshot_id, v.multi_attach_enabled,"
    " v.attached_instance_id, v.attach_device, v.attach_time, v.delete_on_termination, v.tags,"
    f" v.region, v.monthly_cost, v.modified_at, {NUMBER} as owner_number",
    "volumes as v",
    key="v.volume_id",
    columns={
        "region": "v.region",
        "volume_id": "v.volume_id",
        "size_gib": Column("v.size_gib", "int"),
        "volume_type": "v.volume_type",
        "state": "v.state",
        "created_at": Column("v.created_at", "time"),
        "availability_zone": "v.availability_zone",
        "encrypted": Column("v.encrypted", "bool"),
        "multi_attach_enabled": Column("v.multi_attach_enabled", "bool"),
        "snapshot_id": "v.snapshot_id",
        "attached_instance_id": "v.attached_instance_id",
        "attach_device": "v.attach_device",
        "attach_time": Column("v.attach_time", "time"),
        "attach_state": "(case when v.attached_instance_id is not null then 'attached' end)",
        "delete_on_termination": Column(
            "(case when v.attached_instance_id is not null then v.delete_on_termination end)",
            "bool",
        ),
    },
    tagged="volume",
    always="v.state <> 'deleted'",
    revision="concat(v.xmin, v.ctid)",
)

_COLUMNS = (
    "volume_id",
    "region",
    "availability_zone",
    "size_gib",
    "volume_type",
    "iops",
    "throughput",
    "encrypted",
    "kms_key_id",
    "snapshot_id",
    "multi_attach_enabled",
    "state",
    "attached_instance_id",
    "attach_device",
    "attach_time",
    "delete_on_termination",
    "monthly_cost",
    "created_at",
    "tags",
    "client_token",
)
INSERT = (
    f"insert into volumes (account_id, updated_at, {', '.join(_COLUMNS)}) values"
    f" (driftcloud_account(), $18, {', '.join(f'${n + 1}' for n in range(len(_COLUMNS)))})"
)

DELETE = (
    "delete from volumes where volume_id = $1 and region = $2 and state = 'available'"
    " returning volume_id"
)

# The old row is locked and read first, so that the answer can tell what was attached.
DETACH = """
with old as (
    select * from volumes where volume_id = $1 and region = $2 and state = 'in-use' for update
)
update volumes as v
   set state = 'available', attached_instance_id = null, attach_device = null,
       attach_time = null, delete_on_termination = false, last_used_at = $3
  from old
 where v.id = old.id
returning old.volume_id, old.attached_instance_id, old.attach_device, old.attach_time,
          old.delete_on_termination
"""

ATTACH = """
update volumes
   set state = 'in-use', attached_instance_id = $3, attach_device = $4, attach_time = $5,
       delete_on_termination = false, last_used_at = $5
 where volume_id = $1 and region = $2 and state = 'available'
returning volume_id, attached_instance_id, attach_device, attach_time, delete_on_termination
"""

MODIFY = """
update volumes
   set size_gib = $3, volume_type = $4, iops = $5, throughput = $6,
       multi_attach_enabled = $7, monthly_cost = $8, modified_at = $9
 where volume_id = $1 and region = $2
returning volume_id
"""


async def find_one(db: Database, region: str, volume_id: str) -> Any | None:
    """The volume of that id, or None."""
    return await LISTING.one(db, region, volume_id)


async def insert(db: Any, row: dict[str, Any]) -> None:
    """Store a new volume; `row` has every column of `_COLUMNS`, absent ones are null."""
    await db.write(INSERT, *(row.get(name) for name in _COLUMNS))


async def delete(db: Any, region: str, volume_id: str) -> bool:
    """Delete an available volume; False when it is not there or not available."""
    return bool(await db.write(DELETE, volume_id, region))


async def detach(db: Any, region: str, volume_id: str, now: datetime) -> Any | None:
    """Detach an attached volume; the attachment that was, or None when there is none."""
    rows = await db.write(DETACH, volume_id, region, now)
    return rows[0] if rows else None


async def attach(
    db: Any, region: str, volume_id: str, instance_id: str, device: str, now: datetime
) -> Any | None:
    """Attach an available volume; the attachment, or None when it is not available."""
    rows = await db.write(ATTACH, volume_id, region, instance_id, device, now)
    return rows[0] if rows else None


async def lock(db: Any, region: str, volume_id: str) -> None:
    """Keep a volume for the transaction: whoever else would change it waits."""
    await db.fetch(
        "select id from volumes where region = $1 and volume_id = $2 for update", region, volume_id
    )


async def modify(
    db: Any,
    region: str,
    volume_id: str,
    *,
    size_gib: int,
    volume_type: str,
    iops: int | None,
    throughput: int | None,
    multi_attach_enabled: bool,
    monthly_cost: Decimal,
    now: datetime,
) -> None:
    """Change what a volume is, and with it what it costs."""
    await db.write(
        MODIFY, volume_id, region, size_gib, volume_type, iops, throughput, multi_attach_enabled,
        monthly_cost, now,
    )  # fmt: skip


async def attached_to(db: Database, instance_ids: Sequence[str]) -> list[Any]:
    """The volumes attached to any of these instances."""
    return await db.fetch(
        "select volume_id, attached_instance_id, attach_device, attach_time, size_gib,"
        " delete_on_termination from volumes where attached_instance_id = any($1::text[])"
        " order by attached_instance_id, attach_device",
        list(instance_ids),
    )


async def auto_enable_io(db: Any, region: str, volume_id: str) -> Any | None:
    """Whether a volume's I/O goes on by itself, as `auto_enable_io`; None: there is no such."""
    return await db.fetchrow(
        "select v.auto_enable_io from volumes as v where v.account_id ="
        " (select driftcloud_account()) and v.region = $1 and v.volume_id = $2"
        " and v.state <> 'deleted'",
        region, volume_id,
    )  # fmt: skip


async def set_auto_enable_io(db: Any, region: str, volume_id: str, wanted: bool) -> bool:
    """Say whether a volume's I/O goes on by itself; False when it is not there."""
    return bool(
        await db.write(
            "update volumes set auto_enable_io = $3 where account_id ="
            " (select driftcloud_account()) and region = $1 and volume_id = $2"
            " and state <> 'deleted' returning id",
            region, volume_id, wanted,
        )
    )  # fmt: skip
