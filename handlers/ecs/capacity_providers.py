"""Capacity providers: Fargate's, and those that an account makes of Auto Scaling groups.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProvider.html.
"""

from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.rows import View
from handlers.ecs import identifiers
from handlers.ecs.identifiers import NAME, RULES, TAG_LIST, client, invalid
from models import capacity_providers

MANAGED_SCALING = {
    "status": "DISABLED",
    "targetCapacity": 100,
    "minimumScalingStepSize": 1,
    "maximumScalingStepSize": 10000,
    "instanceWarmupPeriod": 300,
}


async def describe_capacity_providers(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Capacity providers by name or ARN, else all of the region with Fargate's own."""
    page = identifiers.page(ctx, params, default=10)
    if params.get("cluster"):
        await identifiers.cluster(ctx, params["cluster"])
    asked = params.get("capacityProviders")
    names = [identifiers.last(ctx, one, "capacity-provider") for one in asked or ()]
    rows = await capacity_providers.LISTING.page(
        ctx.db, region=ctx.region, ids=names if asked else None
    )
    view = TAGGED if "TAGS" in (params.get("include") or ()) else PLAIN
    found = [view.show(row) for row in rows]
    found += [_fargate(ctx, name) for name in capacity_providers.FARGATE
              if not asked or name in names]  # fmt: skip
    shown, token = page.cut_items(sorted(found, key=_name), _name)
    there = {_name(one) for one in found}
    return {
        "capacityProviders": list(shown),
        "failures": [
            identifiers.missing(given)
            for given, name in zip(asked or (), names, strict=True)
            if name not in there
        ],
        "nextToken": token,
    }


async def create_capacity_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let ECS use an Auto Scaling group."""
    name, provider = params["name"], params.get("autoScalingGroupProvider")
    if params.get("managedInstancesProvider") or provider is None:
        raise invalid("Only capacity providers of Auto Scaling groups can be created here.")
    if not NAME.fullmatch(name) or name.lower().startswith(("aws", "ecs", "fargate")):
        raise invalid("The specified capacity provider name is invalid.")
    given = RULES.checked(params.get("tags"))
    async with ctx.db.transaction():
        group = await capacity_providers.group_arn(
            ctx.db, ctx.region, provider["autoScalingGroupArn"]
        )
        if group is None:
            raise client("The specified Auto Scaling group ARN does not exist.")
        row = {
            "name": name,
            "arn": arn(ctx, "ecs", f"capacity-provider/{name}"),
            "region": ctx.region,
            "provider": {
                "autoScalingGroupArn": group,
                "managedScaling": MANAGED_SCALING | (provider.get("managedScaling") or {}),
                "managedTerminationProtection": provider.get("managedTerminationProtection")
                or "DISABLED",
                "managedDraining": provider.get("managedDraining") or "ENABLED",
            },
            "tags": given,
            "created_at": ctx.now,
        }
        if not await capacity_providers.insert(ctx.db, row):
            raise client("The specified capacity provider name is already in use.")
    return {"capacityProvider": TAGGED.show(row | {"status": "ACTIVE"})}


async def delete_capacity_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a capacity provider that no cluster has."""
    name = identifiers.last(ctx, params["capacityProvider"], "capacity-provider")
    if name in capacity_providers.FARGATE:
        raise client("The specified capacity provider is reserved and cannot be deleted.")
    async with ctx.db.transaction():
        rows = await capacity_providers.LISTING.page(ctx.db, region=ctx.region, ids=[name])
        if not rows:
            raise client("The specified capacity provider does not exist. Specify a valid name.")
        if await capacity_providers.cluster_using(ctx.db, ctx.region, name):
            raise client(
                "The specified capacity provider is in use and cannot be removed. Remove it from"
                " its clusters and try again."
            )
        await capacity_providers.delete(ctx.db, rows[0]["arn"])
    shown = TAGGED.show(rows[0])
    return {"capacityProvider": shown | {"status": "INACTIVE", "updateStatus": "DELETE_COMPLETE"}}


def _name(provider: dict[str, Any]) -> str:
    return str(provider["name"])


def _fargate(ctx: Context, name: str) -> dict[str, Any]:
    return {
        "capacityProviderArn": arn(ctx, "ecs", f"capacity-provider/{name}"),
        "name": name,
        "status": "ACTIVE",
        "tags": [],
        "type": name,
    }


_MEMBERS = {
    "capacityProviderArn": "arn",
    "name": "name",
    "status": "status",
    "autoScalingGroupProvider": "provider",
}
PLAIN = View(_MEMBERS)
TAGGED = View({**_MEMBERS, "tags": TAG_LIST})
