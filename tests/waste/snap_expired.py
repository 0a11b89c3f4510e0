"""A snapshot that is older than its own retention says."""

from datetime import UTC, datetime, timedelta

from tests.waste.calling import Client

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """The tag tells how many days it is to be kept, StartTime how old it is."""
    (snapshot,) = client("ec2").describe_snapshots(SnapshotIds=[resource_id])["Snapshots"]
    tags = {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]}
    days = int(tags["retention"].removesuffix("d"))
    return bool(snapshot["StartTime"] < datetime.now(UTC) - timedelta(days=days))


def remedy(client: Client, resource_id: str) -> None:
    """Delete it."""
    client("ec2").delete_snapshot(SnapshotId=resource_id)
