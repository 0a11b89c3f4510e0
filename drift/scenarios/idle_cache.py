"""A cache outlives the feature that it made fast."""

from drift.day import Day, Happening
from drift.scenarios.cache_oversized import create
from drift.worsening import again

ODDS = 0.02
PATTERN = "cache_idle"
RESOURCE_TYPE = "cache_cluster"
REMEDIES = ("elasticache:DeleteCacheCluster", "elasticache:DeleteReplicationGroup")
REVEALED_BY = (
    "elasticache:DescribeCacheClusters",
    "cloudwatch:GetMetricStatistics",
    "compute-optimizer:GetIdleRecommendations",
)
TRAPS = (
    "A session store is quiet at night and full all the same: look at its memory.",
    "A cache that was made this week has not been filled yet.",
)

SYMPTOM = """
SELECT cluster_id, hourly_cost * 730 AS saving FROM cache_clusters
 WHERE account_id = $1 AND avg_cpu_7d < 2 AND avg_memory_7d < 5 AND serverless IS NULL
   AND status <> 'deleting' AND created_at <= $2::timestamptz - interval '7 days'"""


async def happen(day: Day) -> Happening | None:
    """One node that nobody asks, and with hardly a key in it."""
    chance = day.random("idle_cache")
    cluster_id = await create(
        day, "idle_cache", "sessions", "cache.r6g.large", "idle",
        chance.uniform(0.003, 0.012), chance.uniform(0.01, 0.03),
    )  # fmt: skip
    if cluster_id is None:
        return None
    return Happening(f"nobody asks {cluster_id}", (("cache_cluster", cluster_id),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another feature goes, and leaves its cache."""
    return await again(day, PATTERN, resource_id, happen)
