"""A group that was scaled out by hand and that nothing scales in."""

from math import ceil

from tests.waste.calling import Client
from tests.waste.groups import group, utilisation

DAYS_AFTER = 8  # the mean of a week decides


def reveal(client: Client, resource_id: str) -> bool:
    """More members than the minimum, little to do, and no policy."""
    found = group(client, resource_id)
    name = found["AutoScalingGroupName"]
    policies = client("autoscaling").describe_policies(AutoScalingGroupName=name)["ScalingPolicies"]
    above = found["DesiredCapacity"] > found["MinSize"]
    return above and not policies and utilisation(client, name) < 25


def remedy(client: Client, resource_id: str) -> None:
    """As many members as half of whose power the work takes."""
    found = group(client, resource_id)
    name = found["AutoScalingGroupName"]
    needed = ceil(found["DesiredCapacity"] * utilisation(client, name) / 50)
    client("autoscaling").set_desired_capacity(
        AutoScalingGroupName=name, DesiredCapacity=max(1, found["MinSize"], needed)
    )
