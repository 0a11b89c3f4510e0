"""A data disk that nobody reads or writes."""

from tests.waste.calling import Client, datapoints

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """In use by a running instance, no root volume, and no operation in a week."""
    ec2 = client("ec2")
    (volume,) = ec2.describe_volumes(VolumeIds=[resource_id])["Volumes"]
    (attachment,) = volume["Attachments"]
    (found,) = ec2.describe_instances(InstanceIds=[attachment["InstanceId"]])["Reservations"]
    (instance,) = found["Instances"]
    operations = [
        value
        for metric in ("VolumeReadOps", "VolumeWriteOps")
        for value in datapoints(client, "AWS/EBS", metric, "Sum", VolumeId=resource_id)
    ]
    aside = attachment["Device"] != instance["RootDeviceName"]
    return aside and instance["State"]["Name"] == "running" and not any(operations)


def remedy(client: Client, resource_id: str) -> None:
    """Take it out and delete it."""
    client("ec2").detach_volume(VolumeId=resource_id)
    client("ec2").delete_volume(VolumeId=resource_id)
