"""Services of Fargate as a client sees them, and gives them tasks of another size."""

from typing import Any

from tests.waste.calling import Client, datapoints


def service(client: Client, arn: str) -> dict[str, Any]:
    """The service of an ARN, with its `task`: the task definition."""
    ecs = client("ecs")
    (found,) = ecs.describe_services(cluster=cluster(arn), services=[arn])["services"]
    task = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
    return {**found, "task": task}


def cluster(arn: str) -> str:
    """The name of the cluster in a service's ARN."""
    return arn.split("/")[1]


def used(client: Client, arn: str, metric: str) -> float:
    """CPUUtilization or MemoryUtilization, the mean of a week, percent."""
    values = datapoints(
        client, "AWS/ECS", metric, ClusterName=cluster(arn), ServiceName=arn.split("/")[2]
    )
    return sum(values) / len(values)


def resize(client: Client, arn: str, cpu: int, memory: int) -> None:
    """A new revision of its task definition with so many CPU units and MiB, for all its tasks."""
    ecs, task = client("ecs"), service(client, arn)["task"]
    containers = [
        {**one, "cpu": cpu, "memory": memory, "portMappings": one.get("portMappings", [])}
        for one in task["containerDefinitions"]
    ]
    made = ecs.register_task_definition(
        family=task["family"],
        networkMode=task["networkMode"],
        requiresCompatibilities=["FARGATE"],
        executionRoleArn=task["executionRoleArn"],
        cpu=str(cpu),
        memory=str(memory),
        containerDefinitions=containers,
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=cluster(arn), service=arn, taskDefinition=made)
