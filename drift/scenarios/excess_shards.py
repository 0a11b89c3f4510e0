"""A stream is resharded for a peak that was one evening long."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import pick
from drift.worsening import columns, one

ODDS = 0.03
PATTERN = "stream_overprovisioned"
RESOURCE_TYPE = "streaming_cluster"
REMEDIES = ("kinesis:UpdateShardCount", "kinesis:UpdateStreamMode")
REVEALED_BY = (
    "kinesis:ListStreams",
    "kinesis:DescribeStreamSummary",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "A stream that takes its load in one hour of the night needs its shards then: tag workload.",
    "A shard takes a thousand records a second too: small records fill it long before a megabyte.",
    "An on-demand stream is not billed by the shard.",
)

# A shard costs what the stream's own do, with their retention and their consumers.
SYMPTOM = """
SELECT arn, hourly_cost / shard_count * (shard_count - greatest(1, ceil(avg_usage_mbps_7d * 1.5))) * 730 AS saving
  FROM streaming_clusters
 WHERE account_id = $1 AND engine = 'kinesis' AND stream_mode = 'PROVISIONED' AND shard_count > 1
   AND avg_usage_mbps_7d < provisioned_throughput_mbps * 0.3 AND status <> 'DELETING'
   AND shard_count > greatest(1, ceil(avg_usage_mbps_7d * 1.5)) AND $2::timestamptz IS NOT NULL"""

PART_OF = (
    "stream_idle",
    "SELECT arn, arn FROM streaming_clusters WHERE account_id = $1 AND engine = 'kinesis'",
)

_STREAMS = """
SELECT arn AS key, arn, name, shard_count, region, retention_hours FROM streaming_clusters
 WHERE account_id = $1 AND engine = 'kinesis' AND stream_mode = 'PROVISIONED' AND shard_count <= 64"""


async def happen(day: Day) -> Happening | None:
    """Four times the shards for the same data."""
    from models.costs import stream_hourly

    stream = await pick(day, "excess_shards", "streaming_cluster", _STREAMS)
    if stream is None:
        return None
    old, new = stream["shard_count"], stream["shard_count"] * 4
    await day.write(
        "streaming_clusters",
        """UPDATE streaming_clusters SET shard_count = $3::int, provisioned_throughput_mbps = $3::int,
                  hourly_cost = $4 WHERE account_id = $1 AND arn = $2""",
        day.account_id, stream["arn"], new,
        stream_hourly("kinesis", new, stream["region"], retention_hours=stream["retention_hours"]),
    )  # fmt: skip
    await day.record("streaming_cluster", stream["arn"], "shard_count", str(old), str(new))
    return Happening(f"{stream['name']} has {new} shards instead of {old}",
                     (("streaming_cluster", stream["arn"]),))  # fmt: skip


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next evening is prepared for: twice the shards."""
    from models.streaming_clusters import priced

    stream = await one(day, "streaming_clusters", "arn", resource_id)
    if stream is None or stream["shard_count"] > 128:
        return None
    new = {"shard_count": stream["shard_count"] * 2}
    values = new | priced({**stream, **new})
    return await columns(day, "streaming_clusters", "arn", RESOURCE_TYPE, stream, values)
