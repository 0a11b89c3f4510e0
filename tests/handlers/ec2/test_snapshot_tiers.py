"""Archived snapshots: their price, and their way back."""

from typing import Any

from tests.handlers.ec2.answers import Sql, refusal


def test_a_snapshot_comes_back_at_its_price(ec2: Any, sql: Sql) -> None:
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=100)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.create_snapshot(VolumeId=volume)

    def cost() -> Any:
        [row] = sql("select monthly_cost from snapshots where snapshot_id = $1", snapshot)
        return row["monthly_cost"]

    def told(**filters: str) -> list[dict[str, Any]]:
        given = [{"Name": name.replace("_", "-"), "Values": [filters[name]]} for name in filters]
        found: list[dict[str, Any]] = ec2.describe_snapshot_tier_status(Filters=given)[
            "SnapshotTierStatuses"
        ]
        return found

    full = cost()
    restore = ec2.restore_snapshot_tier
    early = refusal(restore, SnapshotId=snapshot, PermanentRestore=True)
    assert early[0] == "InvalidParameterValue"
    ec2.modify_snapshot_tier(SnapshotId=snapshot, StorageTier="archive")
    assert cost() == full / 4
    [one] = told(last_tiering_operation="archival-completed")
    assert (one["SnapshotId"], one["StorageTier"], one["LastTieringProgress"]) == (
        snapshot, "archive", 100,
    )  # fmt: skip
    assert one["ArchivalCompleteTime"] == one["LastTieringStartTime"]
    assert len(told(volume_id=volume)) == 2
    for_days = refusal(restore, SnapshotId=snapshot, TemporaryRestoreDays=3)
    assert for_days[0] == "UnsupportedOperation"
    assert restore(SnapshotId=snapshot, PermanentRestore=True)["IsPermanentRestore"] is True
    assert cost() == full
    [one] = told(snapshot_id=snapshot)
    assert one["LastTieringOperationStatus"] == "permanent-restore-completed"
    assert "ArchivalCompleteTime" not in one
