"""An address that nothing is associated with."""

from tests.waste.calling import Client


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeAddresses: there is no AssociationId."""
    (address,) = client("ec2").describe_addresses(AllocationIds=[resource_id])["Addresses"]
    return "AssociationId" not in address


def remedy(client: Client, resource_id: str) -> None:
    """Release it."""
    client("ec2").release_address(AllocationId=resource_id)
