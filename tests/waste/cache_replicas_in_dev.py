"""Replicas of a cache outside production."""

from tests.waste.calling import Client


def _group(client: Client, cluster_id: str) -> str:
    """The replication group of a cluster, whose first node carries its name."""
    found = client("elasticache").describe_cache_clusters()["CacheClusters"]
    names = {one.get("ReplicationGroupId", ""): one["CacheClusterId"] for one in found}
    return cluster_id if cluster_id in names else cluster_id.rpartition("-")[0]


EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeReplicationGroups: more than one member, and env is not prod."""
    elasticache = client("elasticache")
    name = _group(client, resource_id)
    (group,) = elasticache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"]
    tags = elasticache.list_tags_for_resource(ResourceName=group["ARN"])["TagList"]
    env = {tag["Key"]: tag["Value"] for tag in tags}.get("env")
    return len(group["MemberClusters"]) > 1 and env != "prod"


def remedy(client: Client, resource_id: str) -> None:
    """Keep the primary alone."""
    name = _group(client, resource_id)
    elasticache = client("elasticache")
    elasticache.modify_replication_group(
        ReplicationGroupId=name,
        AutomaticFailoverEnabled=False,
        MultiAZEnabled=False,
        ApplyImmediately=True,
    )
    elasticache.decrease_replica_count(
        ReplicationGroupId=name, NewReplicaCount=0, ApplyImmediately=True
    )
