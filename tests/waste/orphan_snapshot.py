"""The last snapshot of a volume that is no more."""

from tests.waste.calling import Client

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """There is no such volume, and no image is made of it."""
    ec2 = client("ec2")
    (snapshot,) = ec2.describe_snapshots(SnapshotIds=[resource_id])["Snapshots"]
    volumes = [{"Name": "volume-id", "Values": [snapshot["VolumeId"]]}]
    images = [{"Name": "block-device-mapping.snapshot-id", "Values": [resource_id]}]
    return not (
        ec2.describe_volumes(Filters=volumes)["Volumes"]
        or ec2.describe_images(Owners=["self"], Filters=images)["Images"]
    )


def remedy(client: Client, resource_id: str) -> None:
    """Delete it."""
    client("ec2").delete_snapshot(SnapshotId=resource_id)
