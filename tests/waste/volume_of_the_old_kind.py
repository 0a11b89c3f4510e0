"""A gp2 volume, dearer than gp3 and slower."""

from tests.waste.calling import Client

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeVolumes: its type is gp2."""
    (volume,) = client("ec2").describe_volumes(VolumeIds=[resource_id])["Volumes"]
    return bool(volume["VolumeType"] == "gp2")


def remedy(client: Client, resource_id: str) -> None:
    """Make it gp3, while it is in use."""
    client("ec2").modify_volume(VolumeId=resource_id, VolumeType="gp3")
