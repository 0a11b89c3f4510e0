"""Shards of Kinesis streams: their ids, hash keys and sequence numbers.

The database opens and closes them where a stream's shard_count changes; splits and merges, which
say which shards they mean, are done here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.callers import NOW
from models.listing import Column, Condition, Database, Listing

KEYS = 2**128
_FIRST, _BY = 2, 16

_ID = "('shardId-' || lpad(h.number::text, 12, '0'))"
# A closed shard can be read, and is listed, until its newest record is too old.
_KEPT = f"(h.closed_at is null or h.closed_at > {NOW} - s.retention_hours * interval '1 hour')"
LISTING = Listing(
    f"{_ID} as shard_id, h.number, h.starting_hash::text as starting_hash,"
    " h.ending_hash::text as ending_hash, h.opened_at, h.closed_at,"
    " ('shardId-' || lpad(h.parent::text, 12, '0')) as parent_id,"
    " ('shardId-' || lpad(h.adjacent_parent::text, 12, '0')) as adjacent_parent_id",
    "streaming_shards as h join streaming_clusters as s on s.id = h.stream_id",
    key=_ID,
    columns={
        "region": "s.region",
        "stream": "s.arn",
        "open": Column("h.closed_at is null", "bool"),
    },
    always=_KEPT,
)

_OPEN_SHARD = """
insert into streaming_shards (account_id, stream_id, number, starting_hash, ending_hash, parent,
       adjacent_parent, opened_at)
select driftcloud_account(), $1::uuid, coalesce(max(h.number), -1) + 1, ($2::text)::numeric,
       ($3::text)::numeric, $4::int, $5::int, $6
  from streaming_shards as h where h.stream_id = $1::uuid
returning number
"""
_CLOSE = """
update streaming_shards set closed_at = $3
 where account_id = driftcloud_account() and stream_id = $1 and number = any($2::int[])
"""


async def find(db: Database, arn: str, shard_id: str) -> Any | None:
    """The shard of that id of a stream, or None."""
    rows = await LISTING.page(db, [Condition("stream", (arn,))], ids=[shard_id])
    return rows[0] if rows else None


async def reopen(
    db: Any,
    stream: Mapping[str, Any],
    closed: list[int],
    ranges: list[tuple[int, int]],
    now: datetime,
) -> None:
    """Close shards and open one for each range of hash keys, as their child."""
    await db.write(_CLOSE, stream["id"], closed, now)
    parents: list[int | None] = [*closed, None]
    for low, high in ranges:
        await db.write(_OPEN_SHARD, stream["id"], str(low), str(high), parents[0], parents[1], now)


def sequence_number(at: datetime, number: int, *, last: bool = False, counter: int = 0) -> str:
    """A sequence number of a shard at a moment: that of a record, the first or the last.

    56 digits as AWS's are: a version, the second, the shard and a counter, as one number.
    """
    seconds = int(at.timestamp())
    counter = 0x7FFFFFFFFFFFFFFF if last else counter
    text = f"{_FIRST}{seconds:09x}{number & 15:x}{counter:016x}00{seconds:09x}{number:08x}2"
    return str(int(text, _BY))
