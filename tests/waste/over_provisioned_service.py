"""A service of Fargate with more tasks than its work needs."""

from math import ceil

from tests.waste.calling import Client
from tests.waste.tasks import cluster, service, used


def reveal(client: Client, resource_id: str) -> bool:
    """Three tasks or more, and not busy."""
    found = service(client, resource_id)
    return found["desiredCount"] > 2 and used(client, resource_id, "CPUUtilization") < 30


def remedy(client: Client, resource_id: str) -> None:
    """Two, or as many as are busy to a half."""
    busy = used(client, resource_id, "CPUUtilization")
    needed = ceil(service(client, resource_id)["desiredCount"] * busy / 50)
    client("ecs").update_service(
        cluster=cluster(resource_id), service=resource_id, desiredCount=max(2, needed)
    )
