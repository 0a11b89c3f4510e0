"""Records of Kinesis streams: put into shards by their keys, kept for a while, read in order."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from models import lambda_event_source_mappings, lambda_functions
from models.callers import NOW
from models.listing import Condition, Database
from models.metrics import custom_metrics
from models.streaming_shards import sequence_number

_OWN = "r.account_id = (select driftcloud_account()) and r.stream_id = $1 and r.shard = $2"
_KEPT = f"r.at > {NOW} - make_interval(hours => $3)"
# Whoever puts waits for the others, so that ids appear in their order and no reader misses one.
_PUT = """
with held as materialized (
    select pg_advisory_xact_lock(hashtextextended('stream/' || $1::uuid, 0)) as locked
), given as (
    select g.* from held,
           unnest($2::int[], $3::text[], $4::bytea[]) with ordinality as g (shard, key, data, place)
)
insert into streaming_records (account_id, stream_id, shard, at, partition_key, data, encrypted)
select driftcloud_account(), $1, g.shard, $5, g.key, g.data, $6 from given as g order by g.place
returning id
"""
_READ = f"""
select r.id, r.at, r.partition_key, r.data, r.encrypted from (
    select s.*, sum(octet_length(s.data)) over (order by s.id) - octet_length(s.data) as before
      from (select r.* from streaming_records as r
             where {_OWN} and r.id > $4 and {_KEPT} order by r.id limit $5) as s) as r
 where r.before < $6 order by r.id
"""
_MORE = f"select exists (select from streaming_records as r where {_OWN} and r.id > $4 and {_KEPT})"
_NEWEST = f"select coalesce(max(r.id), 0) from streaming_records as r where {_OWN}"
_SINCE = f"""
select coalesce((select min(r.id) - 1 from streaming_records as r where {_OWN} and r.at >= $3),
                (select max(r.id) from streaming_records as r where {_OWN}), 0)
"""
_BY, _COUNTER = 16, slice(11, 27)


class Record(NamedTuple):
    """A record to put: the shard that takes it, its key and its data."""

    shard: Mapping[str, Any]
    key: str
    data: bytes


def hash_key(partition_key: str) -> int:
    """Where a partition key lies among the hash keys: its MD5 as a number of 128 bits."""
    return int.from_bytes(hashlib.md5(partition_key.encode(), usedforsecurity=False).digest())


def counter_of(sequence: str) -> int | None:
    """The id that a sequence number tells of; None: no shard gave it."""
    text = f"{int(sequence):x}"
    return int(text[_COUNTER], _BY) if len(text) == len("2") + 46 and text[0] == "2" else None


async def put(
    db: Any, region: str, stream: Mapping[str, Any], records: Sequence[Record], now: datetime,
    operation: str,
) -> list[str]:  # fmt: skip
    """Store records in a transaction, measure them, call who reads them; sequence numbers."""
    rows = await db.write(
        _PUT,
        stream["id"],
        [one.shard["number"] for one in records],
        [one.key for one in records],
        [one.data for one in records],
        now,
        stream["encryption_type"] == "KMS",
    )
    await _measure(db, region, stream["name"], records, now, operation)
    await _call(db, region, stream["arn"], len(records))
    numbers = [one.shard["number"] for one in records]
    return [
        sequence_number(now, number, counter=row["id"])
        for number, row in zip(numbers, rows, strict=True)
    ]


async def read(
    db: Database, stream: Mapping[str, Any], shard: int, after: int, limit: int, most_bytes: int
) -> list[Any]:
    """Records of a shard behind a position, oldest first, that are still kept."""
    hours = stream["retention_hours"]
    return await db.fetch(_READ, stream["id"], shard, hours, after, limit, most_bytes)


async def more(db: Any, stream: Mapping[str, Any], shard: int, after: int) -> bool:
    """Whether a shard has records behind a position."""
    hours = stream["retention_hours"]
    return bool(await db.fetchval(_MORE, stream["id"], shard, hours, after))


async def newest(db: Any, stream: Mapping[str, Any], shard: int) -> int:
    """The position behind a shard's last record."""
    return int(await db.fetchval(_NEWEST, stream["id"], shard))


async def since(db: Any, stream: Mapping[str, Any], shard: int, at: datetime) -> int:
    """The position before a shard's first record of that time or later."""
    return int(await db.fetchval(_SINCE, stream["id"], shard, at))


async def _measure(
    db: Any, region: str, stream: str, records: Sequence[Record], now: datetime, operation: str
) -> None:
    """The datapoints of what was put, in its minute, beside what the daily rows tell."""
    size, count = float(sum(len(one.data) for one in records)), float(len(records))
    figures = {"IncomingBytes": ("Bytes", size), "IncomingRecords": ("Count", count)}
    figures[f"{operation}.Bytes"] = ("Bytes", size)
    figures[f"{operation}.Success"] = ("Count", 1.0)
    await custom_metrics.put(
        db,
        region,
        [
            {
                "at": now.replace(second=0, microsecond=0),
                "namespace": "AWS/Kinesis",
                "name": name,
                "dimensions": {"StreamName": stream},
                "unit": unit,
                "resolution": 60,
                "sample_count": 1.0,
                "total": value,
                "minimum": value,
                "maximum": value,
                "samples": [(value, 1.0)],
            }
            for name, (unit, value) in figures.items()
        ],
    )


async def _call(db: Any, region: str, arn: str, count: int) -> None:
    """Let Lambda read what was put, a batch a call, for the functions that are mapped."""
    mapped = await lambda_event_source_mappings.LISTING.page(
        db, [Condition("event_source_arn", (arn,))], region=region
    )
    for one in mapped:
        if one["enabled"]:
            batches = -(-count // (one["batch_size"] or 100))
            await lambda_functions.called(db, one["function_arn"], batches)
