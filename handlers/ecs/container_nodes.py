"""Container instances: EC2 instances that a cluster's tasks run on.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerInstance.html.
"""

from collections import Counter
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Constant, View
from handlers.ecs import identifiers
from handlers.ecs.cluster_queries import conditions
from handlers.ecs.identifiers import TAG_LIST, client, invalid
from models import container_nodes, container_tasks, instance_types
from models.listing import Condition

MOST = 100
UPDATABLE = ("ACTIVE", "DRAINING")
AGENT = {
    "agentVersion": "1.96.0",
    "agentHash": "a1b2c3d4",
    "dockerVersion": "DockerVersion: 25.0.8",
}


async def list_container_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The ARNs of a cluster's container instances, by status, filter and page."""
    page = identifiers.page(ctx, params)
    found = await identifiers.cluster(ctx, params.get("cluster"))
    where = [Condition("cluster", (found["name"],))]
    if params.get("status"):
        where.append(Condition("status", (params["status"],)))
    where += conditions(params.get("filter") or "")
    rows = await container_nodes.LISTING.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "container_instance_id")
    return {
        "containerInstanceArns": [arn_of(one) for one in shown],
        "nextToken": token,
    }


async def describe_container_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Container instances of a cluster by id or ARN."""
    found = await identifiers.cluster(ctx, params.get("cluster"))
    if "CONTAINER_INSTANCE_HEALTH" in (params.get("include") or ()):
        raise invalid("The health of container instances is not reported.")
    rows, failures = await _chosen(ctx, found, params["containerInstances"])
    tagged = "TAGS" in (params.get("include") or ())
    return {
        "containerInstances": await _shown(ctx, found, rows, tagged=tagged),
        "failures": failures,
    }


async def update_container_instances_state(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Drain container instances, or let tasks be placed on them again."""
    if params["status"] not in UPDATABLE:
        raise invalid("Container instance status should be one of [ACTIVE, DRAINING]")
    async with ctx.db.transaction():
        found = await identifiers.cluster(ctx, params.get("cluster"), lock=True)
        rows, failures = await _chosen(ctx, found, params["containerInstances"])
        ids = [row["instance_id"] for row in rows]
        await container_nodes.set_status(ctx.db, found["id"], ids, params["status"])
        rows, _ = await _chosen(ctx, found, params["containerInstances"])
        return {
            "containerInstances": await _shown(ctx, found, rows, tagged=False),
            "failures": failures,
        }


async def register_container_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make a running instance a node, as the agent on it does.

    The instance is read from the identity document that EC2 gives it.
    """
    import orjson

    try:
        document = orjson.loads(params.get("instanceIdentityDocument") or "")
        instance_id = str(document["instanceId"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise client("The instance identity document could not be read.") from None
    async with ctx.db.transaction():
        found = await identifiers.cluster(ctx, params.get("cluster"), lock=True)
        if not await container_nodes.add(ctx.db, found["id"], instance_id, ctx.now, ctx.region):
            raise client(f"{instance_id} is no running instance that is free to be registered.")
        where = [Condition("cluster", (found["name"],)), Condition("instance_id", (instance_id,))]
        rows = await container_nodes.LISTING.page(ctx.db, where, region=ctx.region)
        [made] = await _shown(ctx, found, rows, tagged=True)
    return {"containerInstance": made}


async def update_container_agent(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Refused: every agent has the newest version already."""
    found = await identifiers.cluster(ctx, params.get("cluster"))
    rows, _ = await _chosen(ctx, found, [params["containerInstance"]])
    if not rows:
        raise invalid("Referenced container instance not found.")
    raise AwsError(
        "NoUpdateAvailableException",
        "There is no update available for your container agent.",
    )


