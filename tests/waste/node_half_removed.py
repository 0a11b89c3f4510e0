"""A node that was stopped and never terminated."""

from tests.waste.calling import Client
from tests.waste.machines import end, instance, tags


def reveal(client: Client, resource_id: str) -> bool:
    """Stopped, with the tag of a cluster, and not for maintenance."""
    found = tags(client, resource_id)
    of_cluster = any(
        key.startswith("kubernetes.io/cluster/") or key == "ecs:cluster" for key in found
    )
    stopped = instance(client, resource_id)["State"]["Name"] == "stopped"
    return stopped and of_cluster and "maintenance" not in found


def remedy(client: Client, resource_id: str) -> None:
    """Terminate it; its volumes go with it."""
    end(client, resource_id)
