"""A reservation that is in use and about to end."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.waste.calling import Client

# What is avoided is a jump of cost in the weeks to come.
COST_FALLS = False


def _reservation(client: Client, reserved_id: str) -> Any:
    found = client("ec2").describe_reserved_instances(ReservedInstancesIds=[reserved_id])
    return found["ReservedInstances"][0]


def reveal(client: Client, resource_id: str) -> bool:
    """It ends within a month."""
    ends = _reservation(client, resource_id)["End"]
    return bool(datetime.now(UTC) < ends < datetime.now(UTC) + timedelta(days=30))


def remedy(client: Client, resource_id: str) -> None:
    """Queue its successor."""
    ec2, old = client("ec2"), _reservation(client, resource_id)
    offerings = ec2.describe_reserved_instances_offerings(
        InstanceType=old["InstanceType"],
        ProductDescription=old["ProductDescription"],
        OfferingClass="standard",
        OfferingType="No Upfront",
        MinDuration=31536000,
        MaxDuration=31536000,
        IncludeMarketplace=False,
    )["ReservedInstancesOfferings"]
    offering = next(one for one in offerings if one["Scope"] == "Region")
    ec2.purchase_reserved_instances_offering(
        InstanceCount=1,
        ReservedInstancesOfferingId=offering["ReservedInstancesOfferingId"],
        PurchaseTime=old["End"],
    )
