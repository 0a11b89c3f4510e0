"""Container instances: registered, filled with tasks, drained, deregistered; and tags of all."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud
from tests.handlers.ecs.conftest import register

Sql = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def node(cloud: Cloud, ecs: Any, shop: str) -> dict[str, Any]:
    """An m5.large that is a container instance of shop."""
    ec2 = cloud.client("ec2")
    image = ec2.describe_images(Owners=["amazon"], Filters=[
        {"Name": "architecture", "Values": ["x86_64"]}])["Images"][0]["ImageId"]  # fmt: skip
    made = ec2.run_instances(ImageId=image, InstanceType="m5.large", MinCount=1, MaxCount=1)
    document = {"instanceId": made["Instances"][0]["InstanceId"]}
    told = ecs.register_container_instance(
        cluster="shop", instanceIdentityDocument=json.dumps(document)
    )
    return dict(told["containerInstance"])


def test_tasks_take_room(ecs: Any, node: dict[str, Any], sql: Sql) -> None:
    assert ecs.list_container_instances(cluster="shop")["containerInstanceArns"] == [
        node["containerInstanceArn"]
    ]
    register(ecs, networkMode="bridge", requiresCompatibilities=["EC2"])
    made = ecs.create_service(
        cluster="shop", serviceName="jobs", taskDefinition="web", desiredCount=3
    )["service"]
    assert made["runningCount"] == 3
    [shown] = ecs.describe_container_instances(
        cluster="shop", containerInstances=[node["containerInstanceArn"]]
    )["containerInstances"]
    left = {one["name"]: one["integerValue"] for one in shown["remainingResources"]}
    assert (shown["runningTasksCount"], left["CPU"]) == (3, 2048 - 3 * 256)
    tasks = ecs.list_tasks(cluster="shop", containerInstance=node["containerInstanceArn"])
    assert len(tasks["taskArns"]) == 3
    kept = "attribute:ecs.instance-type == {}"
    for kind, count in (("m5.large", 1), ("c5.large", 0)):
        found = ecs.list_container_instances(cluster="shop", filter=kept.format(kind))
        assert len(found["containerInstanceArns"]) == count
    with pytest.raises(ClientError, match="Found running tasks on the instance"):
        ecs.deregister_container_instance(
            cluster="shop", containerInstance=node["containerInstanceArn"]
        )


def test_a_resized_instance_is_a_resized_node(cloud: Cloud, ecs: Any, node: dict[str, Any]) -> None:
    ec2, instance = cloud.client("ec2"), node["ec2InstanceId"]
    ec2.stop_instances(InstanceIds=[instance])
    ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "c5.xlarge"})
    ec2.start_instances(InstanceIds=[instance])
    [shown] = ecs.describe_container_instances(
        cluster="shop", containerInstances=[node["containerInstanceArn"]]
    )["containerInstances"]
    room = {one["name"]: one["integerValue"] for one in shown["registeredResources"]}
    assert room["CPU"] == 4096
    assert {"name": "ecs.instance-type", "value": "c5.xlarge"} in shown["attributes"]


def test_draining_and_leaving(ecs: Any, node: dict[str, Any], sql: Sql) -> None:
    arn = node["containerInstanceArn"]
    told = ecs.update_container_instances_state(
        cluster="shop", containerInstances=[arn], status="DRAINING"
    )
    assert [one["status"] for one in told["containerInstances"]] == ["DRAINING"]
    assert (
        ecs.list_container_instances(cluster="shop", status="ACTIVE")["containerInstanceArns"] == []
    )
    with pytest.raises(ClientError, match="while Container Instances are active or draining"):
        ecs.delete_cluster(cluster="shop")
    gone = ecs.deregister_container_instance(cluster="shop", containerInstance=arn)
    assert gone["containerInstance"]["status"] == "INACTIVE"
    [row] = sql("select state from instances where instance_id = $1", node["ec2InstanceId"])
    assert row["state"] == "running"
    failures = ecs.describe_container_instances(cluster="shop", containerInstances=[arn])
    assert failures["failures"] == [{"arn": arn, "reason": "MISSING"}]


def test_tags_by_arn(ecs: Any, node: dict[str, Any], web: dict[str, Any]) -> None:
    definition = web["taskDefinition"]
    for arn in (web["clusterArn"], web["serviceArn"], definition, node["containerInstanceArn"]):
        ecs.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "a"}])
        assert {"key": "team", "value": "a"} in ecs.list_tags_for_resource(resourceArn=arn)["tags"]
        ecs.untag_resource(resourceArn=arn, tagKeys=["team"])
        keys = [one["key"] for one in ecs.list_tags_for_resource(resourceArn=arn)["tags"]]
        assert "team" not in keys
    with pytest.raises(ClientError, match=r"Service not found\."):
        ecs.list_tags_for_resource(resourceArn=web["serviceArn"] + "x")
    with pytest.raises(ClientError, match="reserved prefix"):
        ecs.tag_resource(resourceArn=definition, tags=[{"key": "aws:x", "value": "a"}])


def test_clusters_and_capacity_providers(ecs: Any, other_cloud: Cloud) -> None:
    made = ecs.create_cluster(
        clusterName="bare", settings=[{"name": "containerInsights", "value": "enabled"}]
    )["cluster"]
    assert made["settings"] == [{"name": "containerInsights", "value": "enabled"}]
    assert ecs.create_cluster(clusterName="bare")["cluster"]["clusterArn"] == made["clusterArn"]
    put = ecs.put_cluster_capacity_providers(
        cluster="bare", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
    )["cluster"]
    assert put["capacityProviders"] == ["FARGATE"]
    names = [one["name"] for one in ecs.describe_capacity_providers()["capacityProviders"]]
    assert names == ["FARGATE", "FARGATE_SPOT"]
    failures = ecs.describe_clusters(clusters=["absent"])["failures"]
    assert [one["reason"] for one in failures] == ["MISSING"]
    other = other_cloud.client("ecs")
    assert other.list_clusters()["clusterArns"] == []
    assert other.describe_clusters(clusters=[made["clusterArn"]])["clusters"] == []
    settings = ecs.list_account_settings(name="containerInsights", effectiveSettings=True)
    assert [one["value"] for one in settings["settings"]] == ["disabled"]
    ecs.put_account_setting(name="containerInsights", value="enhanced")
    settings = ecs.list_account_settings(name="containerInsights")
    assert [one["value"] for one in settings["settings"]] == ["enhanced"]
