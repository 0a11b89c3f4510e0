"""A development cache is made from production's template: replicas that nobody reads from."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json

from drift.day import Day, Happening
from drift.picking import branch, region, tag
from drift.symptoms import one_carries
from drift.worsening import columns, one

ODDS = 0.03
PATTERN = "cache_ha_dev"
RESOURCE_TYPE = "cache_cluster"
REMEDIES = ("elasticache:DecreaseReplicaCount",)
REVEALED_BY = ("elasticache:DescribeReplicationGroups", "elasticache:DescribeCacheClusters")
TRAPS = (
    "Where cluster mode or failover is what is tested (tag workload=failover-tests) there have to be several.",
    "Nodes of Memcached hold different keys: none of them is a replica.",
    "Replicas that are read from are of use: the primary alone has to carry what they do.",
    "Automatic failover has to be turned off before the last replica can go.",
)

SYMPTOM = f"""
SELECT cluster_id, hourly_cost / num_nodes * (num_nodes - 1) * 730 AS saving FROM cache_clusters
 WHERE account_id = $1 AND num_nodes > 1 AND env IN ('dev', 'test', 'staging', 'preview')
   AND engine <> 'memcached' AND NOT cluster_mode AND serverless IS NULL AND status <> 'deleting'
   AND {one_carries("num_nodes", spread=False)} AND $2::timestamptz IS NOT NULL"""

INSERT = """
INSERT INTO cache_clusters (account_id, identifier, engine, engine_version, node_type, num_nodes, env,
    region, hourly_cost, created_at, port, availability_zone)
VALUES ($1, $2, 'valkey', '8.0', $3, $4, 'dev', $5, $6, $7, 6379, $5 || 'a')
ON CONFLICT DO NOTHING RETURNING cluster_id"""

_WIDER = (
    "UPDATE cache_clusters SET members = $3::text::jsonb WHERE account_id = $1 AND cluster_id = $2"
)


async def happen(day: Day) -> Happening | None:
    """Three nodes of Valkey outside production."""
    from models.costs import cache_hourly

    place = await region(day, "cache_replicas_in_dev")
    name, developer = branch(day, "cache_replicas_in_dev")
    node_type, nodes = "cache.m6g.large", 3
    cluster_id = await day.connection.fetchval(
        INSERT, day.account_id, f"{name}-cache", node_type, nodes, place,
        cache_hourly(node_type, nodes, place, engine="valkey"),
        day.moment("cache_replicas_in_dev"),
    )  # fmt: skip
    if cluster_id is None:
        return None
    day.written["cache_clusters"] += 1
    await tag(day, "cache_cluster", cluster_id, {"created_by": developer, "env": "dev"})
    await day.profile("cache_cluster", cluster_id, "light", load=0.6)  # busy vCPUs of six
    await day.record("cache_cluster", cluster_id, "lifecycle", None, "created")
    return Happening(f"{cluster_id} has two replicas that nobody reads from",
                     (("cache_cluster", cluster_id),))  # fmt: skip


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """It follows production, which has one replica more, five nodes at most."""
    from models import cache_members
    from models.cache_clusters import priced

    cache = await one(day, "cache_clusters", "cluster_id", resource_id)
    if cache is None or not cache["members"] or cache["num_nodes"] > 4:
        return None
    nodes = cache["num_nodes"] + 1
    if (cache["avg_cpu_7d"] or 0) * nodes >= 45:  # more than one could do alone
        return None
    members = cache["members"]
    members = json.loads(members) if isinstance(members, str) else members
    zones = sorted({member["zone"] for member in members})
    wider = cache_members.resized(
        cache["replication_group_id"] or cache["identifier"],
        members,
        nodes - 1,
        zones,
        sharded=False,
    )
    await day.write("cache_clusters", _WIDER, day.account_id, resource_id, json.dumps(wider))
    values = {"num_nodes": nodes, **priced({**cache, "num_nodes": nodes})}
    return await columns(day, "cache_clusters", "cluster_id", RESOURCE_TYPE, cache, values)
