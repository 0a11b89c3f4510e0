"""A cache is made with the nodes of production's, for a hundredth of production's keys."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.capacities import capacity
from drift.day import Day, Happening
from drift.picking import branch, region, tag
from drift.scenarios.cache_replicas_in_dev import INSERT
from drift.symptoms import smaller, unchanged
from drift.worsening import again

ODDS = 0.02
PATTERN = "cache_oversized"
RESOURCE_TYPE = "cache_cluster"
REMEDIES = ("elasticache:ModifyReplicationGroup", "elasticache:ModifyCacheCluster")
REVEALED_BY = (
    "elasticache:DescribeCacheClusters",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "Memory is what a cache is made of: one that is half full is not oversized, however idle its CPU.",
    "A session store (tag workload=sessions) fills up when everybody logs in.",
    "A large node of most families is the smallest there is; Memcached's nodes cannot change.",
)

# The next smaller size; an idle one is to go altogether.
SYMPTOM = f"""
SELECT c.cluster_id, c.hourly_cost * 730 * {smaller("c.node_type")} AS saving FROM cache_clusters c
 WHERE c.account_id = $1 AND c.avg_cpu_7d < 10 AND c.avg_memory_7d < 20 AND c.status <> 'deleting'
   AND NOT (c.avg_cpu_7d < 2 AND c.avg_memory_7d < 5) AND c.engine <> 'memcached' AND c.serverless IS NULL
   AND c.node_type ~ '(xlarge|[.]t[0-9]g?[.]medium)$' AND c.created_at <= $2::timestamptz - interval '7 days'
   AND {unchanged("cache_cluster", "c.cluster_id", "c.node_type")}"""


async def create(
    day: Day, scenario: str, suffix: str, node_type: str, profile: str, cpu: float, memory: float
) -> str | None:
    """A node of Valkey, so busy and so full (shares); its id, None where the name is taken."""
    from models.costs import cache_hourly

    place = await region(day, scenario)
    name, developer = branch(day, scenario)
    cluster_id: str | None = await day.connection.fetchval(
        INSERT, day.account_id, f"{name}-{suffix}", node_type, 1, place,
        cache_hourly(node_type, 1, place, engine="valkey"), day.moment(scenario),
    )  # fmt: skip
    if cluster_id is None:
        return None
    day.written["cache_clusters"] += 1
    vcpus, gib = capacity(node_type)
    await tag(day, "cache_cluster", cluster_id, {"created_by": developer, "env": "dev"})
    await day.profile(
        "cache_cluster", cluster_id, profile, load=vcpus * cpu, memory_gib=gib * memory
    )
    await day.record("cache_cluster", cluster_id, "lifecycle", None, "created")
    return cluster_id


async def happen(day: Day) -> Happening | None:
    """An r6g.xlarge or larger, of which a tenth is filled."""
    chance = day.random("cache_oversized")
    node_type = chance.choice(("cache.r6g.xlarge", "cache.r6g.2xlarge", "cache.m6g.2xlarge"))
    cluster_id = await create(
        day, "cache_oversized", "cache", node_type, "oversized",
        chance.uniform(0.03, 0.06), chance.uniform(0.07, 0.14),
    )  # fmt: skip
    if cluster_id is None:
        return None
    return Happening(
        f"{cluster_id} is a {node_type} for a few keys", (("cache_cluster", cluster_id),)
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next cache is made after it."""
    return await again(day, PATTERN, resource_id, happen)
