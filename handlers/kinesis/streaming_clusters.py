"""Kinesis streams: made, described, listed, deleted.

Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html and the pages
of the operations beside it.
"""

from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Rows, View
from handlers.kinesis import shard_limits
from handlers.kinesis.stream_names import find, stream_arn, takes
from handlers.kinesis.streaming_shards import SHARD_VIEW
from handlers.kinesis.tags import RULES
from models import launches, streaming_clusters, streaming_shards, tags
from models.listing import Condition

RECORD_KIB = (1024, 10240)
USUAL, MOST_SHARDS = 100, 10_000


async def create_stream(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new stream, with shards to pay for or on demand."""
    name, mode = params["StreamName"], (params.get("StreamModeDetails") or {}).get("StreamMode")
    on_demand, shards = mode == "ON_DEMAND", params.get("ShardCount")
    if on_demand and shards:
        raise AwsError(
            "InvalidArgumentException", "ShardCount must not be set in ON_DEMAND stream mode."
        )
    if not on_demand and not shards:
        raise AwsError("ValidationException", "ShardCount must be set in PROVISIONED stream mode.")
    _check_options(params, on_demand)
    given = RULES.checked(params.get("Tags"))
    async with ctx.db.transaction():
        await shard_limits.check(ctx, shards or 0, int(on_demand))
        row = {
            "name": name,
            "engine": "kinesis",
            "arn": stream_arn(ctx, name),
            "region": ctx.region,
            "env": launches.environment(given),
            "shard_count": shards or streaming_clusters.ON_DEMAND_SHARDS,
            "retention_hours": 24,
            "stream_mode": mode or "PROVISIONED",
            "max_record_kib": params.get("MaxRecordSizeInKiB") or RECORD_KIB[0],
            "created_at": ctx.now,
            "updated_at": ctx.now,
            **streaming_clusters.transition("CREATING", ctx.now, takes(ctx)),
        }
        if not await streaming_clusters.insert(ctx.db, row):
            number = ctx.principal.account_number
            raise AwsError(
                "ResourceInUseException", f"Stream {name} under account {number} already exists."
            )
        if given:
            await tags.merge(ctx.db, "streaming_cluster", row["arn"], given)
    return {}


async def delete_stream(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a stream and its consumers, which must be wanted if there are any."""
    async with ctx.db.transaction():
        row = await find(ctx, params)
        await streaming_clusters.lock(ctx.db, ctx.region, row["arn"])
        if row["consumers"] and not params.get("EnforceConsumerDeletion"):
            number = ctx.principal.account_number
            raise AwsError(
                "ResourceInUseException",
                f"Stream {row['name']} under account {number} has consumers registered: set"
                " EnforceConsumerDeletion, or deregister them first.",
            )
        await streaming_clusters.delete(ctx.db, ctx.region, row["arn"], ctx.now, takes(ctx))
    return {}


async def list_streams(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The streams of the region, by name."""
    page = pages.page(ctx, params, size="Limit", default=USUAL, invalid=_bad_token)
    after = page.after or params.get("ExclusiveStartStreamName")
    rows = await streaming_clusters.STREAMS.page(
        ctx.db, region=ctx.region, after=after, limit=page.fetch
    )
    shown, token = page.cut(rows, "name")
    return {
        "StreamNames": [row["name"] for row in shown],
        "HasMoreStreams": token is not None,
        "NextToken": token,
        "StreamSummaries": Rows(SUMMARY_VIEW, shown),
    }


async def describe_stream(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A stream with a page of its shards."""
    row = await find(ctx, params)
    limit = min(params.get("Limit") or USUAL, MOST_SHARDS)
    shards = await streaming_shards.LISTING.page(
        ctx.db,
        [Condition("stream", (row["arn"],))],
        after=params.get("ExclusiveStartShardId"),
        limit=limit + 1,
    )
    return {
        "StreamDescription": {
            **_described(row),
            "Shards": Rows(SHARD_VIEW, shards[:limit]),
            "HasMoreShards": len(shards) > limit,
        }
    }


async def describe_stream_summary(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A stream without its shards."""
    row = await find(ctx, params)
    return {
        "StreamDescriptionSummary": {
            **_described(row),
            "OpenShardCount": row["shard_count"],
            "ConsumerCount": row["consumers"],
            "MaxRecordSizeInKiB": row["max_record_kib"],
        }
    }


async def describe_limits(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How many shards and on-demand streams the region has, and may have."""
    used = await streaming_clusters.counts(ctx.db, ctx.region)
    return {
        "ShardLimit": shard_limits.most_shards(ctx.region),
        "OpenShardCount": used["shards"],
        "OnDemandStreamCount": used["on_demand"],
        "OnDemandStreamCountLimit": shard_limits.MOST_ON_DEMAND,
    }


def _described(row: Any) -> dict[str, Any]:
    return {
        **SUMMARY_VIEW.show(row),
        "RetentionPeriodHours": row["retention_hours"],
        "EnhancedMonitoring": [{"ShardLevelMetrics": list(row["shard_level_metrics"])}],
        "EncryptionType": row["encryption_type"],
        **({"KeyId": row["kms_key_id"]} if row["kms_key_id"] else {}),
    }


def _check_options(params: dict[str, Any], on_demand: bool) -> None:
    size = params.get("MaxRecordSizeInKiB")
    if size is not None and not RECORD_KIB[0] <= size <= RECORD_KIB[1]:
        raise AwsError(
            "InvalidArgumentException",
            f"MaxRecordSizeInKiB must be between {RECORD_KIB[0]} and {RECORD_KIB[1]}.",
        )
    if params.get("WarmThroughputMiBps") is not None:
        if not on_demand:
            raise AwsError(
                "InvalidArgumentException",
                "WarmThroughputMiBps can only be set in ON_DEMAND stream mode.",
            )
        raise AwsError(
            "ValidationException",
            "WarmThroughputMiBps needs the On-demand Advantage of the account, which is off.",
        )
    if params.get("RecordDistributionStrategy"):
        raise AwsError(
            "ValidationException", "RecordDistributionStrategy is not available in this account."
        )


def _bad_token() -> AwsError:
    return AwsError("InvalidArgumentException", "NextToken is not valid.")


SUMMARY_VIEW = View(
    {
        "StreamName": "name",
        "StreamARN": "arn",
        "StreamStatus": "status",
        "StreamModeDetails": {"StreamMode": "stream_mode"},
        "StreamCreationTimestamp": "created_at",
    }
)
