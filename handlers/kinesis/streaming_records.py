"""Records: put into shards by the hash of their keys, and read in order through iterators.

Sources: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html,
API_PutRecords.html, API_GetShardIterator.html and API_GetRecords.html. A shard takes whatever it
is given: nobody is throttled for volume.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.seal import SealError, SealExpiredError
from handlers.kinesis.stream_names import find, not_found
from models import streaming_records, streaming_shards
from models.listing import Condition
from models.streaming_records import Record

NOUN = "streaming_clusters"
MOST_RECORDS, MOST_READ_BYTES, MOST_PUT_BYTES = 10_000, 10 * 2**20, 10 * 2**20
ITERATOR_SECONDS = 300
_BY_NUMBER = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


async def put_record(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put one record; the shard that took it, and its sequence number there."""
    if params.get("PartitionKey") is None:
        raise AwsError(
            "ValidationException",
            "1 validation error detected: Value null at 'partitionKey' failed to satisfy"
            " constraint: Member must not be null",
        )
    async with ctx.db.transaction():
        stream = await _stream(ctx, params)
        [told] = await _put(ctx, stream, [params], "PutRecord")
    return {**told, **_encryption(stream)}


async def put_records(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put up to 500 records in their order."""
    for at, one in enumerate(params["Records"], 1):
        # streams that spread records by themselves, which can do without a key, are not served
        if one.get("PartitionKey") is None:
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value null at 'records.{at}.member.partitionKey'"
                " failed to satisfy constraint: Member must not be null",
            )
    size = sum(len(one["Data"]) + len(one["PartitionKey"].encode()) for one in params["Records"])
    if size > MOST_PUT_BYTES:
        raise _invalid("Records size exceeds 10 MB limit")
    async with ctx.db.transaction():
        stream = await _stream(ctx, params)
        told = await _put(ctx, stream, params["Records"], "PutRecords")
    return {"FailedRecordCount": 0, "Records": told, **_encryption(stream)}


async def get_shard_iterator(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A position in a shard to read from, good for five minutes."""
    stream = await _stream(ctx, params)
    shard = await streaming_shards.find(ctx.db, stream["arn"], params["ShardId"])
    if shard is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Shard {params['ShardId']} in stream {stream['name']} under account"
            f" {ctx.principal.account_number} does not exist",
        )
    position = await _position(ctx, stream, shard, params)
    return {"ShardIterator": _sealed(ctx, stream, shard["number"], position)}


