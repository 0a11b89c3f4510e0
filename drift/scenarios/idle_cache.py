"""A cache outlives the feature that it made fast."""

from drift.day import Day, Happening
from drift.picking import branch, region, tag
from drift.scenarios.cache_replicas_in_dev import INSERT

ODDS = 0.02
PATTERN = "cache_idle"
RESOURCE_TYPE = "cache_cluster"
REMEDIES = ("elasticache:DeleteCacheCluster", "elasticache:DeleteReplicationGroup")

SYMPTOM = """
SELECT cluster_id, hourly_cost * 730 AS saving FROM cache_clusters
 WHERE account_id = $1 AND avg_cpu_7d < 3 AND created_at <= $2::timestamptz - interval '7 days'"""


async def happen(day: Day) -> Happening | None:
    """One node that nobody asks."""
    from models.costs import cache_hourly

    place = await region(day, "idle_cache")
    name, developer = branch(day, "idle_cache")
    node_type = "cache.r6g.large"
    cluster_id = await day.connection.fetchval(
        INSERT, day.account_id, f"{name}-sessions", node_type, 1, place,
        cache_hourly(node_type, 1, place, engine="valkey"), day.moment("idle_cache"),
    )  # fmt: skip
    if cluster_id is None:
        return None
    day.written["cache_clusters"] += 1
    await tag(day, "cache_cluster", cluster_id, {"created_by": developer, "env": "dev"})
    await day.profile("cache_cluster", cluster_id, "idle")
    await day.record("cache_cluster", cluster_id, "lifecycle", None, "created")
    return Happening(f"nobody asks {cluster_id}", (("cache_cluster", cluster_id),))
