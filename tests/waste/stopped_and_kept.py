"""An instance that was stopped and whose volumes are paid."""

from tests.waste.calling import Client
from tests.waste.machines import end, instance

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeInstances says who stopped it, DescribeVolumes what it still holds."""
    found = instance(client, resource_id)
    held = [{"Name": "attachment.instance-id", "Values": [resource_id]}]
    stopped = (
        found["State"]["Name"] == "stopped" and "User initiated" in found["StateTransitionReason"]
    )
    return stopped and bool(client("ec2").describe_volumes(Filters=held)["Volumes"])


def remedy(client: Client, resource_id: str) -> None:
    """Snapshots of its volumes, and it goes with them."""
    end(client, resource_id)
