"""Images.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html and the pages of
the operations.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from emulator import ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.rows import Computed, Each, Rows, View
from handlers.ec2 import identifiers, launch_devices
from handlers.ec2.identifiers import IMAGE, INSTANCE
from handlers.ec2.tag_specifications import check_types, tags_for
from handlers.ec2.tag_view import TAG_LIST
from models import costs, images, instances, snapshots, volumes
from models.listing import Condition

_NAME = re.compile(r"[A-Za-z0-9 ()\[\]./\-'@_]{3,128}")


async def describe_images(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's own images and the public ones, by id, owner, filter and page.

    Deprecated images of others are shown where they are named or IncludeDeprecated asks for them.
    """
    asked = params.get("ImageIds")
    if asked and params.get("MaxResults"):
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter imagesSet cannot be used with the parameter maxResults",
        )
    identifiers.check(IMAGE, asked or ())
    page = pages.page(ctx, params)
    where = conditions(ctx, images.LISTING, FILTERS, params.get("Filters"))
    filtered = bool(where)
    owners = params.get("Owners") or ()
    if owners:
        mine = ctx.principal.account_number
        named = tuple(mine if owner == "self" else owner for owner in owners)
        where.append(Condition("owner", named))
    users = params.get("ExecutableUsers") or ()
    if users:
        # Images are public or the account's alone: nothing is shared with single accounts.
        if "all" not in users:
            return {"Images": []}
        where.append(Condition("public", (True,)))
    if not asked and not params.get("IncludeDeprecated"):
        where.append(Condition("current", (True,)))
    rows = await images.LISTING.page(
        ctx.db,
        where,
        region=ctx.region,
        ids=asked,
        after=page.after,
        limit=page.fetch,
        shift=ctx.shift,
    )
    if asked and not filtered and not owners and not users:
        identifiers.check_found(IMAGE, asked, (row["image_id"] for row in rows))
    shown, token = page.cut(rows, "image_id")
    return {"Images": Rows(IMAGE_VIEW, shown), "NextToken": token}


