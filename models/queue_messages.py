"""Messages of queues: sent, received, hidden, deleted, and moved when they are dead letters.

Their times are the database's wall clock, because clients wait for them by theirs; a queue and
all else in the account live in virtual time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from models.listing import Database

_OWN = "m.account_id = (select driftcloud_account())"
_COLUMNS = (
    "m.id, m.message_id, m.body, m.attributes, m.system_attributes, m.group_id,"
    " m.deduplication_id, m.sender_id, m.source_arn, m.sent_at, m.receive_count,"
    " m.first_received_at, m.receipt"
)

_SEND = """
insert into queue_messages as m (account_id, queue_id, body, attributes, system_attributes,
       group_id, deduplication_id, sender_id, visible_at, expires_at)
select driftcloud_account(), $1, g.body, g.attributes, g.system_attributes, g.group_id,
       g.deduplication_id, g.sender_id, now() + make_interval(secs => g.delay_seconds),
       now() + make_interval(secs => $2::int)
  from rows from (
           jsonb_to_recordset($3::jsonb)
               as (body text, attributes jsonb, system_attributes jsonb, group_id text,
                   deduplication_id text, sender_id text, delay_seconds int)
       ) with ordinality as g (body, attributes, system_attributes, group_id, deduplication_id,
                               sender_id, delay_seconds, at)
 order by g.at
returning m.id, m.message_id
"""
_LOCK = "select id from queues where id = $1 for update"
_KNOWN = """
select message_id, sequence as id from queue_deduplications
 where queue_id = $1 and scope = $2 and deduplication_id = $3
   and sent_at > now() - interval '5 minutes'
"""
_REMEMBER = """
insert into queue_deduplications (account_id, queue_id, scope, deduplication_id, message_id,
                                  sequence)
values (driftcloud_account(), $1, $2, $3, $4, $5)
on conflict (queue_id, scope, deduplication_id) do update
   set message_id = excluded.message_id, sequence = excluded.sequence, sent_at = now()
returning id
"""
_FORGET = """
delete from queue_deduplications
 where queue_id = $1 and sent_at < now() - interval '5 minutes' returning id
"""

_READY = "m.queue_id = $1 and m.visible_at <= now() and m.expires_at > now()"
# In a FIFO queue a group waits for what is in flight or delayed in it.
_UNBLOCKED = """
   and not exists (select 1 from queue_messages as b
                    where b.queue_id = m.queue_id and b.group_id = m.group_id
                      and b.visible_at > now() and b.expires_at > now()
                      and (b.id < m.id or b.receive_count > 0))
"""
_WAITING = f"select exists (select 1 from queue_messages as m where {_OWN} and {_READY}) as found"
_BURY = f"""
update queue_messages as m set queue_id = $2, source_arn = $4, receive_count = 0,
       first_received_at = null, receipt = null, visible_at = now()
 where {_OWN} and {_READY} and m.receive_count >= $3::int returning m.id
"""


def _receive(unblocked: str) -> str:
    return f"""
with ready as (
    select m.id from queue_messages as m where {_OWN} and {_READY} {unblocked}
     order by m.id limit $2::int for update skip locked
)
update queue_messages as m
   set visible_at = now() + make_interval(secs => $3::int), receive_count = m.receive_count + 1,
       first_received_at = coalesce(m.first_received_at, now()), receipt = gen_random_uuid()
  from ready as r where m.id = r.id
returning {_COLUMNS}
"""


_RECEIVE, _RECEIVE_IN_ORDER = _receive(""), _receive(_UNBLOCKED)
_EXPIRE = (
    f"delete from queue_messages as m where {_OWN} and m.queue_id = $1 and m.expires_at <= now()"
)
_DELETE = f"""
with given as (
    select * from unnest($2::bigint[], $3::uuid[]) as g (id, receipt)
), gone as (
    delete from queue_messages as m using given as g
     where {_OWN} and m.queue_id = $1 and m.id = g.id and m.receipt = g.receipt
       and (not $4::boolean or m.visible_at > now())
    returning m.id
)
select g.id, g.id in (select id from gone) as deleted,
       exists (select 1 from queue_messages as m where {_OWN} and m.queue_id = $1 and m.id = g.id)
       as known
  from given as g
