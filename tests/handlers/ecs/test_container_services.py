"""Services: their whole life, their deployments, and the tasks that follow."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud
from tests.handlers.ecs.conftest import network, register

Sql = Callable[..., list[dict[str, Any]]]


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_service_runs_what_it_desires(
    cloud: Cloud, ecs: Any, web: dict[str, Any], sql: Sql
) -> None:
    number = cloud.account.number
    assert web["serviceArn"] == f"arn:aws:ecs:us-east-1:{number}:service/shop/web"
    assert (web["status"], web["desiredCount"], web["runningCount"]) == ("ACTIVE", 2, 2)
    [deployment] = web["deployments"]
    assert (deployment["status"], deployment["rolloutState"]) == ("PRIMARY", "COMPLETED")
    assert (deployment["runningCount"], deployment["pendingCount"]) == (2, 0)
    assert web["events"][0]["message"] == "(service web) has reached a steady state."
    assert web["tags"] == [{"key": "env", "value": "prod"}]
    [row] = sql("select * from container_services where arn = $1", web["serviceArn"])
    assert (row["requested_cpu"], row["requested_memory_mb"], row["env"]) == (
        Decimal("0.5"), 1024, "prod",
    )  # fmt: skip
    assert ecs.list_services(cluster="shop")["serviceArns"] == [web["serviceArn"]]
    assert ecs.list_services(cluster="shop", launchType="EC2")["serviceArns"] == []
    [cluster] = ecs.describe_clusters(clusters=["shop"], include=["STATISTICS"])["clusters"]
    assert (cluster["activeServicesCount"], cluster["runningTasksCount"]) == (1, 2)
    counts = {one["name"]: one["value"] for one in cluster["statistics"]}
    assert (counts["runningFargateTasksCount"], counts["runningEC2TasksCount"]) == ("2", "0")


def test_counts_and_definitions_change(ecs: Any, web: dict[str, Any], sql: Sql) -> None:
    before = ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    scaled = ecs.update_service(cluster="shop", service="web", desiredCount=3)["service"]
    assert [one["id"] for one in scaled["deployments"]] == [web["deployments"][0]["id"]]
    after = ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    assert len(after) == 3
    assert set(before) < set(after)
    bigger = register(ecs, cpu="1024", memory="2048")
    renewed = ecs.update_service(
        cluster="shop", service="web", taskDefinition="web", desiredCount=1
    )["service"]
    assert renewed["taskDefinition"] == bigger
    assert renewed["deployments"][0]["id"] != web["deployments"][0]["id"]
    [row] = sql("select * from container_services where arn = $1", web["serviceArn"])
    assert (row["requested_cpu"], row["requested_memory_mb"]) == (Decimal(1), 2048)
    [task] = ecs.list_tasks(cluster="shop")["taskArns"]
    assert task not in after
    found = ecs.list_service_deployments(cluster="shop", service="web")["serviceDeployments"]
    assert [one["status"] for one in found] == ["SUCCESSFUL", "SUCCESSFUL"]
    described = ecs.describe_service_deployments(
        serviceDeploymentArns=[found[0]["serviceDeploymentArn"]]
    )
    [newest] = described["serviceDeployments"]
    assert newest["targetServiceRevision"]["runningTaskCount"] == 1
    assert len(newest["sourceServiceRevisions"]) == 1


def test_the_desired_count_may_be_changed_by_others(
    ecs: Any, web: dict[str, Any], sql: Sql
) -> None:
    sql("update container_services set replica_count = 5 where arn = $1", web["serviceArn"])
    [row] = sql("select * from container_services where arn = $1", web["serviceArn"])
    assert (row["requested_cpu"], row["running_count"]) == (Decimal("1.25"), 5)
    [shown] = ecs.describe_services(cluster="shop", services=["web"])["services"]
    assert (shown["desiredCount"], shown["runningCount"]) == (5, 5)


def test_a_service_goes_by_force_or_at_zero(ecs: Any, web: dict[str, Any]) -> None:
    assert refused(ecs.delete_service, cluster="shop", service="web") == (
        "InvalidParameterException",
        "The service cannot be stopped while it is scaled above 0.",
    )
    assert refused(ecs.delete_cluster, cluster="shop")[0] == "ClusterContainsServicesException"
    gone = ecs.delete_service(cluster="shop", service=web["serviceArn"], force=True)["service"]
    assert gone["status"] == "DRAINING"
    [shown] = ecs.describe_services(cluster="shop", services=["web"])["services"]
    assert (shown["status"], shown["runningCount"], shown["deployments"]) == ("INACTIVE", 0, [])
    assert ecs.list_services(cluster="shop")["serviceArns"] == []
    assert ecs.list_tasks(cluster="shop")["taskArns"] == []
    assert refused(ecs.update_service, cluster="shop", service="web", desiredCount=1) == (
        "ServiceNotActiveException",
        "Service was not ACTIVE.",
    )
    assert ecs.delete_cluster(cluster="shop")["cluster"]["status"] == "INACTIVE"
    assert ecs.list_clusters()["clusterArns"] == []


def test_what_is_wrong_is_refused(ecs: Any, shop: str, subnet: str) -> None:
    register(ecs)
    given = {"cluster": "shop", "serviceName": "web", "taskDefinition": "web",
             "launchType": "FARGATE"}  # fmt: skip
    assert refused(ecs.create_service, **given)[1] == (
        "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    )
    given["networkConfiguration"] = network("subnet-0123456789abcdef0")  # type: ignore[assignment]
    assert (
        "does not exist (ErrorCode: InvalidSubnetID.NotFound)"
        in refused(ecs.create_service, **given)[1]
    )
    given["networkConfiguration"] = network(subnet)  # type: ignore[assignment]
    assert refused(ecs.create_service, **given | {"taskDefinition": "absent"}) == (
        "ClientException", "TaskDefinition not found.",
    )  # fmt: skip
    assert refused(ecs.create_service, **given | {"cluster": "absent"}) == (
        "ClusterNotFoundException", "Cluster not found.",
    )  # fmt: skip
    target = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/absent/0123456789abcdef"
    balanced = [{"targetGroupArn": target, "containerName": "app", "containerPort": 80}]
    assert (
        "target group does not exist"
        in refused(ecs.create_service, **given, loadBalancers=balanced)[1]
    )
    ecs.create_service(**given)
    assert refused(ecs.create_service, **given)[1] == "Creation of service was not idempotent."
    assert refused(ecs.describe_services, cluster="shop", services=[])[1] == (
        "Services cannot be empty."
    )
    failures = ecs.describe_services(cluster="shop", services=["absent"])["failures"]
    assert [one["reason"] for one in failures] == ["MISSING"]
    assert failures[0]["arn"].endswith(":service/shop/absent")


def test_services_come_in_pages(ecs: Any, shop: str, subnet: str) -> None:
    register(ecs)
    for at in range(5):
        ecs.create_service(
            cluster="shop", serviceName=f"web-{at}", taskDefinition="web", launchType="FARGATE",
            networkConfiguration=network(subnet), desiredCount=at,
        )  # fmt: skip
    pages = list(ecs.get_paginator("list_services").paginate(
        cluster=shop, PaginationConfig={"PageSize": 2}))  # fmt: skip
    assert [len(page["serviceArns"]) for page in pages] == [2, 2, 1]
    assert len({arn for page in pages for arn in page["serviceArns"]}) == 5
    assert refused(ecs.list_services, cluster="shop", nextToken="bad")[1] == "Invalid token."


def test_fargate_spot_pays_its_share(ecs: Any, subnet: str, sql: Sql) -> None:
    ecs.create_cluster(
        clusterName="spot", capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    )  # fmt: skip
    register(ecs)
    made = ecs.create_service(
        cluster="spot", serviceName="web", taskDefinition="web", desiredCount=1,
        networkConfiguration=network(subnet),
    )["service"]  # fmt: skip
    assert "launchType" not in made
    assert made["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"
    [row] = sql("select * from container_services where arn = $1", made["serviceArn"])
    assert row["launch_type"] == "FARGATE"
    assert 0 < row["price_share"] < Decimal("0.5")


def test_ec2_services_wait_for_machines(ecs: Any, shop: str) -> None:
    register(ecs, networkMode="bridge", requiresCompatibilities=["EC2"])
    made = ecs.create_service(
        cluster="shop", serviceName="jobs", taskDefinition="web", desiredCount=2
    )["service"]
    assert (made["launchType"], made["runningCount"]) == ("EC2", 0)
    assert "unable to place a task" in made["events"][0]["message"]


def test_how_it_is_deployed_and_placed_is_shown(ecs: Any, web: dict[str, Any], subnet: str) -> None:
    named = {"cluster": "shop", "service": "web"}
    assert web["deploymentConfiguration"]["deploymentCircuitBreaker"] == {
        "enable": False, "rollback": False,
    }  # fmt: skip
    breaker = {"enable": True, "rollback": True}
    ecs.update_service(
        **named,
        deploymentConfiguration={"deploymentCircuitBreaker": breaker, "maximumPercent": 150},
    )
    [shown] = ecs.describe_services(cluster="shop", services=["web"])["services"]
    assert shown["deploymentConfiguration"]["deploymentCircuitBreaker"] == breaker
    assert shown["deploymentConfiguration"]["maximumPercent"] == 150
    given = {"cluster": "shop", "serviceName": "other", "taskDefinition": "web",
             "desiredCount": 0, "networkConfiguration": network(subnet)}  # fmt: skip
    everywhere = [{"type": "distinctInstance"}]
    assert refused(
        ecs.create_service, **given, launchType="FARGATE", placementConstraints=everywhere
    ) == (
        "InvalidParameterException",
        "Placement constraints are not supported with FARGATE launch type.",
    )
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"placementConstraints": [{"type": "memberOf"}]}, "An expression is required"),
        ({"placementConstraints": [{**everywhere[0], "expression": "a == b"}]}, "no expression"),
        ({"placementConstraints": everywhere * 11}, "constraints is 10"),
        ({"placementStrategy": [{"type": "spread", "field": "host"}] * 6}, "strategies is 5"),
        ({"placementStrategy": [{"type": "binpack", "field": "host"}]}, "CPU or MEMORY"),
        ({"placementStrategy": [{"type": "random", "field": "x"}]}, "takes no field"),
    ]
    for asked, words in wrong:
        code, message = refused(ecs.create_service, **given, **asked)
        assert code == "InvalidParameterException"
        assert words in message