async def create_image(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """An image of an instance: a snapshot of each of its volumes, and their device names."""
    instance_id, name = params["InstanceId"], params["Name"]
    identifiers.check(INSTANCE, [instance_id])
    check_types(params, ("image", "snapshot"))
    check_name(name)
    image_id = ids.new("ami")
    async with ctx.db.transaction():
        instance = await instances.find_one(ctx.db, ctx.region, instance_id)
        if instance is None:
            raise identifiers.not_found(INSTANCE, [instance_id])
        if instance["state"] not in ("running", "stopped", "pending", "stopping"):
            raise AwsError(
                "IncorrectState",
                f"The instance '{instance_id}' is not in a state from which an image can be made.",
            )
        await check_free(ctx, name)
        mappings, taken = await _snapshots(ctx, params, instance, image_id)
        if taken:
            await snapshots.insert(ctx.db, taken)
        source = await images.find_one(ctx.db, ctx.region, instance["image_id"] or "")
        await images.insert(ctx.db, _row(ctx, params, instance, source, image_id, mappings))
    return {"ImageId": image_id}


async def deregister_image(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take an own image away; its snapshots stay, and cost, unless they are to go too."""
    image_id = params["ImageId"]
    identifiers.check(IMAGE, [image_id])
    results = []
    async with ctx.db.transaction():
        image = await images.find_one(ctx.db, ctx.region, image_id)
        if image is None:
            raise identifiers.not_found(IMAGE, [image_id])
        if not await images.delete(ctx.db, ctx.region, image_id):
            raise AwsError("AuthFailure", f"Not authorized for image:{image_id}", 403)
        if params.get("DeleteAssociatedSnapshots"):
            for snapshot_id in launch_devices.snapshot_ids(image["block_device_mappings"]):
                gone = await snapshots.delete(ctx.db, ctx.region, snapshot_id)
                code = "success" if gone else "skipped"  # another image needs it
                results.append({"SnapshotId": snapshot_id, "ReturnCode": code})
    return {"Return": True, "DeleteSnapshotResults": results or None}


def check_name(name: str) -> None:
    """Refuse a name that no image can have."""
    if not _NAME.fullmatch(name):
        raise AwsError(
            "InvalidAMIName.Malformed",
            "AMI names must be between 3 and 128 characters long, and may contain letters,"
            " numbers, '(', ')', '.', '-', '/' and '_'",
        )


async def check_free(ctx: Context, name: str) -> None:
    """Refuse a name that another image of the region has; nobody takes it until the end."""
    used = await images.of_name(ctx.db, ctx.region, name)
    if used is not None:
        raise AwsError(
            "InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {used}"
        )


async def _snapshots(
    ctx: Context, params: Mapping[str, Any], instance: Any, image_id: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The image's block device mappings, and the snapshots that they name."""
    instance_id = instance["instance_id"]
    attached = await volumes.LISTING.page(
        ctx.db, [Condition("attached_instance_id", (instance_id,))], region=ctx.region
    )
    by_device = {row["attach_device"]: row for row in attached}
    base = [{"DeviceName": device, "Ebs": _ebs(row)} for device, row in by_device.items()]
    root = instance["root_device_name"]
    base.sort(key=lambda one: (one["DeviceName"] != root, one["DeviceName"]))
    mappings = launch_devices.merged(base, params.get("BlockDeviceMappings") or ())
    tags = tags_for(params, "snapshot")
    done = ctx.now + timedelta(seconds=ctx.server.settings.transition_seconds)
    rows = []
    for one in mappings:
        volume = by_device.get(one["DeviceName"])
        if volume is None or not one.get("Ebs"):
            continue
        snapshot_id = ids.new("snap")
        one["Ebs"]["SnapshotId"] = snapshot_id
        rows.append(
            {
                "snapshot_id": snapshot_id,
                "region": ctx.region,
                "source_volume_id": volume["volume_id"],
                "size_gib": volume["size_gib"],
                "monthly_cost": costs.snapshot_monthly(volume["size_gib"], ctx.region),
                "tags": tags,
                "created_at": ctx.now,
                "started_at": ctx.now,
                "completed_at": done,
                "description": f"Created by CreateImage({instance_id}) for {image_id}",
                "encrypted": volume["encrypted"],
                "kms_key_id": volume["kms_key_id"],
            }
        )
    return mappings, rows


def _ebs(volume: Any) -> dict[str, Any]:
    shown = {
        "DeleteOnTermination": volume["delete_on_termination"],
        "VolumeSize": volume["size_gib"],
        "VolumeType": volume["volume_type"],
        "Encrypted": volume["encrypted"],
    }
    if volume["volume_type"] in ("gp3", "io1", "io2"):
        shown["Iops"] = volume["iops"]
    if volume["throughput"] is not None:
        shown["Throughput"] = volume["throughput"]
    return {name: value for name, value in shown.items() if value is not None}


def _row(
    ctx: Context,
    params: Mapping[str, Any],
    instance: Any,
    source: Any | None,
    image_id: str,
    mappings: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    same = ("architecture", "platform", "platform_details", "usage_operation", "root_device_name")
    return {
        **{column: instance[column] for column in same},
        **new(ctx, params, image_id, mappings),
        "boot_mode": params.get("BootModeOverride") or (source and source["boot_mode"]),
        "source_instance_id": instance["instance_id"],
        "tags": tags_for(params, "image"),
    }


def new(
    ctx: Context,
    params: Mapping[str, Any],
    image_id: str,
    mappings: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """An image's row as every one begins; what it was made of comes besides."""
    return {
        "image_id": image_id,
        "region": ctx.region,
        "name": params["Name"],
        "description": params.get("Description"),
        "owner_number": ctx.principal.account_number,
        "block_device_mappings": list(mappings),
        "creation_date": ctx.now,
        "created_at": ctx.now,
    }


def _location(alias: str | None, number: str, name: str) -> str:
    return f"{alias or number}/{name}"


IMAGE_VIEW = View(
    {
        "ImageId": "image_id",
        "ImageLocation": Computed(_location, "owner_alias", "owner_number", "name"),
        "Name": "name",
        "Description": "description",
        "State": "state",
        "OwnerId": "owner_number",
        "ImageOwnerAlias": "owner_alias",
        "CreationDate": "creation_date",
        "DeprecationTime": "deprecation_time",
        "Public": "public",
        "Architecture": "architecture",
        "ImageType": "image_type",
        "Platform": "platform",
        "PlatformDetails": "platform_details",
        "UsageOperation": "usage_operation",
        "RootDeviceName": "root_device_name",
        "RootDeviceType": "root_device_type",
        "BlockDeviceMappings": Each("block_device_mappings"),
        "VirtualizationType": "virtualization_type",
        "Hypervisor": "hypervisor",
        "BootMode": "boot_mode",
        "EnaSupport": "ena_support",
        "SourceInstanceId": "source_instance_id",
        "SourceImageId": "source_image_id",
        "SourceImageRegion": "source_image_region",
        "Tags": TAG_LIST,
    }
)

FILTERS = TAGS | {
    "architecture": "architecture",
    "block-device-mapping.delete-on-termination": "device_delete_on_termination",
    "block-device-mapping.device-name": "device_name",
    "block-device-mapping.encrypted": "device_encrypted",
    "block-device-mapping.snapshot-id": "device_snapshot_id",
    "block-device-mapping.volume-size": "device_volume_size",
    "block-device-mapping.volume-type": "device_volume_type",
    "boot-mode": "boot_mode",
    "creation-date": "creation_date",
    "description": "description",
    "ena-support": "ena_support",
    "hypervisor": "hypervisor",
    "image-id": "image_id",
    "image-type": "image_type",
    "is-public": "public",
    "kernel-id": "nothing",
    "manifest-location": "location",
    "name": "name",
    "owner-alias": "owner_alias",
    "owner-id": "owner_number",
    "platform": "platform",
    "platform-details": "platform_details",
    "product-code": "nothing",
    "product-code.type": "nothing",
    "public-ssm-parameter-name": "ssm_alias",
    "ramdisk-id": "nothing",
    "root-device-name": "root_device_name",
    "root-device-type": "root_device_type",
    "source-image-id": "source_image_id",
    "source-image-region": "source_image_region",
    "source-instance-id": "source_instance_id",
    "sriov-net-support": "nothing",
    "state": "state",
    "state-reason-code": "nothing",
    "state-reason-message": "nothing",
    "usage-operation": "usage_operation",
    "virtualization-type": "virtualization_type",
} | dict.fromkeys(
    # Nothing scans images here, marks them or restricts which may be used.
    (
        "free-tier-eligible", "image-allowed", "image-watermark.source-image-creation-time",
        "image-watermark.source-image-id", "image-watermark.source-image-region",
        "image-watermark.watermark-creation-time", "image-watermark.watermark-key",
        "instance-type-specification.supported-instance-type",
        "instance-type-specification.unsupported-instance-type",
        "scan-result.critical-fix-available-since", "scan-result.finding-scan-date",
        "scan-result.high-fix-available-since", "scan-result.highest-finding-severity-label",
        "scan-result.informational-fix-available-since", "scan-result.low-fix-available-since",
        "scan-result.medium-fix-available-since",
    ),
    "nothing",
)  # fmt: skip
