"""Updates of clusters, node groups and add-ons: listed and described.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_Update.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.rows import Computed, Constant, View
from handlers.eks import identifiers
from handlers.eks.identifiers import invalid, not_found, takes
from models import cluster_parts, draws, node_groups
from models.listing import Condition


async def list_updates(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The ids of the updates of a cluster, or of one of its node groups or add-ons."""
    page = identifiers.page(ctx, params)
    where = await _where(ctx, params)
    rows = await cluster_parts.UPDATES.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "id")
    return {"updateIds": [str(row["id"]) for row in shown], "nextToken": token}


async def describe_update(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One update."""
    where = await _where(ctx, params)
    rows = await cluster_parts.UPDATES.page(
        ctx.db, where, region=ctx.region, ids=[params["updateId"]]
    )
    if not rows:
        raise not_found(f"No update found for ID: {params['updateId']}")
    return {"update": VIEW.show(rows[0])}


async def started(
    ctx: Context, cluster: Any, kind: str, values: Mapping[str, Any], **of: str
) -> dict[str, Any]:
    """An update that begins now, as the operation that begins it answers.

    `of` is `node_group` or `addon`; `values` are the update's params by type.
    """
    row = {
        "id": draws.uuid4(),
        "cluster_id": cluster["id"],
        "kind": kind,
        "params": [{"type": name, "value": value} for name, value in values.items()],
        "settles_at": ctx.now + takes(ctx) if takes(ctx) else None,
        "created_at": ctx.now,
        **of,
    }
    await cluster_parts.insert(ctx.db, "cluster_updates", row)
    return VIEW.show(row | {"in_progress": True})


async def _where(ctx: Context, params: Mapping[str, Any]) -> list[Condition]:
    cluster = await identifiers.cluster(ctx, params["name"])
    group, addon = params.get("nodegroupName") or "", params.get("addonName") or ""
    if params.get("capabilityName"):
        raise invalid("Capabilities are not supported.")
    if group and await node_groups.find(ctx.db, ctx.region, cluster["name"], group) is None:
        raise not_found(f"No node group found for name: {group}.")
    return [Condition("cluster", (cluster["name"],)), Condition("node_group", (group,)),
            Condition("addon", (addon,))]  # fmt: skip


VIEW = View(
    {
        "id": Computed(str, "id"),
        "status": Computed(lambda busy: "InProgress" if busy else "Successful", "in_progress"),
        "type": "kind",
        "params": "params",
        "createdAt": "created_at",
        "errors": Constant([]),
    }
)
