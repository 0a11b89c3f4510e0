"""Insights: what stands in the way of a cluster's next upgrade, read from the cluster itself.

Source: https://docs.aws.amazon.com/eks/latest/userguide/cluster-insights.html.
"""

import uuid
from typing import Any

from emulator.context import Context
from handlers.eks import identifiers
from handlers.eks.identifiers import not_found
from models import cluster_parts, eks_addons, eks_versions, node_groups
from models.listing import Condition

NOUN = "container_clusters"

CATEGORY = "UPGRADE_READINESS"
# Three minor versions is what a kubelet may be behind its control plane.
MOST_SKEW = 3
_SKEW = (
    "Kubelet version skew",
    "Checks for kubelet versions of worker nodes in the cluster to see if upgrade would cause"
    " non compliance with supported Kubernetes kubelet version skew policy.",
    "Upgrade your worker nodes to match the Kubernetes version of your cluster control plane.",
)
_ADDONS = (
    "EKS add-on version compatibility",
    "Checks version of installed EKS add-ons to ensure they are compatible with the next version"
    " of Kubernetes.",
    "Upgrade add-on versions that are not compatible before you upgrade the cluster.",
)


async def list_insights(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The insights of a cluster, by category, version, status and page."""
    page = identifiers.page(ctx, params)
    cluster = await identifiers.cluster(ctx, params["clusterName"])
    wanted = params.get("filter") or {}
    found = []
    for one in await _insights(ctx, cluster):
        kept = all(
            not wanted.get(member) or value in wanted[member]
            for member, value in (
                ("categories", one["category"]),
                ("kubernetesVersions", one["kubernetesVersion"]),
                ("statuses", one["insightStatus"]["status"]),
            )
        )
        if kept:
            found.append(one)
    shown, token = page.cut_items(sorted(found, key=_key), _key)
    hidden = ("recommendation", "resources", "additionalInfo", "categorySpecificSummary")
    return {
        "insights": [
            {name: value for name, value in one.items() if name not in hidden} for one in shown
        ],
        "nextToken": token,
    }


async def describe_insight(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One insight with the resources that it is about."""
    cluster = await identifiers.cluster(ctx, params["clusterName"])
    for one in await _insights(ctx, cluster):
        if one["id"] == params["id"]:
            return {"insight": one}
    raise not_found(f"No insight found for id: {params['id']}", clusterName=cluster["name"])


async def _insights(ctx: Context, cluster: Any) -> list[dict[str, Any]]:
    version = eks_versions.find(cluster["version"] or "")
    if version is None:
        return []
    # the version after the newest is awaited with the add-ons of today
    at = eks_versions.VERSIONS.index(version) + 1
    following = eks_versions.VERSIONS[min(at, len(eks_versions.VERSIONS) - 1)]
    target = f"1.{version.minor + 1}"
    here = [Condition("cluster", (cluster["name"],))]
    groups = await node_groups.LISTING.page(ctx.db, here, region=ctx.region)
    addons = await cluster_parts.ADDONS.page(ctx.db, here, region=ctx.region)
    behind = []
    for row in groups:
        kubelet = eks_versions.find(row["version"])
        skew = version.minor + 1 - kubelet.minor if kubelet else 0
        if skew > 1:
            status = "ERROR" if skew > MOST_SKEW else "WARNING"
            behind.append((status, row["arn"]))
    unfit = [
        ("WARNING", row["arn"])
        for row in addons
        if not _fits(row["name"], row["version"], following)
    ]
    return [
        _insight(ctx, cluster, target, _SKEW, behind),
        _insight(ctx, cluster, target, _ADDONS, unfit),
    ]  # fmt: skip


def _fits(name: str, version: str, kubernetes: eks_versions.Version) -> bool:
    addon = eks_addons.find(name)
    if addon is None:
        return True
    return version in [addon.version(kubernetes, build) for build in eks_addons.BUILDS]


def _insight(
    ctx: Context, cluster: Any, version: str, words: tuple[str, str, str],
    found: list[tuple[str, str]],
) -> dict[str, Any]:  # fmt: skip
    name, description, recommendation = words
    worst = "ERROR" if any(status == "ERROR" for status, _ in found) else "WARNING"
    status = worst if found else "PASSING"
    reason = f"{len(found)} resources need attention." if found else "No problems were found."
    midnight = ctx.now.replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "id": str(uuid.uuid5(cluster["id"], name)),
        "name": name,
        "category": CATEGORY,
        "kubernetesVersion": version,
        "lastRefreshTime": midnight,
        "lastTransitionTime": cluster["created_at"],
        "description": description,
        "insightStatus": {"status": status, "reason": reason},
        "recommendation": recommendation,
        "additionalInfo": {},
        "resources": [
            {"insightStatus": {"status": one, "reason": name}, "arn": resource}
            for one, resource in found
        ],
        "categorySpecificSummary": {},
    }


def _key(one: dict[str, Any]) -> str:
    return str(one["id"])
