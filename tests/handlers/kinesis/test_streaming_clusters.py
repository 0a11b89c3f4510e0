"""Kinesis streams, their shards and what they cost."""

from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal

EVERY = 2**128


def summary(kinesis: Any, name: str = "orders") -> dict[str, Any]:
    found = kinesis.describe_stream_summary(StreamName=name)
    return dict(found["StreamDescriptionSummary"])


def cost(sql: Sql, cloud: Cloud) -> Decimal:
    [row] = sql("select * from streaming_clusters where account_id = $1", cloud.account.id)
    return Decimal(row["hourly_cost"])


def test_a_stream_lives_from_its_making_to_its_end(cloud: Cloud, kinesis: Any, sql: Sql) -> None:
    kinesis.create_stream(StreamName="orders", ShardCount=2, Tags={"env": "prod"})
    shown = kinesis.describe_stream(StreamName="orders")["StreamDescription"]
    assert (shown["StreamStatus"], shown["RetentionPeriodHours"], shown["HasMoreShards"]) == (
        "ACTIVE",
        24,
        False,
    )
    assert shown["StreamARN"] == (f"arn:aws:kinesis:us-east-1:{cloud.account.number}:stream/orders")
    assert shown["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    assert shown["EnhancedMonitoring"] == [{"ShardLevelMetrics": []}]
    first, second = shown["Shards"]
    assert first["ShardId"] == "shardId-000000000000"
    assert first["HashKeyRange"]["StartingHashKey"] == "0"
    assert int(first["HashKeyRange"]["EndingHashKey"]) == EVERY // 2 - 1
    assert int(second["HashKeyRange"]["EndingHashKey"]) == EVERY - 1
    number = first["SequenceNumberRange"]["StartingSequenceNumber"]
    assert len(number) == 56
    assert number.startswith("49")
    assert cost(sql, cloud) == Decimal("0.0300")
    [row] = sql("select * from streaming_clusters where account_id = $1", cloud.account.id)
    assert (row["env"], row["provisioned_throughput_mbps"]) == ("prod", 2)
    assert refusal(kinesis.create_stream, StreamName="orders", ShardCount=1) == (
        "ResourceInUseException",
        f"Stream orders under account {cloud.account.number} already exists.",
    )
    kinesis.delete_stream(StreamName="orders")
    assert refusal(kinesis.describe_stream, StreamName="orders") == (
        "ResourceNotFoundException",
        f"Stream orders under account {cloud.account.number} not found.",
    )
    assert sql("select 1 from streaming_shards where account_id = $1", cloud.account.id) == []


def test_streams_are_listed_page_by_page(cloud: Cloud, kinesis: Any) -> None:
    for name in ("c", "a", "b"):
        kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.create_stream(StreamName="d", StreamModeDetails={"StreamMode": "ON_DEMAND"})
    first = kinesis.list_streams(Limit=3)
    assert (first["StreamNames"], first["HasMoreStreams"]) == (["a", "b", "c"], True)
    rest = kinesis.list_streams(Limit=3, NextToken=first["NextToken"])
    assert (rest["StreamNames"], rest["HasMoreStreams"]) == (["d"], False)
    assert rest["StreamSummaries"][0]["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert kinesis.list_streams(ExclusiveStartStreamName="b")["StreamNames"] == ["c", "d"]
    assert refusal(kinesis.list_streams, NextToken="x")[0] == "InvalidArgumentException"
    limits = kinesis.describe_limits()
    assert (limits["OpenShardCount"], limits["OnDemandStreamCount"]) == (3, 1)
    assert cloud.client("kinesis", "eu-west-1").list_streams()["StreamNames"] == []


def test_shards_are_doubled_and_halved_and_no_more(cloud: Cloud, kinesis: Any, sql: Sql) -> None:
    kinesis.create_stream(StreamName="orders", ShardCount=4)

    def scale(count: int) -> Any:
        return kinesis.update_shard_count(
            StreamName="orders", TargetShardCount=count, ScalingType="UNIFORM_SCALING"
        )

    assert refusal(scale, count=9) == (
        "InvalidArgumentException",
        "UpdateShardCount cannot scale up over double your current open shard count. Current open"
        " shard count: 4 Target shard count: 9",
    )
    assert refusal(scale, count=1)[0] == "InvalidArgumentException"
    done = scale(2)
    assert (done["CurrentShardCount"], done["TargetShardCount"]) == (4, 2)
    assert summary(kinesis)["OpenShardCount"] == 2
    assert cost(sql, cloud) == Decimal("0.0300")
    shards = kinesis.list_shards(StreamName="orders")["Shards"]
    assert len(shards) == 6
    closed = [one for one in shards if "EndingSequenceNumber" in one["SequenceNumberRange"]]
    assert [one["ShardId"][-1] for one in closed] == ["0", "1", "2", "3"]
    assert shards[4]["ParentShardId"] == "shardId-000000000000"
    assert shards[4]["AdjacentParentShardId"] == "shardId-000000000001"
    kept = kinesis.list_shards(StreamName="orders", ShardFilter={"Type": "AT_LATEST"})["Shards"]
    assert [one["ShardId"][-1] for one in kept] == ["4", "5"]
    begun = kinesis.list_shards(StreamName="orders", MaxResults=4)
    rest = kinesis.list_shards(NextToken=begun["NextToken"])
    assert [one["ShardId"][-1] for one in rest["Shards"]] == ["4", "5"]
    assert "NextToken" not in rest
    both = {"StreamName": "orders", "NextToken": begun["NextToken"]}
    assert refusal(kinesis.list_shards, **both)[0] == "InvalidArgumentException"


def test_shards_are_split_and_merged_by_hand(cloud: Cloud, kinesis: Any, sql: Sql) -> None:
    kinesis.create_stream(StreamName="orders", ShardCount=2)
    one, two = "shardId-000000000000", "shardId-000000000001"
    middle = str(EVERY // 4)
    assert refusal(kinesis.split_shard, StreamName="orders", ShardToSplit=two,
                   NewStartingHashKey=middle)[0] == "InvalidArgumentException"  # fmt: skip
    kinesis.split_shard(StreamName="orders", ShardToSplit=one, NewStartingHashKey=middle)
    assert summary(kinesis)["OpenShardCount"] == 3
    assert cost(sql, cloud) == Decimal("0.0450")
    left, right = kinesis.describe_stream(
        StreamName="orders", ExclusiveStartShardId=two
    )["StreamDescription"]["Shards"]  # fmt: skip
    assert left["ParentShardId"] == right["ParentShardId"] == one
    assert right["HashKeyRange"]["StartingHashKey"] == middle
    merge = {"StreamName": "orders", "ShardToMerge": right["ShardId"]}
    assert refusal(kinesis.merge_shards, **merge, AdjacentShardToMerge=one)[0] == (
        "ResourceInUseException"
    )
    assert refusal(kinesis.merge_shards, StreamName="orders", ShardToMerge=left["ShardId"],
                   AdjacentShardToMerge=two)[0] == "InvalidArgumentException"  # fmt: skip
    kinesis.merge_shards(**merge, AdjacentShardToMerge=two)
    assert summary(kinesis)["OpenShardCount"] == 2
    [last] = kinesis.list_shards(
        StreamName="orders",
        ShardFilter={"Type": "AFTER_SHARD_ID", "ShardId": "shardId-000000000003"},
    )["Shards"]
    assert last["AdjacentParentShardId"] == two
    assert int(last["HashKeyRange"]["EndingHashKey"]) == EVERY - 1
    assert cost(sql, cloud) == Decimal("0.0300")


def test_retention_mode_and_encryption_change_what_is_shown_and_paid(
    cloud: Cloud, kinesis: Any, sql: Sql
) -> None:
    kinesis.create_stream(StreamName="orders", ShardCount=2)
    arn = summary(kinesis)["StreamARN"]
    kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=168)
    assert cost(sql, cloud) == Decimal("0.0700")
    assert refusal(kinesis.increase_stream_retention_period, StreamName="orders",
                   RetentionPeriodHours=48)[0] == "InvalidArgumentException"  # fmt: skip
    assert refusal(kinesis.decrease_stream_retention_period, StreamName="orders",
                   RetentionPeriodHours=12) == (
        "InvalidArgumentException",
        "Minimum allowed retention period is 24 hours. Requested retention period (12 hours) is"
        " too short.",
    )  # fmt: skip
    kinesis.decrease_stream_retention_period(StreamARN=arn, RetentionPeriodHours=24)
    assert cost(sql, cloud) == Decimal("0.0300")
    kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert cost(sql, cloud) == Decimal("0.0400")
    assert refusal(kinesis.update_shard_count, StreamName="orders", TargetShardCount=3,
                   ScalingType="UNIFORM_SCALING")[0] == "ValidationException"  # fmt: skip
    kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId="alias/mine")
    assert summary(kinesis)["KeyId"] == "alias/mine"
    kinesis.stop_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId="alias/mine")
    assert summary(kinesis)["EncryptionType"] == "NONE"
    done = kinesis.enable_enhanced_monitoring(
        StreamName="orders", ShardLevelMetrics=["IncomingBytes", "OutgoingBytes"]
    )
    assert done["DesiredShardLevelMetrics"] == ["IncomingBytes", "OutgoingBytes"]
    kinesis.disable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["OutgoingBytes"])
    assert summary(kinesis)["EnhancedMonitoring"] == [{"ShardLevelMetrics": ["IncomingBytes"]}]


