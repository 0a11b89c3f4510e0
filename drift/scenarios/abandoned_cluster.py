"""A cluster's services are scaled to nothing, and the cluster stays: its nodes, and its control plane."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.clusters import join
from drift.day import Day, Happening
from drift.picking import pick
from drift.rates import literal

ODDS = 0.01
PATTERN = "cluster_abandoned"
RESOURCE_TYPE = "container_cluster"
REMEDIES = (
    "eks:DeleteNodegroup",
    "ec2:TerminateInstances",
    "eks:DeleteCluster",
    "ecs:DeleteCluster",
)
REVEALED_BY = (
    "eks:DescribeCluster",
    "eks:ListNodegroups",
    "ecs:DescribeClusters",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "The other half of a blue and green pair waits for its turn: tags role=standby and deployment.",
    "A cluster of the last days has no workload yet.",
)

# EKS bills the control plane, ECS nothing.
SYMPTOM = f"""
SELECT c.arn, c.saving FROM (
    SELECT k.arn, 730 * (coalesce((SELECT sum(n.hourly_cost) FROM container_nodes n
                           WHERE n.cluster_id = k.id AND n.state = 'running'), 0)
               + CASE k.orchestrator WHEN 'eks' THEN coalesce(k.control_plane_hourly_cost,
                           {literal("k.region", "control_plane")}) ELSE 0 END) AS saving
      FROM container_clusters k
     WHERE k.account_id = $1 AND k.status NOT IN ('INACTIVE', 'DELETING')
       AND k.state_transition IS DISTINCT FROM 'DELETING'
       AND k.created_at <= $2::timestamptz - interval '7 days'
       AND NOT EXISTS (SELECT FROM container_services v WHERE v.cluster_id = k.id
                          AND v.status = 'ACTIVE' AND v.replica_count > 0)) c
 WHERE c.saving > 0"""

_CLUSTERS = """
SELECT k.arn AS key, k.id, k.name FROM container_clusters k
 WHERE k.account_id = $1 AND k.env <> 'prod' AND k.status = 'ACTIVE' AND k.state_transition IS NULL
   AND EXISTS (SELECT FROM container_services v WHERE v.cluster_id = k.id AND v.replica_count > 0)
   AND EXISTS (SELECT FROM container_nodes n WHERE n.cluster_id = k.id AND n.state = 'running')"""

_CLUSTER = """
SELECT k.id, k.name, k.env, k.region, k.orchestrator, k.node_instance_type FROM container_clusters k
 WHERE k.account_id = $1 AND k.arn = $2 AND k.status = 'ACTIVE' AND k.state_transition IS NULL
   AND (SELECT count(*) FROM container_nodes n WHERE n.cluster_id = k.id AND n.state = 'running') BETWEEN 1 AND 9"""

_SERVICES = """
SELECT arn, replica_count FROM container_services
 WHERE cluster_id = $1 AND status = 'ACTIVE' AND replica_count > 0 ORDER BY arn"""
_NODES = "SELECT instance_id FROM container_nodes WHERE cluster_id = $1 ORDER BY instance_id"
_STOP = (
    "UPDATE container_services SET replica_count = 0 WHERE cluster_id = $1 AND replica_count > 0"
)
# Whoever joins later finds nothing to do either.
_EMPTY = """
UPDATE resource_profiles p SET load = 0.03 * coalesce((p.params ->> 'nodes')::int, 1)
  FROM container_clusters k
 WHERE k.id = $2 AND p.account_id = $1 AND p.resource_type = 'container_cluster'
   AND p.resource_id = k.arn AND p.load IS NOT NULL"""
_EMPTY_GROUPS = """
UPDATE resource_profiles p SET load = 0.03 * coalesce((p.params ->> 'members')::int, 1), network_mb = 2
  FROM node_groups o JOIN autoscaling_groups g ON g.id = o.autoscaling_group_id
 WHERE o.cluster_id = $2 AND p.account_id = $1 AND p.resource_type = 'autoscaling_group'
   AND p.resource_id = g.arn AND p.load IS NOT NULL"""


async def happen(day: Day) -> Happening | None:
    """Every service of a non-production cluster goes to 0, and its nodes fall asleep."""
    cluster = await pick(day, "abandoned_cluster", "container_cluster", _CLUSTERS)
    if cluster is None:
        return None
    services = await day.connection.fetch(_SERVICES, cluster["id"])
    await day.write("container_services", _STOP, cluster["id"])
    for service in services:
        old = str(service["replica_count"])
        await day.record("container_service", service["arn"], "replica_count", old, "0")
    for node in await day.connection.fetch(_NODES, cluster["id"]):
        for kind in ("container_node", "instance"):
            await day.profile(
                kind, node["instance_id"], "idle", load=0.03, memory_gib=0.8, network_mb=2
            )
    for empty in (_EMPTY, _EMPTY_GROUPS):
        await day.write("resource_profiles", empty, day.account_id, cluster["id"])
    await day.record("container_cluster", cluster["key"], "workload", "in use", "ended")
    return Happening(
        f"nothing runs on {cluster['name']} any more",
        (
            ("container_cluster", cluster["key"]),
            *(("container_service", service["arn"]) for service in services),
        ),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Whatever scales it gives it one more node, ten at most."""
    cluster = await day.connection.fetchrow(_CLUSTER, day.account_id, resource_id)
    if cluster is None:
        return None
    (node,) = await join(day, cluster, "more", 1, cluster["node_instance_type"], "idle")
    for kind in ("container_node", "instance"):
        await day.profile(kind, node, "idle", load=0.03, memory_gib=0.8, network_mb=2)
    return Happening(f"{cluster['name']} has one more node for nothing", ())
