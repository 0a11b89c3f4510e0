"""What the passing of days does to containers that the API made."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.days import Tick
from tests.fixtures.server import Cloud
from tests.handlers.ecs.conftest import network, register

Sql = Callable[..., list[dict[str, Any]]]
COST = """
select resource_type, estimated_daily_cost as cost, metric_payload from metrics_daily
 where account_id = $1 and resource_type = any ($2) and date =
       (select max(date) from metrics_daily where account_id = $1)
 order by resource_type
"""


def test_fargate_is_billed_by_the_day(
    cloud: Cloud, ecs: Any, subnet: str, sql: Sql, tick: Tick
) -> None:
    tick()
    ecs.create_cluster(clusterName="shop")
    register(ecs, cpu="1024", memory="2048")
    given = {"cluster": "shop", "taskDefinition": "web", "launchType": "FARGATE",
             "networkConfiguration": network(subnet)}  # fmt: skip
    ecs.run_task(**given)
    ecs.create_service(**given, serviceName="web", desiredCount=2)
    tick()
    tick()
    kinds = ["container_cluster", "container_service", "container_task"]
    cluster, service, task = sql(COST, cloud.account.id, kinds)
    assert cluster["cost"] == 0
    assert task["cost"] == pytest.approx(Decimal("1.1856"))  # 24 h of 0.0494
    assert service["metric_payload"]["replicas"] == 2
    # two tasks, as busy a day as weekends and weather make it
    assert Decimal("1.5") < service["cost"] < Decimal("3.5")
    stats = cloud.client("cloudwatch").list_metrics(Namespace="AWS/ECS")["Metrics"]
    assert {one["MetricName"] for one in stats} == {"CPUUtilization", "MemoryUtilization"}
    ecs.stop_task(cluster="shop", task=_alone(ecs))
    ecs.delete_service(cluster="shop", service="web", force=True)
    tick()
    tick()
    tick()
    assert [row["resource_type"] for row in sql(COST, cloud.account.id, kinds)] == [
        "container_cluster"
    ]
    rows = "select from container_services s join container_clusters c on c.id = s.cluster_id" \
        " where c.account_id = $1"  # fmt: skip
    assert sql(rows, cloud.account.id) == []
    assert sql("select from container_tasks where account_id = $1", cloud.account.id) == []


def _alone(ecs: Any) -> str:
    """The ARN of the one task that no service runs."""
    arns = ecs.list_tasks(cluster="shop")["taskArns"]
    tasks = ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]
    return next(str(one["taskArn"]) for one in tasks if one["group"] == "family:web")


def test_a_version_that_grows_old_grows_dear(cloud: Cloud, sql: Sql, tick: Tick) -> None:
    tick()
    eks, ec2 = cloud.client("eks"), cloud.client("ec2")
    subnets = [row["SubnetId"] for row in ec2.describe_subnets()["Subnets"][:2]]
    eks.create_cluster(
        name="kube", version="1.33", resourcesVpcConfig={"subnetIds": subnets},
        roleArn=f"arn:aws:iam::{cloud.account.number}:role/eks",
    )  # fmt: skip
    tick()
    [young] = sql(COST, cloud.account.id, ["container_cluster"])
    assert Decimal("2.3") < young["cost"] < Decimal("2.5")
    sql("update container_clusters set version = '1.31' where account_id = $1", cloud.account.id)
    tick()
    [old] = sql(COST, cloud.account.id, ["container_cluster"])
    assert Decimal("13.4") < old["cost"] < Decimal("15.4")
    [row] = sql("select * from container_clusters where account_id = $1", cloud.account.id)
    assert row["estimated_hourly_cost"] == Decimal("0.6000")


def test_a_node_that_stops_is_replaced_at_the_tick(cloud: Cloud, sql: Sql, tick: Tick) -> None:
    tick()
    eks, ec2 = cloud.client("eks"), cloud.client("ec2")
    subnets = [row["SubnetId"] for row in ec2.describe_subnets()["Subnets"][:2]]
    role = f"arn:aws:iam::{cloud.account.number}:role/eks"
    eks.create_cluster(name="kube", roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
    eks.create_nodegroup(
        clusterName="kube", nodegroupName="workers", subnets=subnets, nodeRole=role,
        scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2},
    )  # fmt: skip
    nodes = (
        "select n.instance_id, i.state from container_nodes n join instances i using (instance_id)"
        " where i.account_id = $1 order by 1"
    )
    before = [row["instance_id"] for row in sql(nodes, cloud.account.id)]
    ec2.stop_instances(InstanceIds=before[:1])
    sql(
        "update autoscaling_groups set desired_capacity = 3 where account_id = $1", cloud.account.id
    )
    tick()
    after = sql(nodes, cloud.account.id)
    assert len(after) == 3
    assert {row["state"] for row in after} == {"running"}
    assert before[0] not in {row["instance_id"] for row in after}
    [row] = sql("select * from container_clusters where account_id = $1", cloud.account.id)
    assert row["desired_nodes"] == 3
