"""Volumes.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Volume.html and the pages of
the operations beside it.
"""

from typing import Any

from emulator import fragments, ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS
from emulator.idempotency import once
from emulator.rows import Computed, Constant, Each, Rows, View, When
from handlers.ec2 import identifiers, launch_options, zones
from handlers.ec2.derived_filters import NOT_MANAGED, ZONE_ID, Names, Same, conditions
from handlers.ec2.identifiers import INSTANCE, SNAPSHOT, VOLUME
from handlers.ec2.tag_specifications import tags_for
from handlers.ec2.volume_limits import check_multi_attach, performance
from models import costs, instances, snapshots, volumes
from models.regions import zone_id


async def describe_volumes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Volumes of the region, by id, filter and page."""
    asked = params.get("VolumeIds")
    identifiers.check(VOLUME, asked or ())
    page = pages.page(ctx, params)
    where = await conditions(ctx, volumes.LISTING, FILTERS, TOLD_ALIKE, params.get("Filters"))
    shelf = ctx.server.fragments.shelf(ctx)
    rows = await fragments.page(ctx, volumes.LISTING, where, shelf, page, ids=asked)
    if asked and not where:
        identifiers.check_found(VOLUME, asked, (row["volume_id"] for row in rows))
    shown, token = page.cut(rows, "volume_id")
    return {"Volumes": Rows(VOLUME_VIEW, shown, shelf, "volume_id"), "NextToken": token}


# What no volume here can have.
_UNSUPPORTED = ("OutpostArn", "VolumeInitializationRate", "Operator")


async def create_volume(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new volume, empty or of a snapshot."""
    launch_options.refuse(params, _UNSUPPORTED)
    zone = _zone(ctx, params)
    source = await _source_snapshot(ctx, params.get("SnapshotId"))
    size = params.get("Size", source["size_gib"] if source else None)
    if size is None:
        raise AwsError("MissingParameter", "The request must contain the parameter size/snapshot")
    if source and size < source["size_gib"]:
        raise AwsError(
            "InvalidParameterValue",
            f"The size of a volume cannot be smaller than the snapshot size: {source['size_gib']}",
        )
    row = _new_volume(ctx, params, zone, size, source)

    async def work() -> list[str]:
        await volumes.insert(ctx.db, row)
        return [str(row["volume_id"])]

    [volume_id] = await once(ctx, params.get("ClientToken"), work)
    made = await volumes.find_one(ctx.db, ctx.region, volume_id)
    return {**Rows(VOLUME_VIEW, [made]).plain()[0], "State": "creating"}


def _zone(ctx: Context, params: dict[str, Any]) -> str:
    """The zone that the request names, by name or by id."""
    name, zone_id = params.get("AvailabilityZone"), params.get("AvailabilityZoneId")
    if name is None and zone_id is None:
        raise AwsError(
            "MissingParameter", "The request must contain the parameter AvailabilityZone"
        )
    zone = zones.named(ctx, name, zone_id)
    if zone is None:
        raise AwsError("InvalidZone.NotFound", f"The zone '{name or zone_id}' does not exist.")
    return zone.name


