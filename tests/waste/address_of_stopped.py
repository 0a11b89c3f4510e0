"""An Elastic IP on a machine that does not run."""

from typing import Any

from tests.waste.calling import Client


def _address(client: Client, allocation_id: str) -> Any:
    return client("ec2").describe_addresses(AllocationIds=[allocation_id])["Addresses"][0]


def reveal(client: Client, resource_id: str) -> bool:
    """Its instance is stopped."""
    instance = _address(client, resource_id).get("InstanceId")
    if instance is None:
        return False
    found = client("ec2").describe_instances(InstanceIds=[instance])["Reservations"]
    return bool(found[0]["Instances"][0]["State"]["Name"] == "stopped")


def remedy(client: Client, resource_id: str) -> None:
    """Take it off the machine and give it back."""
    ec2 = client("ec2")
    ec2.disassociate_address(AssociationId=_address(client, resource_id)["AssociationId"])
    ec2.release_address(AllocationId=resource_id)
