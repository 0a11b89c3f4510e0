"""Shards: listed, counted anew, split and merged.

Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html,
API_UpdateShardCount.html, API_SplitShard.html and API_MergeShards.html.
"""

from datetime import timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Rows, View
from emulator.seal import SealError, SealExpiredError
from handlers.kinesis import shard_limits
from handlers.kinesis.stream_names import find, takes
from models import streaming_clusters, streaming_shards
from models.listing import Condition

NOUN = "streaming_clusters"
USUAL, TOKEN_SECONDS = 1000, 300


async def list_shards(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The shards of a stream that can still be read, or those that a filter means."""
    token = params.get("NextToken")
    asked, after = params, params.get("ExclusiveStartShardId")
    if token:
        if params.keys() & {"StreamName", "StreamARN", "StreamCreationTimestamp"}:
            raise AwsError(
                "InvalidArgumentException", "NextToken and StreamName cannot be provided together."
            )
        asked, after = _opened(ctx, token)
    row = await find(ctx, asked)
    rows = await streaming_shards.LISTING.page(
        ctx.db, [Condition("stream", (row["arn"],))], after=after
    )
    rows = _filtered(ctx, row, rows, asked.get("ShardFilter") or {})
    limit = params.get("MaxResults") or USUAL
    answer: dict[str, Any] = {"Shards": Rows(SHARD_VIEW, rows[:limit])}
    if len(rows) > limit:
        answer["NextToken"] = _sealed(ctx, row, asked, rows[limit - 1]["shard_id"])
    return answer


async def update_shard_count(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """As many shards as wanted, of equal ranges: at most twice as many, at least half."""
    wanted = params["TargetShardCount"]
    async with ctx.db.transaction():
        row = await find(ctx, params, active=True)
        _check_provisioned(ctx, row)
        current = row["shard_count"]
        told = f"Current open shard count: {current} Target shard count: {wanted}"
        if wanted > 2 * current:
            raise AwsError(
                "InvalidArgumentException",
                "UpdateShardCount cannot scale up over double your current open shard count."
                f" {told}",
            )
        if 2 * wanted < current:
            raise AwsError(
                "InvalidArgumentException",
                "UpdateShardCount cannot scale down below half your current open shard count."
                f" {told}",
            )
        await shard_limits.check(ctx, wanted - current)
        changes = streaming_clusters.transition("UPDATING", ctx.now, takes(ctx))
        await streaming_clusters.change(ctx.db, row, changes | {"shard_count": wanted})
    return {
        "StreamName": row["name"],
        "CurrentShardCount": current,
        "TargetShardCount": wanted,
        "StreamARN": row["arn"],
    }


async def split_shard(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Two shards in place of one, the second beginning at a hash key."""
    async with ctx.db.transaction():
        row = await find(ctx, params, active=True)
        shard = await _shard(ctx, row, params["ShardToSplit"])
        await shard_limits.check(ctx, 0 if row["stream_mode"] == "ON_DEMAND" else 1)
        _check_provisioned(ctx, row)
        low, high = int(shard["starting_hash"]), int(shard["ending_hash"])
        key = int(params["NewStartingHashKey"])
        if not low + 1 < key < high:
            raise AwsError(
                "InvalidArgumentException",
                f"NewStartingHashKey {key} used in SplitShard() on shard {shard['shard_id']} in"
                f" stream {row['name']} under account {ctx.principal.account_number} is not both"
                f" greater than one plus the shard's StartingHashKey {low} and less than the"
                f" shard's EndingHashKey {high}.",
            )
        await _reshard(ctx, row, [shard["number"]], [(low, key - 1), (key, high)])
    return {}


async def merge_shards(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One shard in place of two whose hash keys join."""
    async with ctx.db.transaction():
        row = await find(ctx, params, active=True)
        _check_provisioned(ctx, row)
        first = await _shard(ctx, row, params["ShardToMerge"])
        second = await _shard(ctx, row, params["AdjacentShardToMerge"])
        one, other = sorted((first, second), key=lambda shard: int(shard["starting_hash"]))
        if int(one["ending_hash"]) + 1 != int(other["starting_hash"]):
            raise AwsError(
                "InvalidArgumentException",
                f"Shards {first['shard_id']} and {second['shard_id']} in stream {row['name']}"
                f" under account {ctx.principal.account_number} are not an adjacent pair of"
                " shards eligible for merging",
            )
        merged = (int(one["starting_hash"]), int(other["ending_hash"]))
        await _reshard(ctx, row, [first["number"], second["number"]], [merged])
    return {}


async def _reshard(
    ctx: Context, row: Any, closed: list[int], ranges: list[tuple[int, int]]
) -> None:
    await streaming_shards.reopen(ctx.db, row, closed, ranges, ctx.now)
    changes = streaming_clusters.transition("UPDATING", ctx.now, takes(ctx))
    changes["shard_count"] = row["shard_count"] - len(closed) + len(ranges)
    await streaming_clusters.change(ctx.db, row, changes)


async def _shard(ctx: Context, row: Any, shard_id: str) -> Any:
    number = ctx.principal.account_number
    shard = await streaming_shards.find(ctx.db, row["arn"], shard_id)
    if shard is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Could not find shard {shard_id} in stream {row['name']} under account {number}.",
        )
    if shard["closed_at"] is not None:
        raise AwsError(
            "ResourceInUseException",
            f"Shard {shard_id} in stream {row['name']} under account {number} has already been"
            " merged or split, and thus is not eligible for merging or splitting.",
        )
    return shard


def _check_provisioned(ctx: Context, row: Any) -> None:
    if row["stream_mode"] == "ON_DEMAND":
        raise AwsError(
            "ValidationException",
            f"Request is invalid. Stream {row['name']} under account"
            f" {ctx.principal.account_number} is in On-Demand mode.",
        )


def _filtered(ctx: Context, row: Any, rows: list[Any], wanted: dict[str, Any]) -> list[Any]:
    """The shards that a ShardFilter means, as AWS's page of ShardFilter says."""
    kind = wanted.get("Type")
    if kind is None or kind == "FROM_TRIM_HORIZON":
        return rows
    if kind == "AFTER_SHARD_ID":
        shard = wanted.get("ShardId")
        if not shard:
            raise AwsError("InvalidArgumentException", "ShardId is required for AFTER_SHARD_ID.")
        return [one for one in rows if one["shard_id"] > shard]
    if kind == "AT_LATEST":
        return [one for one in rows if one["closed_at"] is None]
    at = wanted.get("Timestamp")
    if kind == "AT_TRIM_HORIZON":
        horizon = ctx.now - timedelta(hours=row["retention_hours"])
        at = max(horizon, min((one["opened_at"] for one in rows), default=horizon))
    if at is None:
        raise AwsError("InvalidArgumentException", f"Timestamp is required for {kind}.")
    alive = [one for one in rows if one["closed_at"] is None or one["closed_at"] > at]
    if kind == "FROM_TIMESTAMP":
        return alive
    return [one for one in alive if one["opened_at"] <= at]


def _purpose(ctx: Context) -> str:
    return f"shards|{ctx.principal.account_number}|{ctx.region}"


def _sealed(ctx: Context, row: Any, asked: dict[str, Any], last: str) -> str:
    told = {"StreamName": row["name"], "ShardFilter": asked.get("ShardFilter") or {}}
    at = told["ShardFilter"].get("Timestamp")
    if at is not None:
        told["ShardFilter"] = told["ShardFilter"] | {"Timestamp": at.isoformat()}
    return ctx.vault.seal_token(_purpose(ctx), [told, last], seconds=TOKEN_SECONDS)


def _opened(ctx: Context, token: str) -> tuple[dict[str, Any], str]:
    from datetime import datetime

    try:
        told, last = ctx.vault.open_token(_purpose(ctx), token)
    except SealExpiredError:
        raise AwsError("ExpiredNextTokenException", "NextToken has expired.") from None
    except SealError:
        raise AwsError("InvalidArgumentException", "NextToken is not valid.") from None
    at = told["ShardFilter"].get("Timestamp")
    if at is not None:
        told["ShardFilter"]["Timestamp"] = datetime.fromisoformat(at)
    return told, last


def _first(at: Any, number: int) -> str:
    return streaming_shards.sequence_number(at, number)


def _last(at: Any, number: int) -> str | None:
    return None if at is None else streaming_shards.sequence_number(at, number, last=True)


SHARD_VIEW = View(
    {
        "ShardId": "shard_id",
        "ParentShardId": "parent_id",
        "AdjacentParentShardId": "adjacent_parent_id",
        "HashKeyRange": {"StartingHashKey": "starting_hash", "EndingHashKey": "ending_hash"},
        "SequenceNumberRange": {
            "StartingSequenceNumber": Computed(_first, "opened_at", "number"),
            "EndingSequenceNumber": Computed(_last, "closed_at", "number"),
        },
    }
)
