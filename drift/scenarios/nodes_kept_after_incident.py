"""In an incident a cluster gets more nodes, and keeps them when the incident is over."""

# ruff: noqa: E501 - the lines of SQL read better whole

from math import ceil
from typing import Any

from drift.clusters import join
from drift.day import Day, Happening
from drift.days import autoscaling_groups
from drift.picking import pick

ODDS = 0.04
PATTERN = "nodes_underutilised"
RESOURCE_TYPE = "container_cluster"
REMEDIES = (
    "eks:UpdateNodegroupConfig",
    "autoscaling:UpdateAutoScalingGroup",
    "ecs:DeregisterContainerInstance",
    "ec2:TerminateInstances",
)
REVEALED_BY = (
    "eks:DescribeNodegroup",
    "ecs:DescribeContainerInstances",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "The scarcer of CPU and memory decides: nodes full of memory are full.",
    "Nodes that keep apart what must not fail together are few already: tags placement and pdb.",
    "A node group does not go below its minimum, which is there for a reason.",
)

# As many nodes as are filled to 65 % by the scarcer of CPU and memory; two at least, and not
# fewer than the cluster's minimum. A cluster without workload is another matter.
# Where a tenth of room is lacking, what was brought there would show again in a quiet week.
SYMPTOM = """
SELECT c.arn, 730 * c.hourly * (c.nodes - c.needed) AS saving FROM (
    SELECT k.arn, count(*) AS nodes, avg(n.hourly_cost) AS hourly, avg(n.avg_cpu_7d) AS cpu,
           avg(n.avg_memory_7d) AS memory, min(n.created_at) AS oldest,
           greatest(2, k.min_nodes, ceil(count(*) * greatest(avg(n.avg_cpu_7d), avg(n.avg_memory_7d)) / 65.0)) AS needed
      FROM container_clusters k
      JOIN container_nodes n ON n.cluster_id = k.id AND n.state = 'running' AND NOT coalesce(n.has_gpu, false)
     WHERE k.account_id = $1 AND k.status NOT IN ('INACTIVE', 'DELETING')
       AND k.state_transition IS DISTINCT FROM 'DELETING'
       AND EXISTS (SELECT FROM container_services v WHERE v.cluster_id = k.id
                      AND v.status = 'ACTIVE' AND v.replica_count > 0)
     GROUP BY k.id) c
 WHERE c.cpu < 30 AND c.memory < 50 AND c.nodes > c.needed
   AND c.nodes > ceil(c.nodes * greatest(c.cpu, c.memory) / 58.0)
   AND c.oldest <= $2::timestamptz - interval '7 days'"""

# Incidents are of production, where there is one.
_CLUSTERS = """
SELECT k.arn AS key, k.id, k.name, k.env, k.region, k.orchestrator, k.node_instance_type, o.id AS node_group,
       o.autoscaling_group_id, a.arn AS group_arn, a.desired_capacity, a.max_size, count(n.id) AS nodes
  FROM container_clusters k
  JOIN container_nodes n ON n.cluster_id = k.id AND n.state = 'running'
  LEFT JOIN LATERAL (SELECT g.* FROM node_groups g WHERE g.cluster_id = k.id AND g.state_transition IS NULL
                      ORDER BY g.name LIMIT 1) o ON true
  LEFT JOIN autoscaling_groups a ON a.id = o.autoscaling_group_id
 WHERE k.account_id = $1 AND k.status = 'ACTIVE' AND k.state_transition IS NULL
   AND EXISTS (SELECT FROM container_services v WHERE v.cluster_id = k.id AND v.replica_count > 0)
   AND (k.env = 'prod' OR NOT EXISTS (SELECT FROM container_clusters o
        WHERE o.account_id = $1 AND o.env = 'prod' AND o.status = 'ACTIVE'))
 GROUP BY k.id, o.id, o.autoscaling_group_id, a.arn, a.desired_capacity, a.max_size"""

_CLUSTER = f"SELECT * FROM ({_CLUSTERS}) c WHERE c.key = $2 AND c.nodes < 48"
_GROW = "UPDATE autoscaling_groups SET desired_capacity = $2, max_size = greatest(max_size, $2) WHERE id = $1"


async def happen(day: Day) -> Happening | None:
    """Three quarters as many nodes again, three at least; the work stays what it is, and all share it."""
    cluster = await pick(day, "nodes_kept_after_incident", "container_cluster", _CLUSTERS)
    if cluster is None:
        return None
    return await _grow(day, cluster, max(3, ceil(cluster["nodes"] * 0.75)), "incident")


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next incident adds a quarter, up to sixty nodes."""
    cluster = await day.connection.fetchrow(_CLUSTER, day.account_id, resource_id)
    if cluster is None:
        return None
    return await _grow(day, cluster, ceil(cluster["nodes"] / 4), "again")


async def _grow(day: Day, cluster: Any, more: int, label: str) -> Happening:
    if cluster["autoscaling_group_id"] is None:
        made = await join(day, cluster, label, more, cluster["node_instance_type"], None)
    else:
        new = cluster["desired_capacity"] + more
        group = {"id": cluster["autoscaling_group_id"]}
        await day.write("autoscaling_groups", _GROW, group["id"], new)
        old = str(cluster["desired_capacity"])
        await day.record(
            "autoscaling_group", cluster["group_arn"], "desired_capacity", old, str(new)
        )
        name = "nodes_kept_after_incident" if label == "incident" else f"{PATTERN}/{label}"
        made = await autoscaling_groups.start(day, group, more, name)
    nodes = str(cluster["nodes"])
    await day.record(
        "container_cluster", cluster["key"], "desired_nodes", nodes, str(cluster["nodes"] + more)
    )
    return Happening(
        f"{cluster['name']} went from {nodes} to {cluster['nodes'] + more} nodes in an incident",
        (("container_cluster", cluster["key"]), *(("instance", one) for one in made)),
    )
