"""A cluster that runs nothing."""

from datetime import date
from typing import Any

from drift import truth
from tests.waste.calling import Client, datapoints

_SOON = {"Delay": 1, "MaxAttempts": 60}


_TODAY = "SELECT virtual_date FROM virtual_clocks WHERE account_id = $1"
_PINNED = """
UPDATE container_clusters k SET min_nodes = (
       SELECT count(*) FROM container_nodes n WHERE n.cluster_id = k.id AND n.state = 'running')
 WHERE k.account_id = $1 AND k.env <> 'prod' AND k.status = 'ACTIVE'"""


async def prepare(connection: Any, account_id: Any) -> None:
    """Nodes that are there for a reason are no waste: a cluster that is none can look like it."""
    today: date = await connection.fetchval(_TODAY, account_id)
    await connection.execute(_PINNED, account_id)
    await truth.settle(connection, account_id, truth.evening(today))


def reveal(client: Client, resource_id: str) -> bool:
    """ECS: machines and no tasks. EKS: nodes that are asleep."""
    name = resource_id.rpartition("/")[2]
    if ":ecs:" in resource_id:
        (found,) = client("ecs").describe_clusters(clusters=[name])["clusters"]
        idle = found["runningTasksCount"] == 0
        return bool(idle and found["registeredContainerInstancesCount"] > 0)
    groups = client("eks").list_nodegroups(clusterName=name)["nodegroups"]
    busy = datapoints(client, "ContainerInsights", "node_cpu_utilization", days=3, ClusterName=name)
    return bool(groups) and max(busy) < 5


def remedy(client: Client, resource_id: str) -> None:
    """Its nodes go, and the cluster."""
    name = resource_id.rpartition("/")[2]
    if ":ecs:" in resource_id:
        _end_ecs(client, name)
        return
    eks = client("eks")
    for group in eks.list_nodegroups(clusterName=name)["nodegroups"]:
        eks.delete_nodegroup(clusterName=name, nodegroupName=group)
        eks.get_waiter("nodegroup_deleted").wait(
            clusterName=name, nodegroupName=group, WaiterConfig=_SOON
        )
    eks.delete_cluster(name=name)


def _end_ecs(client: Client, name: str) -> None:
    ecs = client("ecs")
    for service in ecs.list_services(cluster=name, maxResults=100)["serviceArns"]:
        ecs.delete_service(cluster=name, service=service, force=True)
    nodes = ecs.list_container_instances(cluster=name)["containerInstanceArns"]
    if nodes:
        found = ecs.describe_container_instances(cluster=name, containerInstances=nodes)
        for node in found["containerInstances"]:
            arn = node["containerInstanceArn"]
            ecs.deregister_container_instance(cluster=name, containerInstance=arn, force=True)
        machines = [one["ec2InstanceId"] for one in found["containerInstances"]]
        client("ec2").terminate_instances(InstanceIds=machines)
    ecs.delete_cluster(cluster=name)
