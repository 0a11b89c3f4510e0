"""Replication groups: members, shards, failovers, and what they cost."""

from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.elasticache.test_cache_clusters import cost, redis


def create(elasticache: Any, **more: Any) -> dict[str, Any]:
    asked = {
        "ReplicationGroupId": "carts",
        "ReplicationGroupDescription": "carts of customers",
        "CacheNodeType": "cache.r6g.large",
        "Engine": "valkey",
    }
    made: dict[str, Any] = elasticache.create_replication_group(**asked | more)["ReplicationGroup"]
    return made


def describe(elasticache: Any) -> dict[str, Any]:
    [found] = elasticache.describe_replication_groups(ReplicationGroupId="carts")[
        "ReplicationGroups"
    ]
    return dict(found)


def roles(group: dict[str, Any]) -> dict[str, str]:
    [shard] = group["NodeGroups"]
    return {one["CacheClusterId"]: one["CurrentRole"] for one in shard["NodeGroupMembers"]}


def test_a_group_has_a_primary_and_replicas(cloud: Cloud, elasticache: Any, sql: Sql) -> None:
    made = create(elasticache, NumCacheClusters=3, AutomaticFailoverEnabled=True)
    assert (made["Status"], "NodeGroups" in made) == ("creating", False)
    shown = describe(elasticache)
    assert (shown["Status"], shown["AutomaticFailover"], shown["ClusterEnabled"]) == (
        "available",
        "enabled",
        False,
    )
    assert shown["MemberClusters"] == ["carts-001", "carts-002", "carts-003"]
    assert roles(shown) == {
        "carts-001": "primary",
        "carts-002": "replica",
        "carts-003": "replica",
    }
    [shard] = shown["NodeGroups"]
    assert ".ng.0001.use1.cache.amazonaws.com" in shard["PrimaryEndpoint"]["Address"]
    assert len({one["PreferredAvailabilityZone"] for one in shard["NodeGroupMembers"]}) == 3
    # 3 nodes at $0.206, of which Valkey is 0.8
    assert cost(sql, cloud) == Decimal("0.4944")
    clusters = elasticache.describe_cache_clusters()["CacheClusters"]
    assert [one["CacheClusterId"] for one in clusters] == shown["MemberClusters"]
    assert {(one["ReplicationGroupId"], one["NumCacheNodes"]) for one in clusters} == {("carts", 1)}
    assert clusters[1]["ARN"].endswith(":cluster:carts-002")
    none = elasticache.describe_cache_clusters(ShowCacheClustersNotInReplicationGroups=True)
    assert none["CacheClusters"] == []
    assert refusal(create, elasticache=elasticache)[0] == "ReplicationGroupAlreadyExists"
    assert refusal(redis, elasticache=elasticache, identifier="carts-002")[0] == (
        "CacheClusterAlreadyExists"
    )
    elasticache.delete_replication_group(
        ReplicationGroupId="carts", FinalSnapshotIdentifier="carts-last"
    )
    assert refusal(elasticache.describe_replication_groups, ReplicationGroupId="carts") == (
        "ReplicationGroupNotFoundFault",
        "ReplicationGroup carts not found.",
    )
    assert elasticache.describe_cache_clusters()["CacheClusters"] == []
    [kept] = elasticache.describe_snapshots(ReplicationGroupId="carts")["Snapshots"]
    assert kept["NodeSnapshots"][0]["CacheClusterId"] == "carts-001"


