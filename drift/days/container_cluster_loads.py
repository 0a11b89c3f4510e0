"""The load of a container cluster, which its nodes share however many there are."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import statement

# A cluster's own profile keeps the whole load and memory of its nodes without GPUs, and in params
# the number of nodes that it was last shared by. It is known once every node has had a day.
_LEARN = statement("""
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, load, memory_gib, params)
SELECT :account, 'container_cluster', k.arn, min(p.profile), sum(p.load), sum(p.memory_gib),
       jsonb_build_object('nodes', count(*))
  FROM container_clusters k
  JOIN container_nodes n ON n.cluster_id = k.id AND n.state = 'running' AND NOT coalesce(n.has_gpu, false)
  LEFT JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = 'container_node'
       AND p.resource_id = n.instance_id
  LEFT JOIN resource_profiles q ON q.account_id = :account AND q.resource_type = 'container_cluster'
       AND q.resource_id = k.arn
 WHERE k.account_id = :account AND q.load IS NULL
 GROUP BY k.arn HAVING count(*) = count(p.load)
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE
   SET load = excluded.load, memory_gib = excluded.memory_gib, params = old.params || excluded.params""")

_SHARE = statement("""
WITH changed AS (
    SELECT k.id, k.arn, q.load, q.memory_gib, q.profile, count(*) AS nodes
      FROM container_clusters k
      JOIN resource_profiles q ON q.account_id = :account AND q.resource_type = 'container_cluster'
           AND q.resource_id = k.arn
      JOIN container_nodes n ON n.cluster_id = k.id AND n.state = 'running' AND NOT coalesce(n.has_gpu, false)
      LEFT JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = 'container_node'
           AND p.resource_id = n.instance_id
     WHERE k.account_id = :account AND q.load IS NOT NULL
     GROUP BY k.id, k.arn, q.load, q.memory_gib, q.profile, q.params
    HAVING count(*) <> (q.params ->> 'nodes')::int OR count(p.load) < count(*)
), counted AS (
    UPDATE resource_profiles q SET params = q.params || jsonb_build_object('nodes', c.nodes)
      FROM changed c
     WHERE q.account_id = :account AND q.resource_type = 'container_cluster' AND q.resource_id = c.arn
)
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, load, memory_gib)
SELECT :account, t.kind, n.instance_id, c.profile, c.load / c.nodes, c.memory_gib / c.nodes
  FROM changed c JOIN container_nodes n ON n.cluster_id = c.id AND n.state = 'running'
       AND NOT coalesce(n.has_gpu, false)
  CROSS JOIN (VALUES ('container_node'), ('instance')) AS t (kind)
 WHERE t.kind = 'container_node' OR EXISTS (SELECT FROM instances i
       WHERE i.instance_id = n.instance_id AND i.autoscaling_group_id IS NULL)
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE
   SET load = excluded.load, memory_gib = excluded.memory_gib""")


async def write(day: Day) -> None:
    """Share the loads anew of clusters that have more, fewer or other nodes than yesterday.

    By its name this comes before the day's rows of nodes and instances, which show it. Nodes of a
    node group are members of its Auto Scaling group, which shares the load of its instances.
    """
    await day.apply("resource_profiles", _LEARN)
    await day.apply("resource_profiles", _SHARE)
