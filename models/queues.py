"""Queues: their attributes, tags, and how many messages each holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from models import single_rows
from models.listing import Condition, Database, Listing

_OWN = "q.account_id = (select driftcloud_account())"
_SELECT = "q.id, q.name, q.arn, q.region, q.fifo, q.attributes, q.created_at, q.modified_at"
LISTING = Listing(
    _SELECT,
    "queues as q",
    key="q.name",
    columns={"region": "q.region", "name": "q.name", "dead_letter_arn": "q.dead_letter_arn"},
    tagged="queue",
    tagged_by="q.arn",
    always=_OWN,
)
# With the queue that its dead letters go to, if that is there.
_FIND = f"""
select {_SELECT}, d.id as dead_letter_id
  from queues as q
  left join queues as d on d.account_id = q.account_id and d.arn = q.dead_letter_arn
 where {_OWN} and q.region = $1 and q.name = $2
"""
_COUNTS = """
select count(*) filter (where m.visible_at <= now()) as visible,
       count(*) filter (where m.visible_at > now() and m.receive_count > 0) as in_flight,
       count(*) filter (where m.visible_at > now() and m.receive_count = 0) as delayed
  from queue_messages as m where m.queue_id = $1 and m.expires_at > now()
"""
_CHANGE = f"""
update queues as q set attributes = $2::jsonb, dead_letter_arn = $3, modified_at = $4
 where {_OWN} and q.id = $1 returning q.id
"""
# A message's end follows its queue's retention.
_RETAIN = """
update queue_messages as m set expires_at = m.sent_at + make_interval(secs => $2::int)
 where m.queue_id = $1 returning m.id
"""
_DELETE = f"delete from queues as q where {_OWN} and q.region = $1 and q.name = $2 returning q.id"
# One purge a minute: AWS refuses the next.
_PURGE = f"""
with purged as (
    update queues as q set purged_at = now()
     where {_OWN} and q.id = $1
       and (q.purged_at is null or q.purged_at < now() - interval '60 seconds')
    returning q.id
), emptied as (
    delete from queue_messages as m using purged as p where m.queue_id = p.id
)
select id from purged
"""


async def find(db: Database, region: str, name: str) -> Any | None:
    """The queue of that name, with `dead_letter_id`; None where there is none."""
    rows = await db.fetch(_FIND, region, name)
    return rows[0] if rows else None


async def find_arn(db: Database, arn: str) -> Any | None:
    """The caller's queue of an ARN, as `find`; None for any other ARN."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "sqs":
        return None
    row = await find(db, parts[3], parts[5])
    return row if row is not None and row["arn"] == arn else None


async def listed(
    db: Database, region: str, prefix: str, *, after: str | None, limit: int | None
) -> list[Any]:
    """Queues by the beginning of their names."""
    escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    where = [Condition("name", patterns=(f"{escaped}%",))] if prefix else []
    return await LISTING.page(db, where, region=region, after=after, limit=limit)


async def sources_of(
    db: Database, region: str, arn: str, *, after: str | None, limit: int | None
) -> list[Any]:
    """The queues whose dead letters go to `arn`."""
    where = [Condition("dead_letter_arn", (arn,))]
    return await LISTING.page(db, where, region=region, after=after, limit=limit)


async def counts(db: Database, queue_id: Any) -> Any:
    """How many messages can be received, are in flight, and are delayed."""
    return (await db.fetch(_COUNTS, queue_id))[0]


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new queue; False when the name is taken."""
    return await single_rows.insert(db, "queues", row)


async def change(db: Any, row: Any, attributes: Mapping[str, str], dead: str, now: Any) -> None:
    """Set all attributes of a queue, in a transaction; its messages keep to the new retention."""
    await db.write(_CHANGE, row["id"], dict(attributes), dead or None, now)
    retention = attributes.get("MessageRetentionPeriod")
    if retention != row["attributes"].get("MessageRetentionPeriod") and retention is not None:
        await db.write(_RETAIN, row["id"], int(retention))


async def delete(db: Any, region: str, name: str) -> bool:
    """Delete a queue and all its messages; False when it is not there."""
    return bool(await db.write(_DELETE, region, name))


async def purge(db: Any, queue_id: Any) -> bool:
    """Delete all messages; False when that was done less than a minute ago."""
    return bool(await db.write(_PURGE, queue_id))


def names(rows: Sequence[Any]) -> list[str]:
    """The names of queues."""
    return [row["name"] for row in rows]
