"""What clients do to machines: look one up, change its type, end it with its volumes."""

from typing import Any

from tests.waste.calling import Client

_SOON = {"Delay": 1, "MaxAttempts": 60}


def instance(client: Client, instance_id: str) -> dict[str, Any]:
    """An instance as DescribeInstances shows it."""
    found: dict[str, Any] = client("ec2").describe_instances(InstanceIds=[instance_id])[
        "Reservations"
    ][0]["Instances"][0]
    return found


def tags(client: Client, instance_id: str) -> dict[str, str]:
    """Its tags."""
    return {one["Key"]: one["Value"] for one in instance(client, instance_id).get("Tags", ())}


def is_running(client: Client, instance_id: str) -> bool:
    """Whether it runs, in no Auto Scaling group."""
    found = instance(client, instance_id)
    grouped = any(one["Key"] == "aws:autoscaling:groupName" for one in found.get("Tags", ()))
    return found["State"]["Name"] == "running" and not grouped


def resize(client: Client, instance_id: str, instance_type: str) -> None:
    """Stop it, change its type, and start it again."""
    ec2 = client("ec2")
    ec2.stop_instances(InstanceIds=[instance_id])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance_id], WaiterConfig=_SOON)
    ec2.modify_instance_attribute(InstanceId=instance_id, InstanceType={"Value": instance_type})
    ec2.start_instances(InstanceIds=[instance_id])


def end(client: Client, instance_id: str) -> None:
    """Terminate it, having kept a snapshot of each volume, and delete what volumes are left."""
    ec2 = client("ec2")
    held = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    volumes = [one["VolumeId"] for one in ec2.describe_volumes(Filters=held)["Volumes"]]
    for volume in volumes:
        ec2.create_snapshot(VolumeId=volume, Description=f"before the end of {instance_id}")
    ec2.terminate_instances(InstanceIds=[instance_id])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance_id], WaiterConfig=_SOON)
    left = [{"Name": "volume-id", "Values": volumes}]
    for volume in ec2.describe_volumes(Filters=left)["Volumes"] if volumes else ():
        ec2.delete_volume(VolumeId=volume["VolumeId"])
