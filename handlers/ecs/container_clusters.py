"""Clusters: created, described, changed, deleted.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Rows, View, When
from handlers.ecs import identifiers
from handlers.ecs.identifiers import NAME, RULES, invalid
from models import capacity_providers, container_clusters, launches, tags
from models.container_clusters import ECS, ECS_ARNS

MOST_DESCRIBED = 100
INSIGHTS = ("enabled", "disabled", "enhanced")


async def list_clusters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The ARNs of the region's clusters."""
    page = identifiers.page(ctx, params)
    rows = await ECS_ARNS.page(ctx.db, region=ctx.region, after=page.after, limit=page.fetch)
    shown, token = page.cut(rows, "name")
    return {"clusterArns": [row["arn"] for row in shown], "nextToken": token}


async def describe_clusters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The clusters of some names, by default the one called default."""
    asked = params.get("clusters") or ["default"]
    if len(asked) > MOST_DESCRIBED:
        raise invalid("Too many cluster names")
    names = {one: identifiers.cluster_name(ctx, one) for one in asked}
    rows = await container_clusters.listed(ctx.db, ECS, ctx.region, list(names.values()))
    found = {row["name"] for row in rows}
    return {
        "clusters": Rows(_view(params.get("include") or ()), rows),
        "failures": [
            identifiers.missing(_full(ctx, one))
            for one, name in names.items()
            if name not in found
        ],
    }  # fmt: skip


def _full(ctx: Context, given: str) -> str:
    return given if given.startswith("arn:") else arn(ctx, "ecs", f"cluster/{given}")


async def create_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new cluster, or the one of this name if it is there already, unchanged."""
    name = params.get("clusterName") or "default"
    if not NAME.fullmatch(name):
        raise invalid("The specified cluster name is invalid.")
    given = RULES.checked(params.get("tags"))
    async with ctx.db.transaction():
        before = await container_clusters.find(ctx.db, ctx.region, "ecs", name, lock=True)
        if before is None or before["status"] == "INACTIVE":
            if before is not None:
                await container_clusters.delete(ctx.db, before["id"])
            row = {
                "name": name,
                "arn": arn(ctx, "ecs", f"cluster/{name}"),
                "env": launches.environment(given),
                "region": ctx.region,
                "orchestrator": "ecs",
                "created_at": ctx.now,
                **container_clusters.costs(Decimal(0)),
                **await _changes(ctx, params),
                **await providers(ctx, params, "defaultCapacityProviderStrategy"),
            }
            await container_clusters.insert(ctx.db, row)
            if given:
                await tags.merge(ctx.db, "container_cluster", row["arn"], given)
        return {"cluster": await _shown(ctx, name)}


async def update_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a cluster's settings and configuration."""
    async with ctx.db.transaction():
        found = await identifiers.cluster(ctx, params["cluster"], lock=True)
        await container_clusters.update(ctx.db, found["id"], await _changes(ctx, params))
        return {"cluster": await _shown(ctx, found["name"])}


