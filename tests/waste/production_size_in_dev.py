"""A development machine of production's size."""

from tests.waste.calling import Client, datapoints
from tests.waste.machines import instance, is_running, resize, tags


def reveal(client: Client, resource_id: str) -> bool:
    """Outside production, of 2xlarge or more, not busy, and no rig for load tests."""
    kind, found = instance(client, resource_id)["InstanceType"], tags(client, resource_id)
    busy = datapoints(client, "AWS/EC2", "CPUUtilization", InstanceId=resource_id)
    large = kind.endswith("xlarge") and kind.partition(".")[2] != "xlarge"
    needless = found.get("env") != "prod" and "workload" not in found and max(busy) < 40
    return large and needless and is_running(client, resource_id)


def remedy(client: Client, resource_id: str) -> None:
    """A quarter of it."""
    family = instance(client, resource_id)["InstanceType"].partition(".")[0]
    resize(client, resource_id, f"{family}.xlarge")
