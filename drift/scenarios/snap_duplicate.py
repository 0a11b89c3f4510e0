"""Two backup tools look after the same disk, and neither knows of the other."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.scenarios.snap_expired import VOLUMES, take
from drift.symptoms import EXPIRED, ORPHANED, UNDER_AN_IMAGE
from drift.worsening import again

ODDS = 0.02
PATTERN = "snap_duplicate"
RESOURCE_TYPE = "snapshot"
REMEDIES = ("ec2:DeleteSnapshot",)
REVEALED_BY = ("ec2:DescribeSnapshots",)
TRAPS = (
    "Where no more than an hour may be lost (tag rpo=1h), every hour's snapshot is wanted.",
    "A policy that takes several a day (tag aws:dlm:lifecycle-policy-id) was asked for that.",
    "The newest of the day is the one to keep.",
)

# All but the newest of a volume's day, once it is over.
SYMPTOM = f"""
SELECT s.snapshot_id, s.monthly_cost AS saving FROM snapshots s
 WHERE s.account_id = $1 AND s.created_at < $2::timestamptz - interval '2 days'
   AND NOT coalesce(s.tags, '{{}}') ? 'aws:dlm:lifecycle-policy-id'
   AND EXISTS (SELECT FROM snapshots o WHERE o.account_id = $1 AND o.source_volume_id = s.source_volume_id
           AND (o.created_at, o.snapshot_id) > (s.created_at, s.snapshot_id)
           AND o.created_at < date_trunc('day', s.created_at, 'UTC') + interval '1 day')
   AND NOT {EXPIRED} AND NOT {ORPHANED} AND NOT {UNDER_AN_IMAGE}"""


async def happen(day: Day) -> Happening | None:
    """Three snapshots of one disk on one day; the oldest two are the culprits."""
    volumes = await day.connection.fetch(VOLUMES, day.account_id)
    if not volumes:
        return None
    volume = day.random("snap_duplicate").choice(volumes)
    taken = [
        await take(day, f"duplicate/{tool}", volume, {"Name": tool}, f"Taken by {tool}")
        for tool in ("backup-agent", "cron-backup", "nightly")
    ]
    newest = await day.connection.fetchval(
        "SELECT snapshot_id FROM snapshots WHERE snapshot_id = ANY ($1)"
        " ORDER BY created_at DESC, snapshot_id DESC LIMIT 1",
        [identifier for _, identifier in taken],
    )
    return Happening(
        f"{volume['volume_id']} is backed up three times a day",
        tuple(one for one in taken if one[1] != newest),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The tools go on."""
    return await again(day, PATTERN, resource_id, happen)
