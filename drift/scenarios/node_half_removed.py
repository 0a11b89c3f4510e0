"""A cluster is scaled in, and stops halfway: a node is stopped, and never terminated."""

from drift.clusters import join
from drift.day import Day, Happening
from drift.picking import pick
from drift.worsening import again

ODDS = 0.03
PATTERN = "node_orphan"
RESOURCE_TYPE = "instance"  # that is what EC2 bills, tags and ends
REMEDIES = ("ec2:TerminateInstances", "ec2:DeleteVolume")
REVEALED_BY = ("ec2:DescribeInstances", "ec2:DescribeVolumes")
TRAPS = (
    "A node that was drained for maintenance these days comes back: tag maintenance.",
    "A node that is held as evidence says so: tag legal_hold.",
)

# All its volumes: those that are not deleted on termination are left to be deleted.
SYMPTOM = """
SELECT n.instance_id, sum(v.monthly_cost) AS saving
  FROM container_clusters k JOIN container_nodes n ON n.cluster_id = k.id AND n.state = 'stopped'
  JOIN instances i ON i.instance_id = n.instance_id AND i.account_id = k.account_id
  JOIN volumes v ON v.attached_instance_id = i.instance_id
 WHERE k.account_id = $1 AND i.state = 'stopped' AND i.autoscaling_group_id IS NULL
   AND i.state_changed_at <= $2::timestamptz - interval '3 days'
 GROUP BY n.instance_id"""

# Where nodes are launched beside the node groups, nobody else looks after them.
_CLUSTERS = """
SELECT k.arn AS key, k.id, k.name, k.env, k.region, k.orchestrator, k.node_instance_type
  FROM container_clusters k
 WHERE k.account_id = $1 AND k.status = 'ACTIVE' AND k.state_transition IS NULL
   AND EXISTS (SELECT FROM container_nodes n WHERE n.cluster_id = k.id)
   AND (k.orchestrator = 'eks' OR NOT EXISTS (SELECT FROM container_clusters o
        WHERE o.account_id = $1 AND o.orchestrator = 'eks' AND o.status = 'ACTIVE'))"""

_STOP = """
UPDATE instances SET state = 'stopped', state_changed_at = $3, current_cpu = 0, current_memory = 0,
       public_ip_address = NULL, state_transition_reason = 'User initiated',
       state_reason_code = 'Client.UserInitiatedShutdown',
       state_reason_message = 'Client.UserInitiatedShutdown: User initiated shutdown'
 WHERE account_id = $1 AND instance_id = $2"""
_LEAVE = "UPDATE container_nodes SET state = 'stopped' WHERE instance_id = $1"


async def happen(day: Day) -> Happening | None:
    """One node more for an afternoon, and stopped in the evening."""
    cluster = await pick(day, "node_half_removed", "container_cluster", _CLUSTERS)
    if cluster is None:
        return None
    (node,) = await join(day, cluster, "burst", 1, cluster["node_instance_type"], "idle")
    await day.write(
        "instances", _STOP, day.account_id, node, day.moment("node_half_removed", 19, 22)
    )
    await day.write("container_nodes", _LEAVE, node)
    await day.record("instance", node, "state", "running", "stopped")
    return Happening(
        f"{cluster['name']} was scaled in, and {node} was only stopped",
        (("instance", node),),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next scale-in stops halfway as well."""
    return await again(day, PATTERN, resource_id, happen)
