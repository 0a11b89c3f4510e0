"""An instance of a generation that AWS no longer offers first."""

from drift.other_types import newer
from tests.waste.calling import Client
from tests.waste.machines import instance, is_running, resize


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeInstanceTypes: not of the current generation."""
    kind = instance(client, resource_id)["InstanceType"]
    (machine,) = client("ec2").describe_instance_types(InstanceTypes=[kind])["InstanceTypes"]
    return is_running(client, resource_id) and not machine["CurrentGeneration"]


def remedy(client: Client, resource_id: str) -> None:
    """The type that follows it."""
    follower = newer(instance(client, resource_id)["InstanceType"])
    assert follower is not None
    resize(client, resource_id, follower)