async def update_cluster_settings(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Turn Container Insights on or off."""
    return await update_cluster(ctx, params)


async def put_cluster_capacity_providers(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say which capacity providers a cluster has, and which it uses by default."""
    async with ctx.db.transaction():
        found = await identifiers.cluster(ctx, params["cluster"], lock=True)
        changes = await providers(ctx, params, "defaultCapacityProviderStrategy")
        await container_clusters.update(ctx.db, found["id"], changes)
        return {"cluster": await _shown(ctx, found["name"])}


async def delete_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make a cluster INACTIVE that has no services, tasks and container instances."""
    async with ctx.db.transaction():
        found = await identifiers.cluster(ctx, params["cluster"], lock=True)
        [row] = await container_clusters.listed(ctx.db, ECS, ctx.region, [found["name"]])
        if row["nodes"]:
            raise AwsError(
                "ClusterContainsContainerInstancesException",
                "The Cluster cannot be deleted while Container Instances are active or draining.",
            )
        if row["services"]:
            raise AwsError(
                "ClusterContainsServicesException",
                "The Cluster cannot be deleted while Services are active.",
            )
        if row["running"] + row["pending"]:
            raise AwsError(
                "ClusterContainsTasksException",
                "The Cluster cannot be deleted while Tasks are active.",
            )
        await container_clusters.update(ctx.db, found["id"], {"status": "INACTIVE"})
        return {"cluster": await _shown(ctx, found["name"])}


async def providers(ctx: Context, params: Mapping[str, Any], strategy: str) -> dict[str, Any]:
    """The columns of a cluster that a request about capacity providers gives."""
    names = list(dict.fromkeys(params.get("capacityProviders") or ()))
    for name in names:
        if name in capacity_providers.FARGATE:
            continue
        if not await capacity_providers.LISTING.page(ctx.db, region=ctx.region, ids=[name]):
            raise invalid("The specified capacity provider does not exist. Specify a valid name.")
    chosen = params.get(strategy) or []
    for one in chosen:
        if one["capacityProvider"] not in names:
            raise invalid(
                "The specified capacity provider strategy cannot contain a capacity provider that"
                " is not associated with the cluster. Associate the capacity provider with the"
                " cluster and try again."
            )
    return {"capacity_providers": names, "capacity_strategy": [full(one) for one in chosen]}


def full(one: Mapping[str, Any]) -> dict[str, Any]:
    """An item of a capacity provider strategy with ECS's defaults."""
    return {
        "capacityProvider": one["capacityProvider"],
        "weight": one.get("weight") or 0,
        "base": one.get("base") or 0,
    }


async def _changes(ctx: Context, params: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for one in params.get("settings") or ():
        if one.get("name") != "containerInsights" or one.get("value") not in INSIGHTS:
            raise invalid("Invalid cluster setting")
        changes["container_insights"] = one["value"]
    if params.get("configuration") is not None:
        changes["configuration"] = params["configuration"]
    if params.get("serviceConnectDefaults") is not None:
        changes["connect_namespace"] = params["serviceConnectDefaults"]["namespace"] or None
    return changes


async def _shown(ctx: Context, name: str) -> dict[str, Any]:
    [row] = await container_clusters.listed(ctx.db, ECS, ctx.region, [name])
    return _view(("SETTINGS", "CONFIGURATIONS", "TAGS")).show(row)


_BASE = {
    "clusterArn": "arn",
    "clusterName": "name",
    "status": "status",
    "registeredContainerInstancesCount": "nodes",
    "runningTasksCount": "running",
    "pendingTasksCount": "pending",
    "activeServicesCount": "services",
    "capacityProviders": "capacity_providers",
    "defaultCapacityProviderStrategy": "capacity_strategy",
    "serviceConnectDefaults": When("connect_namespace", {"namespace": "connect_namespace"}),
}
_COUNTS = {
    "runningEC2TasksCount": "ec2_running",
    "runningFargateTasksCount": "fargate_running",
    "pendingEC2TasksCount": "ec2_pending",
    "pendingFargateTasksCount": "fargate_pending",
    "activeEC2ServiceCount": "ec2_services",
    "activeFargateServiceCount": "fargate_services",
}


def _counted(*counts: int) -> list[dict[str, str]]:
    return [
        {"name": name, "value": str(count)} for name, count in zip(_COUNTS, counts, strict=True)
    ]


_EMPTY = Computed(lambda _: [], "name")
# What only shows to those who ask for it.
_INCLUDED = {
    "STATISTICS": ("statistics", Computed(_counted, *_COUNTS.values())),
    "TAGS": ("tags", identifiers.TAG_LIST),
    "SETTINGS": (
        "settings",
        Computed(lambda value: [{"name": "containerInsights", "value": value}],
                 "container_insights"),
    ),
    "CONFIGURATIONS": ("configuration", "configuration"),
}  # fmt: skip
_views: dict[frozenset[str], View] = {}


def _view(include: Any) -> View:
    """The view of a cluster with what a request wants included; each is made once."""
    wanted = frozenset(include).intersection(_INCLUDED)
    if wanted not in _views:
        more = dict(_INCLUDED[name] for name in sorted(wanted))
        empty = {"statistics": _EMPTY, "tags": _EMPTY, "settings": _EMPTY}
        _views[wanted] = View({**_BASE, **empty, **more})
    return _views[wanted]
