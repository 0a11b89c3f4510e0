"""Managed node groups: created, listed, described, resized, upgraded, deleted.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.rows import Computed, View
from handlers.eks import cluster_updates, identifiers, node_group_input
from handlers.eks.identifiers import actor, in_use, invalid, not_found, transition
from handlers.eks.node_group_input import release_of, sizes, template_of, update_config
from models import draws, eks_versions, node_groups
from models.listing import Condition
from models.node_groups import LISTING


async def list_nodegroups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The names of a cluster's node groups."""
    page = identifiers.page(ctx, params)
    cluster = await identifiers.cluster(ctx, params["clusterName"])
    rows = await LISTING.page(
        ctx.db, [Condition("cluster", (cluster["name"],))], region=ctx.region, after=page.after,
        limit=page.fetch,
    )  # fmt: skip
    shown, token = page.cut(rows, "name")
    return {"nodegroups": [row["name"] for row in shown], "nextToken": token}


async def describe_nodegroup(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One node group."""
    return {"nodegroup": VIEW.show(await _find(ctx, params))}


async def create_nodegroup(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A node group with its Auto Scaling group; its nodes are launched at once."""
    name = params["nodegroupName"]
    async with ctx.db.transaction():
        cluster = await identifiers.cluster(ctx, params["clusterName"], lock=True, active=True)
        key = draws.uuid4()
        made = await node_group_input.created(ctx, params, cluster, key)
        if not await node_groups.create(actor(ctx), made.row, made.group, made.template):
            raise in_use(
                f"NodeGroup already exists with name {name} and cluster name {cluster['name']}",
                clusterName=cluster["name"],
                nodegroupName=name,
            )
        shown = VIEW.show(await _find(ctx, params))
    return {"nodegroup": shown | {"status": "CREATING"}}


async def update_nodegroup_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a node group's sizes, labels and taints: nodes are launched or ended at once."""
    async with ctx.db.transaction():
        cluster, row = await _held(ctx, params)
        changes, values = _labels(params, row)
        if params.get("updateConfig"):
            changes["update_config"] = update_config(params["updateConfig"])
            values["MaxUnavailable"] = str(changes["update_config"].get("maxUnavailable") or "")
        if params.get("nodeRepairConfig"):
            changes["node_repair"] = bool(params["nodeRepairConfig"].get("enabled"))
        if params.get("warmPoolConfig"):
            raise invalid("Warm pools are not supported.")
        if params.get("scalingConfig"):
            wanted = sizes(params["scalingConfig"], row)
            for name, kind in (("min_size", "MinSize"), ("max_size", "MaxSize"),
                               ("desired_capacity", "DesiredSize")):  # fmt: skip
                values[kind] = str(wanted[name])
            reason = "A request to EKS changed the sizes of the node group."
            await node_groups.resize(actor(ctx), row["autoscaling_group_id"], wanted, reason)
            from models import container_clusters

            await container_clusters.count_nodes(ctx.db, cluster["id"])
        changes |= {"modified_at": ctx.now} | transition(ctx, "UPDATING")
        await node_groups.update(ctx.db, row["id"], changes)
        update = await cluster_updates.started(
            ctx, cluster, "ConfigUpdate", values, node_group=row["name"]
        )
    return {"update": update}


async def update_nodegroup_version(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Bring the nodes to a version of Kubernetes, or of the image, or of a launch template."""
    async with ctx.db.transaction():
        cluster, row = await _held(ctx, params)
        wanted = params.get("version") or cluster["version"]
        version, current = eks_versions.find(wanted), eks_versions.find(row["version"])
        control = eks_versions.find(cluster["version"])
        if version is None or (control and version.minor > control.minor):
            raise invalid(
                f"Nodegroup Kubernetes version {wanted} must not be newer than the cluster's"
                f" version {cluster['version']}",
                clusterName=cluster["name"], nodegroupName=row["name"],
            )  # fmt: skip
        if current and version.minor < current.minor:
            raise invalid("Node group version downgrade is not supported")
        changes: dict[str, Any] = {
            "version": wanted,
            "release_version": params.get("releaseVersion") or release_of(version),
            "modified_at": ctx.now,
        }
        if params.get("launchTemplate"):
            if not row["launch_template"]:
                raise invalid("Node group was not created with a launch template.")
            changes["launch_template"], data = await template_of(ctx, params["launchTemplate"])
            await node_group_input.renew(ctx, row, data)
        await node_groups.update(ctx.db, row["id"], changes | transition(ctx, "UPDATING"))
        values = {"Version": wanted, "ReleaseVersion": changes["release_version"]}
        update = await cluster_updates.started(
            ctx, cluster, "VersionUpdate", values, node_group=row["name"]
        )
    return {"update": update}


async def delete_nodegroup(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a node group; its nodes are terminated."""
    async with ctx.db.transaction():
        cluster, row = await _held(ctx, params, busy=True)
        changes = transition(ctx, "DELETING")
        await node_groups.delete(actor(ctx), row, changes if changes["settles_at"] else {})
        from models import container_clusters

        await container_clusters.count_nodes(ctx.db, cluster["id"])
    return {"nodegroup": VIEW.show(row) | {"status": "DELETING"}}


async def _find(ctx: Context, params: Mapping[str, Any]) -> Any:
    cluster = await identifiers.cluster(ctx, params["clusterName"])
    name = params["nodegroupName"]
    row = await node_groups.find(ctx.db, ctx.region, cluster["name"], name)
    if row is None:
        raise not_found(
            f"No node group found for name: {name}.",
            clusterName=cluster["name"],
            nodegroupName=name,
        )
    return row


async def _held(
    ctx: Context, params: Mapping[str, Any], *, busy: bool = False
) -> tuple[Any, Any]:  # fmt: skip
    """The cluster and the node group, held until the end; `busy` allows one that is changing."""
    cluster = await identifiers.cluster(ctx, params["clusterName"], lock=True)
    row = await _find(ctx, params)
    if not busy and row["status"] not in ("ACTIVE", "DEGRADED"):
        raise in_use(
            f"Nodegroup cannot be updated as it is currently not in Active State: {row['status']}",
            clusterName=cluster["name"],
            nodegroupName=row["name"],
        )
    return cluster, row


def _labels(params: Mapping[str, Any], row: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The labels and taints after a request, and what its update tells of them."""
    changes: dict[str, Any] = {}
    values: dict[str, str] = {}
    given = params.get("labels") or {}
    if given:
        kept = {**row["labels"], **(given.get("addOrUpdateLabels") or {})}
        gone = given.get("removeLabels") or ()
        changes["labels"] = {key: value for key, value in kept.items() if key not in gone}
        values["LabelsToAdd"] = str(given.get("addOrUpdateLabels") or {})
    taints = params.get("taints") or {}
    if taints:
        gone = [_taint(one) for one in taints.get("removeTaints") or ()]
        kept_taints = {_taint(one): one for one in row["taints"] if _taint(one) not in gone}
        kept_taints |= {_taint(one): one for one in taints.get("addOrUpdateTaints") or ()}
        changes["taints"] = list(kept_taints.values())
        values["TaintsToAdd"] = str(taints.get("addOrUpdateTaints") or [])
    return changes, values


def _taint(one: Mapping[str, Any]) -> tuple[str, str]:
    return one.get("key") or "", one.get("effect") or ""


def _health(status: str, name: str) -> dict[str, Any]:
    if status != "DEGRADED":
        return {"issues": []}
    issue = {
        "code": "AutoScalingGroupNotFound",
        "message": f"We couldn't find the Auto Scaling group associated with the managed node"
        f" group: {name}.",
        "resourceIds": [name],
    }
    return {"issues": [issue]}


VIEW = View(
    {
        "nodegroupName": "name",
        "nodegroupArn": "arn",
        "clusterName": "cluster",
        "version": "version",
        "releaseVersion": "release_version",
        "createdAt": "created_at",
        "modifiedAt": "modified_at",
        "status": "status",
        "capacityType": "capacity_type",
        "scalingConfig": {
            "minSize": "min_size",
            "maxSize": "max_size",
            "desiredSize": "desired_capacity",
        },
        "instanceTypes": "instance_types",
        "subnets": "subnet_ids",
        "remoteAccess": "remote_access",
        "amiType": "ami_type",
        "nodeRole": "node_role_arn",
        "labels": "labels",
        "taints": Computed(lambda taints: taints or None, "taints"),
        "resources": Computed(
            lambda name: {"autoScalingGroups": [{"name": name}]}, "autoscaling_group_name"
        ),
        "diskSize": "disk_size_gib",
        "health": Computed(_health, "status", "autoscaling_group_name"),
        "updateConfig": "update_config",
        "nodeRepairConfig": {"enabled": "node_repair"},
        "launchTemplate": "launch_template",
        "tags": "tags",
    }
)
