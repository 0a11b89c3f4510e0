"""A group whose machines are larger than its work."""

from tests.waste.calling import Client
from tests.waste.groups import group, utilisation
from tests.waste.machines import instance


def reveal(client: Client, resource_id: str) -> bool:
    """Members of many vCPUs that are hardly busy."""
    found = group(client, resource_id)
    types = {one["InstanceType"] for one in found["Instances"]}
    busy = utilisation(client, found["AutoScalingGroupName"])
    return bool(types) and all(one.endswith("xlarge") for one in types) and busy < 30


def remedy(client: Client, resource_id: str) -> None:
    """A launch template with the family's large, and a refresh of all members."""
    found = group(client, resource_id)
    member = instance(client, found["Instances"][0]["InstanceId"])
    family = member["InstanceType"].partition(".")[0]
    name = found["AutoScalingGroupName"]
    template = client("ec2").create_launch_template(
        LaunchTemplateName=f"{name}-smaller",
        LaunchTemplateData={"ImageId": member["ImageId"], "InstanceType": f"{family}.large"},
    )["LaunchTemplate"]["LaunchTemplateId"]
    client("autoscaling").start_instance_refresh(
        AutoScalingGroupName=name,
        DesiredConfiguration={
            "LaunchTemplate": {"LaunchTemplateId": template, "Version": "$Latest"}
        },
    )