async def delete_volume(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a volume that nothing is attached to; its snapshots stay."""
    volume_id = params["VolumeId"]
    identifiers.check(VOLUME, [volume_id])
    if not await volumes.delete(ctx.db, ctx.region, volume_id):
        volume = await _find(ctx, volume_id)
        raise AwsError(
            "VolumeInUse",
            f"Volume {volume_id} is currently attached to {volume['attached_instance_id']}",
        )
    return {}


async def attach_volume(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Attach an available volume to an instance of the same zone."""
    volume_id, instance_id, device = params["VolumeId"], params["InstanceId"], params["Device"]
    identifiers.check(VOLUME, [volume_id])
    identifiers.check(INSTANCE, [instance_id])
    async with ctx.db.transaction():
        volume = await _find(ctx, volume_id)
        instance = await instances.find_one(ctx.db, ctx.region, instance_id)
        if instance is None:
            raise identifiers.not_found(INSTANCE, [instance_id])
        _check_attachable(volume, instance)
        taken = await volumes.attached_to(ctx.db, [instance_id])
        if device in {row["attach_device"] for row in taken}:
            raise AwsError(
                "InvalidParameterValue",
                f"Invalid value '{device}' for unixDevice. Attachment point {device} is already"
                " in use",
            )
        attachment = await volumes.attach(
            ctx.db, ctx.region, volume_id, instance_id, device, ctx.now
        )
        if attachment is None:
            raise AwsError("VolumeInUse", f"{volume_id} is already attached to an instance")
    return _attachment(attachment, "attaching")


async def detach_volume(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Detach a volume; the root volume only from a stopped instance."""
    volume_id = params["VolumeId"]
    identifiers.check(VOLUME, [volume_id])
    async with ctx.db.transaction():
        volume = await _find(ctx, volume_id)
        await _check_detachable(ctx, volume, params)
        attachment = await volumes.detach(ctx.db, ctx.region, volume_id, ctx.now)
        if attachment is None:
            raise AwsError("IncorrectState", f"Volume '{volume_id}' is in the 'available' state.")
    return _attachment(attachment, "detaching")


async def _find(ctx: Context, volume_id: str) -> Any:
    volume = await volumes.find_one(ctx.db, ctx.region, volume_id)
    if volume is None:
        raise identifiers.not_found(VOLUME, [volume_id])
    return volume


async def _source_snapshot(ctx: Context, snapshot_id: str | None) -> Any | None:
    if not snapshot_id:
        return None
    identifiers.check(SNAPSHOT, [snapshot_id])
    snapshot = await snapshots.find_one(ctx.db, ctx.region, snapshot_id)
    if snapshot is None:
        raise identifiers.not_found(SNAPSHOT, [snapshot_id])
    return snapshot


def _new_volume(
    ctx: Context, params: dict[str, Any], zone: str, size: int, source: Any | None
) -> dict[str, Any]:
    volume_type = params.get("VolumeType") or "gp2"
    iops, throughput = performance(volume_type, size, params.get("Iops"), params.get("Throughput"))
    check_multi_attach(volume_type, params.get("MultiAttachEnabled"))
    return {
        "volume_id": ids.new("vol"),
        "region": ctx.region,
        "availability_zone": zone,
        "size_gib": size,
        "volume_type": volume_type,
        "iops": iops,
        "throughput": throughput,
        "encrypted": bool(params.get("Encrypted")) or bool(source and source["encrypted"]),
        "kms_key_id": params.get("KmsKeyId"),
        "snapshot_id": source["snapshot_id"] if source else None,
        "multi_attach_enabled": bool(params.get("MultiAttachEnabled")),
        "state": "available",
        "delete_on_termination": False,
        "monthly_cost": costs.volume_monthly(
            volume_type, size, ctx.region, iops=iops, throughput_mibps=throughput
        ),
        "created_at": ctx.now,
        "tags": tags_for(params, "volume"),
        "client_token": params.get("ClientToken"),
    }


def _check_attachable(volume: Any, instance: Any) -> None:
    volume_id, instance_id = volume["volume_id"], instance["instance_id"]
    if volume["state"] == "in-use":
        raise AwsError("VolumeInUse", f"{volume_id} is already attached to an instance")
    if instance["state"] not in ("running", "stopped", "pending", "stopping"):
        raise AwsError("IncorrectState", f"Instance '{instance_id}' is not 'running'.")
    if instance["availability_zone"] != volume["availability_zone"]:
        raise AwsError(
            "InvalidVolume.ZoneMismatch",
            f"The volume '{volume_id}' is not in the same availability zone as instance"
            f" '{instance_id}'",
        )


async def _check_detachable(ctx: Context, volume: Any, params: dict[str, Any]) -> None:
    volume_id, attached = volume["volume_id"], volume["attached_instance_id"]
    if volume["state"] != "in-use":
        raise AwsError("IncorrectState", f"Volume '{volume_id}' is in the 'available' state.")
    wrong_instance = params.get("InstanceId") not in (None, attached)
    if wrong_instance or params.get("Device") not in (None, volume["attach_device"]):
        raise AwsError(
            "InvalidAttachment.NotFound",
            f"The volume '{volume_id}' is not attached to instance"
            f" '{params.get('InstanceId', attached)}'"
            + (f" as device '{params['Device']}'." if params.get("Device") else "."),
        )
    instance = await instances.find_one(ctx.db, ctx.region, attached)
    if instance is None or instance["state"] == "stopped":
        return
    if volume["attach_device"] == instance["root_device_name"]:
        raise AwsError(
            "OperationNotPermitted",
            f"Unable to detach root volume '{volume_id}' from instance '{attached}'",
        )


def _attachment(row: Any, state: str) -> dict[str, Any]:
    return {
        "VolumeId": row["volume_id"],
        "InstanceId": row["attached_instance_id"],
        "Device": row["attach_device"],
        "State": state,
        "AttachTime": row["attach_time"],
        "DeleteOnTermination": row["delete_on_termination"],
    }


ATTACHMENT = {
    "VolumeId": "volume_id",
    "InstanceId": "attached_instance_id",
    "Device": "attach_device",
    "State": Constant("attached"),
    "AttachTime": "attach_time",
    "DeleteOnTermination": "delete_on_termination",
}

VOLUME_VIEW = View(
    {
        "VolumeId": "volume_id",
        "Size": "size_gib",
        "SnapshotId": Computed(lambda snapshot_id: snapshot_id or "", "snapshot_id"),
        "AvailabilityZone": "availability_zone",
        "AvailabilityZoneId": Computed(zone_id, "availability_zone", "owner_number"),
        "State": "state",
        "CreateTime": "created_at",
        "Attachments": When("attached_instance_id", [ATTACHMENT], otherwise=Constant([])),
        "VolumeType": "volume_type",
        "Iops": "iops",
        "Throughput": "throughput",
        "Encrypted": "encrypted",
        "KmsKeyId": "kms_key_id",
        "MultiAttachEnabled": "multi_attach_enabled",
        "Operator": Constant({"Managed": False}),
        "Tags": Each("tags", {"Key": "key", "Value": "value"}),
    }
)

FILTERS = TAGS | {
    "attachment.attach-time": "attach_time",
    "attachment.delete-on-termination": "delete_on_termination",
    "attachment.device": "attach_device",
    "attachment.instance-id": "attached_instance_id",
    "attachment.status": "attach_state",
    "availability-zone": "availability_zone",
    "create-time": "created_at",
    "encrypted": "encrypted",
    "multi-attach-enabled": "multi_attach_enabled",
    "size": "size_gib",
    "snapshot-id": "snapshot_id",
    "status": "state",
    "volume-id": "volume_id",
    "volume-type": "volume_type",
}
TOLD_ALIKE: Names = {
    **NOT_MANAGED,
    "availability-zone-id": ZONE_ID,
    "fast-restored": Same(("false",)),
}
