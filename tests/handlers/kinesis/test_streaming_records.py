"""Records of streams: where they go, how they are read, and what they are measured as."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.lambda_.functions import create

HALF = 2**127


def read(kinesis: Any, shard: str, kind: str, **more: Any) -> dict[str, Any]:
    iterator = kinesis.get_shard_iterator(
        StreamName="orders", ShardId=shard, ShardIteratorType=kind, **more
    )["ShardIterator"]
    assert len(iterator) <= 512
    return dict(kinesis.get_records(ShardIterator=iterator))


def data(answer: dict[str, Any]) -> list[bytes]:
    return [one["Data"] for one in answer["Records"]]


def test_records_are_read_in_the_order_of_their_shard(cloud: Cloud, kinesis: Any, sql: Sql) -> None:
    kinesis.create_stream(StreamName="orders", ShardCount=2)
    one = kinesis.put_record(
        StreamName="orders", Data=b"a", PartitionKey="k", ExplicitHashKey=str(HALF)
    )
    assert one["ShardId"] == "shardId-000000000001"
    many = kinesis.put_records(
        StreamName="orders",
        Records=[
            {"Data": b"b", "PartitionKey": "k", "ExplicitHashKey": str(HALF)},
            {"Data": b"c", "PartitionKey": "k", "ExplicitHashKey": "0"},
            {"Data": b"dd", "PartitionKey": "k", "ExplicitHashKey": str(2 * HALF - 1)},
        ],
    )
    assert many["FailedRecordCount"] == 0
    shards = [each["ShardId"][-1] for each in many["Records"]]
    assert shards == ["1", "0", "1"]
    told = [one, *many["Records"]]
    numbers = [each["SequenceNumber"] for each in told if each["ShardId"] == one["ShardId"]]
    assert sorted(numbers) == numbers
    # the MD5 of this key begins with 8: the second half
    assert kinesis.put_record(StreamName="orders", Data=b"e", PartitionKey="k")["ShardId"] == (
        "shardId-000000000001"
    )
    second = "shardId-000000000001"
    whole = read(kinesis, second, "TRIM_HORIZON")
    assert (data(whole), whole["MillisBehindLatest"]) == ([b"a", b"b", b"dd", b"e"], 0)
    assert whole["Records"][0]["SequenceNumber"] == numbers[0]
    assert whole["Records"][0]["PartitionKey"] == "k"
    assert data(read(kinesis, second, "LATEST")) == []
    given = {"StartingSequenceNumber": numbers[1]}
    assert data(read(kinesis, second, "AT_SEQUENCE_NUMBER", **given)) == [b"b", b"dd", b"e"]
    assert data(read(kinesis, second, "AFTER_SEQUENCE_NUMBER", **given)) == [b"dd", b"e"]
    early = datetime.now(UTC) - timedelta(hours=1)
    assert len(data(read(kinesis, second, "AT_TIMESTAMP", Timestamp=early))) == 4
    iterator = kinesis.get_shard_iterator(
        StreamName="orders", ShardId=second, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    first = kinesis.get_records(ShardIterator=iterator, Limit=3)
    assert data(first) == [b"a", b"b", b"dd"]
    assert first["MillisBehindLatest"] >= 0
    assert data(kinesis.get_records(ShardIterator=first["NextShardIterator"])) == [b"e"]
    # records go with their stream, and after its retention
    sql(
        "update streaming_records set at = at - interval '25 hours' where account_id = $1"
        " and data <> 'e'",
        cloud.account.id,
    )
    assert data(read(kinesis, second, "TRIM_HORIZON")) == [b"e"]
    kinesis.delete_stream(StreamName="orders")
    assert sql("select 1 from streaming_records where account_id = $1", cloud.account.id) == []


def test_what_is_put_is_measured(cloud: Cloud, kinesis: Any) -> None:
    """Beside what the stream's own producers are told to put."""
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    records = [{"Data": b"ab", "PartitionKey": str(at)} for at in range(3)]
    kinesis.put_records(StreamName="orders", Records=records)
    kinesis.put_record(StreamName="orders", Data=b"c", PartitionKey="k")
    kinesis.put_record(StreamName="orders", Data=b"", PartitionKey="k")
    at = datetime.now(UTC).replace(second=0, microsecond=0)
    watch = cloud.client("cloudwatch")

    def measured(name: str, statistic: str = "Sum") -> list[float]:
        found = watch.get_metric_statistics(
            Namespace="AWS/Kinesis", MetricName=name, Period=3600, Statistics=[statistic],
            Dimensions=[{"Name": "StreamName", "Value": "orders"}],
            StartTime=at - timedelta(hours=1), EndTime=at + timedelta(hours=2),
        )["Datapoints"]  # fmt: skip
        return [point[statistic] for point in found]

    assert sum(measured("IncomingBytes")) == 7
    assert sum(measured("IncomingRecords")) == 5
    assert sum(measured("PutRecord.Success", "SampleCount")) == 2
    listed = watch.list_metrics(Namespace="AWS/Kinesis")["Metrics"]
    names = sorted(one["MetricName"] for one in listed)
    assert names == [
        "PutRecord.Bytes", "PutRecord.Success", "PutRecords.Success",
    ]  # fmt: skip


