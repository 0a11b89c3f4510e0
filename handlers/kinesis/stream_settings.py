"""What a stream is set to: retention, mode, encryption, monitoring, policy.

Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html
and the pages of the operations beside it.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.kinesis.stream_names import find, takes
from models import streaming_clusters

NOUN = "streaming_clusters"
LEAST_HOURS, MOST_HOURS = 24, 8760
METRICS = (
    "IncomingBytes", "IncomingRecords", "IteratorAgeMilliseconds", "OutgoingBytes",
    "OutgoingRecords", "ReadProvisionedThroughputExceeded", "WriteProvisionedThroughputExceeded",
)  # fmt: skip


async def increase_stream_retention_period(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep records longer, which costs more beyond a day."""
    hours = params["RetentionPeriodHours"]
    async with ctx.db.transaction():
        row = await find(ctx, params, active=True)
        _check_hours(hours)
        if hours < row["retention_hours"]:
            raise AwsError(
                "InvalidArgumentException",
                f"Requested retention period ({hours} hours) for stream {row['name']} can not be"
                f" shorter than existing retention period ({row['retention_hours']} hours). Use"
                " DecreaseRetentionPeriod API.",
            )
        await _update(ctx, row, {"retention_hours": hours})
    return {}


async def decrease_stream_retention_period(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep records less long."""
    hours = params["RetentionPeriodHours"]
    async with ctx.db.transaction():
        row = await find(ctx, params, active=True)
        _check_hours(hours)
        if hours > row["retention_hours"]:
            raise AwsError(
                "InvalidArgumentException",
                f"Requested retention period ({hours} hours) for stream {row['name']} can not be"
                f" longer than existing retention period ({row['retention_hours']} hours). Use"
                " IncreaseRetentionPeriod API.",
            )
        await _update(ctx, row, {"retention_hours": hours})
    return {}


async def update_stream_mode(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Pay for shards, or for what flows."""
    mode = params["StreamModeDetails"]["StreamMode"]
    if params.get("WarmThroughputMiBps") is not None:
        raise AwsError(
            "ValidationException",
            "WarmThroughputMiBps needs the On-demand Advantage of the account, which is off.",
        )
    async with ctx.db.transaction():
        row = await find(ctx, params, active=True)
        await _update(ctx, row, {"stream_mode": mode})
    return {}


async def start_stream_encryption(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Encrypt what is put into a stream from now on."""
    async with ctx.db.transaction():
        row = await find(ctx, params, active=True)
        changes = {"encryption_type": params["EncryptionType"], "kms_key_id": params["KeyId"]}
        if changes["encryption_type"] == "NONE":
            raise AwsError("InvalidArgumentException", "EncryptionType must be KMS.")
        await _update(ctx, row, changes)
    return {}


async def stop_stream_encryption(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Encrypt no more."""
    async with ctx.db.transaction():
        row = await find(ctx, params, active=True)
        if row["encryption_type"] == "NONE":
            return {}
        if row["kms_key_id"] != params["KeyId"]:
            raise AwsError(
                "InvalidArgumentException",
                f"Stream {row['name']} is not encrypted with the key {params['KeyId']}.",
            )
        await _update(ctx, row, {"encryption_type": "NONE", "kms_key_id": None})
    return {}


async def enable_enhanced_monitoring(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Metrics of single shards, as many as are named."""
    return await _monitor(ctx, params, add=True)


async def disable_enhanced_monitoring(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Fewer metrics of single shards."""
    return await _monitor(ctx, params, add=False)


async def get_resource_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Who else may use a stream: an empty policy where nobody said."""
    row = await _of_arn(ctx, params)
    return {"Policy": row["resource_policy"] or "{}"}


async def _monitor(ctx: Context, params: dict[str, Any], *, add: bool) -> dict[str, Any]:
    asked = set(params["ShardLevelMetrics"])
    wanted = set(METRICS) if "ALL" in asked else asked
    async with ctx.db.transaction():
        row = await find(ctx, params, active=True)
        before = set(row["shard_level_metrics"])
        after = before | wanted if add else before - wanted
        if after != before:
            await _update(ctx, row, {"shard_level_metrics": sorted(after)})
    return {
        "StreamName": row["name"],
        "CurrentShardLevelMetrics": sorted(before),
        "DesiredShardLevelMetrics": sorted(after),
        "StreamARN": row["arn"],
    }


async def _of_arn(ctx: Context, params: dict[str, Any]) -> Any:
    return await find(ctx, {"StreamARN": params["ResourceARN"]})


async def _update(ctx: Context, row: Any, changes: dict[str, Any]) -> None:
    under_way = streaming_clusters.transition("UPDATING", ctx.now, takes(ctx))
    await streaming_clusters.change(ctx.db, row, changes | under_way)


def _check_hours(hours: int) -> None:
    if hours < LEAST_HOURS:
        raise AwsError(
            "InvalidArgumentException",
            f"Minimum allowed retention period is {LEAST_HOURS} hours. Requested retention period"
            f" ({hours} hours) is too short.",
        )
    if hours > MOST_HOURS:
        raise AwsError(
            "InvalidArgumentException",
            f"Maximum allowed retention period is {MOST_HOURS} hours. Requested retention period"
            f" ({hours} hours) is too long.",
        )
