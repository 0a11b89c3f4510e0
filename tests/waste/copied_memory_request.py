"""A service of Fargate that asks for more memory than it uses."""

from tests.waste.calling import Client
from tests.waste.tasks import resize, service, used


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeTaskDefinition: what it asks for; CloudWatch: what it uses."""
    asked = int(service(client, resource_id)["task"]["memory"])
    return asked > 2048 and used(client, resource_id, "MemoryUtilization") < 40


def remedy(client: Client, resource_id: str) -> None:
    """A quarter of the memory, the same CPU."""
    task = service(client, resource_id)["task"]
    resize(client, resource_id, int(task["cpu"]), int(task["memory"]) // 4)
