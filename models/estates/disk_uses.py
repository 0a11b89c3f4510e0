"""What the disks of an estate's instances are used for: fast ones, old ones, forgotten ones."""

from functools import cache

from models import costs
from models.estates.estate import Estate, Row, Tags

monthly = cache(costs.volume_monthly)
snapshot = cache(costs.snapshot_monthly)

_BUSY_SHARE = 0.35
_STALE_SHARE = 0.02
# More than gp3 has of itself.
_BUSY_IOPS = 6000


def decide(estate: Estate) -> None:
    """Give the attached volumes their uses; the others work as their machine does."""
    instances = {row["instance_id"]: row for row in estate.rows["instances"]}
    disks = [row for row in estate.rows["volumes"] if row["attached_instance_id"] is not None]
    resting, running = [], []
    for disk in disks:
        machine = instances[disk["attached_instance_id"]]
        if machine["state"] != "stopped":
            running.append(disk)
        elif disk["attach_device"] != machine["root_device_name"]:
            resting.append((disk, machine))
    for disk, machine in resting:
        _resting(estate, disk, machine)
    fast = [disk for disk in running if disk["volume_type"] in ("io1", "io2")]
    busy = estate.flags("busy disks", len(fast), _BUSY_SHARE)
    for disk, is_busy in zip(fast, busy, strict=True):
        _fast(estate, disk, is_busy)
    for disk in running:
        if disk["volume_type"] == "gp2":
            _old(estate, disk)
    aside = [
        disk
        for disk in running
        if disk["volume_type"] == "gp3"
        and disk["attach_device"] != instances[disk["attached_instance_id"]]["root_device_name"]
    ]
    for disk in estate.chance("stale").shuffled(aside)[: round(len(disks) * _STALE_SHARE)]:
        _stale(estate, disk)


def _fast(estate: Estate, disk: Row, busy: bool) -> None:
    chance = estate.chance("fast", disk["volume_id"])
    kind, size, region = disk["volume_type"], disk["size_gib"], disk["region"]
    if busy:
        disk["iops"] = min(_BUSY_IOPS, size * 50)
        disk["monthly_cost"] = monthly(kind, size, region, iops=disk["iops"])
        estate.profile("volume", disk["volume_id"], "busy", iops=disk["iops"] * 0.85)
        return
    saving = disk["monthly_cost"] - monthly("gp3", size, region)
    _flagged(estate, disk, "light", "ebs_piops", float(saving), chance.between(40, 600))


def _old(estate: Estate, disk: Row) -> None:
    size = disk["size_gib"]
    plain = monthly("gp3", size, disk["region"], iops=min(size * 3, 16000))
    saving = float(disk["monthly_cost"] - plain)
    if saving > 0:
        estate.profile("volume", disk["volume_id"], "steady", pattern="ebs_gp2", saving=saving)


def _stale(estate: Estate, disk: Row) -> None:
    chance = estate.chance("stale", disk["volume_id"])
    disk["last_used_at"] = max(disk["created_at"], estate.before(chance, 35, 200))
    _flagged(estate, disk, "idle", "ebs_stale", float(disk["monthly_cost"]), 0.0)


def _resting(estate: Estate, disk: Row, machine: Row) -> None:
    """A data disk of a stopped instance, whose saving is counted with the machine."""
    if disk["monthly_cost"] <= snapshot(disk["size_gib"], disk["region"]):
        return
    held = "legal_hold" in machine["tags"]
    if held:
        estate.innocent_with()
        _tag(estate, disk, {"legal_hold": "true"})
    estate.profile(
        "volume", disk["volume_id"], "steady", pattern="ebs_on_stopped",
        decoy="legal_hold" if held else None,
    )  # fmt: skip


def _flagged(
    estate: Estate, disk: Row, profile: str, pattern: str, saving: float, iops: float
) -> None:
    innocent = estate.decoy(pattern)
    if innocent:
        _tag(estate, disk, innocent[1])
    estate.profile(
        "volume", disk["volume_id"], profile, pattern=pattern, saving=saving, iops=iops,
        decoy=innocent[0] if innocent else None,
    )  # fmt: skip


def _tag(estate: Estate, disk: Row, tags: Tags) -> None:
    first = len(disk["tags"])
    disk["tags"] |= tags
    estate.tag("volume", disk["volume_id"], tags, disk["created_at"], first_number=first)
