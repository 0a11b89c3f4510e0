"""Snapshots.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html and the pages of
the operations beside it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from emulator import fragments, ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.rows import Constant, Rows, View, When
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import INSTANCE, SNAPSHOT, VOLUME
from handlers.ec2.tag_specifications import check_types, tags_for
from handlers.ec2.tag_view import TAG_LIST, tag_list
from models import costs, ebs_settings, instances, regions, snapshots, volumes


async def describe_snapshots(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Snapshots of the region, by id, owner, filter and page.

    Nobody shares snapshots here, so whoever else's are asked for, there are none.
    """
    asked = params.get("SnapshotIds")
    if asked and params.get("MaxResults"):
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter snapshotSet cannot be used with the parameter maxResults",
        )
    identifiers.check(SNAPSHOT, asked or ())
    page = pages.page(ctx, params)
    where = conditions(ctx, snapshots.LISTING, FILTERS, params.get("Filters"))
    if not (_mine(ctx, params.get("OwnerIds")) and _mine(ctx, params.get("RestorableByUserIds"))):
        return {"Snapshots": []}
    shelf = ctx.server.fragments.shelf(ctx)
    rows = await fragments.page(ctx, snapshots.LISTING, where, shelf, page, ids=asked)
    if asked and not where:
        identifiers.check_found(SNAPSHOT, asked, (row["snapshot_id"] for row in rows))
    shown, token = page.cut(rows, "snapshot_id")
    return {"Snapshots": Rows(SNAPSHOT_VIEW, shown, shelf, "snapshot_id"), "NextToken": token}


