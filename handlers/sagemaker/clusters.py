"""HyperPod clusters: instance groups that train for weeks.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeCluster.html,
API_UpdateCluster.html and API_BatchDeleteClusterNodes.html.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.ids import derived
from handlers.sagemaker import faults, lists
from handlers.sagemaker.faults import invalid
from models import costs, managed_services
from models.sagemaker_machines import CLUSTERS

NOUN = "managed_services"
# What an instance group may be given; the rest is not emulated.
_GROUP = ("ExecutionRole", "InstanceCount", "InstanceGroupName", "InstanceType",
          "LifeCycleConfig", "ThreadsPerCore")  # fmt: skip
_UPDATES = ("ClusterName", "InstanceGroups", "InstanceGroupsToDelete", "NodeRecovery")


async def list_clusters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Clusters of the region."""
    if params.get("TrainingPlanArn"):
        raise invalid("TrainingPlanArn is not supported here.")
    rows, token = await lists.page(ctx, params, CLUSTERS, order="Ascending")
    found = [
        {
            "ClusterArn": row["arn"],
            "ClusterName": row["name"],
            "CreationTime": row["created_at"],
            "ClusterStatus": row["status"],
        }
        for row in rows
    ]
    return {"ClusterSummaries": found, "NextToken": token or ""}


async def describe_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One cluster with its instance groups."""
    row = await _find(ctx, params["ClusterName"])
    answer = {
        "ClusterArn": row["arn"],
        "ClusterName": row["name"],
        "ClusterStatus": row["status"],
        "CreationTime": row["created_at"],
        "InstanceGroups": [
            {
                **{name: one[name] for name in _GROUP if name in one and name != "InstanceCount"},
                "CurrentCount": one["InstanceCount"],
                "TargetCount": one["InstanceCount"],
                "Status": row["status"],
            }
            for one in row["variants"]
        ],
        "NodeRecovery": row["settings"].get("NodeRecovery", "Automatic"),
    }
    if row["settings"].get("VpcConfig"):
        answer["VpcConfig"] = row["settings"]["VpcConfig"]
    return answer


async def list_cluster_nodes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Nodes of a cluster, group by group."""
    row = await _find(ctx, params["ClusterName"])
    page = pages.page(ctx, params, default=lists.USUAL, invalid=lists.bad_token)
    part = params.get("InstanceGroupNameContains") or ""
    after, before = params.get("CreationTimeAfter"), params.get("CreationTimeBefore")
    born = row["created_at"]
    there = (after is None or born > after) and (before is None or born < before)
    nodes = [one for one in _nodes(row) if part in one["InstanceGroupName"] and there]
    # all nodes are as old as their cluster: whatever they are sorted by, their names decide
    nodes.sort(key=_place, reverse=params.get("SortOrder") == "Descending")
    shown, token = page.cut_items(list(enumerate(nodes)), lambda one: f"{one[0]:06d}")
    found = [_summary(one) for _, one in shown]
    return {"ClusterNodeSummaries": found, "NextToken": token or ""}


