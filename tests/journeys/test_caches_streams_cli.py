"""ElastiCache, Kinesis and MSK through the AWS CLI: what is too large is made smaller."""

from decimal import Decimal

from tests.fixtures.server import Cloud
from tests.journeys.aws_cli import aws


def test_replicas_and_shards_that_nobody_needs_go(cloud: Cloud) -> None:
    rows = cloud.running.rows
    group = ("--replication-group-id", "carts")
    aws(
        cloud, "elasticache", "create-replication-group", *group, "--engine", "redis",
        "--replication-group-description", "carts", "--cache-node-type", "cache.m5.large",
        "--num-cache-clusters", "3", "--tags", "Key=env,Value=dev",
    )  # fmt: skip
    aws(cloud, "elasticache", "wait", "replication-group-available", *group)
    aws(
        cloud, "elasticache", "decrease-replica-count", *group, "--new-replica-count", "0",
        "--apply-immediately",
    )  # fmt: skip
    sql = "select hourly_cost, env from cache_clusters where account_id = $1"
    assert rows(sql, cloud.account.id) == [{"hourly_cost": Decimal("0.1560"), "env": "dev"}]
    stream = ("--stream-name", "orders")
    aws(cloud, "kinesis", "create-stream", *stream, "--shard-count", "4")
    aws(cloud, "kinesis", "wait", "stream-exists", *stream)
    aws(
        cloud, "kinesis", "update-shard-count", *stream, "--target-shard-count", "2",
        "--scaling-type", "UNIFORM_SCALING",
    )  # fmt: skip
    told = aws(cloud, "kinesis", "describe-stream-summary", *stream)["StreamDescriptionSummary"]
    assert told["OpenShardCount"] == 2
    assert aws(cloud, "kafka", "list-clusters-v2") == {"ClusterInfoList": []}
