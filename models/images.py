"""Images: what instances are launched from, an account's own and the public ones."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import single_rows
from models.callers import NOW
from models.listing import SHIFT, Column, Database, Listing

_ISO = '\'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\''


def _time(column: str) -> str:
    """A time that AWS shows as text, in the client's own days."""
    return f"to_char(({column} + {SHIFT}) at time zone 'utc', {_ISO})"


def _device(expression: str) -> str:
    one = "jsonb_array_elements(i.block_device_mappings) as one(device)"
    return f"exists (select 1 from {one} where {expression} {{match}})"


LISTING = Listing(
    "i.account_id, i.image_id, i.region, i.name, i.description, i.owner_alias, i.owner_number,"
    " i.architecture, i.platform, i.platform_details, i.usage_operation, i.state, i.public,"
    " i.root_device_name, i.root_device_type, i.virtualization_type, i.hypervisor, i.image_type,"
    " i.boot_mode, i.ena_support, i.block_device_mappings, i.source_instance_id, i.ssm_alias,"
    " i.source_image_id, i.source_image_region,"
    f" i.tags, {_time('i.creation_date')} as creation_date,"
    f" {_time('i.deprecation_time')} as deprecation_time",
    "images as i",
    key="i.image_id",
    columns={
        "region": "i.region",
        "image_id": "i.image_id",
        "name": "i.name",
        "description": "i.description",
        "owner": "(i.owner_number {match} or i.owner_alias {match})",
        "owner_alias": "i.owner_alias",
        "owner_number": "i.owner_number",
        "architecture": "i.architecture",
        "platform": "i.platform",
        "platform_details": "i.platform_details",
        "usage_operation": "i.usage_operation",
        "state": "i.state",
        "public": Column("i.public", "bool"),
        "root_device_name": "i.root_device_name",
        "root_device_type": "i.root_device_type",
        "virtualization_type": "i.virtualization_type",
        "hypervisor": "i.hypervisor",
        "image_type": "i.image_type",
        "boot_mode": "i.boot_mode",
        "ena_support": Column("i.ena_support", "bool"),
        "source_instance_id": "i.source_instance_id",
        "source_image_id": "i.source_image_id",
        "source_image_region": "i.source_image_region",
        "ssm_alias": "i.ssm_alias",
        "creation_date": Column("i.creation_date", "time"),
        "location": "(coalesce(i.owner_alias, i.owner_number) || '/' || i.name)",
        "nothing": "null::text",
        "device_name": _device("device ->> 'DeviceName'"),
        "device_snapshot_id": _device("device -> 'Ebs' ->> 'SnapshotId'"),
        "device_volume_size": _device("device -> 'Ebs' ->> 'VolumeSize'"),
        "device_volume_type": _device("device -> 'Ebs' ->> 'VolumeType'"),
        "device_encrypted": _device("coalesce(device -> 'Ebs' ->> 'Encrypted', 'false')"),
        "device_delete_on_termination": _device(
            "coalesce(device -> 'Ebs' ->> 'DeleteOnTermination', 'true')"
        ),
        # An account goes on seeing its own images after they are deprecated.
        "current": Column(
            f"(i.account_id is not null or coalesce(i.deprecation_time > {NOW}, true))", "bool"
        ),
    },
    tagged="image",
)

_COLUMNS = (
    "image_id",
    "region",
    "name",
    "description",
    "owner_number",
    "architecture",
    "platform",
    "platform_details",
    "usage_operation",
    "root_device_name",
    "boot_mode",
    "block_device_mappings",
    "source_instance_id",
    "source_image_id",
    "source_image_region",
    "creation_date",
    "created_at",
    "tags",
)
# Images of one name take turns, so that the second finds the first.
_LOCK = "select pg_advisory_xact_lock(hashtext('image name'), hashtext($1 || $2))"
_NAMED = (
    "select image_id from images"
    " where account_id = driftcloud_account() and region = $1 and name = $2"
)
_INSERT = (
    f"insert into images (account_id, {', '.join(_COLUMNS)}) values"
    f" (driftcloud_account(), {', '.join(f'${n + 1}' for n in range(len(_COLUMNS)))})"
)
_DELETE = (
    "delete from images where account_id = driftcloud_account() and image_id = $1 and region = $2"
    " returning image_id"
)
_BY_PARAMETER = "select image_id from images where region = $1 and ssm_alias = $2"


async def find_one(db: Database, region: str, image_id: str) -> Any | None:
    """The image of that id that the account can see, or None."""
    return await LISTING.one(db, region, image_id)


async def named_by(db: Database, region: str, parameter: str) -> str | None:
    """The id of the public image that a public parameter names, or None."""
    rows = await db.fetch(_BY_PARAMETER, region, parameter)
    return rows[0][0] if rows else None


async def of_name(db: Any, region: str, name: str) -> str | None:
    """The account's image of that name, or None; no other of it is made until the end."""
    await db.write(_LOCK, region, name)
    rows = await db.fetch(_NAMED, region, name)
    return rows[0][0] if rows else None


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new image; `row` has every column of `_COLUMNS`, absent ones are null."""
    await db.write(_INSERT, *(row.get(name) for name in _COLUMNS))


async def delete(db: Any, region: str, image_id: str) -> bool:
    """Delete an image of the account's own; False when it has no such image."""
    return bool(await db.write(_DELETE, image_id, region))


async def lock(db: Any, region: str, image_id: str) -> None:
    """Hold an own image until the transaction ends."""
    await db.fetch(
        "select 1 from images where account_id = (select driftcloud_account()) and region = $1"
        " and image_id = $2 for update",
        region,
        image_id,
    )


async def launch_users(db: Any, region: str, image_id: str) -> list[str]:
    """The accounts that an own image is shared with."""
    return list(
        await db.fetchval(
            "select launch_users from images where account_id = (select driftcloud_account())"
            " and region = $1 and image_id = $2",
            region,
            image_id,
        )
        or ()
    )


async def last_launch(db: Any, region: str, image_id: str) -> datetime | None:
    """When a machine was last launched of an image, as far as it is remembered."""
    found: datetime | None = await db.fetchval(
        "select max(launch_time) from instances where account_id = (select driftcloud_account())"
        " and region = $1 and image_id = $2",
        region,
        image_id,
    )
    return found


async def update(db: Any, region: str, image_id: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of an own image; False when the account has no such image."""
    return await single_rows.update(db, "images", region, "image_id", image_id, changes)
