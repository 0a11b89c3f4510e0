"""What tests of ECS share: a client, a cluster, a task definition for Fargate."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud


@pytest.fixture
def ecs(cloud: Cloud) -> Any:
    """A boto3 client of ECS in us-east-1."""
    return cloud.client("ecs")


@pytest.fixture
def subnet(cloud: Cloud) -> str:
    """A default subnet."""
    return str(cloud.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"])


@pytest.fixture
def shop(ecs: Any) -> str:
    """The ARN of an empty cluster that is called shop."""
    return str(ecs.create_cluster(clusterName="shop")["cluster"]["clusterArn"])


def register(ecs: Any, family: str = "web", **more: Any) -> str:
    """Register a revision for Fargate, of a quarter of a vCPU and half a GiB; its ARN."""
    given = {
        "family": family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [
            {"name": "app", "image": "nginx", "portMappings": [{"containerPort": 80}]}
        ],
    } | more
    return str(ecs.register_task_definition(**given)["taskDefinition"]["taskDefinitionArn"])


def network(subnet: str) -> dict[str, Any]:
    """A network configuration in one subnet."""
    return {"awsvpcConfiguration": {"subnets": [subnet]}}


@pytest.fixture
def web(ecs: Any, shop: str, subnet: str) -> dict[str, Any]:
    """A Fargate service of two tasks."""
    made = ecs.create_service(
        cluster="shop", serviceName="web", taskDefinition=register(ecs), desiredCount=2,
        launchType="FARGATE", networkConfiguration=network(subnet),
        tags=[{"key": "env", "value": "prod"}],
    )  # fmt: skip
    return dict(made["service"])
