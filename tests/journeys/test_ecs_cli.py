"""ECS and EKS through the AWS CLI: a service scaled and removed, a cluster waited for."""

from tests.fixtures.server import Cloud
from tests.journeys.aws_cli import aws


def test_a_service_and_a_cluster(cloud: Cloud) -> None:
    subnets = [row["SubnetId"] for row in aws(cloud, "ec2", "describe-subnets")["Subnets"][:2]]
    aws(cloud, "ecs", "create-cluster", "--cluster-name", "shop")
    aws(
        cloud, "ecs", "register-task-definition", "--family", "web", "--cpu", "256", "--memory",
        "512", "--network-mode", "awsvpc", "--requires-compatibilities", "FARGATE",
        "--container-definitions", '[{"name": "app", "image": "nginx"}]',
    )  # fmt: skip
    aws(
        cloud, "ecs", "create-service", "--cluster", "shop", "--service-name", "web",
        "--task-definition", "web", "--desired-count", "2", "--launch-type", "FARGATE",
        "--network-configuration", f"awsvpcConfiguration={{subnets=[{subnets[0]}]}}",
    )  # fmt: skip
    aws(cloud, "ecs", "wait", "services-stable", "--cluster", "shop", "--services", "web")
    aws(cloud, "ecs", "delete-service", "--cluster", "shop", "--service", "web", "--force")
    aws(cloud, "ecs", "wait", "services-inactive", "--cluster", "shop", "--services", "web")
    aws(
        cloud, "eks", "create-cluster", "--name", "kube", "--role-arn",
        f"arn:aws:iam::{cloud.account.number}:role/eks", "--resources-vpc-config",
        f"subnetIds={','.join(subnets)}",
    )  # fmt: skip
    aws(cloud, "eks", "wait", "cluster-active", "--name", "kube")
    aws(cloud, "eks", "delete-cluster", "--name", "kube")
    assert aws(cloud, "eks", "list-clusters") == {"clusters": []}
