"""Tasks: run, listed, described, stopped.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html. A task that was
run by itself goes on until it is stopped.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.idempotency import once
from emulator.rows import Computed, Constant, Rows, View
from handlers.ecs import identifiers, placement
from handlers.ecs.container_nodes import arn_of
from handlers.ecs.identifiers import RULES, TAG_LIST, invalid, takes
from handlers.ecs.task_definitions import usable
from models import (
    container_nodes,
    container_services,
    container_tasks,
    costs,
    draws,
    launches,
    rds_subnet_groups,
)
from models.container_tasks import LISTING
from models.listing import Condition

MOST_DESCRIBED, MOST_RUN = 100, 10


async def list_tasks(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The ARNs of a cluster's tasks, by service, family, container instance, status and page."""
    page = identifiers.page(ctx, params)
    cluster = await identifiers.cluster(ctx, params.get("cluster"))
    where = [Condition("cluster", (cluster["name"],)),
             Condition("desired_status", (params.get("desiredStatus") or "RUNNING",))]  # fmt: skip
    if params.get("serviceName"):
        name = identifiers.last(ctx, params["serviceName"], "service")
        if await container_services.find(ctx.db, cluster["id"], name) is None:
            raise identifiers.service_not_found()
        where.append(Condition("service", (name,)))
    if params.get("containerInstance"):
        key = identifiers.last(ctx, params["containerInstance"], "container-instance")
        where.append(Condition("container_instance", (key,)))
    for member, column in (("family", "family"), ("startedBy", "started_by"),
                           ("launchType", "launch_type")):  # fmt: skip
        if params.get(member):
            where.append(Condition(column, (params[member],)))
    rows = await LISTING.page(ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch)
    shown, token = page.cut(rows, "task_id")
    return {"taskArns": [_arn(row["cluster_arn"], row["task_id"]) for row in shown],
            "nextToken": token}  # fmt: skip


