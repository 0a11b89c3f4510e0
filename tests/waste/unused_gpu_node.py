"""A node with a GPU that nothing uses."""

from tests.waste.calling import Client, datapoints
from tests.waste.machines import instance, tags


def reveal(client: Client, resource_id: str) -> bool:
    """A node of a cluster, of a type with GPUs, and asleep."""
    found, kind = tags(client, resource_id), instance(client, resource_id)["InstanceType"]
    of_cluster = any(
        key.startswith("kubernetes.io/cluster/") or key == "ecs:cluster" for key in found
    )
    (machine,) = client("ec2").describe_instance_types(InstanceTypes=[kind])["InstanceTypes"]
    busy = datapoints(client, "AWS/EC2", "CPUUtilization", InstanceId=resource_id)
    return of_cluster and "GpuInfo" in machine and max(busy) < 10


def remedy(client: Client, resource_id: str) -> None:
    """Terminate it; in a node group that would be UpdateNodegroupConfig."""
    client("ec2").terminate_instances(InstanceIds=[resource_id])
