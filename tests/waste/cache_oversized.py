"""A cache whose nodes are neither busy nor full."""

from tests.waste.calling import Client, datapoints

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """An xlarge node below a tenth of its CPU and a fifth of its memory."""
    (cache,) = client("elasticache").describe_cache_clusters(CacheClusterId=resource_id)[
        "CacheClusters"
    ]
    (cpu, memory) = (
        datapoints(client, "AWS/ElastiCache", metric, CacheClusterId=resource_id)
        for metric in ("EngineCPUUtilization", "DatabaseMemoryUsagePercentage")
    )
    return "xlarge" in cache["CacheNodeType"] and max(cpu) < 10 and max(memory) < 20


def remedy(client: Client, resource_id: str) -> None:
    """One size smaller, at once."""
    elasticache = client("elasticache")
    (cache,) = elasticache.describe_cache_clusters(CacheClusterId=resource_id)["CacheClusters"]
    family, _, size = cache["CacheNodeType"].rpartition(".")
    smaller = {"xlarge": "large", "2xlarge": "xlarge"}[size]
    elasticache.modify_cache_cluster(
        CacheClusterId=resource_id, CacheNodeType=f"{family}.{smaller}", ApplyImmediately=True
    )
