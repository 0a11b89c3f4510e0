"""The load of a container cluster, which its nodes without GPUs share however many there are."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import shared_loads
from drift.day import Day
from drift.statement import there_is

OCCASION = there_is("container_clusters")

_MEMBERS = """container_clusters g
  JOIN container_nodes m ON m.cluster_id = g.id AND m.state = 'running' AND NOT coalesce(m.has_gpu, false)"""
_WHOSE = ("container_cluster", "container_node", _MEMBERS, "memory_gib", "nodes")
_LEARN = shared_loads.learn(*_WHOSE)

_SHARE = shared_loads.share(
    *_WHOSE,
    """INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, load, memory_gib)
SELECT :account, t.kind, m.instance_id, c.profile, c.load / c.members, c.memory_gib / c.members
  FROM changed c JOIN container_nodes m ON m.cluster_id = c.id AND m.state = 'running'
       AND NOT coalesce(m.has_gpu, false)
  CROSS JOIN (VALUES ('container_node'), ('instance')) AS t (kind)
 WHERE t.kind = 'container_node' OR EXISTS (SELECT FROM instances i
       WHERE i.instance_id = m.instance_id AND i.autoscaling_group_id IS NULL)
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE
   SET load = excluded.load, memory_gib = excluded.memory_gib""",
)


async def write(day: Day) -> None:
    """Share the loads anew of clusters that have more, fewer or other nodes than yesterday.

    By its name this comes before the day's rows of nodes and instances, which show it. Nodes of a
    node group are members of its Auto Scaling group, which shares the load of its instances.
    """
    await day.apply("resource_profiles", _LEARN)
    await day.apply("resource_profiles", _SHARE)
