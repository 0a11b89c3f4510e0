"""A group that ran to many times its size."""

from tests.waste.calling import Client

DAYS = 0  # it is put back after one to three days


def reveal(client: Client, resource_id: str) -> bool:
    """It has many more instances than its min_size and than it had when they were launched."""
    name = resource_id.rpartition("autoScalingGroupName/")[2]
    autoscaling = client("autoscaling")
    (group,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])[
        "AutoScalingGroups"
    ]
    return bool(group["DesiredCapacity"] >= group["MinSize"] + 8)


def remedy(client: Client, resource_id: str) -> None:
    """Back to what it was: its minimum does."""
    name = resource_id.rpartition("autoScalingGroupName/")[2]
    autoscaling = client("autoscaling")
    (group,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])[
        "AutoScalingGroups"
    ]
    size = max(1, group["MinSize"])
    autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=name, DesiredCapacity=size, MaxSize=max(2, size)
    )