async def get_records(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Records behind an iterator, and the iterator to go on with: none behind a closed shard."""
    name, key, number, after = _opened(ctx, params["ShardIterator"])
    stream = await _stream(ctx, {**params, "StreamName": name})
    if str(stream["id"]) != key:
        raise not_found(ctx, name)
    limit = params.get("Limit") or MOST_RECORDS
    rows = await streaming_records.read(ctx.db, stream, number, after, limit, MOST_READ_BYTES)
    last = rows[-1]["id"] if rows else after
    behind = await streaming_records.more(ctx.db, stream, number, last) if rows else False
    answer: dict[str, Any] = {
        "Records": [_shown(row, number) for row in rows],
        "MillisBehindLatest": _millis(ctx.now, rows[-1]["at"]) if behind else 0,
    }
    shards = await streaming_shards.LISTING.page(
        ctx.db, [Condition("stream", (stream["arn"],))], limit=None
    )
    own = next((one for one in shards if one["number"] == number), None)
    if behind or (own is not None and own["closed_at"] is None):
        answer["NextShardIterator"] = _sealed(ctx, stream, number, last)
    else:
        answer["ChildShards"] = _children(shards, f"shardId-{number:012d}")
    return answer


async def _stream(ctx: Context, params: Mapping[str, Any]) -> Any:
    """The stream of a request, which can be read and written unless it comes or goes."""
    stream = await find(ctx, params)
    if stream["status"] in ("CREATING", "DELETING"):
        raise not_found(ctx, stream["name"])
    if params.get("DryRun"):
        raise AwsError(
            "DryRunOperationException",
            "Request would have succeeded, but DryRun flag is set.",
        )
    return stream


async def _put(
    ctx: Context, stream: Any, given: list[dict[str, Any]], operation: str
) -> list[dict[str, str]]:
    most = stream["max_record_kib"] * 1024
    for one in given:
        if len(one["Data"]) + len(one["PartitionKey"].encode()) > most:
            raise _invalid(
                f"Record size exceeds the maximum of {stream['max_record_kib']} KiB of stream"
                f" {stream['name']} under account {ctx.principal.account_number}."
            )
    shards = await streaming_shards.LISTING.page(
        ctx.db, [Condition("stream", (stream["arn"],)), Condition("open", (True,))]
    )
    records = [
        Record(_taking(shards, _hash(one)), one["PartitionKey"], one["Data"]) for one in given
    ]
    numbers = await streaming_records.put(ctx.db, ctx.region, stream, records, ctx.now, operation)
    return [
        {"ShardId": record.shard["shard_id"], "SequenceNumber": number}
        for record, number in zip(records, numbers, strict=True)
    ]


def _hash(one: Mapping[str, Any]) -> int:
    explicit = one.get("ExplicitHashKey")
    if explicit is None:
        return streaming_records.hash_key(one["PartitionKey"])
    key = int(explicit)
    if key >= streaming_shards.KEYS:
        raise _invalid(
            f"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]."
            f" Specified value was {explicit}"
        )
    return key


def _taking(shards: list[Any], key: int) -> Any:
    """The open shard whose range has a hash key; together they have them all."""
    return next(
        one for one in shards if int(one["starting_hash"]) <= key <= int(one["ending_hash"])
    )


async def _position(ctx: Context, stream: Any, shard: Any, params: Mapping[str, Any]) -> int:
    """What an iterator stands behind: the id of a record, 0 before the first."""
    kind, number = params["ShardIteratorType"], params.get("StartingSequenceNumber")
    if (number is not None) is not (kind in _BY_NUMBER):
        told = "no StartingSequenceNumber" if number is None else "also a StartingSequenceNumber"
        raise _invalid(
            "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and"
            " StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber."
            f" Request specified {kind} and {told}."
        )
    if kind == "TRIM_HORIZON":
        return 0
    if kind == "LATEST":
        return await streaming_records.newest(ctx.db, stream, shard["number"])
    if kind == "AT_TIMESTAMP":
        return await streaming_records.since(
            ctx.db, stream, shard["number"], _time(ctx, params.get("Timestamp"))
        )
    counter = streaming_records.counter_of(str(number))
    if counter is None:
        raise _invalid(
            f"StartingSequenceNumber {number} used in GetShardIterator on shard"
            f" {shard['shard_id']} in stream {stream['name']} under account"
            f" {ctx.principal.account_number} is invalid."
        )
    return counter if kind == "AFTER_SEQUENCE_NUMBER" else max(counter - 1, 0)


def _time(ctx: Context, at: datetime | None) -> datetime:
    if at is None:
        raise _invalid(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current"
            " request has no timestamp parameter."
        )
    if at > ctx.now:
        wanted, present = (int((one + ctx.shift).timestamp() * 1000) for one in (at, ctx.now))
        raise _invalid(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis."
            f" timestampInMillis: {wanted}, currentTimestampInMillis: {present}"
        )
    return at


def _purpose(ctx: Context) -> str:
    return f"records|{ctx.principal.account_number}|{ctx.region}"


def _sealed(ctx: Context, stream: Any, number: int, after: int) -> str:
    told = [stream["name"], str(stream["id"]), number, after]
    return ctx.vault.seal_token(_purpose(ctx), told, seconds=ITERATOR_SECONDS)


def _opened(ctx: Context, iterator: str) -> tuple[str, str, int, int]:
    try:
        name, key, number, after = ctx.vault.open_token(_purpose(ctx), iterator)
    except SealExpiredError:
        raise AwsError(
            "ExpiredIteratorException",
            "Iterator expired. It was created further in the past than the tolerated delay of"
            f" {ITERATOR_SECONDS * 1000} milliseconds.",
        ) from None
    except SealError:
        raise _invalid("Invalid ShardIterator.") from None
    return name, key, number, after


def _children(shards: list[Any], parent: str) -> list[dict[str, Any]]:
    found = []
    for one in shards:
        parents = [one[name] for name in ("parent_id", "adjacent_parent_id") if one[name]]
        if parent in parents:
            keys = {"StartingHashKey": one["starting_hash"], "EndingHashKey": one["ending_hash"]}
            found.append(
                {"ShardId": one["shard_id"], "ParentShards": parents, "HashKeyRange": keys}
            )
    return found


def _shown(row: Any, number: int) -> dict[str, Any]:
    sequence = streaming_shards.sequence_number(row["at"], number, counter=row["id"])
    return {
        "SequenceNumber": sequence,
        "ApproximateArrivalTimestamp": row["at"],
        "Data": row["data"],
        "PartitionKey": row["partition_key"],
        **({"EncryptionType": "KMS"} if row["encrypted"] else {}),
    }


def _encryption(stream: Any) -> dict[str, str]:
    return {"EncryptionType": "KMS"} if stream["encryption_type"] == "KMS" else {}


def _millis(now: datetime, at: datetime) -> int:
    return int((now - at).total_seconds() * 1000)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidArgumentException", message)
