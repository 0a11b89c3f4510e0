"""A NAT gateway that no packet passes."""

from tests.waste.calling import Client, datapoints


def reveal(client: Client, resource_id: str) -> bool:
    """It is available, and BytesOutToDestination is nothing in a week."""
    found = client("ec2").describe_nat_gateways(NatGatewayIds=[resource_id])["NatGateways"]
    passed = datapoints(
        client, "AWS/NATGateway", "BytesOutToDestination", "Sum", NatGatewayId=resource_id
    )
    return found[0]["State"] == "available" and sum(passed) == 0


def remedy(client: Client, resource_id: str) -> None:
    """Delete it."""
    client("ec2").delete_nat_gateway(NatGatewayId=resource_id)