def test_consumers_are_paid_by_the_shard(cloud: Cloud, kinesis: Any, sql: Sql) -> None:
    kinesis.create_stream(StreamName="orders", ShardCount=2)
    arn = summary(kinesis)["StreamARN"]
    made = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reports")["Consumer"]
    assert (made["ConsumerStatus"], made["ConsumerARN"].startswith(f"{arn}/consumer/reports:")) == (
        "CREATING",
        True,
    )
    assert cost(sql, cloud) == Decimal("0.0600")
    assert refusal(kinesis.register_stream_consumer, StreamARN=arn, ConsumerName="reports")[0] == (
        "ResourceInUseException"
    )
    [shown] = kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]
    assert shown["ConsumerStatus"] == "ACTIVE"
    named = kinesis.describe_stream_consumer(StreamARN=arn, ConsumerName="reports")
    assert named["ConsumerDescription"]["StreamARN"] == arn
    kinesis.tag_resource(ResourceARN=made["ConsumerARN"], Tags={"team": "data"})
    tagged = kinesis.list_tags_for_resource(ResourceARN=made["ConsumerARN"])["Tags"]
    assert tagged == [{"Key": "team", "Value": "data"}]
    assert summary(kinesis)["ConsumerCount"] == 1
    assert refusal(kinesis.delete_stream, StreamName="orders")[0] == "ResourceInUseException"
    kinesis.deregister_stream_consumer(ConsumerARN=made["ConsumerARN"])
    assert cost(sql, cloud) == Decimal("0.0300")
    assert refusal(kinesis.describe_stream_consumer, ConsumerARN=made["ConsumerARN"])[0] == (
        "ResourceNotFoundException"
    )
    kinesis.delete_stream(StreamName="orders")


