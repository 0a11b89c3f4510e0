"""Fargate profiles: which pods of a cluster run on Fargate.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_FargateProfile.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.rows import Constant, View
from handlers.eks import identifiers
from handlers.eks.identifiers import RULES, in_use, invalid, not_found, transition
from models import cluster_parts, draws, rds_subnet_groups
from models.cluster_parts import FARGATE_PROFILES
from models.listing import Condition

MOST_SELECTORS = 5


async def list_fargate_profiles(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The names of a cluster's Fargate profiles."""
    page = identifiers.page(ctx, params)
    cluster = await identifiers.cluster(ctx, params["clusterName"])
    rows = await FARGATE_PROFILES.page(
        ctx.db, [Condition("cluster", (cluster["name"],))], region=ctx.region, after=page.after,
        limit=page.fetch,
    )  # fmt: skip
    shown, token = page.cut(rows, "name")
    return {"fargateProfileNames": [row["name"] for row in shown], "nextToken": token}


async def describe_fargate_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One Fargate profile."""
    return {"fargateProfile": VIEW.show(await _find(ctx, params))}


async def create_fargate_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A profile; it costs nothing before pods run on it."""
    name = params["fargateProfileName"]
    selectors = params.get("selectors") or []
    if not 1 <= len(selectors) <= MOST_SELECTORS:
        raise invalid(f"A Fargate profile must have 1 to {MOST_SELECTORS} selectors.")
    async with ctx.db.transaction():
        cluster = await identifiers.cluster(ctx, params["clusterName"], lock=True, active=True)
        subnets = list(params.get("subnets") or cluster["subnet_ids"])
        found = await rds_subnet_groups.subnets(ctx.db, ctx.region, subnets)
        there = {row["subnet_id"] for row in found if row["vpc_id"] == cluster["vpc_id"]}
        if not set(subnets) <= there:
            raise invalid(f"Subnet {sorted(set(subnets) - there)[0]} is not in the cluster's VPC.")
        key = draws.uuid4()
        row = {
            "cluster_id": cluster["id"],
            "name": name,
            "arn": arn(ctx, "eks", f"fargateprofile/{cluster['name']}/{name}/{key}"),
            "region": ctx.region,
            "pod_role_arn": params["podExecutionRoleArn"],
            "subnet_ids": subnets,
            "selectors": [{"labels": {}, **one} for one in selectors],
            "tags": RULES.checked(params.get("tags")),
            "created_at": ctx.now,
            **transition(ctx, "CREATING"),
        }
        if not await cluster_parts.insert(ctx.db, "fargate_profiles", row):
            raise in_use(
                f"A Fargate Profile already exists with this name {name} in this cluster.",
                clusterName=cluster["name"],
            )
    return {"fargateProfile": VIEW.show(row | {"cluster": cluster["name"], "status": "CREATING"})}


async def delete_fargate_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a profile."""
    async with ctx.db.transaction():
        row = await _find(ctx, params)
        changes = transition(ctx, "DELETING")
        if changes["settles_at"]:
            await cluster_parts.update(ctx.db, "fargate_profiles", row["id"], changes)
        else:
            await cluster_parts.delete(ctx.db, "fargate_profiles", row["id"])
    return {"fargateProfile": VIEW.show(row) | {"status": "DELETING"}}


async def _find(ctx: Context, params: Mapping[str, Any]) -> Any:
    cluster = await identifiers.cluster(ctx, params["clusterName"])
    name = params["fargateProfileName"]
    row = await cluster_parts.find(ctx.db, FARGATE_PROFILES, ctx.region, cluster["name"], name)
    if row is None:
        raise not_found(
            f"No Fargate Profile found with name: {name}.",
            clusterName=cluster["name"],
            fargateProfileName=name,
        )
    return row


VIEW = View(
    {
        "fargateProfileName": "name",
        "fargateProfileArn": "arn",
        "clusterName": "cluster",
        "createdAt": "created_at",
        "podExecutionRoleArn": "pod_role_arn",
        "subnets": "subnet_ids",
        "selectors": "selectors",
        "status": "status",
        "tags": "tags",
        "health": Constant({"issues": []}),
    }
)
