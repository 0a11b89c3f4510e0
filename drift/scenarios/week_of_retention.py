"""A stream outside production is set to keep a week for one replay, and nobody sets it back."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day, Happening
from drift.picking import pick
from drift.worsening import again

ODDS = 0.02
PATTERN = "stream_retention"
RESOURCE_TYPE = "streaming_cluster"
REMEDIES = ("kinesis:DecreaseStreamRetentionPeriod",)
REVEALED_BY = ("kinesis:DescribeStreamSummary", "kinesis:ListTagsForStream")
TRAPS = (
    "Who replays the weekend on Monday needs three days: tag replay.",
    "Seven days cost no more than two: the price of a shard-hour is the same up to a week.",
)

SYMPTOM = f"""
SELECT s.arn, s.shard_count * 730 * {rates.literal("s.region", "shard_week")} AS saving
  FROM streaming_clusters s
 WHERE s.account_id = $1 AND s.engine = 'kinesis' AND s.stream_mode = 'PROVISIONED' AND s.env <> 'prod'
   AND s.retention_hours > 24 AND s.status <> 'DELETING' AND $2::timestamptz IS NOT NULL"""

PART_OF = (
    "stream_idle",
    "SELECT arn, arn FROM streaming_clusters WHERE account_id = $1 AND engine = 'kinesis'",
)

_STREAMS = """
SELECT arn AS key, arn, name, shard_count, region FROM streaming_clusters
 WHERE account_id = $1 AND engine = 'kinesis' AND stream_mode = 'PROVISIONED' AND env <> 'prod'
   AND retention_hours = 24"""


async def happen(day: Day) -> Happening | None:
    """From a day to a week."""
    from models.costs import stream_hourly

    stream = await pick(day, "week_of_retention", "streaming_cluster", _STREAMS)
    if stream is None:
        return None
    await day.write(
        "streaming_clusters",
        """UPDATE streaming_clusters SET retention_hours = 168, hourly_cost = $3
            WHERE account_id = $1 AND arn = $2""",
        day.account_id, stream["arn"],
        stream_hourly("kinesis", stream["shard_count"], stream["region"], retention_hours=168),
    )  # fmt: skip
    await day.record("streaming_cluster", stream["arn"], "retention_hours", "24", "168")
    return Happening(f"{stream['name']} keeps a week", (("streaming_cluster", stream["arn"]),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next stream is set so too."""
    return await again(day, PATTERN, resource_id, happen)