async def describe_tasks(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Tasks of a cluster by id or ARN; what is not there is a failure."""
    asked = params["tasks"]
    if not asked:
        raise invalid("Tasks cannot be empty.")
    if len(asked) > MOST_DESCRIBED:
        raise invalid("Too many tasks: at most 100 can be described at once.")
    cluster = await identifiers.cluster(ctx, params.get("cluster"))
    ids = {one: identifiers.last(ctx, one, "task") for one in asked}
    rows = await _rows(ctx, cluster["name"], list(ids.values()))
    there = {row["task_id"] for row in rows}
    return {
        "tasks": Rows(TAGGED if "TAGS" in (params.get("include") or ()) else PLAIN, rows),
        "failures": [
            identifiers.missing(one if one.startswith("arn:") else _arn(cluster["arn"], one))
            for one, key in ids.items()
            if key not in there
        ],
    }


async def run_task(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Tasks that belong to no service; without a container instance EC2 tasks are a failure."""
    count = params.get("count") or 1
    if not 1 <= count <= MOST_RUN:
        raise invalid("count should be between 1 and 10")
    if params.get("volumeConfigurations"):
        raise invalid("volumeConfigurations is not supported.")
    given = RULES.checked(params.get("tags"))
    cluster = await identifiers.cluster(ctx, params.get("cluster"))
    definition = await usable(ctx, params["taskDefinition"])
    placed = await placement.placed(ctx, params, cluster)
    network = await placement.network(
        ctx, params.get("networkConfiguration"), definition, placed["launch_type"]
    )
    hosts = await _hosts(ctx, cluster, placed["launch_type"], network)
    if not hosts:
        failure = {"arn": arn(ctx, "ecs", "container-instance/*"), "reason": "RESOURCE:CPU"}
        return {"tasks": [], "failures": [failure]}
    row = _row(ctx, params, cluster, definition, placed) | {"network": network, "tags": given}
    if params.get("propagateTags") == "TASK_DEFINITION":
        row["tags"] = dict(definition["tags"]) | given

    async def work() -> list[str]:
        keys = [draws.uuid4().hex for _ in range(count)]
        for at, key in enumerate(keys):
            instance_id, zone = hosts[at % len(hosts)]
            await container_tasks.insert(ctx.db, row | {
                "task_id": key,
                "arn": _arn(cluster["arn"], key),
                "instance_id": instance_id,
                "availability_zone": zone,
            })  # fmt: skip
        return keys

    keys = await once(ctx, params.get("clientToken"), work)
    return {"tasks": Rows(TAGGED, await _rows(ctx, cluster["name"], keys)), "failures": []}


async def stop_task(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Stop a task; a service runs another one in its place."""
    reason = params.get("reason") or "Task stopped by user"
    async with ctx.db.transaction():
        cluster = await identifiers.cluster(ctx, params.get("cluster"), lock=True)
        key = identifiers.last(ctx, params["task"], "task")
        rows = await _rows(ctx, cluster["name"], [key])
        if not rows:
            raise invalid("The referenced task was not found.")
        row = rows[0]
        if row["service_id"] is not None:
            await container_tasks.insert(ctx.db, _stopped(ctx, row, reason))
            await container_tasks.replace(ctx.db, row["service_id"], row["number"])
        elif row["stopped_at"] is None:
            await container_tasks.stop(ctx.db, cluster["id"], key, ctx.now, "UserInitiated", reason)
        [stopped] = await _rows(ctx, cluster["name"], [key])
    return {"task": TAGGED.show(stopped)}


async def _rows(ctx: Context, cluster: str, ids: list[str]) -> list[Any]:
    where = [Condition("cluster", (cluster,))]
    return await LISTING.page(ctx.db, where, region=ctx.region, ids=ids)


async def _hosts(
    ctx: Context, cluster: Any, launch_type: str, network: Mapping[str, Any] | None
) -> list[tuple[str | None, str]]:
    """Where tasks can be put: container instances, or the zones of their subnets."""
    if launch_type == "EC2":
        nodes = await container_nodes.of_cluster(ctx.db, ctx.region, cluster["name"])
        return [(one["instance_id"], one["availability_zone"] or f"{ctx.region}a")
                for one in nodes]  # fmt: skip
    subnets = network["awsvpcConfiguration"]["subnets"] if network else []
    found = await rds_subnet_groups.subnets(ctx.db, ctx.region, subnets)
    return [(None, one["availability_zone"]) for one in found]


def _row(
    ctx: Context, params: Mapping[str, Any], cluster: Any, definition: Any, placed: Any
) -> dict[str, Any]:
    """The columns that all tasks of one request have."""
    overrides = params.get("overrides") or {}
    cpu, memory = placement.size(definition, overrides)
    hourly = Decimal(0)
    if placed["launch_type"] == "FARGATE":
        hourly = costs.quantise(placed["price_share"] * costs.fargate_hourly(
            cpu, Decimal(memory) / 1024, ctx.region,
            architecture=placement.architecture(definition)))  # fmt: skip
    strategy = placed["capacity_strategy"]
    given = RULES.checked(params.get("tags"))
    return {
        "cluster_id": cluster["id"],
        "env": launches.environment(given) if given else cluster["env"],
        "region": ctx.region,
        "group_name": params.get("group") or f"family:{definition['family']}",
        "task_definition_arn": definition["arn"],
        "launch_type": placed["launch_type"],
        "capacity_provider": strategy[0]["capacityProvider"] if strategy else None,
        "cpu": cpu,
        "memory_mb": memory,
        "hourly_cost": hourly,
        "started_by": params.get("startedBy"),
        "overrides": overrides,
        "execute_command": bool(params.get("enableExecuteCommand")),
        "settles_at": ctx.now + takes(ctx) if takes(ctx) else None,
        "created_at": ctx.now,
    }


def _stopped(ctx: Context, row: Any, reason: str) -> dict[str, Any]:
    """The row of a service's task that has been stopped."""
    kept = ("cluster_id", "task_id", "env", "region", "group_name", "task_definition_arn",
            "launch_type", "capacity_provider", "instance_id", "availability_zone", "cpu",
            "memory_mb", "started_by", "overrides", "execute_command", "created_at")  # fmt: skip
    return {name: row[name] for name in kept} | {
        "arn": _arn(row["cluster_arn"], row["task_id"]),
        "cpu": row["cpu"] or Decimal(0),
        "memory_mb": row["memory_mb"] or 0,
        "stopped_at": ctx.now,
        "stop_code": "UserInitiated",
        "stopped_reason": reason,
        "tags": row["tags"] or {},
    }


def _arn(cluster_arn: str, key: str) -> str:
    """The ARN of a task in a cluster."""
    head, _, cluster = cluster_arn.partition(":cluster/")
    return f"{head}:task/{cluster}/{key}"


def _overrides(containers: list[dict[str, Any]], given: dict[str, Any]) -> dict[str, Any]:
    own = {one["name"]: one for one in given.get("containerOverrides") or () if one.get("name")}
    return {
        "inferenceAcceleratorOverrides": [],
        **given,
        "containerOverrides": [own.get(one["name"], {"name": one["name"]}) for one in containers],
    }


def _containers(
    containers: list[dict[str, Any]], cluster_arn: str, task_id: str, status: str
) -> list[dict[str, Any]]:
    task = _arn(cluster_arn, task_id)
    head = task.replace(":task/", ":container/")
    found = []
    for one in containers:
        key = uuid.uuid5(uuid.NAMESPACE_URL, f"{task}/{one['name']}")
        shown = {
            "containerArn": f"{head}/{key}",
            "taskArn": task,
            "name": one["name"],
            "image": one["image"],
            "runtimeId": f"{task_id}-{key.int % 10**10:010d}",
            "lastStatus": "PENDING" if status == "PROVISIONING" else status,
            "networkBindings": [],
            "networkInterfaces": [],
            "healthStatus": "UNKNOWN",
            "cpu": str(one.get("cpu") or 0),
        }
        if one.get("memory"):
            shown["memory"] = str(one["memory"])
        if status == "STOPPED":
            shown["exitCode"] = 0
        found.append(shown)
    return found


def _since(status: str, created: datetime, settles: datetime | None) -> datetime | None:
    """When a task began to run; None while it does not yet."""
    return None if status in ("PROVISIONING", "PENDING") else settles or created


def _fargate(value: Any) -> Computed:
    return Computed(lambda kind: value if kind == "FARGATE" else None, "launch_type")


_MEMBERS = {
    "attachments": Constant([]),
    "attributes": Constant([{"name": "ecs.cpu-architecture", "value": "x86_64"}]),
    "availabilityZone": "availability_zone",
    "capacityProviderName": "capacity_provider",
    "clusterArn": "cluster_arn",
    "connectivity": Computed(
        lambda status: "CONNECTED" if status == "RUNNING" else None, "last_status"
    ),
    "connectivityAt": Computed(_since, "last_status", "created_at", "settles_at"),
    "containerInstanceArn": Computed(
        lambda key, cluster: (
            arn_of({"container_instance_id": key, "cluster_arn": cluster}) if key else None
        ),
        "container_instance_id",
        "cluster_arn",
    ),
    "containers": Computed(_containers, "containers", "cluster_arn", "task_id", "last_status"),
    "cpu": Computed(lambda cpu: str(round((cpu or 0) * 1024)), "cpu"),
    "createdAt": "created_at",
    "desiredStatus": "desired_status",
    "enableExecuteCommand": "execute_command",
    "group": "group_name",
    "healthStatus": Constant("UNKNOWN"),
    "lastStatus": "last_status",
    "launchType": "launch_type",
    "memory": Computed(lambda memory: str(memory or 0), "memory_mb"),
    "overrides": Computed(_overrides, "containers", "overrides"),
    "platformVersion": _fargate(placement.LATEST),
    "platformFamily": _fargate("Linux"),
    "pullStartedAt": Computed(_since, "last_status", "created_at", "settles_at"),
    "pullStoppedAt": Computed(_since, "last_status", "created_at", "settles_at"),
    "startedAt": Computed(_since, "last_status", "created_at", "settles_at"),
    "startedBy": "started_by",
    "executionStoppedAt": "stopped_at",
    "stopCode": "stop_code",
    "stoppedAt": "stopped_at",
    "stoppedReason": "stopped_reason",
    "stoppingAt": "stopped_at",
    "taskArn": Computed(_arn, "cluster_arn", "task_id"),
    "taskDefinitionArn": "task_definition_arn",
    "version": Computed(
        lambda status: {"PROVISIONING": 1, "PENDING": 2, "RUNNING": 3}.get(status, 4),
        "last_status",
    ),
    "ephemeralStorage": _fargate({"sizeInGiB": 20}),
}
PLAIN = View({**_MEMBERS, "tags": Constant([])})
TAGGED = View({**_MEMBERS, "tags": TAG_LIST})
