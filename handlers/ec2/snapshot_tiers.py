"""Archived snapshots: which there are, and bringing them back.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotTierStatus.html
and API_RestoreSnapshotTier.html. A snapshot comes back for good; for some days it cannot.
"""

from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import conditions
from emulator.rows import Computed, Rows, View, When
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import SNAPSHOT
from handlers.ec2.tag_view import TAG_LIST
from models import costs, snapshots

NOUN = "snapshots"


async def describe_snapshot_tier_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tiers of snapshots, by filter and page, and when they last changed."""
    page = pages.page(ctx, params)
    where = conditions(ctx, snapshots.TIERS, FILTERS, params.get("Filters"))
    rows = await snapshots.TIERS.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "snapshot_id")
    return {"SnapshotTierStatuses": Rows(VIEW, shown), "NextToken": token}


async def restore_snapshot_tier(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Bring a snapshot back to the standard tier, and to its price."""
    snapshot_id = params["SnapshotId"]
    identifiers.check(SNAPSHOT, [snapshot_id])
    if params.get("TemporaryRestoreDays") is not None:
        raise AwsError("UnsupportedOperation", "Temporary restores are not emulated.")
    if not params.get("PermanentRestore"):
        raise AwsError(
            "MissingParameter",
            "The request must contain the parameter permanentRestore or temporaryRestoreDays",
        )
    row = await snapshots.find_one(ctx.db, ctx.region, snapshot_id)
    if row is None:
        raise identifiers.not_found(SNAPSHOT, [snapshot_id])
    monthly = costs.snapshot_monthly(row["size_gib"], ctx.region)
    if not await snapshots.restore(ctx.db, ctx.region, snapshot_id, monthly):
        raise AwsError(
            "InvalidParameterValue", f"Snapshot {snapshot_id} is not in the archive tier."
        )
    return {"SnapshotId": snapshot_id, "RestoreStartTime": ctx.now, "IsPermanentRestore": True}


def _archived(operation: str | None, at: Any) -> Any:
    return at if operation == "archival-completed" else None


VIEW = View(
    {
        "SnapshotId": "snapshot_id",
        "VolumeId": "volume_id",
        "Status": "state",
        "OwnerId": "owner",
        "Tags": TAG_LIST,
        "StorageTier": "storage_tier",
        "LastTieringStartTime": "tiered_at",
        "LastTieringProgress": When("tiering", Computed(lambda operation: 100, "tiering")),
        "LastTieringOperationStatus": "tiering",
        "ArchivalCompleteTime": Computed(_archived, "tiering", "tiered_at"),
    }
)

FILTERS = {
    "last-tiering-operation": "tiering",
    "snapshot-id": "snapshot_id",
    "volume-id": "volume_id",
}
