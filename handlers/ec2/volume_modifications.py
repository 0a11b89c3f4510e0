"""Modifications of volumes: another size, type or performance, without taking them off.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVolume.html and
API_DescribeVolumesModifications.html.
"""

from datetime import timedelta
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import conditions
from emulator.rows import Rows, View
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import VOLUME
from handlers.ec2.volume_limits import check_multi_attach, performance
from models import costs, volume_modifications, volumes
from models.volume_types import VOLUME_TYPES

NOUN = "volumes"
REST = timedelta(hours=6)


async def modify_volume(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a volume's size, type, IOPS or throughput, at most once in six hours."""
    volume_id = params["VolumeId"]
    identifiers.check(VOLUME, [volume_id])
    async with ctx.db.transaction():
        await volumes.lock(ctx.db, ctx.region, volume_id)
        volume = await volumes.find_one(ctx.db, ctx.region, volume_id)
        if volume is None:
            raise identifiers.not_found(VOLUME, [volume_id])
        _check_rested(ctx, await volume_modifications.latest(ctx.db, volume_id))
        target = _target(volume, params)
        monthly_cost = costs.volume_monthly(
            target["volume_type"],
            target["size_gib"],
            ctx.region,
            iops=target["iops"],
            throughput_mibps=target["throughput"],
        )
        await volumes.modify(
            ctx.db, ctx.region, volume_id, **target, monthly_cost=monthly_cost, now=ctx.now
        )
        await volume_modifications.insert(ctx.db, _modification(ctx, volume, target))
    [made] = await volume_modifications.LISTING.page(ctx.db, ids=[volume_id])
    answer = Rows(VIEW, [made]).plain()[0]
    return {"VolumeModification": {**answer, "ModificationState": "modifying", "Progress": 0}}


async def describe_volumes_modifications(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The latest modification of each volume that was modified."""
    asked = params.get("VolumeIds")
    identifiers.check(VOLUME, asked or ())
    page = pages.page(ctx, params)
    listing = volume_modifications.LISTING
    where = conditions(ctx, listing, FILTERS, params.get("Filters"))
    rows = await listing.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where and len(rows) < len(set(asked)):
        found = {row["volume_id"] for row in rows}
        missing = next(volume_id for volume_id in asked if volume_id not in found)
        raise AwsError(
            "InvalidVolumeModification.NotFound",
            f"Modification for volume '{missing}' does not exist.",
        )
    shown, token = page.cut(rows, "volume_id")
    return {"VolumesModifications": Rows(VIEW, shown), "NextToken": token}


def _check_rested(ctx: Context, last: Any | None) -> None:
    """Refuse a modification while the last one goes on, and for six hours after its start."""
    if last is not None and last["ended_at"] > ctx.now:
        raise AwsError(
            "IncorrectModificationState", "Cannot modify volume in modification state OPTIMIZING"
        )
    if last is not None and ctx.now - last["started_at"] < REST:
        raise AwsError(
            "VolumeModificationRateExceeded",
            "You've reached the maximum modification rate per volume limit. Wait at least 6"
            " hours between modifications per EBS volume.",
        )


def _target(volume: Any, params: dict[str, Any]) -> dict[str, Any]:
    """What a modification makes of a volume; what is not named stays where the type has it."""
    size = params.get("Size", volume["size_gib"])
    if size < volume["size_gib"]:
        raise AwsError(
            "InvalidParameterValue",
            f"New size cannot be smaller than existing size. Current size: {volume['size_gib']}",
        )
    volume_type = params.get("VolumeType") or volume["volume_type"]
    iops, throughput = params.get("Iops"), params.get("Throughput")
    limits = VOLUME_TYPES.get(volume_type)
    if limits is not None and limits.iops is not None and iops is None:
        same = volume_type == volume["volume_type"]
        kept = volume["iops"] if same or limits.default_iops is None else limits.default_iops
        iops = kept and max(kept, limits.iops[0])
    if limits is not None and limits.throughput is not None and throughput is None:
        throughput = volume["throughput"] if volume_type == volume["volume_type"] else None
    iops, throughput = performance(volume_type, size, iops, throughput)
    shared = params.get("MultiAttachEnabled", volume["multi_attach_enabled"])
    check_multi_attach(volume_type, shared)
    return {
        "size_gib": size,
        "volume_type": volume_type,
        "iops": iops,
        "throughput": throughput,
        "multi_attach_enabled": shared,
    }


def _modification(ctx: Context, volume: Any, target: dict[str, Any]) -> dict[str, Any]:
    names = {
        "size": "size_gib",
        "iops": "iops",
        "throughput": "throughput",
        "type": "volume_type",
        "multi_attach": "multi_attach_enabled",
    }
    took = timedelta(seconds=ctx.server.settings.transition_seconds)
    return {
        "volume_id": volume["volume_id"],
        "region": ctx.region,
        "state": "optimizing",
        "started_at": ctx.now,
        "ended_at": ctx.now + took,
        **{f"original_{short}": volume[column] for short, column in names.items()},
        **{f"target_{short}": target[column] for short, column in names.items()},
    }


VIEW = View(
    {
        "VolumeId": "volume_id",
        "ModificationState": "state",
        "TargetSize": "target_size",
        "TargetIops": "target_iops",
        "TargetVolumeType": "target_type",
        "TargetThroughput": "target_throughput",
        "TargetMultiAttachEnabled": "target_multi_attach",
        "OriginalSize": "original_size",
        "OriginalIops": "original_iops",
        "OriginalVolumeType": "original_type",
        "OriginalThroughput": "original_throughput",
        "OriginalMultiAttachEnabled": "original_multi_attach",
        "Progress": "progress",
        "StartTime": "started_at",
        "EndTime": "ended_at",
    }
)

FILTERS = {
    "modification-state": "state",
    "original-iops": "original_iops",
    "original-size": "original_size",
    "original-volume-type": "original_type",
    "originalMultiAttachEnabled": "original_multi_attach",
    "start-time": "started_at",
    "target-iops": "target_iops",
    "target-size": "target_size",
    "target-volume-type": "target_type",
    "targetMultiAttachEnabled": "target_multi_attach",
    "volume-id": "volume_id",
}
