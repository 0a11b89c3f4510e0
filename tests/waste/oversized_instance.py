"""An instance that has little to do for its size."""

from tests.waste.calling import Client, datapoints
from tests.waste.machines import instance, is_running, resize

TOO_FAR = True  # one size down is what the label promises; this is two or three


def reveal(client: Client, resource_id: str) -> bool:
    """It works a little every day, and comes nowhere near its limit."""
    means = datapoints(client, "AWS/EC2", "CPUUtilization", InstanceId=resource_id)
    peaks = datapoints(client, "AWS/EC2", "CPUUtilization", "Maximum", InstanceId=resource_id)
    busy = sum(means) / len(means)
    return is_running(client, resource_id) and 3 < busy < 20 and max(peaks) < 60


def remedy(client: Client, resource_id: str) -> None:
    """Down to the family's large."""
    family = instance(client, resource_id)["InstanceType"].partition(".")[0]
    resize(client, resource_id, f"{family}.large")
