"""Add-ons: what EKS offers, and what a cluster has of that.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_Addon.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.rows import Computed, Constant, View
from handlers.eks import cluster_updates, identifiers
from handlers.eks.identifiers import RULES, in_use, invalid, not_found, transition
from models import cluster_parts, draws, eks_addons, eks_versions
from models.cluster_parts import ADDONS
from models.eks_addons import Addon
from models.listing import Condition


async def list_addons(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The names of a cluster's add-ons."""
    page = identifiers.page(ctx, params)
    cluster = await identifiers.cluster(ctx, params["clusterName"])
    rows = await ADDONS.page(
        ctx.db, [Condition("cluster", (cluster["name"],))], region=ctx.region, after=page.after,
        limit=page.fetch,
    )  # fmt: skip
    shown, token = page.cut(rows, "name")
    return {"addons": [row["name"] for row in shown], "nextToken": token}


async def describe_addon(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One add-on of a cluster."""
    _, row = await _find(ctx, params)
    return {"addon": VIEW.show(row)}


async def describe_addon_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The add-ons that there are, with their versions, by name, kind and Kubernetes version."""
    page = identifiers.page(ctx, params)
    wanted = params.get("kubernetesVersion")
    if wanted and eks_versions.find(wanted) is None:
        raise invalid(f"Unsupported Kubernetes version: {wanted}")
    found = []
    for addon in sorted(eks_addons.ADDONS, key=lambda one: one.name):
        listed = not any(
            params.get(member) and value not in params[member]
            for member, value in (("types", addon.kind), ("publishers", "eks"), ("owners", "aws"))
        )
        if listed and params.get("addonName") in (None, addon.name):
            found.append(_offered(addon, wanted))
    shown, token = page.cut_items(found, lambda one: str(one["addonName"]))
    return {"addons": list(shown), "nextToken": token}


async def create_addon(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Install an add-on in a cluster."""
    name = params["addonName"]
    addon = eks_addons.find(name)
    if addon is None:
        raise invalid(f"Addon {name} specified is not supported", addonName=name)
    if params.get("podIdentityAssociations"):
        raise invalid("podIdentityAssociations is not supported.")
    async with ctx.db.transaction():
        cluster = await identifiers.cluster(ctx, params["clusterName"], lock=True, active=True)
        row = {
            "cluster_id": cluster["id"],
            "name": name,
            "arn": arn(ctx, "eks", f"addon/{cluster['name']}/{name}/{draws.uuid4()}"),
            "region": ctx.region,
            "version": _version(addon, cluster, params.get("addonVersion")),
            "role_arn": params.get("serviceAccountRoleArn"),
            "configuration": params.get("configurationValues"),
            "modified_at": ctx.now,
            "tags": RULES.checked(params.get("tags")),
            "created_at": ctx.now,
            **transition(ctx, "CREATING"),
        }
        if not await cluster_parts.insert(ctx.db, "cluster_addons", row):
            raise in_use("Addon already exists.", clusterName=cluster["name"], addonName=name)
    return {"addon": VIEW.show(row | {"cluster": cluster["name"], "status": "CREATING"})}


async def update_addon(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change an add-on's version, role or configuration."""
    async with ctx.db.transaction():
        cluster, row = await _find(ctx, params)
        addon = eks_addons.find(row["name"])
        changes: dict[str, Any] = {"modified_at": ctx.now}
        values = {}
        if params.get("addonVersion") and addon is not None:
            changes["version"] = _version(addon, cluster, params["addonVersion"])
            values["AddonVersion"] = changes["version"]
        if params.get("serviceAccountRoleArn") is not None:
            changes["role_arn"] = params["serviceAccountRoleArn"] or None
            values["ServiceAccountRoleArn"] = params["serviceAccountRoleArn"]
        if params.get("configurationValues") is not None:
            changes["configuration"] = params["configurationValues"]
            values["ConfigurationValues"] = params["configurationValues"]
        changes |= transition(ctx, "UPDATING")
        await cluster_parts.update(ctx.db, "cluster_addons", row["id"], changes)
        update = await cluster_updates.started(
            ctx, cluster, "AddonUpdate", values, addon=row["name"]
        )
    return {"update": update}


async def delete_addon(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take an add-on out of a cluster."""
    async with ctx.db.transaction():
        _, row = await _find(ctx, params)
        changes = transition(ctx, "DELETING")
        if changes["settles_at"]:
            await cluster_parts.update(ctx.db, "cluster_addons", row["id"], changes)
        else:
            await cluster_parts.delete(ctx.db, "cluster_addons", row["id"])
    return {"addon": VIEW.show(row) | {"status": "DELETING"}}


async def _find(ctx: Context, params: Mapping[str, Any]) -> tuple[Any, Any]:
    cluster = await identifiers.cluster(ctx, params["clusterName"])
    name = params["addonName"]
    row = await cluster_parts.find(ctx.db, ADDONS, ctx.region, cluster["name"], name)
    if row is None:
        raise not_found(
            f"No addon: {name} found in cluster: {cluster['name']}",
            clusterName=cluster["name"],
            addonName=name,
        )
    return cluster, row


def _version(addon: Addon, cluster: Any, given: str | None) -> str:
    kubernetes = eks_versions.find(cluster["version"] or "") or eks_versions.VERSIONS[-1]
    if not given:
        return addon.version(kubernetes)
    if given not in [addon.version(kubernetes, build) for build in eks_addons.BUILDS]:
        raise invalid("Addon version specified is not supported", addonName=addon.name)
    return given


def _offered(addon: Addon, wanted: str | None) -> dict[str, Any]:
    versions = []
    for version, suits in eks_addons.versions(addon).items():
        compatible = [
            {
                "clusterVersion": one.name,
                "platformVersions": ["*"],
                "defaultVersion": default,
            }
            for one, default in suits
            if wanted in (None, one.name)
        ]
        if compatible:
            versions.append(
                {
                    "addonVersion": version,
                    "architecture": ["amd64", "arm64"],
                    "computeTypes": ["ec2", "fargate"] if addon.kind == "networking" else ["ec2"],
                    "compatibilities": compatible,
                    "requiresConfiguration": False,
                    "requiresIamPermissions": addon.needs_role,
                }
            )
    return {
        "addonName": addon.name,
        "type": addon.kind,
        "addonVersions": versions,
        "publisher": "eks",
        "owner": "aws",
        "defaultNamespace": addon.namespace,
    }


def _namespace(name: str) -> dict[str, str]:
    addon = eks_addons.find(name)
    return {"namespace": addon.namespace if addon else "kube-system"}


VIEW = View(
    {
        "addonName": "name",
        "clusterName": "cluster",
        "status": "status",
        "addonVersion": "version",
        "health": Constant({"issues": []}),
        "addonArn": "arn",
        "createdAt": "created_at",
        "modifiedAt": "modified_at",
        "serviceAccountRoleArn": "role_arn",
        "tags": "tags",
        "publisher": Constant("eks"),
        "owner": Constant("aws"),
        "configurationValues": "configuration",
        "podIdentityAssociations": Constant([]),
        "namespaceConfig": Computed(_namespace, "name"),
    }
)
