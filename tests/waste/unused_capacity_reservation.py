"""Capacity that is paid for and used by nothing."""

from tests.waste.calling import Client


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeCapacityReservations: all of it is available still."""
    (found,) = client("ec2").describe_capacity_reservations(CapacityReservationIds=[resource_id])[
        "CapacityReservations"
    ]
    free, whole = found["AvailableInstanceCount"], found["TotalInstanceCount"]
    return bool(found["State"] == "active" and free == whole)


def remedy(client: Client, resource_id: str) -> None:
    """Cancel it."""
    client("ec2").cancel_capacity_reservation(CapacityReservationId=resource_id)
