"""A volume that no instance holds."""

from tests.waste.calling import Client

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeVolumes: available, and attached to nothing."""
    (volume,) = client("ec2").describe_volumes(VolumeIds=[resource_id])["Volumes"]
    return volume["State"] == "available" and not volume["Attachments"]


def remedy(client: Client, resource_id: str) -> None:
    """Keep a snapshot, and delete it."""
    client("ec2").create_snapshot(VolumeId=resource_id, Description="before deletion")
    client("ec2").delete_volume(VolumeId=resource_id)
