"""Tags of ECS's resources by ARN.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TagResource.html.
"""

from typing import Any

from emulator.context import Context
from handlers.ecs import identifiers
from handlers.ecs.identifiers import RULES, invalid
from models import (
    capacity_providers,
    container_clusters,
    container_nodes,
    container_services,
    tags,
    task_definitions,
)
from models.container_tasks import LISTING as TASKS
from models.listing import Condition

MINIMUM_PARTS = 6


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of one resource."""
    found = await _locate(ctx, params["resourceArn"])
    return {"tags": RULES.shown(await tags.listed(ctx.db, *found))}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a resource, over those it has of the same keys."""
    new = RULES.checked(params["tags"])
    async with ctx.db.transaction():
        found = await _locate(ctx, params["resourceArn"])
        await RULES.put(ctx.db, *found, new)
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a resource; what it does not have is not missed."""
    async with ctx.db.transaction():
        found = await _locate(ctx, params["resourceArn"])
        await tags.remove(ctx.db, *found, params["tagKeys"])
    return {}


async def _locate(ctx: Context, arn: str) -> tuple[str, str]:
    """The resource type and id that a resource's tags are kept under."""
    parts = arn.split(":", 5)
    if len(parts) != MINIMUM_PARTS or parts[:3] != ["arn", "aws", "ecs"]:
        raise invalid(f"The specified resource ARN is invalid: {arn}")
    kind = parts[5].partition("/")[0]
    names = identifiers.own(ctx, arn, kind)
    locate = _KINDS.get(kind)
    if locate is None:
        raise invalid(f"The specified resource type cannot be tagged: {kind}")
    found = await locate(ctx, names) if names else None
    if found is None:
        raise _absent(kind)
    return found


def _absent(kind: str) -> Exception:
    if kind == "cluster":
        return identifiers.cluster_not_found()
    if kind == "service":
        return identifiers.service_not_found()
    return invalid("The specified resource is not found.")


async def _cluster(ctx: Context, names: list[str]) -> tuple[str, str] | None:
    row = await container_clusters.find(ctx.db, ctx.region, "ecs", names[0])
    return ("container_cluster", row["arn"]) if row and row["status"] == "ACTIVE" else None


async def _service(ctx: Context, names: list[str]) -> tuple[str, str] | None:
    if len(names) != 2:
        raise invalid(
            "Long arn format must be used for tagging operations: the service ARN must contain"
            " its cluster."
        )
    cluster = await container_clusters.find(ctx.db, ctx.region, "ecs", names[0])
    row = await container_services.find(ctx.db, cluster["id"], names[1]) if cluster else None
    return ("container_service", row["arn"]) if row and row["status"] == "ACTIVE" else None


async def _definition(ctx: Context, names: list[str]) -> tuple[str, str] | None:
    family, _, revision = names[0].partition(":")
    if not revision.isdigit() or len(revision) > 9:
        raise invalid("Revision is missing.")
    row = await task_definitions.find(ctx.db, ctx.region, family, int(revision))
    return ("task_definition", row["arn"]) if row else None


async def _task(ctx: Context, names: list[str]) -> tuple[str, str] | None:
    where = [Condition("cluster", (names[0],))]
    rows = await TASKS.page(ctx.db, where, region=ctx.region, ids=[names[-1]])
    if not rows:
        return None
    if rows[0]["service_id"] is not None:
        raise invalid("The tags of a service's tasks are those that the service propagates.")
    head = rows[0]["cluster_arn"].replace(":cluster/", ":task/")
    return ("container_task", f"{head}/{rows[0]['task_id']}")


async def _node(ctx: Context, names: list[str]) -> tuple[str, str] | None:
    where = [Condition("cluster", (names[0],))]
    rows = await container_nodes.LISTING.page(ctx.db, where, region=ctx.region, ids=[names[-1]])
    return ("container_node", rows[0]["instance_id"]) if rows else None


async def _provider(ctx: Context, names: list[str]) -> tuple[str, str] | None:
    rows = await capacity_providers.LISTING.page(ctx.db, region=ctx.region, ids=[names[0]])
    return ("capacity_provider", rows[0]["arn"]) if rows else None


_KINDS = {
    "cluster": _cluster,
    "service": _service,
    "task-definition": _definition,
    "task": _task,
    "container-instance": _node,
    "capacity-provider": _provider,
}
