"""Snapshots of an estate: backups, what outlived its volume, and what backs an image."""

from datetime import datetime, timedelta
from functools import cache

from models import costs
from models.estates.chance import Chance
from models.estates.estate import Estate, Row, Tags

monthly = cache(costs.snapshot_monthly)

_STALE_DAYS = 90
_TWICE = 0.02
_FRESH_RETENTION = {"30d": 2, "90d": 4, "180d": 2, "365d": 1}
_STALE_RETENTION = {"30d": 2, "60d": 1, "90d": 2, "365d": 2, "730d": 4}
_ORPHAN_SIZES = {100: 3, 200: 3, 500: 3, 1000: 1}


def create(estate: Estate) -> None:
    """Every snapshot of the account: exact shares of old ones and of orphans."""
    for snapshot_id, image_id, region, source, made, size in estate.image_snapshots:
        text = f"Created by CreateImage({source['attached_instance_id']}) for {image_id}"
        _row(
            estate, Chance(snapshot_id), snapshot_id, region, source["volume_id"], size, made,
            {"Name": image_id}, None, text,
        )  # fmt: skip
    backing = len(estate.image_snapshots)
    old_images = sum(
        1 for one in estate.image_snapshots if one[4] < estate.end - timedelta(days=_STALE_DAYS)
    )
    total = estate.plan.snapshots
    rest = total - backing
    stale = _first(estate, "stale", rest, round(total * estate.shares.stale_snapshots) - old_images)
    orphans = _first(estate, "orphans", rest, round(total * estate.shares.orphan_snapshots))
    bare = estate.untagged("snapshots", rest)
    regions = estate.regions("orphans", rest)
    sizes = estate.chance("orphan-sizes").deck(rest, _ORPHAN_SIZES)
    twice = _first(estate, "twice", rest, round(total * _TWICE))
    volumes = _backed_up(estate)
    newest: dict[bool, Row] = {}
    for at in range(rest):
        if orphans[at]:
            _orphan(estate, at, regions[at], sizes[at], stale[at], bare[at])
        elif twice[at] and stale[at] in newest:
            _again(estate, at, newest.pop(stale[at]))
        else:
            row = _backup(estate, at, volumes[at % len(volumes)], stale[at], bare[at])
            if row["created_at"] < estate.end - timedelta(days=3):
                newest[stale[at]] = row


def _first(estate: Estate, noun: str, size: int, count: int) -> list[bool]:
    """Flags of `size` things, exactly `count` of them (within the possible) set."""
    count = max(0, min(size, count))
    return estate.chance("snapshots", noun).shuffled([True] * count + [False] * (size - count))


def _backed_up(estate: Estate) -> list[Row]:
    """The volumes in the order in which they are backed up, again and again."""
    return estate.chance("backed-up").shuffled(estate.rows["volumes"])


def _age(chance: Chance, stale: bool) -> float:
    return chance.between(_STALE_DAYS + 2, 620) if stale else chance.between(0.6, _STALE_DAYS - 2)


def _moment(estate: Estate, age_days: float) -> datetime:
    moment = estate.end - timedelta(days=age_days)
    return moment.replace(hour=3, minute=moment.minute, second=moment.second, microsecond=0)


def _backup(estate: Estate, at: int, volume: Row, stale: bool, bare: bool) -> Row:
    chance = estate.chance("backup", at)
    made = _moment(estate, _age(chance, stale))
    # a volume that was restored last month has backups that are older than itself
    if not stale:
        made = max(made, volume["created_at"])
    retention = chance.pick([*_expanded(_STALE_RETENTION if stale else _FRESH_RETENTION)])
    expired = _expired(estate, made, retention)
    innocent = estate.decoy("snap_expired") if expired else None
    tags: Tags = {"Name": f"backup-{volume['volume_id'][-6:]}", "backup": "daily"}
    tags["retention"] = retention
    for key in ("env", "owner", "team"):
        if key in volume["tags"] and not (bare and key != "env"):
            tags[key] = volume["tags"][key]
    tags |= innocent[1] if innocent else {}
    snapshot_id = chance.resource_id("snap")
    row = _row(
        estate, chance, snapshot_id, volume["region"], volume["volume_id"], volume["size_gib"],
        made, tags, retention, f"Automated backup of {volume['volume_id']}",
    )  # fmt: skip
    if expired:
        estate.profile(
            "snapshot", snapshot_id, "expired", pattern="snap_expired",
            decoy=innocent[0] if innocent else None, saving=float(row["monthly_cost"]),
        )  # fmt: skip
    return row


def _again(estate: Estate, at: int, first: Row) -> None:
    """What another tool took of the same volume, earlier on the same day."""
    chance = estate.chance("again", at)
    innocent = estate.decoy("snap_duplicate")
    tags: Tags = {"Name": "cron-backup"} | (innocent[1] if innocent else {})
    snapshot_id = chance.resource_id("snap")
    row = _row(
        estate, chance, snapshot_id, first["region"], first["source_volume_id"], first["size_gib"],
        first["created_at"].replace(hour=1), tags, None, "cron-backup",
    )  # fmt: skip
    estate.profile(
        "snapshot", snapshot_id, "duplicate", pattern="snap_duplicate",
        decoy=innocent[0] if innocent else None, saving=float(row["monthly_cost"]),
    )  # fmt: skip


def _orphan(estate: Estate, at: int, region: str, size: int, stale: bool, bare: bool) -> None:
    chance = estate.chance("orphan", at)
    owner = estate.company.owner(chance)
    env = chance.pick(list(estate.plan.instances))
    gone = chance.resource_id("vol")
    innocent = estate.decoy("snap_orphan")
    tags = estate.tags(
        chance, owner, env, f"{owner.service}-final", bare=bare, **(innocent[1] if innocent else {})
    )
    made = _moment(estate, chance.between(95, 620) if stale else chance.between(35, 85))
    snapshot_id = chance.resource_id("snap")
    row = _row(
        estate, chance, snapshot_id, region, gone, size, made, tags,
        "legal" if innocent else None, f"Final snapshot of {gone}",
    )  # fmt: skip
    estate.profile(
        "snapshot", snapshot_id, "orphan", pattern="snap_orphan",
        decoy=innocent[0] if innocent else None, saving=float(row["monthly_cost"]),
    )  # fmt: skip


def _row(
    estate: Estate, chance: Chance, snapshot_id: str, region: str, volume_id: str, size: int,
    made: datetime, tags: Tags, retention: str | None, description: str,
) -> Row:  # fmt: skip
    estate.tag("snapshot", snapshot_id, tags, made)
    return estate.add(
        "snapshots",
        {
            "id": chance.key(),
            "account_id": estate.account_id,
            "snapshot_id": snapshot_id,
            "region": region,
            "source_volume_id": volume_id,
            "size_gib": size,
            "retention_policy": retention,
            "monthly_cost": monthly(size, region),
            "tags": tags,
            "created_at": made,
            "started_at": made,
            "completed_at": made + timedelta(minutes=chance.whole(3, 40)),
            "description": description,
            "encrypted": chance.happens(0.5),
        },
    )


def _expanded(shares: dict[str, int]) -> list[str]:
    return [name for name, count in shares.items() for _ in range(count)]


def _expired(estate: Estate, made: datetime, retention: str) -> bool:
    days = int(retention.removesuffix("d"))
    return made < estate.end - timedelta(days=days)
