"""A snapshot of a disk that was backed up again on the same day."""

from tests.waste.calling import Client

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeSnapshots of its volume: a later one of the same day."""
    ec2 = client("ec2")
    (mine,) = ec2.describe_snapshots(SnapshotIds=[resource_id])["Snapshots"]
    every = ec2.describe_snapshots(
        OwnerIds=["self"], Filters=[{"Name": "volume-id", "Values": [mine["VolumeId"]]}]
    )["Snapshots"]
    return any(
        one["StartTime"] > mine["StartTime"] and one["StartTime"].date() == mine["StartTime"].date()
        for one in every
    )


def remedy(client: Client, resource_id: str) -> None:
    """Delete it, and keep the newest."""
    client("ec2").delete_snapshot(SnapshotId=resource_id)
