"""A GPU instance without work."""

from tests.waste.calling import Client, datapoints
from tests.waste.machines import instance, is_running


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeInstanceTypes tells of its GPUs, CloudWatch of its idleness."""
    kind = instance(client, resource_id)["InstanceType"]
    (machine,) = client("ec2").describe_instance_types(InstanceTypes=[kind])["InstanceTypes"]
    busy = datapoints(client, "AWS/EC2", "CPUUtilization", InstanceId=resource_id)
    return "GpuInfo" in machine and is_running(client, resource_id) and max(busy) < 10


def remedy(client: Client, resource_id: str) -> None:
    """Stop it."""
    client("ec2").stop_instances(InstanceIds=[resource_id])
