"""Tasks: run by themselves or by services, and stopped."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud
from tests.handlers.ecs.conftest import network, register

Sql = Callable[..., list[dict[str, Any]]]


def test_a_service_replaces_a_stopped_task(ecs: Any, web: dict[str, Any]) -> None:
    before = ecs.list_tasks(cluster="shop")["taskArns"]
    assert before == ecs.list_tasks(cluster="shop", family="web", launchType="FARGATE")["taskArns"]
    [task] = ecs.describe_tasks(cluster="shop", tasks=before[:1])["tasks"]
    assert (task["lastStatus"], task["group"], task["launchType"]) == (
        "RUNNING", "service:web", "FARGATE",
    )  # fmt: skip
    assert (task["cpu"], task["memory"]) == ("256", "512")
    assert task["startedBy"] == web["deployments"][0]["id"]
    assert ecs.list_tasks(cluster="shop", startedBy=task["startedBy"])["taskArns"] == before
    assert [one["name"] for one in task["containers"]] == ["app"]
    stopped = ecs.stop_task(cluster="shop", task=before[0], reason="spring clean")["task"]
    assert (stopped["lastStatus"], stopped["stoppedReason"], stopped["stopCode"]) == (
        "STOPPED", "spring clean", "UserInitiated",
    )  # fmt: skip
    after = ecs.list_tasks(cluster="shop")["taskArns"]
    assert len(after) == 2
    assert before[0] not in after
    assert before[1] in after
    assert ecs.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"] == before[:1]


def test_a_task_of_its_own_costs_fargate_until_it_is_stopped(
    cloud: Cloud, ecs: Any, shop: str, subnet: str, sql: Sql
) -> None:
    register(ecs, "job", cpu="1024", memory="2048")
    given = {"cluster": "shop", "taskDefinition": "job", "count": 2, "launchType": "FARGATE",
             "startedBy": "me", "networkConfiguration": network(subnet),
             "clientToken": "once", "tags": [{"key": "team", "value": "a"}]}  # fmt: skip
    made = ecs.run_task(**given)
    assert made["failures"] == []
    again = ecs.run_task(**given)
    arns = {one["taskArn"] for one in made["tasks"]}
    assert {one["taskArn"] for one in again["tasks"]} == arns
    rows = sql("select * from container_tasks where account_id = $1", cloud.account.id)
    assert [row["hourly_cost"] for row in rows] == [Decimal("0.0494")] * 2
    assert ecs.list_tags_for_resource(resourceArn=sorted(arns)[0])["tags"] == [
        {"key": "team", "value": "a"}
    ]
    [cluster] = ecs.describe_clusters(clusters=["shop"])["clusters"]
    assert cluster["runningTasksCount"] == 2
    with pytest.raises(ClientError, match="The Cluster cannot be deleted while Tasks are active"):
        ecs.delete_cluster(cluster="shop")
    for arn in arns:
        ecs.stop_task(cluster="shop", task=arn)
    [cluster] = ecs.describe_clusters(clusters=["shop"])["clusters"]
    assert cluster["runningTasksCount"] == 0
    [task, _] = ecs.describe_tasks(cluster="shop", tasks=list(arns))["tasks"]
    assert task["stoppedAt"] <= datetime.now(UTC)


def test_ec2_tasks_need_a_container_instance(ecs: Any, shop: str) -> None:
    register(ecs, networkMode="bridge", requiresCompatibilities=["EC2"])
    made = ecs.run_task(cluster="shop", taskDefinition="web")
    assert made["tasks"] == []
    assert [one["reason"] for one in made["failures"]] == ["RESOURCE:CPU"]


def test_what_is_not_there(ecs: Any, shop: str) -> None:
    failures = ecs.describe_tasks(cluster="shop", tasks=["absent"])["failures"]
    assert failures[0]["reason"] == "MISSING"
    assert failures[0]["arn"].endswith(":task/shop/absent")
    with pytest.raises(ClientError, match=r"The referenced task was not found\."):
        ecs.stop_task(cluster="shop", task="absent")
    with pytest.raises(ClientError, match=r"Service not found\."):
        ecs.list_tasks(cluster="shop", serviceName="absent")
