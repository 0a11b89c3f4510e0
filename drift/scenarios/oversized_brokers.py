"""A Kafka cluster is sized for the launch that marketing promised, and the launch was quiet."""

from drift import rates
from drift.day import Day, Happening
from drift.picking import branch, region, tag
from drift.scenarios.idle_stream import INSERT
from drift.worsening import columns, one

ODDS = 0.01
PATTERN = "msk_overprovisioned"
RESOURCE_TYPE = "streaming_cluster"
REMEDIES = ("kafka:UpdateBrokerType",)
REVEALED_BY = ("kafka:ListClustersV2", "kafka:DescribeClusterV2", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "The number of partitions bounds how small a broker may be: tag partitions.",
    "There are as many brokers in each zone: one less would be one of each.",
)

# One size smaller, where the family has one.
SYMPTOM = f"""
SELECT s.arn, s.broker_count * 730 * {rates.smaller("msk", "s.instance_type", "s.region")} AS saving
  FROM streaming_clusters s
 WHERE s.account_id = $1 AND s.engine IN ('kafka', 'msk') AND s.instance_type ~ 'xlarge$'
   AND s.avg_usage_mbps_7d < s.provisioned_throughput_mbps * 0.3 AND s.status <> 'DELETING'
   AND s.created_at <= $2::timestamptz - interval '7 days'"""

PART_OF = (
    "stream_idle",
    "SELECT arn, arn FROM streaming_clusters WHERE account_id = $1 AND engine <> 'kinesis'",
)


async def happen(day: Day) -> Happening | None:
    """Three brokers of four vCPUs that have little to do."""
    from models.costs import stream_hourly
    from models.streaming_clusters import broker_mbps

    name, developer = branch(day, "oversized_brokers")
    place = await region(day, "oversized_brokers")
    kind, brokers, storage = "kafka.m5.xlarge", 3, 200
    arn = await day.connection.fetchval(
        INSERT, day.account_id, f"{name}-kafka", "msk", "staging", place, brokers,
        broker_mbps(kind) * brokers,
        stream_hourly("msk", brokers, place, broker_type=kind, storage_gb=storage * brokers),
        day.moment("oversized_brokers"), kind, brokers, storage,
    )  # fmt: skip
    if arn is None:
        return None
    day.written["streaming_clusters"] += 1
    await day.profile("streaming_cluster", arn, "oversized")
    await tag(day, "streaming_cluster", arn, {"env": "staging", "created_by": developer})
    await day.record("streaming_cluster", arn, "lifecycle", None, "created")
    return Happening(f"{name}-kafka waits for its load", (("streaming_cluster", arn),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """A broker more for each zone."""
    from models.streaming_clusters import priced

    cluster = await one(day, "streaming_clusters", "arn", resource_id)
    if cluster is None or not 0 < (cluster["broker_count"] or 0) <= 9:
        return None
    brokers = cluster["broker_count"] + 3
    new = {"broker_count": brokers, "shard_count": brokers}
    values = new | priced({**cluster, **new})
    return await columns(day, "streaming_clusters", "arn", RESOURCE_TYPE, cluster, values)
