"""A data disk of an instance that has been stopped for a week."""

from datetime import UTC, datetime, timedelta

from tests.waste.calling import Client


def reveal(client: Client, resource_id: str) -> bool:
    """Attached beside the root volume; the instance says since when it has been stopped."""
    ec2 = client("ec2")
    (volume,) = ec2.describe_volumes(VolumeIds=[resource_id])["Volumes"]
    (attachment,) = volume["Attachments"]
    (found,) = ec2.describe_instances(InstanceIds=[attachment["InstanceId"]])["Reservations"]
    (instance,) = found["Instances"]
    if instance["State"]["Name"] != "stopped":
        return False
    said = instance["StateTransitionReason"].partition("(")[2].removesuffix(" GMT)")
    since = datetime.strptime(said, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return attachment["Device"] != instance["RootDeviceName"] and datetime.now(
        UTC
    ) - since > timedelta(days=7)


def remedy(client: Client, resource_id: str) -> None:
    """Keep a snapshot of it."""
    ec2 = client("ec2")
    ec2.create_snapshot(VolumeId=resource_id, Description="before deletion")
    ec2.detach_volume(VolumeId=resource_id)
    ec2.delete_volume(VolumeId=resource_id)
