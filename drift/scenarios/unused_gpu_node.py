"""A cluster gets a GPU node for an experiment; the experiment ends, and the node stays."""

from drift.clusters import join
from drift.day import Day, Happening
from drift.picking import pick
from drift.worsening import again

ODDS = 0.02
PATTERN = "gpu_node_unused"
RESOURCE_TYPE = "instance"  # that is what EC2 bills, tags and ends
REMEDIES = (
    "eks:UpdateNodegroupConfig",
    "ecs:DeregisterContainerInstance",
    "ec2:TerminateInstances",
)
REVEALED_BY = (
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceTypes",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "Inference keeps a GPU busy while the CPU has little to do: node_gpu_utilization tells.",
    "Training at a fixed hour needs the node then: tags workload=training and window.",
)

# A cluster that is abandoned takes its nodes along.
PART_OF = (
    "cluster_abandoned",
    """SELECT n.instance_id, k.arn FROM container_nodes n
         JOIN container_clusters k ON k.id = n.cluster_id WHERE k.account_id = $1""",
)

SYMPTOM = """
SELECT n.instance_id, n.hourly_cost * 730 AS saving
  FROM container_clusters k JOIN container_nodes n ON n.cluster_id = k.id
 WHERE k.account_id = $1 AND n.has_gpu AND n.state = 'running' AND n.avg_cpu_7d < 10
   AND n.created_at <= $2::timestamptz - interval '2 days'"""

# Where nodes are launched beside the node groups, nobody else looks after them.
_CLUSTERS = """
SELECT k.arn AS key, k.id, k.name, k.env, k.region, k.orchestrator
  FROM container_clusters k
 WHERE k.account_id = $1 AND k.status = 'ACTIVE' AND k.state_transition IS NULL
   AND EXISTS (SELECT FROM container_nodes n WHERE n.cluster_id = k.id)
   AND (k.orchestrator = 'eks' OR NOT EXISTS (SELECT FROM container_clusters o
        WHERE o.account_id = $1 AND o.orchestrator = 'eks' AND o.status = 'ACTIVE'))"""


async def happen(day: Day) -> Happening | None:
    """One g4dn or g5 among the nodes, without work for its GPU."""
    cluster = await pick(day, "unused_gpu_node", "container_cluster", _CLUSTERS)
    if cluster is None:
        return None
    size = day.random("unused_gpu_node").choice(("g4dn.xlarge", "g5.xlarge"))
    (node,) = await join(day, cluster, "gpu", 1, size, "gpu_idle")
    return Happening(
        f"{cluster['name']} keeps a {size} that trains nothing",
        (("instance", node),),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next experiment leaves its node too."""
    return await again(day, PATTERN, resource_id, happen)
