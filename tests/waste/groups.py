"""Auto Scaling groups as a client sees them."""

from typing import Any

from tests.waste.calling import Client, datapoints


def group(client: Client, arn: str) -> dict[str, Any]:
    """The group of an ARN; its name is the ARN's last part."""
    name = arn.rpartition("autoScalingGroupName/")[2]
    found: dict[str, Any]
    (found,) = client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])[
        "AutoScalingGroups"
    ]
    return found


def utilisation(client: Client, name: str) -> float:
    """The members' mean CPU of a week, percent."""
    days = datapoints(client, "AWS/EC2", "CPUUtilization", AutoScalingGroupName=name)
    return sum(days) / len(days)
