"""Producers move to another stream, and the old one goes on by the shard-hour with nothing in it."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import branch, region, tag
from drift.worsening import columns, one

ODDS = 0.02
PATTERN = "stream_idle"
RESOURCE_TYPE = "streaming_cluster"
REMEDIES = ("kinesis:DeleteStream", "kafka:DeleteCluster")
REVEALED_BY = (
    "kinesis:ListStreams",
    "kinesis:DescribeStreamSummary",
    "kafka:ListClustersV2",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "A stream to replay from after a disaster is empty until then: tags dr and role.",
    "A stream younger than a week has no mean to judge.",
)

SYMPTOM = """
SELECT arn, hourly_cost * 730 AS saving FROM streaming_clusters
 WHERE account_id = $1 AND avg_usage_mbps_7d < 0.001 AND status <> 'DELETING'
   AND created_at <= $2::timestamptz - interval '7 days'"""

INSERT = """
INSERT INTO streaming_clusters (account_id, name, engine, env, region, shard_count, retention_hours,
    provisioned_throughput_mbps, hourly_cost, created_at, instance_type, broker_count, storage_gib)
VALUES ($1, $2, $3, $4, $5, $6, 24, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING RETURNING arn"""


async def happen(day: Day) -> Happening | None:
    """A stream of a few shards without a record."""
    from models.costs import stream_hourly

    name, developer = branch(day, "idle_stream")
    place = await region(day, "idle_stream")
    shards = day.random("idle_stream").choice((2, 4, 8))
    arn = await day.connection.fetchval(
        INSERT, day.account_id, f"{name}-events", "kinesis", "dev", place, shards, shards,
        stream_hourly("kinesis", shards, place), day.moment("idle_stream"), None, None, None,
    )  # fmt: skip
    if arn is None:
        return None
    day.written["streaming_clusters"] += 1
    await day.profile("streaming_cluster", arn, "idle", throughput_mbps=0.0)
    await tag(day, "streaming_cluster", arn, {"env": "dev", "created_by": developer})
    await day.record("streaming_cluster", arn, "lifecycle", None, "created")
    return Happening(f"nobody writes to {name}-events", (("streaming_cluster", arn),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Its shards are doubled with those of all others."""
    from models.streaming_clusters import priced

    stream = await one(day, "streaming_clusters", "arn", resource_id)
    if stream is None or stream["stream_mode"] != "PROVISIONED" or stream["shard_count"] > 16:
        return None
    new = {"shard_count": stream["shard_count"] * 2}
    if stream["engine"] != "kinesis":
        return None
    values = new | priced({**stream, **new})
    return await columns(day, "streaming_clusters", "arn", RESOURCE_TYPE, stream, values)
