"""Services: created, listed, described, updated, deleted.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html and the
pages of the operations beside it.
"""

from collections.abc import Mapping
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.idempotency import once
from emulator.rows import Rows
from handlers.ecs import identifiers, placement
from handlers.ecs.container_service_input import load_balancers, options
from handlers.ecs.container_service_view import PLAIN, TAGGED
from handlers.ecs.identifiers import NAME, RULES, invalid, takes
from handlers.ecs.task_definitions import find as find_definition
from handlers.ecs.task_definitions import usable
from models import container_services, launches, tags
from models.container_services import ARNS, LISTING
from models.listing import Condition

MOST_DESCRIBED = 10


async def list_services(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The ARNs of a cluster's ACTIVE services, by launch type, strategy and page."""
    page = identifiers.page(ctx, params, default=10)
    found = await identifiers.cluster(ctx, params.get("cluster"))
    where = [Condition("cluster", (found["name"],))]
    for member, column in (("launchType", "launch_type"), ("schedulingStrategy", "scheduling")):
        if params.get(member):
            where.append(Condition(column, (params[member],)))
    if params.get("resourceManagementType") == "ECS":
        where.append(Condition("cluster", ()))
    rows = await ARNS.page(ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch)
    shown, token = page.cut(rows, "name")
    return {"serviceArns": [row["arn"] for row in shown], "nextToken": token}


async def describe_services(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Services of a cluster by name or ARN; what is not there is a failure."""
    asked = params["services"]
    if not asked:
        raise invalid("Services cannot be empty.")
    if len(asked) > MOST_DESCRIBED:
        raise invalid("You can describe up to 10 services in a single operation.")
    found = await identifiers.cluster(ctx, params.get("cluster"))
    names = {one: service_name(ctx, one) for one in asked}
    rows = await LISTING.page(
        ctx.db, [Condition("cluster", (found["name"],))], region=ctx.region,
        ids=list(names.values()),
    )  # fmt: skip
    there = {row["name"] for row in rows}
    head = arn(ctx, "ecs", f"service/{found['name']}")
    return {
        "services": Rows(TAGGED if "TAGS" in (params.get("include") or ()) else PLAIN, rows),
        "failures": [
            identifiers.missing(one if one.startswith("arn:") else f"{head}/{one}")
            for one, name in names.items()
            if name not in there
        ],
    }


async def create_service(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new service with its first deployment."""
    name = params["serviceName"]
    if not NAME.fullmatch(name):
        raise invalid("The specified service name is invalid.")
    count = _count(params.get("desiredCount") or 0)
    given = RULES.checked(params.get("tags"))

    async def work() -> list[str]:
        cluster = await identifiers.cluster(ctx, params.get("cluster"), lock=True)
        before = await container_services.find(ctx.db, cluster["id"], name, lock=True)
        if before is not None:
            if before["status"] == "ACTIVE":
                raise invalid("Creation of service was not idempotent.")
            await container_services.forget(ctx.db, before["id"])
        if not params.get("taskDefinition"):
            raise invalid("TaskDefinition cannot be blank.")
        definition = await usable(ctx, params["taskDefinition"])
        placed = await placement.placed(ctx, params, cluster)
        row = {
            "cluster_id": cluster["id"],
            "name": name,
            "arn": arn(ctx, "ecs", f"service/{cluster['name']}/{name}"),
            "region": ctx.region,
            "env": launches.environment(given) if given else cluster["env"],
            "created_at": ctx.now,
            "network": await placement.network(
                ctx, params.get("networkConfiguration"), definition, placed["launch_type"]
            ),
            "load_balancers": await load_balancers(
                ctx, params.get("loadBalancers") or [], definition
            ),
            "options": options(params, {"createdBy": ctx.principal.arn}),
            **placed,
            **sized(definition, count),
        }
        await container_services.insert(ctx.db, row)
        if takes(ctx):
            made = await container_services.find(ctx.db, cluster["id"], name)
            assert made is not None  # noqa: S101 - it has just been stored
            await container_services.settle(ctx.db, made["id"], ctx.now + takes(ctx))
        if given:
            await tags.merge(ctx.db, "container_service", row["arn"], given)
        return [cluster["name"], name]

    return {"service": await shown(ctx, *await once(ctx, params.get("clientToken"), work))}


async def update_service(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a service: its count at once, what its tasks are made of by a new deployment."""
    async with ctx.db.transaction():
        cluster, row = await find(ctx, params.get("cluster"), params["service"])
        count = _count(params.get("desiredCount", row["replica_count"]))
        definition = await _definition(ctx, params, row)
        changes = await _changes(ctx, params, cluster, row, definition)
        changes |= sized(definition, count) if definition else {"replica_count": count}
        renewed = bool(params.get("forceNewDeployment")) or any(
            name in changes and changes[name] != row[name]
            for name in ("task_definition_arn", "network", "load_balancers", "capacity_strategy")
        )
        renewed |= "platformVersion" in params
        if renewed:
            changes["stopped_task_numbers"] = []
        await container_services.update(ctx.db, row["id"], changes)
        if renewed:
            used = changes.get("task_definition_arn") or row["task_definition_arn"]
            await container_services.deploy(ctx.db, row, used, count, ctx.now, takes(ctx))
        return {"service": await shown(ctx, cluster["name"], row["name"])}


async def delete_service(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a service that is scaled to 0, or any by force."""
    async with ctx.db.transaction():
        cluster, row = await find(ctx, params.get("cluster"), params["service"])
        if row["replica_count"] and not params.get("force"):
            raise invalid("The service cannot be stopped while it is scaled above 0.")
        answer = await shown(ctx, cluster["name"], row["name"])
        await container_services.update(
            ctx.db,
            row["id"],
            {"status": "INACTIVE", "replica_count": 0, "deleted_at": ctx.now,
             "stopped_task_numbers": []},
        )  # fmt: skip
    return {"service": {**answer, "status": "DRAINING", "desiredCount": 0}}


async def find(ctx: Context, cluster: str | None, given: str) -> tuple[Any, Any]:
    """The cluster and the ACTIVE service that are meant, the service held until the end."""
    found = await identifiers.cluster(ctx, cluster)
    name = service_name(ctx, given)
    row = await container_services.find(ctx.db, found["id"], name, lock=True)
    if row is None:
        raise identifiers.service_not_found()
    if row["status"] != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    return found, row


def service_name(ctx: Context, given: str) -> str:
    """The name of a service that is given by name or ARN."""
    return identifiers.last(ctx, given, "service")


async def shown(ctx: Context, cluster: str, name: str) -> dict[str, Any]:
    """One service as the operations that change it answer."""
    where = [Condition("cluster", (cluster,))]
    [row] = await LISTING.page(ctx.db, where, region=ctx.region, ids=[name])
    return TAGGED.show(row)


def sized(definition: Mapping[str, Any], count: int) -> dict[str, Any]:
    """The columns of a service that follow from its task definition and count."""
    cpu, memory = placement.size(definition)
    return {
        "task_definition_arn": definition["arn"],
        "architecture": placement.architecture(definition),
        "replica_count": count,
        "running_count": count,
        "task_cpu": cpu,
        "task_memory_mb": memory,
        "requested_cpu": cpu * count,
        "requested_memory_mb": memory * count,
    }


def _count(count: int) -> int:
    if count < 0:
        raise invalid("desiredCount cannot be negative.")
    if count > 5000:
        raise invalid("The desiredCount exceeds the service quota of 5000 tasks per service.")
    return count


async def _definition(ctx: Context, params: Mapping[str, Any], row: Any) -> Any | None:
    """The task definition after the update; None where the old one is no longer there."""
    if params.get("taskDefinition"):
        return await usable(ctx, params["taskDefinition"])
    return await find_definition(ctx, row["task_definition_arn"] or "")


async def _changes(
    ctx: Context, params: Mapping[str, Any], cluster: Any, row: Any, definition: Any
) -> dict[str, Any]:
    changes: dict[str, Any] = {"options": options(params, row["options"])}
    if params.get("capacityProviderStrategy"):
        changes |= await placement.placed(ctx, params, cluster)
    kind = changes.get("launch_type", row["launch_type"])
    if params.get("networkConfiguration") or params.get("taskDefinition"):
        given = params.get("networkConfiguration") or row["network"]
        changes["network"] = await placement.network(ctx, given, definition, kind)
    if params.get("loadBalancers") is not None:
        changes["load_balancers"] = await load_balancers(ctx, params["loadBalancers"], definition)
    elif params.get("taskDefinition") and row["load_balancers"]:
        await load_balancers(ctx, row["load_balancers"], definition)
    return changes
