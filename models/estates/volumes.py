"""Volumes of an estate: root disks, data disks, what was left behind, and modifications."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from models import costs
from models.estates import disk_uses
from models.estates.estate import Estate, Row
from models.estates.kinds import Kind
from models.public_images import Line
from models.regions import zones

_SIZES = {100: 3, 200: 4, 300: 3, 500: 4, 750: 1, 1000: 2, 2000: 0.5}
_TYPES = {"gp3": 0.52, "gp2": 0.30, "io1": 0.06, "io2": 0.04, "st1": 0.08}
_LEFT_SIZES = {200: 2, 300: 2, 500: 4, 800: 2, 1000: 2}
_LEFT_TYPES = {"gp3": 0.4, "gp2": 0.45, "io1": 0.15}
_THROUGHPUT = {"gp3": 125}

monthly = cache(costs.volume_monthly)


def deal(estate: Estate) -> None:
    """Decide how many data disks each instance to come will have."""
    plan = estate.plan
    left = round(plan.volumes * estate.shares.unattached_volumes)
    extra = plan.volumes - plan.instance_count - left
    if extra < 0:
        raise ValueError(f"{plan.volumes} volumes are too few for {plan.instance_count} instances")
    each, more = divmod(extra, plan.instance_count)
    chance = estate.chance("data-disks")
    counts = [each + 1] * more + [each] * (plan.instance_count - more)
    estate.data_disks = chance.shuffled(counts)
    estate.data_types = chance.deck(extra, _TYPES)
    estate.data_sizes = chance.deck(extra, _SIZES)


def of_instance(estate: Estate, instance: Row, line: Line, kind: Kind) -> list[Row]:
    """The root volume of an instance, and the data disks dealt to it."""
    chance = estate.chance("volumes", instance["instance_id"])
    root_size = max(line.size_gib, chance.pick((20, 30, 50, 80)))
    disks = [
        _attached(estate, instance, 0, line.root, "gp2" if chance.happens(0.15) else "gp3",
                  root_size, True)
    ]  # fmt: skip
    for number in range(1, estate.data_disks.pop() + 1):
        volume_type, size = estate.data_types.pop(), estate.data_sizes.pop()
        device = f"/dev/sd{'fghijklmnop'[(number - 1) % 11]}"
        stays = chance.happens(0.4)
        disks.append(_attached(estate, instance, number, device, volume_type, size, not stays))
    return disks


def create(estate: Estate) -> None:
    """The unattached volumes, and the modifications that some volumes went through."""
    count = round(estate.plan.volumes * estate.shares.unattached_volumes)
    regions = estate.regions("unattached", count)
    chance = estate.chance("unattached")
    types, sizes = chance.deck(count, _LEFT_TYPES), chance.deck(count, _LEFT_SIZES)
    environments = estate.share_out("unattached", count)
    bare = estate.untagged("unattached", count)
    for at in range(count):
        _left_behind(estate, at, regions[at], types[at], sizes[at], environments[at], bare[at])
    disk_uses.decide(estate)
    _modifications(estate)


def _attached(
    estate: Estate, instance: Row, number: int, device: str, volume_type: str, size: int, goes: bool
) -> Row:
    chance = estate.chance("volume", instance["instance_id"], number)
    root = number == 0
    tags = {
        key: value
        for key, value in instance["tags"].items()
        if key in ("env", "owner", "team", "service", "cost-center", "branch")
    }
    tags["Name"] = instance["name"] + ("-root" if root else f"-data{number}")
    return _row(
        estate, chance.resource_id("vol"), instance["region"], volume_type, size, tags,
        created_at=instance["launch_time"],
        state="in-use",
        attached_instance_id=instance["instance_id"],
        availability_zone=instance["availability_zone"],
        attach_device=device,
        attach_time=instance["launch_time"] + timedelta(seconds=3),
        delete_on_termination=goes,
        last_used_at=instance["last_active_at"] if instance["state"] == "stopped" else estate.end,
    )  # fmt: skip


def _left_behind(
    estate: Estate, at: int, region: str, volume_type: str, size: int, env: str, bare: bool
) -> None:
    chance = estate.chance("unattached", at)
    owner = estate.company.owner(chance)
    innocent = estate.decoy("ebs_unattached")
    tags = estate.tags(
        chance, owner, env, f"{owner.service}-{env}-data" if chance.happens(0.7) else "",
        bare=bare, **(innocent[1] if innocent else {}),
    )  # fmt: skip
    born = estate.before(chance, 60, 600)
    used = min(estate.before(chance, 10, 300), estate.start - timedelta(days=9))
    row = _row(
        estate, chance.resource_id("vol"), region, volume_type, size, tags,
        created_at=min(born, used), state="available", last_used_at=used,
        availability_zone=chance.pick(zones(region, estate.number)[:3]).name,
    )  # fmt: skip
    estate.profile(
        "volume", row["volume_id"], "idle", pattern="ebs_unattached",
        decoy=innocent[0] if innocent else None, saving=float(row["monthly_cost"]), iops=0.0,
    )  # fmt: skip


def _row(
    estate: Estate,
    volume_id: str,
    region: str,
    volume_type: str,
    size: int,
    tags: Mapping[str, str],
    *,
    created_at: datetime,
    state: str,
    **more: Any,
) -> Row:
    iops = _iops(volume_type, size)
    chance = estate.chance("volume-row", volume_id)
    tags = dict(tags)
    estate.tag("volume", volume_id, tags, created_at)
    return estate.add(
        "volumes",
        {
            "id": chance.key(),
            "account_id": estate.account_id,
            "volume_id": volume_id,
            "region": region,
            "size_gib": size,
            "volume_type": volume_type,
            "state": state,
            "monthly_cost": monthly(
                volume_type, size, region, iops=iops, throughput_mibps=_THROUGHPUT.get(volume_type)
            ),
            "tags": tags,
            "created_at": created_at,
            "updated_at": created_at,
            "iops": iops,
            "throughput": _THROUGHPUT.get(volume_type),
            "encrypted": chance.happens(0.7),
            "attached_instance_id": None,
            "attach_device": None,
            "attach_time": None,
            "delete_on_termination": False,
            "modified_at": None,
            **more,
        },
    )


def _iops(volume_type: str, size: int) -> int | None:
    if volume_type == "gp3":
        return 3000
    if volume_type == "gp2":
        return max(100, min(16_000, 3 * size))
    if volume_type in ("io1", "io2"):
        return min(3000, size * 10)
    return None


def _modifications(estate: Estate) -> None:
    """Some volumes grew or changed type some months ago; EBS remembers the newest change."""
    for volume in estate.rows.get("volumes", []):
        chance = estate.chance("modification", volume["volume_id"])
        if volume["volume_type"] != "gp3" or volume["size_gib"] < 50 or not chance.happens(0.08):
            continue
        oldest = (estate.start - volume["created_at"]).days
        if oldest < 3:
            continue
        at = estate.before(chance, 1, oldest)
        from_gp2 = chance.happens(0.5)
        grew = volume["size_gib"] if from_gp2 else max(8, volume["size_gib"] // 2)
        old_type = "gp2" if from_gp2 else "gp3"
        volume["modified_at"] = at
        estate.add(
            "volume_modifications",
            {
                "id": chance.key(),
                "account_id": estate.account_id,
                "volume_id": volume["volume_id"],
                "region": volume["region"],
                "state": "completed",
                "target_size": volume["size_gib"],
                "target_iops": volume["iops"],
                "target_throughput": volume["throughput"],
                "target_type": "gp3",
                "original_size": grew,
                "original_iops": _iops(old_type, grew),
                "original_throughput": _THROUGHPUT.get(old_type),
                "original_type": old_type,
                "progress": 100,
                "started_at": at,
                "ended_at": at + timedelta(hours=2, minutes=chance.whole(5, 55)),
                "created_at": at,
            },
        )
        _event(estate, volume, old_type, grew, at)


def _event(estate: Estate, volume: Row, old_type: str, old_size: int, at: datetime) -> None:
    changed = ("volume_type", old_type, "gp3")
    if old_type == "gp3":
        changed = ("size_gib", str(old_size), str(volume["size_gib"]))
    estate.add(
        "resource_change_events",
        {
            "id": estate.chance("event", volume["volume_id"]).key(),
            "account_id": estate.account_id,
            "resource_type": "volume",
            "resource_id": volume["volume_id"],
            "change_source": "manual",
            "field_name": changed[0],
            "old_value": changed[1],
            "new_value": changed[2],
            "changed_at": at,
        },
    )