"""
_HIDE = f"""
update queue_messages as m set visible_at = now() + make_interval(secs => $4::int)
 where {_OWN} and m.queue_id = $1 and m.id = $2 and m.receipt = $3 and m.visible_at > now()
returning m.id
"""
_IS_THERE = f"""
select m.id from queue_messages as m
 where {_OWN} and m.queue_id = $1 and m.id = $2 and m.receipt = $3 and m.expires_at > now()
"""


async def send(
    db: Any, queue_id: Any, retention_seconds: int, messages: Sequence[Mapping[str, Any]]
) -> list[Any]:
    """Put messages into a standard queue; ids in the messages' order.

    Each has body, attributes, system_attributes, group_id, deduplication_id, sender_id and
    delay_seconds.
    """
    rows: list[Any] = await db.write(
        _SEND, queue_id, retention_seconds, [dict(one) for one in messages]
    )
    return sorted(rows, key=lambda row: row["id"])


async def send_in_order(
    db: Any,
    queue_id: Any,
    retention_seconds: int,
    messages: Sequence[Mapping[str, Any]],
    *,
    by_group: bool,
) -> list[Any]:
    """Put messages into a FIFO queue, in a transaction; one known for less than five minutes
    is not put again, and its first ids are given."""
    await db.fetch(_LOCK, queue_id)
    await db.write(_FORGET, queue_id)
    found = []
    for one in messages:
        key = (queue_id, one["group_id"] if by_group else "", one["deduplication_id"])
        known = await db.fetch(_KNOWN, *key)
        if not known:
            known = await send(db, queue_id, retention_seconds, [one])
            await db.write(_REMEMBER, *key, known[0]["message_id"], known[0]["id"])
        found.append(known[0])
    return found


async def are_waiting(db: Database, queue_id: Any) -> bool:
    """Whether there may be something to receive."""
    return bool((await db.fetch(_WAITING, queue_id))[0]["found"])


async def bury(db: Any, queue: Any, most_receives: int) -> None:
    """Move what was received `most_receives` times, and came back, to the dead-letter queue."""
    await db.write(_BURY, queue["id"], queue["dead_letter_id"], most_receives, queue["arn"])


async def receive(db: Any, queue: Any, most: int, hidden_seconds: int) -> list[Any]:
    """Take up to `most` messages and hide them; in a transaction."""
    if queue["fifo"]:
        await db.fetch(_LOCK, queue["id"])
    sql = _RECEIVE_IN_ORDER if queue["fifo"] else _RECEIVE
    rows: list[Any] = await db.write(sql, queue["id"], most, hidden_seconds)
    return sorted(rows, key=lambda row: row["id"])


async def expire(db: Any, queue_id: Any) -> None:
    """Delete what its queue has kept for as long as it keeps messages."""
    await db.write(_EXPIRE, queue_id)


async def delete(
    db: Any, queue_id: Any, handles: Sequence[tuple[int, str]], *, in_flight: bool
) -> dict[int, Any]:
    """Delete messages by number and receipt; by number: `deleted`, and whether it was `known`.

    `in_flight`: only while they are hidden, as FIFO queues have it.
    """
    numbers, receipts = [one[0] for one in handles], [one[1] for one in handles]
    rows = await db.write(_DELETE, queue_id, numbers, receipts, in_flight)
    return {row["id"]: row for row in rows}


async def hide(db: Any, queue_id: Any, handle: tuple[int, str], seconds: int) -> bool | None:
    """Hide a message for so long from now; False: it is in view, None: it is not there."""
    if await db.write(_HIDE, queue_id, *handle, seconds):
        return True
    return False if await db.fetch(_IS_THERE, queue_id, *handle) else None
