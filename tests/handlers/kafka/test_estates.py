"""Caches and streams of a company, as its clients see them."""

from decimal import Decimal
from typing import Any

from emulator import control
from models import costs
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql


def every(cloud: Cloud, service: str, operation: str, member: str) -> list[dict[str, Any]]:
    """What an operation lists in all regions where the account has anything."""
    rows = cloud.running.rows(
        "select region from cache_clusters where account_id = $1 union"
        " select region from streaming_clusters where account_id = $1",
        cloud.account.id,
    )
    found: list[dict[str, Any]] = []
    for row in rows:
        found += getattr(cloud.client(service, row["region"]), operation)()[member]
    return found


def test_a_company_has_caches_streams_and_brokers(cloud: Cloud, sql: Sql) -> None:
    running = cloud.running
    running.run(
        control.estate_create(running.server.world, "startup", days=1, account=cloud.account.number)
    )
    running.server.clocks.forget()
    caches = sql("select * from cache_clusters where account_id = $1", cloud.account.id)
    groups = every(cloud, "elasticache", "describe_replication_groups", "ReplicationGroups")
    several = {row["identifier"]: row for row in caches
               if row["num_nodes"] > 1 and row["engine"] != "memcached"}  # fmt: skip
    assert {one["ReplicationGroupId"] for one in groups} == set(several) != set()
    for one in groups:
        row = several[one["ReplicationGroupId"]]
        assert len(one["MemberClusters"]) == row["num_nodes"]
        assert one["ARN"] == row["arn"]
        assert one["NodeGroups"][0]["PrimaryEndpoint"]["Port"] == 6379
    clusters = every(cloud, "elasticache", "describe_cache_clusters", "CacheClusters")
    assert sum(one["NumCacheNodes"] for one in clusters) == sum(row["num_nodes"] for row in caches)
    assert all(one["SecurityGroups"] for one in clusters)
    streams = every(cloud, "kinesis", "list_streams", "StreamSummaries")
    stored = sql("select * from streaming_clusters where account_id = $1", cloud.account.id)
    assert {one["StreamARN"] for one in streams} == {
        row["arn"] for row in stored if row["engine"] == "kinesis"
    }
    shards = sql("select count(*) as n from streaming_shards where account_id = $1",
                 cloud.account.id)  # fmt: skip
    assert shards[0]["n"] == sum(r["shard_count"] for r in stored if r["engine"] == "kinesis")
    brokers = every(cloud, "kafka", "list_clusters_v2", "ClusterInfoList")
    assert brokers
    for one in brokers:
        [row] = [row for row in stored if row["arn"] == one["ClusterArn"]]
        group = one["Provisioned"]["BrokerNodeGroupInfo"]
        assert len(group["ClientSubnets"]) > 1
        assert row["hourly_cost"] == costs.stream_hourly(
            "msk", one["Provisioned"]["NumberOfBrokerNodes"], row["region"],
            broker_type=group["InstanceType"], storage_gb=Decimal(row["storage_gib"] * 3),
        )  # fmt: skip
