"""The volumes of a launch: the image's block devices, changed by those of the request.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-device-mapping-concepts.html.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emulator.errors import AwsError
from handlers.ec2.volume_limits import performance
from models import costs

# What EC2 makes of a volume whose type nobody named.
DEFAULT_TYPE = "gp2"

Mapped = Mapping[str, Any]


def merged(base: Iterable[Mapped], changes: Iterable[Mapped]) -> list[dict[str, Any]]:
    """Block device mappings by device: `changes` win member by member, NoDevice takes one away."""
    found: dict[str, dict[str, Any]] = {one["DeviceName"]: dict(one) for one in base}
    seen: set[str] = set()
    for change in changes:
        name = change.get("DeviceName")
        if not name:
            raise AwsError("MissingParameter", "The request must contain the parameter DeviceName")
        if name in seen:
            raise AwsError(
                "InvalidBlockDeviceMapping",
                f"The device '{name}' is used in more than one block-device mapping",
            )
        seen.add(name)
        if change.get("NoDevice") is not None:
            found.pop(name, None)
            continue
        before = found.get(name, {})
        both = {**before, **change}
        if change.get("Ebs") or before.get("Ebs"):
            both["Ebs"] = {**before.get("Ebs", {}), **(change.get("Ebs") or {})}
        found[name] = both
    return list(found.values())


def snapshot_ids(mappings: Iterable[Mapped]) -> list[str]:
    """The snapshots that mappings make volumes from."""
    return [one["Ebs"]["SnapshotId"] for one in mappings if one.get("Ebs", {}).get("SnapshotId")]


def volumes(
    mappings: Sequence[Mapped],
    root_device: str,
    region: str,
    snapshots: Mapping[str, Any],
    image_sizes: Mapping[str, int],
) -> list[dict[str, Any]]:
    """Columns of the volumes that mappings ask for, what hangs on the instance left out.

    `snapshots` are rows by id and `image_sizes` GiB by snapshot of the image's own devices: a
    public image's snapshots are not the account's. The root volume goes with its instance unless
    told otherwise, any other stays.
    """
    if root_device not in {one["DeviceName"] for one in mappings}:
        raise AwsError(
            "InvalidBlockDeviceMapping",
            f"The device '{root_device}' is the root device of the image and cannot be left out",
        )
    return [
        _volume(one, root_device, region, snapshots, image_sizes)
        for one in mappings
        if one.get("Ebs")  # an instance store volume (VirtualName) is no volume of EBS
    ]


def _volume(
    mapping: Mapped,
    root_device: str,
    region: str,
    snapshots: Mapping[str, Any],
    image_sizes: Mapping[str, int],
) -> dict[str, Any]:
    ebs, device = mapping["Ebs"], mapping["DeviceName"]
    snapshot_id = ebs.get("SnapshotId")
    snapshot = snapshots.get(snapshot_id) if snapshot_id else None
    least = snapshot["size_gib"] if snapshot else image_sizes.get(snapshot_id or "")
    size = ebs.get("VolumeSize") or least
    if size is None:
        raise AwsError(
            "MissingParameter",
            f"The request must contain the parameter size or snapshotId for device '{device}'",
        )
    if least is not None and size < least:
        raise AwsError(
            "InvalidBlockDeviceMapping",
            f"Volume of size {size}GB is smaller than snapshot '{snapshot_id}', expect size >="
            f" {least}GB",
        )
    volume_type = ebs.get("VolumeType") or DEFAULT_TYPE
    iops, throughput = performance(volume_type, size, ebs.get("Iops"), ebs.get("Throughput"))
    stays = ebs.get("DeleteOnTermination")
    return {
        "attach_device": device,
        "size_gib": size,
        "volume_type": volume_type,
        "iops": iops,
        "throughput": throughput,
        "encrypted": bool(ebs.get("Encrypted")) or bool(snapshot and snapshot["encrypted"]),
        "kms_key_id": ebs.get("KmsKeyId"),
        "snapshot_id": snapshot_id,
        "delete_on_termination": device == root_device if stays is None else bool(stays),
        "monthly_cost": costs.volume_monthly(
            volume_type, size, region, iops=iops, throughput_mibps=throughput
        ),
    }
