"""A cache that nobody asks."""

from tests.waste.calling import Client, datapoints

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """Its processors and its memory are next to unused."""
    (cluster,) = client("elasticache").describe_cache_clusters(CacheClusterId=resource_id)[
        "CacheClusters"
    ]
    cpu = datapoints(client, "AWS/ElastiCache", "CPUUtilization", CacheClusterId=resource_id)
    return cluster["CacheClusterStatus"] == "available" and sum(cpu) / len(cpu) < 2


def remedy(client: Client, resource_id: str) -> None:
    """Delete it, by its replication group where it has one."""
    elasticache = client("elasticache")
    (cluster,) = elasticache.describe_cache_clusters(CacheClusterId=resource_id)["CacheClusters"]
    group = cluster.get("ReplicationGroupId")
    if group is None:
        elasticache.delete_cache_cluster(CacheClusterId=resource_id)
    else:
        elasticache.delete_replication_group(ReplicationGroupId=group)