def test_replicas_come_and_go(cloud: Cloud, elasticache: Any, sql: Sql) -> None:
    create(elasticache, NumCacheClusters=2, AutomaticFailoverEnabled=True)
    name = {"ReplicationGroupId": "carts", "ApplyImmediately": True}
    more = elasticache.increase_replica_count(**name, NewReplicaCount=3)["ReplicationGroup"]
    assert more["Status"] == "modifying"
    assert len(describe(elasticache)["MemberClusters"]) == 4
    assert cost(sql, cloud) == Decimal("0.6592")
    elasticache.decrease_replica_count(**name, ReplicasToRemove=["carts-002", "carts-003"])
    assert describe(elasticache)["MemberClusters"] == ["carts-001", "carts-004"]
    assert cost(sql, cloud) == Decimal("0.3296")
    assert refusal(elasticache.decrease_replica_count, **name, NewReplicaCount=0)[0] == (
        "InvalidParameterValue"
    )
    assert refusal(elasticache.decrease_replica_count, **name, NewReplicaCount=1)[0] == (
        "InvalidParameterValue"
    )
    assert refusal(elasticache.delete_cache_cluster, CacheClusterId="carts-004")[0] == (
        "InvalidCacheClusterState"
    )
    elasticache.modify_replication_group(**name, AutomaticFailoverEnabled=False)
    elasticache.decrease_replica_count(**name, NewReplicaCount=0)
    shown = describe(elasticache)
    assert (shown["MemberClusters"], shown["AutomaticFailover"]) == (["carts-001"], "disabled")
    assert cost(sql, cloud) == Decimal("0.1648")
    elasticache.create_cache_cluster(CacheClusterId="spare", ReplicationGroupId="carts")
    assert describe(elasticache)["MemberClusters"] == ["carts-001", "spare"]
    elasticache.delete_cache_cluster(CacheClusterId="spare")
    assert describe(elasticache)["MemberClusters"] == ["carts-001"]


def test_the_primary_fails_over(elasticache: Any) -> None:
    create(elasticache, NumCacheClusters=2, AutomaticFailoverEnabled=True)
    elasticache.test_failover(ReplicationGroupId="carts", NodeGroupId="0001")
    assert roles(describe(elasticache)) == {"carts-001": "replica", "carts-002": "primary"}
    assert refusal(elasticache.test_failover, ReplicationGroupId="carts", NodeGroupId="0009")[
        0
    ] == ("NodeGroupNotFoundFault")
    group = {"ReplicationGroupId": "carts", "ApplyImmediately": True}
    elasticache.modify_replication_group(**group, AutomaticFailoverEnabled=False)
    elasticache.modify_replication_group(**group, PrimaryClusterId="carts-001")
    assert roles(describe(elasticache)) == {"carts-001": "primary", "carts-002": "replica"}


def test_shards_divide_the_slots(cloud: Cloud, elasticache: Any, sql: Sql) -> None:
    create(elasticache, NumNodeGroups=2, ReplicasPerNodeGroup=1)
    shown = describe(elasticache)
    assert shown["ClusterEnabled"] is True
    assert ".clustercfg." in shown["ConfigurationEndpoint"]["Address"]
    assert [one["Slots"] for one in shown["NodeGroups"]] == ["0-8191", "8192-16383"]
    assert shown["MemberClusters"][2:] == ["carts-0002-001", "carts-0002-002"]
    name = {"ReplicationGroupId": "carts", "ApplyImmediately": True}
    elasticache.modify_replication_group_shard_configuration(**name, NodeGroupCount=3)
    assert len(describe(elasticache)["NodeGroups"]) == 3
    assert cost(sql, cloud) == Decimal("0.9888")
    assert refusal(
        elasticache.modify_replication_group_shard_configuration, **name, NodeGroupCount=1
    )[0] == ("InvalidParameterCombination")
    elasticache.modify_replication_group_shard_configuration(
        **name, NodeGroupCount=1, NodeGroupsToRemove=["0001", "0003"]
    )
    [shard] = describe(elasticache)["NodeGroups"]
    assert (shard["NodeGroupId"], shard["Slots"]) == ("0002", "0-16383")
    assert cost(sql, cloud) == Decimal("0.3296")


