"""Images that no machine of here was the model of: copied, or registered of snapshots.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html and
API_RegisterImage.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from emulator.idempotency import once
from handlers.ec2 import identifiers, images, launch_devices
from handlers.ec2 import snapshots as own_snapshots
from handlers.ec2.identifiers import IMAGE, SNAPSHOT
from handlers.ec2.tag_specifications import check_types, tags_for
from models import ebs_settings, regions, snapshots
from models import images as rows

NOUN = "images"
_NOT_COPIED = (
    "DestinationOutpostArn", "SnapshotCopyCompletionDurationMinutes", "DestinationAvailabilityZone",
    "DestinationAvailabilityZoneId",
)  # fmt: skip
_NOT_REGISTERED = (
    "ImageLocation", "KernelId", "RamdiskId", "BillingProducts", "SriovNetSupport", "TpmSupport",
    "UefiData", "ImdsSupport",
)  # fmt: skip
_SAME = (
    "architecture", "platform", "platform_details", "usage_operation", "root_device_name",
    "boot_mode",
)  # fmt: skip


async def copy_image(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A copy of an image from its region into the request's, with copies of its snapshots."""
    source_id, region = params["SourceImageId"], params["SourceRegion"]
    identifiers.check(IMAGE, [source_id])
    check_types(params, ("image", "snapshot"))
    images.check_name(params["Name"])
    _refuse(params, _NOT_COPIED)
    if not regions.exists(region):
        raise AwsError(
            "InvalidParameterValue", f"Value ({region}) for parameter sourceRegion is invalid."
        )

    async def work() -> list[str]:
        source = await rows.find_one(ctx.db, region, source_id)
        if source is None:
            raise identifiers.not_found(IMAGE, [source_id])
        await images.check_free(ctx, params["Name"])
        image_id = ids.new("ami")
        mappings, taken = await _copies(ctx, params, source, image_id)
        if taken:
            await snapshots.insert(ctx.db, taken)
        own = source["account_id"] is not None and params.get("CopyImageTags")
        kept = {
            key: value
            for key, value in (source["tags"] if own else {}).items()
            if not key.startswith("aws:")
        }
        row = {
            **{column: source[column] for column in _SAME},
            **images.new(ctx, params, image_id, mappings),
            "tags": kept | tags_for(params, "image"),
            "source_image_id": source_id,
            "source_image_region": region,
        }
        row["description"] = params.get("Description") or source["description"]
        await rows.insert(ctx.db, row)
        return [image_id]

    [image_id] = await once(ctx, params.get("ClientToken"), work)
    return {"ImageId": image_id}


async def register_image(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """An image of snapshots that there are, by its block device mappings."""
    check_types(params, ("image", "snapshot"))
    images.check_name(params["Name"])
    _refuse(params, _NOT_REGISTERED)
    if params.get("VirtualizationType") not in (None, "hvm"):
        raise AwsError("UnsupportedOperation", "Paravirtual images are not emulated.")
    root = params.get("RootDeviceName")
    mappings = launch_devices.merged((), params.get("BlockDeviceMappings") or ())
    if not root:
        raise AwsError("MissingParameter", "The request must contain the parameter rootDeviceName")
    named = launch_devices.snapshot_ids(mappings)
    identifiers.check(SNAPSHOT, named)
    if root not in {one["DeviceName"] for one in mappings if one.get("Ebs", {}).get("SnapshotId")}:
        raise AwsError(
            "InvalidBlockDeviceMapping",
            f"The root device '{root}' of an image must be made of a snapshot.",
        )
    image_id = ids.new("ami")
    async with ctx.db.transaction():
        found = {
            row["snapshot_id"]: row
            for row in await snapshots.LISTING.page(ctx.db, region=ctx.region, ids=named)
        }
        identifiers.check_found(SNAPSHOT, named, found)
        for name, row in found.items():
            if row["state"] != "completed":
                raise AwsError("IncorrectState", f"The snapshot '{name}' is not 'completed'.")
        await images.check_free(ctx, params["Name"])
        # what the volumes come to is refused here, not when the first machine is launched
        launch_devices.volumes(mappings, root, ctx.region, found, {})
        for one in mappings:
            _fill(one, found, root)
        row = images.new(ctx, params, image_id, mappings) | {
            "architecture": params.get("Architecture") or "i386",
            "platform_details": "Linux/UNIX",
            "usage_operation": "RunInstances",
            "root_device_name": root,
            "boot_mode": params.get("BootMode"),
            "tags": tags_for(params, "image"),
        }
        await rows.insert(ctx.db, row)
        if params.get("EnaSupport") is not True:
            await rows.update(ctx.db, ctx.region, image_id, {"ena_support": False})
    return {"ImageId": image_id}


async def _copies(
    ctx: Context, params: Mapping[str, Any], source: Any, image_id: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The copy's block device mappings, and the copies of the snapshots that they name."""
    by_default, default_key = await ebs_settings.find(ctx.db, ctx.region)
    tags, mappings, taken = tags_for(params, "snapshot"), [], []
    for one in source["block_device_mappings"]:
        ebs = dict(one.get("Ebs") or {})
        mappings.append({**one, "Ebs": ebs} if ebs else dict(one))
        if not ebs.get("SnapshotId"):
            continue
        encrypted = bool(params.get("Encrypted") or ebs.get("Encrypted") or by_default)
        told = (
            f"Copied for DestinationAmi {image_id} from SourceAmi {source['image_id']}"
            f" for SourceSnapshot {ebs['SnapshotId']}."
        )
        row = own_snapshots.new(ctx, ebs.get("VolumeSize") or 8, told, tags) | {
            "encrypted": encrypted,
            "kms_key_id": (params.get("KmsKeyId") or default_key) if encrypted else None,
        }
        taken.append(row)
        ebs |= {"SnapshotId": row["snapshot_id"], "Encrypted": encrypted}
    return mappings, taken


def _fill(one: dict[str, Any], found: Mapping[str, Any], root: str) -> None:
    """What a registered image tells of a volume that its request left out."""
    if not one.get("Ebs"):
        return
    ebs = one["Ebs"]
    snapshot = found.get(ebs.get("SnapshotId") or "")
    if snapshot is not None:
        ebs["VolumeSize"] = ebs.get("VolumeSize") or snapshot["size_gib"]
        ebs["Encrypted"] = snapshot["encrypted"]
    ebs.setdefault("VolumeType", launch_devices.DEFAULT_TYPE)
    ebs.setdefault("DeleteOnTermination", one["DeviceName"] == root)


def _refuse(params: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if params.get(name):
            raise AwsError("UnsupportedOperation", f"{name} is not emulated.")
