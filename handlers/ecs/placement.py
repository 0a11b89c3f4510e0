"""What services and tasks are placed by: launch type or capacity providers, size and network."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.ecs.container_clusters import full
from handlers.ecs.identifiers import invalid
from models import capacity_providers, container_clusters, discounts, rds_subnet_groups
from models.container_clusters import ECS

NOUN = "container_services"

LAUNCH_TYPES = ("EC2", "FARGATE", "EXTERNAL")
LATEST = "1.4.0"


async def placed(ctx: Context, params: Mapping[str, Any], cluster: Any) -> dict[str, Any]:
    """`launch_type`, `capacity_strategy` and `price_share` of a request."""
    launch_type, given = params.get("launchType"), params.get("capacityProviderStrategy")
    if launch_type and given:
        raise invalid(
            "Specifying both a launch type and capacity provider strategy is not supported. Remove"
            " one and try again."
        )
    if launch_type:
        if launch_type not in LAUNCH_TYPES:
            raise AwsError(
                "UnsupportedFeatureException", f"The launch type {launch_type} is not supported."
            )
        return {"launch_type": launch_type, "capacity_strategy": None, "price_share": Decimal(1)}
    [row] = await container_clusters.listed(ctx.db, ECS, ctx.region, [cluster["name"]])
    strategy = [full(one) for one in given or row["capacity_strategy"]]
    if not strategy:
        return {"launch_type": "EC2", "capacity_strategy": None, "price_share": Decimal(1)}
    names = [one["capacityProvider"] for one in strategy]
    for name in names:
        if name not in row["capacity_providers"]:
            raise invalid(
                f"The specified capacity provider '{name}' is not associated with the cluster."
            )
    if not any(one["weight"] for one in strategy) and len(strategy) > 1:
        raise invalid("At least one capacity provider must have a weight greater than 0.")
    fargate = [name in capacity_providers.FARGATE for name in names]
    if any(fargate) and not all(fargate):
        raise invalid(
            "The specified capacity provider strategy cannot contain a mix of capacity providers"
            " using Auto Scaling groups and Fargate."
        )
    return {
        "launch_type": "FARGATE" if fargate[0] else "EC2",
        "capacity_strategy": strategy,
        "price_share": _share(strategy),
    }


def _share(strategy: Sequence[Mapping[str, Any]]) -> Decimal:
    """The part of Fargate's price that a strategy's tasks pay on average, by its weights."""
    total = sum(one["weight"] for one in strategy)
    weights = {one["capacityProvider"]: one["weight"] if total else 1 for one in strategy}
    spot = Decimal(weights.get("FARGATE_SPOT", 0)) / (total or len(strategy))
    return 1 - spot + spot * discounts.spot_hourly(Decimal(1))


def size(
    definition: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
) -> tuple[Decimal, int]:
    """vCPU and MiB of one task of a definition."""
    containers = definition["definition"]["containerDefinitions"]
    given = overrides or {}
    cpu, memory = given.get("cpu") or definition["cpu"], given.get("memory") or definition["memory"]
    units = int(cpu) if cpu else sum(one.get("cpu") or 0 for one in containers)
    mib = (
        int(memory)
        if memory
        else sum(one.get("memory") or one.get("memoryReservation") or 0 for one in containers)
    )
    return Decimal(units) / 1024, mib


def architecture(definition: Mapping[str, Any]) -> str:
    """x86_64 or arm64, as prices know it."""
    platform = definition["definition"].get("runtimePlatform") or {}
    return "arm64" if platform.get("cpuArchitecture") == "ARM64" else "x86_64"


async def network(
    ctx: Context, given: Mapping[str, Any] | None, definition: Mapping[str, Any], launch_type: str
) -> dict[str, Any] | None:
    """The network of tasks, checked against the definition's network mode."""
    if launch_type == "FARGATE" and "FARGATE" not in definition["compatibilities"]:
        raise invalid("Task definition does not support launch_type FARGATE.")
    config = (given or {}).get("awsvpcConfiguration")
    if definition["network_mode"] != "awsvpc":
        if config:
            raise invalid(
                "Network Configuration is not valid for the given networkMode of this task"
                " definition."
            )
        return None
    if not config or not config["subnets"]:
        raise invalid(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    subnets = list(dict.fromkeys(config["subnets"]))
    found = await rds_subnet_groups.subnets(ctx.db, ctx.region, subnets)
    there = {row["subnet_id"] for row in found}
    for one in subnets:
        if one not in there:
            raise invalid(
                f"Error retrieving subnet information for [{one}]: The subnet ID '{one}' does not"
                " exist (ErrorCode: InvalidSubnetID.NotFound)"
            )
    if len({row["vpc_id"] for row in found}) > 1:
        raise invalid("Provided subnets must belong to the same VPC.")
    groups = list(config.get("securityGroups") or ())
    await _check_groups(ctx, groups, found[0]["vpc_id"])
    return {
        "awsvpcConfiguration": {
            "subnets": subnets,
            "securityGroups": groups,
            "assignPublicIp": config.get("assignPublicIp") or "DISABLED",
        }
    }


async def _check_groups(ctx: Context, groups: list[str], vpc_id: str) -> None:
    from models import launches

    found = await launches.groups(ctx.db, ctx.region, groups, [], vpc_id) if groups else []
    there = {row["group_id"] for row in found if row["vpc_id"] == vpc_id}
    for one in groups:
        if one not in there:
            raise invalid(
                f"Error retrieving security group information for [{one}]: The security group"
                f" '{one}' does not exist (ErrorCode: InvalidGroup.NotFound)"
            )
