"""A preview's group that nobody took down."""

from tests.waste.calling import Client
from tests.waste.groups import group


def reveal(client: Client, resource_id: str) -> bool:
    """Members, the tag env=preview, and no open pull request."""
    found = group(client, resource_id)
    tags = {one["Key"]: one["Value"] for one in found["Tags"]}
    forgotten = tags.get("env") == "preview" and tags.get("pr_state") != "open"
    return forgotten and bool(found["Instances"])


def remedy(client: Client, resource_id: str) -> None:
    """Down to nothing, and gone."""
    name = group(client, resource_id)["AutoScalingGroupName"]
    autoscaling = client("autoscaling")
    autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=0, MaxSize=0, DesiredCapacity=0
    )
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