async def describe_cluster_node(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One node of a cluster."""
    row = await _find(ctx, params["ClusterName"])
    wanted = params.get("NodeId") or params.get("NodeLogicalId")
    if not wanted:
        raise invalid("Either NodeId or NodeLogicalId must be specified.")
    for one in _nodes(row):
        if one["InstanceId"] == wanted:
            return {"NodeDetails": one}
    raise faults.absent(f"Instance with id {wanted} not found in cluster {row['name']}.")


async def update_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change counts of instance groups, add groups, or delete them; the cost follows."""
    for name in params:
        if name not in _UPDATES:
            raise invalid(f"{name} is not supported here.")
    async with ctx.db.transaction():
        row = await _held(ctx, params["ClusterName"])
        groups = {one["InstanceGroupName"]: one for one in row["variants"]}
        for asked in params.get("InstanceGroups") or ():
            _check_group(asked, groups.get(asked["InstanceGroupName"]))
            groups[asked["InstanceGroupName"]] = {
                **groups.get(asked["InstanceGroupName"], {}), **asked
            }  # fmt: skip
        for name in params.get("InstanceGroupsToDelete") or ():
            if groups.pop(name, None) is None:
                raise invalid(f"Instance group {name} does not exist in cluster {row['name']}.")
        if not groups:
            raise invalid("A cluster must have at least one instance group.")
        settings = dict(row["settings"])
        if params.get("NodeRecovery"):
            settings["NodeRecovery"] = params["NodeRecovery"]
        await _change(ctx, row, list(groups.values()), "Updating", settings=settings)
    return {"ClusterArn": row["arn"]}


async def update_cluster_software(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put the newest software on all nodes."""
    for name in ("ImageId", "InstanceGroups", "DeploymentConfig"):
        if params.get(name):
            raise invalid(f"{name} is not supported here.")
    async with ctx.db.transaction():
        row = await _held(ctx, params["ClusterName"])
        settings = row["settings"] | {"SoftwareUpdatedAt": ctx.now.isoformat()}
        await _change(ctx, row, row["variants"], "SystemUpdating", settings=settings)
    return {"ClusterArn": row["arn"]}


async def batch_delete_cluster_nodes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take nodes out of their groups for good."""
    if params.get("NodeLogicalIds"):
        raise invalid("NodeLogicalIds is not supported here.")
    if not params.get("NodeIds"):
        raise invalid("NodeIds must be specified.")
    wanted = list(dict.fromkeys(params["NodeIds"]))
    async with ctx.db.transaction():
        row = await _held(ctx, params["ClusterName"])
        here = {one["InstanceId"]: one["InstanceGroupName"] for one in _nodes(row)}
        gone = [one for one in wanted if one in here]
        groups = [_without(one, [node for node in gone if here[node] == one["InstanceGroupName"]])
                  for one in row["variants"]]  # fmt: skip
        if gone:
            await _change(ctx, row, groups, "Updating")
    failed = [
        {"NodeId": one, "Code": "NodeIdNotFound", "Message": f"Node {one} is not in the cluster."}
        for one in wanted
        if one not in here
    ]
    return {"Successful": gone, "Failed": failed}


async def delete_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a cluster and all its nodes."""
    async with ctx.db.transaction():
        row = await _held(ctx, params["ClusterName"])
        await managed_services.delete(
            ctx.db, ctx.region, row["arn"], ctx.now, faults.takes(ctx), shown="Deleting"
        )
    return {"ClusterArn": row["arn"]}


async def _find(ctx: Context, name: str) -> dict[str, Any]:
    """The cluster of a name or ARN."""
    by = {"arn": name} if name.startswith("arn:") else {"name": name}
    row = await CLUSTERS.find_one(ctx.db, ctx.region, **by)
    if row is None:
        raise faults.absent(f"Cluster with name {name} not found.")
    return {**row, "variants": row["variants"] or []}


async def _held(ctx: Context, name: str) -> dict[str, Any]:
    """A cluster that nothing is being done to, held until the transaction ends."""
    await managed_services.lock(ctx.db, (await _find(ctx, name))["arn"])
    row = await _find(ctx, name)
    if row["status"] not in ("InService", "Failed"):
        raise AwsError("ConflictException", f"Cluster {row['name']} is in status {row['status']}.")
    return row


async def _change(
    ctx: Context, row: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], shown: str,
    **columns: Any,
) -> None:  # fmt: skip
    machines = [(one["InstanceType"], one["InstanceCount"], 0) for one in groups]
    changes = {
        **columns,
        "variants": list(groups),
        "instance_type": groups[0]["InstanceType"],
        "node_count": sum(one["InstanceCount"] for one in groups),
        "hourly_cost": costs.machines_hourly(machines, ctx.region),
        "modified_at": ctx.now,
        **managed_services.transition(shown, "InService", ctx.now, faults.takes(ctx)),
    }
    await managed_services.update(ctx.db, ctx.region, row["arn"], changes)


def _check_group(asked: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    for name in asked:
        if name not in _GROUP:
            raise invalid(f"{name} of an instance group is not supported here.")
    kind = asked.get("InstanceType")
    if old is None and not kind:
        raise invalid(f"InstanceType is required for group {asked['InstanceGroupName']}.")
    if old is not None and kind not in (None, old["InstanceType"]):
        raise invalid(f"The instance type of group {asked['InstanceGroupName']} cannot be changed.")


def _without(group: Mapping[str, Any], gone: Sequence[str]) -> dict[str, Any]:
    """A group without some of its nodes, whose ids are never given again."""
    if not gone:
        return dict(group)
    return {
        **group,
        "InstanceCount": group["InstanceCount"] - len(gone),
        "Gone": [*group.get("Gone", ()), *gone],
    }


def _nodes(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """ClusterNodeDetails of every node: ids follow from the group and the node's place in it."""
    found = []
    for group in row["variants"]:
        gone, at, left = set(group.get("Gone", ())), 0, group["InstanceCount"]
        while left:
            node = derived("i", row["arn"], group["InstanceGroupName"], str(at))
            at += 1
            if node in gone:
                continue
            left -= 1
            found.append(
                {
                    "InstanceGroupName": group["InstanceGroupName"],
                    "InstanceId": node,
                    "InstanceStatus": {"Status": "Running"},
                    "InstanceType": group["InstanceType"],
                    "LaunchTime": row["created_at"],
                    "LifeCycleConfig": group.get("LifeCycleConfig"),
                    "ThreadsPerCore": group.get("ThreadsPerCore", 1),
                }
            )
    return [{name: value for name, value in one.items() if value is not None} for one in found]


def _place(node: Mapping[str, Any]) -> str:
    return f"{node['InstanceGroupName']}/{node['InstanceId']}"


def _summary(node: Mapping[str, Any]) -> dict[str, Any]:
    names = ("InstanceGroupName", "InstanceId", "InstanceStatus", "InstanceType", "LaunchTime")
    return {name: node[name] for name in names}
