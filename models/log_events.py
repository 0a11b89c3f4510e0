"""Events of log streams, read in the order of their times."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models.listing import Database

# Before and behind all events: a time and a number.
Position = tuple[datetime, int]

_OWN = "e.account_id = (select driftcloud_account())"
_WITHIN = "($2::timestamptz is null or e.at >= $2) and ($3::timestamptz is null or e.at < $3)"
_COLUMNS = "e.id, e.at, e.ingested_at, e.message"


def _stream(sign: str, way: str) -> str:
    return f"""
select {_COLUMNS} from log_events as e
 where {_OWN} and e.log_stream_id = $1 and {_WITHIN}
   and ($4::timestamptz is null or (e.at, e.id) {sign} ($4, $5::bigint))
 order by e.at {way}, e.id {way} limit $6
"""


_FORWARD, _BACKWARD = _stream(">", "asc"), _stream("<", "desc")
_GROUP = f"""
select {_COLUMNS}, s.name as stream
  from log_events as e join log_streams as s on s.id = e.log_stream_id
 where {_OWN} and e.log_group_id = $1 and {_WITHIN}
   and ($4::timestamptz is null or (e.at, e.id) > ($4, $5::bigint))
   and ($6::text[] is null or s.name = any($6)) and s.name like $7
 order by e.at, e.id limit $8
"""


async def of_stream(
    db: Database,
    stream_id: Any,
    *,
    start: datetime | None,
    end: datetime | None,
    position: Position | None,
    backward: bool,
    limit: int,
) -> list[Any]:
    """Events of a stream from `start` to before `end`, behind a position, oldest first.

    `backward`: the last `limit` events before the position, or of all.
    """
    at, number = position or (None, 0)
    sql = _BACKWARD if backward else _FORWARD
    rows = await db.fetch(sql, stream_id, start, end, at, number, limit)
    return rows[::-1] if backward else rows


async def of_group(
    db: Database,
    group_id: Any,
    *,
    start: datetime | None,
    end: datetime | None,
    position: Position | None,
    streams: Sequence[str] | None,
    prefix: str,
    limit: int,
) -> list[Any]:
    """Events of a group's streams behind a position, oldest first."""
    at, number = position or (None, 0)
    escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    names = None if streams is None else list(streams)
    return await db.fetch(
        _GROUP, group_id, start, end, at, number, names, f"{escaped}%", limit, plan="custom"
    )
