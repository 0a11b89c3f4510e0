"""An x86 instance whose work would run on Graviton."""

from drift.other_types import graviton
from tests.waste.calling import Client
from tests.waste.machines import instance, is_running, tags


def reveal(client: Client, resource_id: str) -> bool:
    """It is x86, no Windows, nothing ties it to that, and there is an arm64 type of its size."""
    found = instance(client, resource_id)
    other = graviton(found["InstanceType"])
    free = found["Architecture"] == "x86_64" and "Platform" not in found
    if other is None or not free or "arch_lock" in tags(client, resource_id):
        return False
    (machine,) = client("ec2").describe_instance_types(InstanceTypes=[other])["InstanceTypes"]
    arm = machine["ProcessorInfo"]["SupportedArchitectures"] == ["arm64"]
    return arm and is_running(client, resource_id)


def remedy(client: Client, resource_id: str) -> None:
    """Another instance takes its place, from an image for arm64."""
    ec2, found = client("ec2"), instance(client, resource_id)
    wanted = [
        {"Name": "architecture", "Values": ["arm64"]},
        {"Name": "state", "Values": ["available"]},
    ]
    image = ec2.describe_images(Owners=["amazon"], Filters=wanted)["Images"][0]["ImageId"]
    ec2.run_instances(
        ImageId=image,
        InstanceType=graviton(found["InstanceType"]),
        SubnetId=found["SubnetId"],
        MinCount=1,
        MaxCount=1,
    )
    ec2.terminate_instances(InstanceIds=[resource_id])