async def deregister_container_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take an instance out of its cluster; it goes on running, and goes on costing."""
    async with ctx.db.transaction():
        found = await identifiers.cluster(ctx, params.get("cluster"), lock=True)
        rows, _ = await _chosen(ctx, found, [params["containerInstance"]])
        if not rows:
            raise invalid("Referenced container instance not found.")
        [shown] = await _shown(ctx, found, rows, tagged=True)
        if shown["runningTasksCount"] and not params.get("force"):
            raise invalid("Found running tasks on the instance.")
        await container_nodes.remove(ctx.db, found["id"], rows[0]["instance_id"])
    return {"containerInstance": shown | {"status": "INACTIVE", "agentConnected": False}}


def arn_of(node: Any) -> str:
    """The ARN of a container instance."""
    head, _, cluster = node["cluster_arn"].partition(":cluster/")
    return f"{head}:container-instance/{cluster}/{node['container_instance_id']}"


async def _chosen(
    ctx: Context, cluster: Any, asked: list[str]
) -> tuple[list[Any], list[dict[str, str]]]:
    if len(asked) > MOST:
        raise invalid("Too many container instances.")
    ids = {one: identifiers.last(ctx, one, "container-instance") for one in asked}
    rows = await container_nodes.LISTING.page(
        ctx.db, [Condition("cluster", (cluster["name"],))], region=ctx.region,
        ids=list(ids.values()),
    )  # fmt: skip
    there = {row["container_instance_id"] for row in rows}
    head = cluster["arn"].replace(":cluster/", ":container-instance/")
    failures = [
        identifiers.missing(one if one.startswith("arn:") else f"{head}/{one}")
        for one, key in ids.items()
        if key not in there
    ]
    return rows, failures


async def _shown(
    ctx: Context, cluster: Any, rows: list[Any], *, tagged: bool
) -> list[dict[str, Any]]:
    """Container instances with what their tasks leave of them."""
    where = [Condition("cluster", (cluster["name"],)), Condition("launch_type", ("EC2",)),
             Condition("desired_status", ("RUNNING",))]  # fmt: skip
    tasks = await container_tasks.LISTING.page(ctx.db, where, region=ctx.region) if rows else []
    running: Counter[str] = Counter()
    pending: Counter[str] = Counter()
    cpu: Counter[str] = Counter()
    memory: Counter[str] = Counter()
    for task in tasks:
        key = task["instance_id"]
        (running if task["last_status"] == "RUNNING" else pending)[key] += 1
        cpu[key] += round((task["cpu"] or 0) * 1024)
        memory[key] += task["memory_mb"] or 0
    view = TAGGED if tagged else PLAIN
    found = []
    for row in rows:
        key = row["instance_id"]
        used = {"running": running[key], "pending": pending[key], "used_cpu": cpu[key],
                "used_memory": memory[key]}  # fmt: skip
        found.append(view.show(dict(row) | used | {"arn": arn_of(row)}))
    return found


def _resources(instance_type: str, cpu: int, memory: int, gpus: int | None) -> list[dict[str, Any]]:
    machine = instance_types.find(instance_type)
    units = (machine.vcpus if machine else 2) * 1024
    # the agent keeps some memory for itself and the kernel
    mib = int(float(machine.memory_gib if machine else 8) * 1024 * 0.96)
    found = [_integer("CPU", units - cpu), _integer("MEMORY", mib - memory)]
    for name, ports in (("PORTS", ["22", "2376", "2375", "51678", "51679"]), ("PORTS_UDP", [])):
        found.append({"name": name, "type": "STRINGSET", "doubleValue": 0.0, "longValue": 0,
                      "integerValue": 0, "stringSetValue": ports})  # fmt: skip
    if gpus:
        found.append(
            {
                "name": "GPU",
                "type": "STRINGSET",
                "doubleValue": 0.0,
                "longValue": 0,
                "integerValue": 0,
                "stringSetValue": [str(at) for at in range(gpus)],
            }
        )
    return found


def _integer(name: str, value: int) -> dict[str, Any]:
    return {"name": name, "type": "INTEGER", "doubleValue": 0.0, "longValue": 0,
            "integerValue": value}  # fmt: skip


def _attributes(*values: str | None) -> list[dict[str, str]]:
    names = ("ecs.instance-type", "ecs.ami-id", "ecs.availability-zone", "ecs.cpu-architecture",
             "ecs.vpc-id", "ecs.subnet-id")  # fmt: skip
    shown = dict(zip(names, values, strict=True))
    plain = [{"name": "ecs.os-type", "value": "linux"}]
    plain += [{"name": name, "value": value} for name, value in shown.items() if value]
    return plain + [
        {"name": f"com.amazonaws.ecs.capability.{name}"}
        for name in (
            "docker-remote-api.1.44",
            "logging-driver.awslogs",
            "ecr-auth",
            "task-iam-role",
        )
    ]


_MEMBERS = {
    "containerInstanceArn": "arn",
    "ec2InstanceId": "instance_id",
    "version": Constant(1),
    "versionInfo": Constant(AGENT),
    "remainingResources": Computed(
        _resources, "instance_type", "used_cpu", "used_memory", "gpu_count"
    ),
    "registeredResources": Computed(
        lambda kind, gpus: _resources(kind, 0, 0, gpus), "instance_type", "gpu_count"
    ),
    "status": "status",
    "agentConnected": Computed(lambda state: state == "running", "state"),
    "runningTasksCount": "running",
    "pendingTasksCount": "pending",
    "attributes": Computed(
        _attributes, "instance_type", "image_id", "availability_zone", "architecture", "vpc_id",
        "subnet_id",
    ),
    "registeredAt": "created_at",
    "attachments": Constant([]),
}  # fmt: skip
PLAIN = View({**_MEMBERS, "tags": Constant([])})
TAGGED = View({**_MEMBERS, "tags": TAG_LIST})
