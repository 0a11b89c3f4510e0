"""A volume is backed up one last time and deleted; the backup outlives every memory of it."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json

from drift.day import Day, Happening
from drift.picking import branch, region
from drift.symptoms import ORPHANED, UNDER_AN_IMAGE, rested
from drift.worsening import again

ODDS = 0.05
PATTERN = "snap_orphan"
RESOURCE_TYPE = "snapshot"
REMEDIES = ("ec2:DeleteSnapshot",)
REVEALED_BY = ("ec2:DescribeSnapshots", "ec2:DescribeVolumes", "ec2:DescribeImages")
TRAPS = (
    "The last backup of a system that is gone (tags retention=7y, legal_hold=true) is kept on purpose.",
    "A snapshot that an image needs cannot be deleted.",
    "A copy of a snapshot has no volume of its own: it says vol-ffffffff.",
)

SYMPTOM = f"""
SELECT s.snapshot_id, s.monthly_cost AS saving FROM snapshots s
 WHERE s.account_id = $1 AND {ORPHANED} AND NOT {UNDER_AN_IMAGE}
   AND {rested("s.created_at", 30)}"""


async def happen(day: Day) -> Happening | None:
    """A snapshot of a volume that is no longer there."""
    from models.costs import snapshot_monthly

    place = await region(day, "orphan_snapshot")
    name, developer = branch(day, "orphan_snapshot")
    size = day.random("orphan_snapshot").choice((50, 100, 200, 500))
    snapshot = day.identifier("snap", "orphan")
    await day.write(
        "snapshots",
        """INSERT INTO snapshots (account_id, snapshot_id, region, source_volume_id, size_gib,
               monthly_cost, tags, created_at, started_at, completed_at, description)
           VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8, $8, $8, $9)""",
        day.account_id, snapshot, place, day.identifier("vol", "orphan"), size,
        snapshot_monthly(size, place), json.dumps({"Name": f"{name}-last", "created_by": developer}),
        day.moment("orphan_snapshot"), f"before deleting {name}",
    )  # fmt: skip
    await day.record("snapshot", snapshot, "lifecycle", None, "created")
    return Happening(f"a last snapshot of {name}, {size} GiB", (("snapshot", snapshot),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another last backup piles up."""
    return await again(day, PATTERN, resource_id, happen, most=30)
