"""A group whose minimum keeps more members than there is work for."""

from math import ceil

from tests.waste.calling import Client
from tests.waste.groups import group, utilisation

DAYS_AFTER = 8  # the mean of a week decides


def reveal(client: Client, resource_id: str) -> bool:
    """As many as the minimum says, and little to do for them."""
    found = group(client, resource_id)
    pinned = found["DesiredCapacity"] == found["MinSize"] >= 2
    return pinned and utilisation(client, found["AutoScalingGroupName"]) < 40


def remedy(client: Client, resource_id: str) -> None:
    """A lower minimum, and no more members than that."""
    found = group(client, resource_id)
    name = found["AutoScalingGroupName"]
    needed = max(1, ceil(found["MinSize"] * utilisation(client, name) / 50))
    client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=needed, DesiredCapacity=needed
    )
