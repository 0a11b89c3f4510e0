"""Access entries: who may use a cluster's Kubernetes API.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_AccessEntry.html.
"""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import View
from handlers.eks import identifiers
from handlers.eks.identifiers import RULES, in_use, invalid, not_found
from models import cluster_parts
from models.cluster_parts import ACCESS_ENTRIES
from models.listing import Condition

PRINCIPAL = re.compile(r"arn:aws:iam::(\d{12}):(role|user|root)/?(.*)")


async def list_access_entries(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The principals that have access entries of a cluster."""
    page = identifiers.page(ctx, params)
    cluster = await identifiers.cluster(ctx, params["clusterName"])
    if params.get("associatedPolicyArn"):
        raise invalid("Access policies are not supported.")
    rows = await ACCESS_ENTRIES.page(
        ctx.db, [Condition("cluster", (cluster["name"],))], region=ctx.region, after=page.after,
        limit=page.fetch,
    )  # fmt: skip
    shown, token = page.cut(rows, "principal_arn")
    return {"accessEntries": [row["principal_arn"] for row in shown], "nextToken": token}


async def describe_access_entry(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One access entry."""
    return {"accessEntry": VIEW.show(await _find(ctx, params))}


async def create_access_entry(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a principal in."""
    principal = params["principalArn"]
    if not PRINCIPAL.fullmatch(principal):
        raise invalid("The principalArn parameter format is not valid")
    async with ctx.db.transaction():
        cluster = await identifiers.cluster(ctx, params["clusterName"], lock=True)
        if cluster["authentication_mode"] == "CONFIG_MAP":
            raise AwsError(
                "InvalidRequestException",
                "The cluster's authentication mode must be set to one of [API,"
                " API_AND_CONFIG_MAP] to perform this operation.",
            )
        row = entry(ctx, cluster, principal, params)
        if not await cluster_parts.insert(ctx.db, "cluster_access_entries", row):
            raise in_use(
                "The specified access entry resource is already in use on this cluster.",
                clusterName=cluster["name"],
            )
    return {"accessEntry": VIEW.show(row | {"cluster": cluster["name"]})}


async def delete_access_entry(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a principal in no longer."""
    async with ctx.db.transaction():
        row = await _find(ctx, params)
        await cluster_parts.delete(ctx.db, "cluster_access_entries", row["id"])
    return {}


def entry(
    ctx: Context, cluster: Any, principal: str, params: Mapping[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """The row of an access entry."""
    match = PRINCIPAL.fullmatch(principal)
    kind, name = (match[2], match[3]) if match else ("user", "unknown")
    key = uuid.uuid5(cluster["id"], principal)
    number = ctx.principal.account_number
    return {
        "cluster_id": cluster["id"],
        "principal_arn": principal,
        "arn": arn(ctx, "eks", f"access-entry/{cluster['name']}/{kind}/{number}/{name}/{key}"),
        "region": ctx.region,
        "groups": list(params.get("kubernetesGroups") or ()),
        "username": params.get("username") or principal,
        "kind": params.get("type") or "STANDARD",
        "modified_at": ctx.now,
        "tags": RULES.checked(params.get("tags")),
        "created_at": ctx.now,
    }


async def _find(ctx: Context, params: Mapping[str, Any]) -> Any:
    cluster = await identifiers.cluster(ctx, params["clusterName"])
    row = await cluster_parts.find(
        ctx.db, ACCESS_ENTRIES, ctx.region, cluster["name"], params["principalArn"]
    )
    if row is None:
        raise not_found(
            "The specified principalArn could not be found. You can view your available access"
            " entries with 'list-access-entries'."
        )
    return row


VIEW = View(
    {
        "clusterName": "cluster",
        "principalArn": "principal_arn",
        "kubernetesGroups": "groups",
        "accessEntryArn": "arn",
        "createdAt": "created_at",
        "modifiedAt": "modified_at",
        "tags": "tags",
        "username": "username",
        "type": "kind",
    }
)