def test_a_closed_shard_is_read_to_its_end(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    first = "shardId-000000000000"
    kinesis.put_record(StreamName="orders", Data=b"old", PartitionKey="k")
    kinesis.split_shard(StreamName="orders", ShardToSplit=first, NewStartingHashKey=str(HALF))
    kinesis.put_record(StreamName="orders", Data=b"new", PartitionKey="k", ExplicitHashKey="0")
    end = read(kinesis, first, "TRIM_HORIZON")
    assert data(end) == [b"old"]
    assert "NextShardIterator" not in end
    children = {one["ShardId"]: one["ParentShards"] for one in end["ChildShards"]}
    assert children == {"shardId-000000000001": [first], "shardId-000000000002": [first]}
    assert data(read(kinesis, "shardId-000000000001", "TRIM_HORIZON")) == [b"new"]


def test_what_is_refused(cloud: Cloud, other_cloud: Cloud, kinesis: Any) -> None:
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    shard = {"StreamName": "orders", "ShardId": "shardId-000000000000"}
    get = kinesis.get_shard_iterator
    absent = refusal(get, StreamName="orders", ShardId="shardId-9", ShardIteratorType="LATEST")
    assert absent == (
        "ResourceNotFoundException",
        f"Shard shardId-9 in stream orders under account {cloud.account.number} does not exist",
    )
    told = refusal(get, **shard, ShardIteratorType="AT_SEQUENCE_NUMBER")
    assert told[0] == "InvalidArgumentException"
    assert told[1].endswith("AT_SEQUENCE_NUMBER and no StartingSequenceNumber.")
    for kind, more in (
        ("TRIM_HORIZON", {"StartingSequenceNumber": "1"}),
        ("AT_SEQUENCE_NUMBER", {"StartingSequenceNumber": "1"}),
        ("AT_TIMESTAMP", {}),
        ("AT_TIMESTAMP", {"Timestamp": datetime.now(UTC) + timedelta(hours=1)}),
    ):
        assert refusal(get, **shard, ShardIteratorType=kind, **more)[0] == (
            "InvalidArgumentException"
        )
    put = {"StreamName": "orders", "PartitionKey": "k"}
    assert refusal(kinesis.put_record, **put, Data=b"x" * 2**20)[0] == "InvalidArgumentException"
    assert refusal(kinesis.put_record, **put, Data=b"x", ExplicitHashKey=str(2**128))[0] == (
        "InvalidArgumentException"
    )
    assert refusal(kinesis.put_record, **put, Data=b"x", DryRun=True)[0] == (
        "DryRunOperationException"
    )
    iterator = get(**shard, ShardIteratorType="LATEST")["ShardIterator"]
    other = other_cloud.client("kinesis")
    assert refusal(other.get_records, ShardIterator=iterator)[0] == "InvalidArgumentException"
    assert refusal(kinesis.get_records, ShardIterator="AAAA")[0] == "InvalidArgumentException"
    # another stream of that name is not the one that was meant
    kinesis.delete_stream(StreamName="orders")
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    assert refusal(kinesis.get_records, ShardIterator=iterator)[0] == "ResourceNotFoundException"


def test_lambda_reads_what_was_put(cloud: Cloud, kinesis: Any, sql: Sql) -> None:
    """A mapped function is called once for every batch."""
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    stream = f"arn:aws:kinesis:us-east-1:{cloud.account.number}:stream/orders"
    client = cloud.client("lambda")
    create(client, cloud, "f")
    client.create_event_source_mapping(
        FunctionName="f", EventSourceArn=stream, BatchSize=2, StartingPosition="LATEST"
    )
    records = [{"Data": b"x", "PartitionKey": str(at)} for at in range(5)]
    kinesis.put_records(StreamName="orders", Records=records)
    [row] = sql("select * from lambda_functions where account_id = $1", cloud.account.id)
    assert row["current_invocations"] == 3
