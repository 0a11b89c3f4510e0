"""A service of Fargate that asks for more CPU than it uses."""

from tests.waste.calling import Client
from tests.waste.tasks import resize, service, used


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeTaskDefinition: what it asks for; CloudWatch: what it uses."""
    asked = int(service(client, resource_id)["task"]["cpu"])
    return asked > 256 and used(client, resource_id, "CPUUtilization") < 20


def remedy(client: Client, resource_id: str) -> None:
    """A quarter of the CPU, the same memory."""
    task = service(client, resource_id)["task"]
    resize(client, resource_id, int(task["cpu"]) // 4, int(task["memory"]))
