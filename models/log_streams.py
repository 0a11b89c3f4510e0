"""Streams of log groups."""

from typing import Any

from models.listing import Database

_OWN = "s.account_id = (select driftcloud_account())"
_COLUMNS = "s.id, s.name, s.first_event_at, s.last_event_at, s.last_ingested_at, s.created_at"
# A stream without events comes before all others of a list by time.
_KEYS = {
    "LogStreamName": "s.name",
    "LastEventTime": "(lpad((extract(epoch from coalesce(s.last_event_at, 'epoch')) * 1000)"
    "::bigint::text, 15, '0') || s.name)",
}
_INSERT = """
insert into log_streams as s (account_id, log_group_id, name, created_at)
values (driftcloud_account(), $1, $2, $3) on conflict do nothing returning s.id
"""
_DELETE = f"delete from log_streams as s where {_OWN} and s.log_group_id = $1 and s.name = $2"
_FIND = f"""
select {_COLUMNS} from log_streams as s
 where {_OWN} and s.log_group_id = $1 and s.name = any($2::text[]) order by s.name
"""


async def page(
    db: Database,
    group_id: Any,
    *,
    prefix: str,
    order: str,
    descending: bool,
    after: str | None,
    limit: int | None,
) -> list[Any]:
    """Streams of a group by name or by time of the last event, each with its `key`."""
    key = _KEYS[order]
    escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    sign, way = ("<", "desc") if descending else (">", "asc")
    sql = (
        f"select {_COLUMNS}, {key} as key from log_streams as s where {_OWN}"
        f" and s.log_group_id = $1 and s.name like $2 and ($3::text is null or {key} {sign} $3)"
        f" order by {key} {way} limit $4"
    )
    return await db.fetch(sql, group_id, f"{escaped}%", after, limit)


async def find(db: Database, group_id: Any, *names: str) -> list[Any]:
    """Those of the streams that are there."""
    return await db.fetch(_FIND, group_id, list(names))


async def insert(db: Any, group_id: Any, name: str, now: Any) -> bool:
    """Make a stream; False when the name is taken."""
    return bool(await db.write(_INSERT, group_id, name, now))


async def delete(db: Any, group_id: Any, name: str) -> bool:
    """Delete a stream with its events; False when it is not there."""
    return bool(await db.write(f"{_DELETE} returning s.id", group_id, name))
