"""What the passing of days does to caches that the API made, and what CloudWatch tells of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models import cache_clusters, streaming_clusters
from tests.fixtures.days import FIRST, Tick
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.elasticache.test_cache_clusters import cost, redis
from tests.handlers.elasticache.test_replication_groups import create, describe


@pytest.fixture
def knobs() -> dict[str, Any]:
    """Hours that cost what they cost."""
    return {"walk": "exact"}


def test_days_are_billed_to_the_cent_and_seen_by_cloudwatch(
    cloud: Cloud, elasticache: Any, sql: Sql, tick: Tick
) -> None:
    create(elasticache, NumCacheClusters=2)
    tick()
    [row] = sql(
        "select * from metrics_daily where account_id = $1 and resource_type = 'cache_cluster'",
        cloud.account.id,
    )
    # two nodes of Valkey at 0.8 of $0.206
    assert row["estimated_daily_cost"] == Decimal("7.9104")
    assert (row["metric_payload"]["nodes"], row["metric_payload"]["engine"]) == (2, "valkey")
    watch = cloud.client("cloudwatch")
    told = watch.list_metrics(Namespace="AWS/ElastiCache", MetricName="CPUUtilization")["Metrics"]
    names = {one["Dimensions"][0]["Value"] for one in told}
    assert names == {"carts-001", "carts-002"}
    now = datetime.now(UTC)
    [point] = watch.get_metric_statistics(
        Namespace="AWS/ElastiCache", MetricName="CPUUtilization", Statistics=["Average"],
        Dimensions=[{"Name": "CacheClusterId", "Value": "carts-002"}], Period=86400,
        StartTime=now.replace(hour=0, minute=0, second=0, microsecond=0), EndTime=now,
    )["Datapoints"]  # fmt: skip
    assert 0 < point["Average"] < 100


def test_what_waits_is_done_in_its_window(
    cloud: Cloud, elasticache: Any, sql: Sql, tick: Tick
) -> None:
    redis(elasticache, PreferredMaintenanceWindow="wed:03:00-wed:04:00")
    tick()
    elasticache.modify_cache_cluster(CacheClusterId="sessions", CacheNodeType="cache.t3.medium")
    tick()
    assert cost(sql, cloud) == Decimal("0.1560")
    tick()
    [shown] = elasticache.describe_cache_clusters()["CacheClusters"]
    assert (shown["CacheNodeType"], shown["PendingModifiedValues"]) == ("cache.t3.medium", {})
    assert cost(sql, cloud) == Decimal("0.0680")


def test_snapshots_and_on_demand_streams_are_billed_every_day(
    cloud: Cloud, elasticache: Any, sql: Sql, tick: Tick
) -> None:
    redis(elasticache)
    cloud.client("kinesis").create_stream(
        StreamName="orders", StreamModeDetails={"StreamMode": "ON_DEMAND"}
    )
    tick()
    elasticache.delete_cache_cluster(CacheClusterId="sessions", FinalSnapshotIdentifier="last")
    sql(
        "update cache_snapshots set size_mib = 30720, monthly_cost = 2.55 where account_id = $1",
        cloud.account.id,
    )
    tick()
    rows = sql(
        "select * from metrics_daily where account_id = $1 and date = $2",
        cloud.account.id,
        FIRST + timedelta(days=1),
    )
    found = {row["resource_type"]: row for row in rows}
    assert found["cache_snapshot"]["estimated_daily_cost"] == Decimal("0.0850")
    assert "cache_cluster" not in found
    stream = found["streaming_cluster"]
    flow = stream["metric_payload"]["throughput_mbps"]
    assert flow > 0
    # the stream's hours, and each GB in and out
    expected = 0.04 * 24 + flow * 86400 / 1024 * 0.12
    assert float(stream["estimated_daily_cost"]) == pytest.approx(expected, rel=0.05)


def test_transitions_take_their_time_and_end(
    cloud: Cloud, elasticache: Any, sql: Sql, tick: Tick, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinesis = cloud.client("kinesis")
    settings = cloud.running.server.settings
    monkeypatch.setattr(
        cloud.running.server,
        "settings",
        type(settings)(drift_interval="off", transition_seconds=600),
    )
    create(elasticache, NumCacheClusters=2)
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    assert describe(elasticache)["Status"] == "creating"
    assert refusal(elasticache.delete_replication_group, ReplicationGroupId="carts")[0] == (
        "InvalidReplicationGroupState"
    )
    assert kinesis.list_streams()["StreamSummaries"][0]["StreamStatus"] == "CREATING"
    assert refusal(kinesis.increase_stream_retention_period, StreamName="orders",
                   RetentionPeriodHours=48) == (
        "ResourceInUseException",
        f"Stream orders under account {cloud.account.number} not ACTIVE, instead in state"
        " CREATING",
    )  # fmt: skip
    past = "set settles_at = settles_at - interval '1 hour' where account_id = $1"
    sql(f"update cache_clusters {past}", cloud.account.id)
    sql(f"update streaming_clusters {past}", cloud.account.id)
    assert describe(elasticache)["Status"] == "available"
    elasticache.delete_replication_group(ReplicationGroupId="carts")
    kinesis.delete_stream(StreamName="orders")
    assert describe(elasticache)["Status"] == "deleting"
    sql(f"update cache_clusters {past}", cloud.account.id)
    sql(f"update streaming_clusters {past}", cloud.account.id)
    assert elasticache.describe_replication_groups()["ReplicationGroups"] == []
    assert kinesis.list_streams()["StreamNames"] == []
    sql(cache_clusters.SETTLE)
    sql(streaming_clusters.SETTLE)
    assert sql("select 1 from cache_clusters where account_id = $1", cloud.account.id) == []
    assert sql("select 1 from streaming_clusters where account_id = $1", cloud.account.id) == []
