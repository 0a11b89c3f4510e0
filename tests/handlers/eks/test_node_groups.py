"""Node groups: their nodes are instances of an Auto Scaling group, and nodes of the cluster."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud

Sql = Callable[..., list[dict[str, Any]]]
NODES = """
select n.*, i.state as instance_state, i.autoscaling_group_id, i.tags as instance_tags
  from container_nodes n join container_clusters c on c.id = n.cluster_id
  join instances i on i.instance_id = n.instance_id
 where c.account_id = $1 and c.name = 'kube' order by n.instance_id
"""


def cluster(sql: Sql, cloud: Cloud) -> dict[str, Any]:
    [row] = sql(
        "select * from container_clusters where account_id = $1 and name = 'kube'",
        cloud.account.id,
    )
    return row


def test_a_node_group_launches_nodes(
    cloud: Cloud, eks: Any, nodes: dict[str, Any], plane: Decimal, sql: Sql
) -> None:
    assert nodes["status"] == "CREATING"
    version = eks.describe_cluster(name="kube")["cluster"]["version"]
    shown = eks.describe_nodegroup(clusterName="kube", nodegroupName="workers")["nodegroup"]
    assert (shown["status"], shown["amiType"], shown["diskSize"], shown["version"]) == (
        "ACTIVE", "AL2023_x86_64_STANDARD", 20, version,
    )  # fmt: skip
    assert shown["scalingConfig"] == {"minSize": 1, "maxSize": 4, "desiredSize": 2}
    assert shown["health"] == {"issues": []}
    rows = sql(NODES, cloud.account.id)
    assert [(row["instance_state"], row["node_group"]) for row in rows] == [
        ("running", "workers"), ("running", "workers"),
    ]  # fmt: skip
    assert {row["hourly_cost"] for row in rows} == {Decimal("0.0960")}
    [name] = [one["name"] for one in shown["resources"]["autoScalingGroups"]]
    [group] = cloud.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[name]
    )["AutoScalingGroups"]
    assert {one["InstanceId"] for one in group["Instances"]} == {row["instance_id"] for row in rows}
    found = cloud.client("ec2").describe_instances(
        Filters=[{"Name": "tag:eks:nodegroup-name", "Values": ["workers"]}]
    )["Reservations"]
    assert sum(len(one["Instances"]) for one in found) == 2
    row = cluster(sql, cloud)
    assert (row["desired_nodes"], row["estimated_hourly_cost"], row["max_nodes"]) == (
        2, plane + Decimal("0.1920"), 4,
    )  # fmt: skip


def test_sizes_follow_requests_to_either_service(
    cloud: Cloud, eks: Any, nodes: dict[str, Any], plane: Decimal, sql: Sql
) -> None:
    update = eks.update_nodegroup_config(
        clusterName="kube", nodegroupName="workers",
        scalingConfig={"minSize": 0, "maxSize": 3, "desiredSize": 3},
        labels={"addOrUpdateLabels": {"team": "a"}},
    )["update"]  # fmt: skip
    assert update["type"] == "ConfigUpdate"
    told = eks.describe_update(name="kube", updateId=update["id"], nodegroupName="workers")
    assert told["update"]["status"] == "Successful"
    assert {"type": "DesiredSize", "value": "3"} in told["update"]["params"]
    assert eks.list_updates(name="kube", nodegroupName="workers")["updateIds"] == [update["id"]]
    assert len(sql(NODES, cloud.account.id)) == 3
    group = nodes["resources"]["autoScalingGroups"][0]["name"]
    cloud.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=group, DesiredCapacity=0
    )
    shown = eks.describe_nodegroup(clusterName="kube", nodegroupName="workers")["nodegroup"]
    assert shown["scalingConfig"] == {"minSize": 0, "maxSize": 3, "desiredSize": 0}
    assert shown["labels"] == {"team": "a"}
    assert sql(NODES, cloud.account.id) == []
    row = cluster(sql, cloud)
    assert (row["desired_nodes"], row["estimated_hourly_cost"]) == (0, plane)
    with pytest.raises(ClientError) as caught:
        eks.update_nodegroup_config(
            clusterName="kube", nodegroupName="workers", scalingConfig={"desiredSize": 9}
        )
    assert "desired capacity 9 can't be greater than max size 3" in str(caught.value)


def test_a_node_group_goes_with_its_nodes(
    cloud: Cloud, eks: Any, nodes: dict[str, Any], sql: Sql
) -> None:
    with pytest.raises(ClientError) as caught:
        eks.delete_cluster(name="kube")
    assert caught.value.response["Error"] == {
        "Code": "ResourceInUseException", "Message": "Cluster has nodegroups attached",
    }  # fmt: skip
    gone = eks.delete_nodegroup(clusterName="kube", nodegroupName="workers")["nodegroup"]
    assert gone["status"] == "DELETING"
    assert eks.list_nodegroups(clusterName="kube")["nodegroups"] == []
    assert sql(NODES, cloud.account.id) == []
    groups = "select from autoscaling_groups where account_id = $1"
    assert sql(groups, cloud.account.id) == []
    with pytest.raises(ClientError) as caught:
        eks.describe_nodegroup(clusterName="kube", nodegroupName="workers")
    assert caught.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": "No node group found for name: workers.",
    }
    assert eks.delete_cluster(name="kube")["cluster"]["status"] == "DELETING"
    assert eks.list_clusters()["clusters"] == []


def test_a_name_is_taken_once(eks: Any, nodes: dict[str, Any], subnets: list[str]) -> None:
    with pytest.raises(ClientError) as caught:
        eks.create_nodegroup(
            clusterName="kube", nodegroupName="workers", subnets=subnets,
            nodeRole="arn:aws:iam::123456789012:role/node",
        )  # fmt: skip
    assert caught.value.response["Error"]["Message"] == (
        "NodeGroup already exists with name workers and cluster name kube"
    )


def test_nodes_are_upgraded_behind_their_cluster(eks: Any, nodes: dict[str, Any]) -> None:
    newest = eks.describe_cluster_versions()["clusterVersions"][0]["clusterVersion"]
    eks.update_cluster_version(name="kube", version=newest)
    found = eks.list_insights(clusterName="kube")["insights"]
    skew = next(one for one in found if one["name"] == "Kubelet version skew")
    assert skew["insightStatus"]["status"] == "WARNING"
    update = eks.update_nodegroup_version(clusterName="kube", nodegroupName="workers")["update"]
    assert {"type": "Version", "value": newest} in update["params"]
    shown = eks.describe_nodegroup(clusterName="kube", nodegroupName="workers")["nodegroup"]
    assert shown["version"] == newest
    told = eks.describe_insight(clusterName="kube", id=skew["id"])["insight"]
    assert told["insightStatus"]["status"] == "PASSING"


def test_labels_and_taints_come_and_go(eks: Any, nodes: dict[str, Any]) -> None:
    named = {"clusterName": "kube", "nodegroupName": "workers"}
    spot, gpu = ({"key": key, "value": "yes", "effect": "NO_SCHEDULE"} for key in ("spot", "gpu"))
    update = eks.update_nodegroup_config(
        **named,
        labels={"addOrUpdateLabels": {"team": "a", "tier": "web"}},
        taints={"addOrUpdateTaints": [spot, gpu]},
    )["update"]
    assert {one["type"] for one in update["params"]} == {"LabelsToAdd", "TaintsToAdd"}
    shown = eks.describe_nodegroup(**named)["nodegroup"]
    assert shown["labels"] == {"team": "a", "tier": "web"}
    assert shown["taints"] == [spot, gpu]
    eks.update_nodegroup_config(
        **named,
        labels={"addOrUpdateLabels": {"team": "b"}, "removeLabels": ["tier"]},
        taints={"removeTaints": [spot], "addOrUpdateTaints": [{**gpu, "value": "no"}]},
    )
    shown = eks.describe_nodegroup(**named)["nodegroup"]
    assert shown["labels"] == {"team": "b"}
    assert shown["taints"] == [{**gpu, "value": "no"}]
