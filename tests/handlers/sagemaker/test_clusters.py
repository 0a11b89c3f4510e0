"""Clusters and apps, which others than the API make: described, changed, deleted."""

from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal


def put(sql: Sql, cloud: Cloud, service: str, name: str, path: str, **more: Any) -> str:
    """A machine of SageMaker by SQL; its ARN."""
    arn = f"arn:aws:sagemaker:us-east-1:{cloud.account.number}:{path}"
    row = {
        "account_id": cloud.account.id,
        "service_type": service,
        "name": name,
        "arn": arn,
        "instance_type": "ml.g5.xlarge",
        "node_count": 3,
        "hourly_cost": Decimal("4.224"),
        "status": "InService",
    } | more
    names = ", ".join(row)
    values = ", ".join(f"${n + 1}" for n in range(len(row)))
    sql(f"insert into managed_services ({names}) values ({values})", *row.values())
    return arn


def test_a_cluster_is_made_smaller(cloud: Cloud, sagemaker: Any, sql: Sql) -> None:
    role = "arn:aws:iam::123456789012:role/hyperpod"
    group = {
        "InstanceGroupName": "workers",
        "InstanceType": "ml.g5.xlarge",
        "InstanceCount": 3,
        "ExecutionRole": role,
        "LifeCycleConfig": {"SourceS3Uri": "s3://x/y", "OnCreate": "on_create.sh"},
        "ThreadsPerCore": 1,
    }
    put(sql, cloud, "sagemaker-cluster", "trainer", "cluster/abcdef123456", variants=[group])
    name = {"ClusterName": "trainer"}
    [one] = sagemaker.list_clusters()["ClusterSummaries"]
    assert (one["ClusterName"], one["ClusterStatus"]) == ("trainer", "InService")
    [shown] = sagemaker.describe_cluster(**name)["InstanceGroups"]
    assert (shown["CurrentCount"], shown["InstanceType"]) == (3, "ml.g5.xlarge")
    nodes = sagemaker.list_cluster_nodes(**name)["ClusterNodeSummaries"]
    assert len({node["InstanceId"] for node in nodes}) == 3
    paged = sagemaker.get_paginator("list_cluster_nodes").paginate(
        **name, PaginationConfig={"PageSize": 1}
    )
    assert [n for page in paged for n in page["ClusterNodeSummaries"]] == nodes
    first = nodes[0]["InstanceId"]
    details = sagemaker.describe_cluster_node(**name, NodeId=first)["NodeDetails"]
    assert details["InstanceGroupName"] == "workers"
    gone = sagemaker.batch_delete_cluster_nodes(**name, NodeIds=[first, "i-0123456789abcdef0"])
    assert gone["Successful"] == [first]
    assert [each["Code"] for each in gone["Failed"]] == ["NodeIdNotFound"]

    def cost() -> Decimal:
        [row] = sql("select * from managed_services where account_id = $1", cloud.account.id)
        found: Decimal = row["hourly_cost"]
        return found

    assert cost() == Decimal("2.8160")
    left = sagemaker.list_cluster_nodes(**name)["ClusterNodeSummaries"]
    assert {node["InstanceId"] for node in left} == {n["InstanceId"] for n in nodes[1:]}
    sagemaker.update_cluster(
        **name,
        InstanceGroups=[
            {"InstanceGroupName": "workers", "InstanceCount": 1, "ExecutionRole": role}
        ],
    )
    assert cost() == Decimal("1.4080")
    assert sagemaker.update_cluster_software(**name)["ClusterArn"].endswith("abcdef123456")
    sagemaker.delete_cluster(**name)
    assert refusal(sagemaker.describe_cluster, **name)[0] == "ResourceNotFound"


def test_an_app_is_deleted(cloud: Cloud, sagemaker: Any, sql: Sql) -> None:
    put(
        sql, cloud, "sagemaker-app", "default", "app/d-1/ada/jupyterlab/default",
        settings={"DomainId": "d-1", "UserProfileName": "ada", "AppType": "JupyterLab"},
    )  # fmt: skip
    [one] = sagemaker.list_apps(DomainIdEquals="d-1")["Apps"]
    assert one["ResourceSpec"] == {"InstanceType": "ml.g5.xlarge"}
    assert sagemaker.list_apps(UserProfileNameEquals="bob")["Apps"] == []
    which = {
        "DomainId": "d-1",
        "UserProfileName": "ada",
        "AppType": "JupyterLab",
        "AppName": "default",
    }
    assert sagemaker.describe_app(**which)["Status"] == "InService"
    sagemaker.delete_app(**which)
    assert refusal(sagemaker.describe_app, **which)[0] == "ResourceNotFound"