def test_tags_come_and_go(cloud: Cloud, kinesis: Any, sql: Sql) -> None:
    kinesis.create_stream(StreamName="orders", ShardCount=1, Tags={"b": "2"})
    kinesis.add_tags_to_stream(StreamName="orders", Tags={"a": "1", "c": "3"})
    listed = kinesis.list_tags_for_stream(StreamName="orders", Limit=2)
    assert (listed["Tags"], listed["HasMoreTags"]) == (
        [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
        True,
    )
    rest = kinesis.list_tags_for_stream(StreamName="orders", ExclusiveStartTagKey="b")
    assert [one["Key"] for one in rest["Tags"]] == ["c"]
    kinesis.remove_tags_from_stream(StreamName="orders", TagKeys=["a", "zzz"])
    arn = summary(kinesis)["StreamARN"]
    kinesis.untag_resource(ResourceARN=arn, TagKeys=["b"])
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "c", "Value": "3"}]
    assert refusal(kinesis.add_tags_to_stream, StreamName="orders", Tags={"aws:x": "1"})[0] == (
        "InvalidArgumentException"
    )
    assert kinesis.get_resource_policy(ResourceARN=arn)["Policy"] == "{}"


def test_another_accounts_stream_is_not_there(other_cloud: Cloud, kinesis: Any) -> None:
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    arn = summary(kinesis)["StreamARN"]
    other = other_cloud.client("kinesis")
    assert refusal(other.describe_stream, StreamARN=arn)[0] == "ResourceNotFoundException"
    assert refusal(other.delete_stream, StreamName="orders")[0] == "ResourceNotFoundException"
    assert refusal(other.tag_resource, ResourceARN=arn, Tags={"a": "b"})[0] == (
        "ResourceNotFoundException"
    )