async def create_snapshot(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A snapshot of one volume, attached or not."""
    volume_id = params["VolumeId"]
    identifiers.check(VOLUME, [volume_id])
    check_types(params, ("snapshot",))
    tags = tags_for(params, "snapshot")
    volume = await volumes.find_one(ctx.db, ctx.region, volume_id)
    if volume is None:
        raise identifiers.not_found(VOLUME, [volume_id])
    row = _taken(ctx, volume, params.get("Description"), tags)
    await snapshots.insert(ctx.db, [row])
    return _begun(ctx, row)


async def create_snapshots(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Snapshots of all volumes of one instance, taken at one moment."""
    given = params["InstanceSpecification"]
    instance_id = given.get("InstanceId")
    if not instance_id:
        raise AwsError("MissingParameter", "The request must contain the parameter InstanceId")
    identifiers.check(INSTANCE, [instance_id])
    check_types(params, ("snapshot",))
    tags = tags_for(params, "snapshot")
    instance = await instances.find_one(ctx.db, ctx.region, instance_id)
    if instance is None:
        raise identifiers.not_found(INSTANCE, [instance_id])
    rows = []
    for volume in await _chosen_volumes(ctx, instance, given):
        copied = volume["tags"] if params.get("CopyTagsFromSource") == "volume" else {}
        own = {key: value for key, value in copied.items() if not key.startswith("aws:")}
        rows.append(_taken(ctx, volume, params.get("Description"), own | tags))
    if rows:
        await snapshots.insert(ctx.db, rows)
    return {"Snapshots": [_begun(ctx, row) for row in rows]}


async def copy_snapshot(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A copy of a snapshot, from its region into the request's."""
    source_id, source_region = params["SourceSnapshotId"], params["SourceRegion"]
    identifiers.check(SNAPSHOT, [source_id])
    check_types(params, ("snapshot",))
    tags = tags_for(params, "snapshot")
    if not regions.exists(source_region):
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({source_region}) for parameter sourceRegion is invalid.",
        )
    source = await snapshots.find_one(ctx.db, source_region, source_id)
    if source is None:
        raise identifiers.not_found(SNAPSHOT, [source_id])
    if source["state"] != "completed":
        raise AwsError("IncorrectState", f"The snapshot '{source_id}' is not 'completed'.")
    by_default, default_key = await ebs_settings.find(ctx.db, ctx.region)
    encrypted = bool(params.get("Encrypted")) or source["encrypted"] or by_default
    key = params.get("KmsKeyId") or source["kms_key_id"] or default_key
    row = {
        **new(ctx, source["size_gib"], params.get("Description"), tags),
        "encrypted": encrypted,
        "kms_key_id": key if encrypted else None,
    }
    await snapshots.insert(ctx.db, [row])
    return {"SnapshotId": row["snapshot_id"], "Tags": tag_list(tags)}


async def delete_snapshot(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a snapshot, unless an image is made of it."""
    snapshot_id = params["SnapshotId"]
    identifiers.check(SNAPSHOT, [snapshot_id])
    if not await snapshots.delete(ctx.db, ctx.region, snapshot_id):
        await _find(ctx, snapshot_id)
        raise await _in_use(ctx, snapshot_id)
    return {}


async def modify_snapshot_tier(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Archive a snapshot: a quarter of the price, and hours to bring it back."""
    snapshot_id = params["SnapshotId"]
    identifiers.check(SNAPSHOT, [snapshot_id])
    snapshot = await _find(ctx, snapshot_id)
    if snapshot["state"] != "completed":
        raise AwsError("IncorrectState", f"The snapshot '{snapshot_id}' is not 'completed'.")
    if snapshot["storage_tier"] == "archive":
        raise AwsError(
            "InvalidParameterValue", f"Snapshot {snapshot_id} is already in the archive tier."
        )
    monthly_cost = costs.snapshot_monthly(snapshot["size_gib"], ctx.region, tier="archive")
    if not await snapshots.archive(ctx.db, ctx.region, snapshot_id, monthly_cost):
        raise await _in_use(ctx, snapshot_id)
    return {"SnapshotId": snapshot_id, "TieringStartTime": ctx.now}


async def _find(ctx: Context, snapshot_id: str) -> Any:
    snapshot = await snapshots.find_one(ctx.db, ctx.region, snapshot_id)
    if snapshot is None:
        raise identifiers.not_found(SNAPSHOT, [snapshot_id])
    return snapshot


async def _in_use(ctx: Context, snapshot_id: str) -> AwsError:
    image_id = await snapshots.image_of(ctx.db, ctx.region, snapshot_id)
    return AwsError(
        "InvalidSnapshot.InUse", f"The snapshot {snapshot_id} is currently in use by {image_id}"
    )


def _mine(ctx: Context, owners: Sequence[str] | None) -> bool:
    """Whether the caller's own snapshots are among those of `owners`."""
    if not owners:
        return True
    for owner in owners:
        digits = owner.isascii() and owner.isdigit() and len(owner) == 12
        if not digits and owner not in ("self", "amazon", "aws-marketplace", "all"):
            raise AwsError("InvalidUserID.Malformed", f'Invalid user id: "{owner}"')
    return "self" in owners or ctx.principal.account_number in owners


async def _chosen_volumes(ctx: Context, instance: Any, given: dict[str, Any]) -> list[Any]:
    """The instance's volumes, without its root and others where the request says so."""
    attached = await volumes.attached_to(ctx.db, [instance["instance_id"]])
    root = instance["root_device_name"]
    excluded = set(given.get("ExcludeDataVolumeIds") or ())
    data = {row["volume_id"] for row in attached if row["attach_device"] != root}
    wrong = sorted(excluded - data)
    if wrong:
        raise AwsError(
            "InvalidParameterValue",
            f"The volume '{wrong[0]}' is not a data volume attached to instance"
            f" '{instance['instance_id']}'.",
        )
    chosen = [row["volume_id"] for row in attached if row["volume_id"] not in excluded]
    if given.get("ExcludeBootVolume"):
        chosen = [volume_id for volume_id in chosen if volume_id in data]
    if not chosen:
        return []
    return await volumes.LISTING.page(ctx.db, region=ctx.region, ids=chosen)


def new(
    ctx: Context, size_gib: int, description: str | None, tags: dict[str, str]
) -> dict[str, Any]:
    """A snapshot's row as it begins; what it is of comes besides."""
    takes = timedelta(seconds=ctx.server.settings.transition_seconds)
    return {
        "snapshot_id": ids.new("snap"),
        "region": ctx.region,
        "size_gib": size_gib,
        "monthly_cost": costs.snapshot_monthly(size_gib, ctx.region),
        "tags": tags,
        "created_at": ctx.now,
        "started_at": ctx.now,
        "completed_at": ctx.now + takes,
        "description": description,
    }


def _taken(
    ctx: Context, volume: Any, description: str | None, tags: dict[str, str]
) -> dict[str, Any]:
    """The row of a snapshot of a volume, encrypted as the volume is."""
    return {
        **new(ctx, volume["size_gib"], description, tags),
        "source_volume_id": volume["volume_id"],
        "encrypted": volume["encrypted"],
        "kms_key_id": volume["kms_key_id"],
    }


def _begun(ctx: Context, row: dict[str, Any]) -> dict[str, Any]:
    """A SnapshotInfo, as AWS answers when a snapshot has just begun; its tags may be none."""
    return {
        "SnapshotId": row["snapshot_id"],
        "VolumeId": row["source_volume_id"],
        "State": "pending",
        "StartTime": row["started_at"],
        "Progress": "",
        "OwnerId": ctx.principal.account_number,
        "Description": row["description"] or "",
        "VolumeSize": row["size_gib"],
        "Encrypted": row["encrypted"],
        "Tags": tag_list(row["tags"]) or [],
    }


SNAPSHOT_VIEW = View(
    {
        "SnapshotId": "snapshot_id",
        "VolumeId": "volume_id",
        "State": "state",
        "StartTime": "started_at",
        "Progress": "progress",
        "OwnerId": "owner",
        "Description": "description",
        "VolumeSize": "size_gib",
        "Encrypted": "encrypted",
        "KmsKeyId": When("encrypted", "kms_key_id"),
        "DataEncryptionKeyId": "data_encryption_key_id",
        "StorageTier": "storage_tier",
        "TransferType": Constant("standard"),
        "CompletionTime": "completed_at",
        "FullSnapshotSizeInBytes": "full_snapshot_size_bytes",
        "Tags": TAG_LIST,
    }
)

FILTERS = TAGS | {
    "completion-time": "completed_at",
    "description": "description",
    "encrypted": "encrypted",
    "outpost-arn": "nothing",
    "owner-alias": "nothing",
    "owner-id": "owner",
    "progress": "progress",
    "snapshot-id": "snapshot_id",
    "start-time": "started_at",
    "status": "state",
    "storage-tier": "storage_tier",
    "transfer-type": "transfer_type",
    "volume-id": "volume_id",
    "volume-size": "size_gib",
}