def test_a_group_is_made_smaller_at_once(cloud: Cloud, elasticache: Any, sql: Sql) -> None:
    create(elasticache, CacheNodeType="cache.r6g.xlarge", NumCacheClusters=2,
           Tags=[{"Key": "team", "Value": "shop"}])  # fmt: skip
    done = elasticache.modify_replication_group(
        ReplicationGroupId="carts", CacheNodeType="cache.t4g.medium", ApplyImmediately=True
    )["ReplicationGroup"]
    assert (done["CacheNodeType"], done["Status"]) == ("cache.t4g.medium", "modifying")
    assert cost(sql, cloud) == Decimal("0.1040")
    tagged = elasticache.list_tags_for_resource(ResourceName=done["ARN"])["TagList"]
    assert tagged == [{"Key": "team", "Value": "shop"}]
    member = done["ARN"].replace("replicationgroup:carts", "cluster:carts-001")
    assert elasticache.list_tags_for_resource(ResourceName=member)["TagList"] == tagged
    assert refusal(elasticache.modify_cache_cluster, CacheClusterId="carts-001",
                   CacheNodeType="cache.r6g.large")[0] == "InvalidParameterCombination"  # fmt: skip


def test_a_cluster_becomes_a_group_and_one_again(elasticache: Any) -> None:
    redis(elasticache, "lone")
    elasticache.create_replication_group(
        ReplicationGroupId="carts", ReplicationGroupDescription="x", PrimaryClusterId="lone",
        NumCacheClusters=2,
    )  # fmt: skip
    assert describe(elasticache)["MemberClusters"] == ["carts-001", "lone"]
    elasticache.delete_replication_group(ReplicationGroupId="carts", RetainPrimaryCluster=True)
    [alone] = elasticache.describe_cache_clusters()["CacheClusters"]
    assert (alone["CacheClusterId"], "ReplicationGroupId" in alone) == ("lone", False)
    assert alone["ARN"].endswith(":cluster:lone")


def test_snapshots_are_kept_billed_and_restored(cloud: Cloud, elasticache: Any, sql: Sql) -> None:
    create(elasticache, NumCacheClusters=2)
    sql("update cache_clusters set avg_memory_7d = 50 where account_id = $1", cloud.account.id)
    made = elasticache.create_snapshot(SnapshotName="monday", ReplicationGroupId="carts")
    assert made["Snapshot"]["SnapshotStatus"] == "creating"
    [row] = sql("select * from cache_snapshots where account_id = $1", cloud.account.id)
    assert row["size_mib"] == 6692
    assert row["monthly_cost"] == Decimal("0.5555")
    [shown] = elasticache.describe_snapshots(SnapshotName="monday", ShowNodeGroupConfig=True)[
        "Snapshots"
    ]
    assert (shown["SnapshotStatus"], shown["SnapshotSource"]) == ("available", "manual")
    assert shown["NodeSnapshots"][0]["CacheSize"] == "6692 MB"
    assert shown["NodeSnapshots"][0]["NodeGroupConfiguration"]["Slots"] == "0-16383"
    elasticache.copy_snapshot(SourceSnapshotName="monday", TargetSnapshotName="kept")
    elasticache.delete_snapshot(SnapshotName="monday")
    assert refusal(elasticache.delete_snapshot, SnapshotName="monday")[0] == (
        "SnapshotNotFoundFault"
    )
    made = elasticache.create_replication_group(
        ReplicationGroupId="again", ReplicationGroupDescription="x", SnapshotName="kept"
    )["ReplicationGroup"]
    assert (made["CacheNodeType"], made["Engine"]) == ("cache.r6g.large", "valkey")


def test_nodes_that_only_a_number_tells_of_become_a_group(
    cloud: Cloud, elasticache: Any, sql: Sql
) -> None:
    sql(
        "insert into cache_clusters (account_id, identifier, node_type, num_nodes, hourly_cost)"
        " values ($1, 'carts', 'cache.m5.large', 3, 0.468)",
        cloud.account.id,
    )
    assert roles(describe(elasticache))["carts-001"] == "primary"
    sql("update cache_clusters set num_nodes = 2 where account_id = $1", cloud.account.id)
    assert describe(elasticache)["MemberClusters"] == ["carts-001", "carts-002"]
    sql("update cache_clusters set num_nodes = 4 where account_id = $1", cloud.account.id)
    assert len(describe(elasticache)["MemberClusters"]) == 4
