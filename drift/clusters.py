"""Container clusters as the drift engine acts on them: nodes that join, services that start."""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Mapping
from typing import Any

from drift.day import Day
from drift.launches import Launch, launch
from drift.rates import literal

_JOIN = """
INSERT INTO container_nodes (cluster_id, instance_id, instance_type, region, state, hourly_cost,
    gpu_hourly_cost, gpu_count, has_gpu, created_at)
SELECT $2, i.instance_id, i.instance_type, i.region, 'running', i.hourly_cost, i.gpu_hourly_cost,
       i.gpu_count, i.has_gpu, i.launch_time
  FROM instances i WHERE i.account_id = $1 AND i.instance_id = ANY ($3::text[])"""
_SUBNETS = """
SELECT array_agg(s.subnet_id) FROM subnets s WHERE s.account_id = $1 AND s.subnet_id IN (
       SELECT i.subnet_id FROM instances i JOIN container_nodes n ON n.instance_id = i.instance_id
        WHERE n.cluster_id = $2)"""

_HOME = """
SELECT k.id, k.name, k.env, k.region FROM container_clusters k
 WHERE k.account_id = $1 AND k.orchestrator = 'ecs' AND k.status = 'ACTIVE' AND k.env <> 'prod'
   AND k.state_transition IS NULL AND EXISTS (SELECT FROM container_services v
       WHERE v.cluster_id = k.id AND v.status = 'ACTIVE' AND v.replica_count > 0)
 ORDER BY k.created_at, k.arn LIMIT 1"""
_FOUND = """
INSERT INTO container_clusters (account_id, name, env, region, orchestrator, desired_nodes, min_nodes,
    max_nodes, estimated_hourly_cost, control_plane_hourly_cost, created_at)
VALUES ($1, 'dev-apps', 'dev', $2, 'ecs', 0, 0, 0, 0, 0, $3) RETURNING id, name, env, region, arn"""
_START = """
INSERT INTO container_services (cluster_id, name, env, region, requested_cpu, requested_memory_mb,
    replica_count, running_count, launch_type, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 'FARGATE', $8) RETURNING arn"""

# What an hour of one task of a Fargate service `v` costs, by vCPU and by GiB.
VCPU_HOURLY = f"""(v.price_share * CASE v.architecture WHEN 'arm64' THEN {literal("v.region", "vcpu_arm")}
        ELSE {literal("v.region", "vcpu")} END)"""
GIB_HOURLY = f"""(v.price_share * CASE v.architecture WHEN 'arm64' THEN {literal("v.region", "memory_arm")}
        ELSE {literal("v.region", "memory")} END)"""

# Services `v` that are billed by what they ask for: on machines that are paid anyway a smaller
# request saves nothing until a machine goes.
BILLED = "k.orchestrator = 'ecs' AND v.launch_type = 'FARGATE' AND v.status = 'ACTIVE' AND v.replica_count > 0"


async def join(
    day: Day,
    cluster: Mapping[str, Any],
    label: str,
    count: int,
    instance_type: str,
    profile: str | None,
) -> list[str]:
    """Launch instances that become nodes of a cluster by themselves, in no node group; their ids."""
    own = (
        {f"kubernetes.io/cluster/{cluster['name']}": "owned"}
        if cluster["orchestrator"] == "eks"
        else {"ecs:cluster": cluster["name"]}
    )
    tags = {"Name": f"{cluster['name']}-{label}", "env": cluster["env"], **own}
    subnets = await day.connection.fetchval(_SUBNETS, day.account_id, cluster["id"]) or ()
    wanted = Launch(
        instance_type,
        cluster["env"],
        cluster["region"],
        tags,
        subnet_ids=sorted(subnets),
        profile=profile,
    )
    made = await launch(day, f"{cluster['name']}/{label}", count, wanted)
    await day.write("container_nodes", _JOIN, day.account_id, cluster["id"], made)
    for instance in made:
        await day.record("container_node", instance, "lifecycle", None, "created")
        if profile is not None:
            await day.profile("container_node", instance, profile)
    return made


async def start(day: Day, name: str, vcpus: float, memory_mb: int, replicas: int) -> str:
    """A new Fargate service outside production, in a cluster that is made where there is none; its ARN."""
    from drift.picking import region

    cluster = await day.connection.fetchrow(_HOME, day.account_id)
    moment = day.moment(f"service/{name}")
    if cluster is None:
        place = await region(day, f"cluster/{name}")
        cluster = await day.connection.fetchrow(_FOUND, day.account_id, place, moment)
        await day.record("container_cluster", cluster["arn"], "lifecycle", None, "created")
    arn: str = await day.connection.fetchval(
        _START, cluster["id"], name, cluster["env"], cluster["region"], vcpus * replicas,
        memory_mb * replicas, replicas, moment,
    )  # fmt: skip
    await day.record("container_service", arn, "lifecycle", None, "created")
    return arn
