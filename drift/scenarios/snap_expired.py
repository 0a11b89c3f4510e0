"""A job backs up some disks and says how long the backups are needed; nothing ever deletes them."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json
from collections.abc import Mapping
from typing import Any

from drift.day import Day, Happening
from drift.symptoms import EXPIRED, ORPHANED, UNDER_AN_IMAGE

ODDS = 0.02
PATTERN = "snap_expired"
RESOURCE_TYPE = "snapshot"
REMEDIES = ("ec2:DeleteSnapshot",)
REVEALED_BY = ("ec2:DescribeSnapshots",)
TRAPS = (
    "A legal hold (tag legal_hold=true) is above whatever the retention says.",
    "A snapshot that an image needs cannot be deleted.",
    "Snapshots of one volume share their blocks on AWS: the bill falls by those of its own.",
)

# Those whose volume is gone are orphans first of all.
SYMPTOM = f"""
SELECT s.snapshot_id, s.monthly_cost AS saving FROM snapshots s
 WHERE s.account_id = $1 AND {EXPIRED} AND NOT {ORPHANED} AND NOT {UNDER_AN_IMAGE}"""

VOLUMES = """
SELECT v.volume_id, v.region, v.size_gib, v.encrypted, v.kms_key_id FROM volumes v
 WHERE v.account_id = $1 AND v.state = 'in-use' AND v.size_gib >= 8 ORDER BY v.volume_id"""

_VOLUME_OF = """
SELECT v.volume_id, v.region, v.size_gib, v.encrypted, v.kms_key_id
  FROM snapshots s JOIN volumes v ON v.account_id = s.account_id AND v.volume_id = s.source_volume_id
 WHERE s.account_id = $1 AND s.snapshot_id = $2
   AND 30 > (SELECT count(*) FROM snapshots o WHERE o.account_id = $1 AND o.source_volume_id = v.volume_id)"""

_INSERT = """
INSERT INTO snapshots (account_id, snapshot_id, region, source_volume_id, size_gib, retention_policy,
    monthly_cost, tags, created_at, started_at, completed_at, description, encrypted, kms_key_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9, $9, $9, $10, $11, $12)"""


async def take(
    day: Day, label: str, volume: Any, tags: Mapping[str, str], description: str
) -> tuple[str, str]:
    """A snapshot of a volume, taken on the day; its type and id."""
    from models.costs import snapshot_monthly

    snapshot = day.identifier("snap", label)
    await day.write(
        "snapshots", _INSERT, day.account_id, snapshot, volume["region"], volume["volume_id"],
        volume["size_gib"], tags.get("retention"),
        snapshot_monthly(volume["size_gib"], volume["region"]), json.dumps(dict(tags)),
        day.moment(label, 1, 23), description, volume["encrypted"], volume["kms_key_id"],
    )  # fmt: skip
    await day.record("snapshot", snapshot, "lifecycle", None, "created")
    return "snapshot", snapshot


async def happen(day: Day) -> Happening | None:
    """Up to four snapshots that are to be kept for a week."""
    volumes = await day.connection.fetch(VOLUMES, day.account_id)
    if not volumes:
        return None
    chosen = day.random("snap_expired").sample(volumes, min(4, len(volumes)))
    tags = {"Name": "backup-job", "backup": "daily", "retention": "7d"}
    taken = [
        await take(day, f"expired/{volume['volume_id']}", volume, tags, "Nightly backup")
        for volume in chosen
    ]
    return Happening(f"{len(taken)} backups are kept longer than a week", tuple(taken))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The job goes on: one more of the same volume, thirty at most."""
    volume = await day.connection.fetchrow(_VOLUME_OF, day.account_id, resource_id)
    if volume is None:
        return None
    tags = {"Name": "backup-job", "backup": "daily", "retention": "7d"}
    taken = await take(day, f"again/{resource_id}", volume, tags, "Nightly backup")
    return Happening(f"one more backup of {volume['volume_id']}", (taken,))
