"""A disk with provisioned IOPS that gp3 has anyway."""

from tests.waste.calling import Client, datapoints

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """io1 or io2 in use, with fewer than 3,000 operations a second on every day."""
    (volume,) = client("ec2").describe_volumes(VolumeIds=[resource_id])["Volumes"]
    operations = [
        sum(both)
        for both in zip(
            datapoints(client, "AWS/EBS", "VolumeReadOps", "Sum", VolumeId=resource_id),
            datapoints(client, "AWS/EBS", "VolumeWriteOps", "Sum", VolumeId=resource_id),
            strict=True,
        )
    ]
    fast = volume["VolumeType"] in ("io1", "io2") and volume["State"] == "in-use"
    return fast and max(operations) < 3000 * 86_400


def remedy(client: Client, resource_id: str) -> None:
    """Make it gp3."""
    client("ec2").modify_volume(VolumeId=resource_id, VolumeType="gp3")
