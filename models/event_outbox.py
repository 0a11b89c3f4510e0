"""The outbox: what happened and some rule may want to know, until a server delivers it."""

from collections.abc import Mapping, Sequence
from typing import Any

# Told when something was put in.
CHANNEL = "event_outbox"

_ADD = """
with put as (
    insert into event_outbox (account_id, region, event_id, source, detail_type, resources, detail,
                              happened_at)
    select g.account_id, g.region, g.event_id, g.source, g.detail_type, g.resources, g.detail,
           g.happened_at
      from json_to_recordset($1::json) as g (
           account_id uuid, region text, event_id uuid, source text, detail_type text,
           resources text[], detail jsonb, happened_at timestamptz)
      join cloud_accounts as a on a.id = g.account_id
    returning id
)
select pg_notify('event_outbox', '') where exists (select from put)
"""
# Servers that come at the same time take different ones.
_TAKE = """
delete from event_outbox as o
 where o.id in (select id from event_outbox order by id limit $1 for update skip locked)
returning o.id, o.account_id, o.region, o.event_id, o.source, o.detail_type, o.resources, o.detail,
          o.happened_at, o.rule_id,
          (select a.account_number from cloud_accounts as a where a.id = o.account_id)
"""


def of_call(row: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """The event of a call, as EventBridge has it from CloudTrail."""
    return {
        "account_id": row["account_id"],
        "region": row["region"],
        "event_id": row["event_id"],
        "source": "aws." + row["event_source"].removesuffix(".amazonaws.com"),
        "detail_type": "AWS API Call via CloudTrail",
        "resources": [],
        "detail": dict(record),
        "happened_at": row["event_time"],
    }


async def add(connection: Any, events: Sequence[Mapping[str, Any]]) -> None:
    """Put events in, and tell the servers; `connection` is the owner's."""
    await connection.fetch(_ADD, list(events))


async def take(connection: Any, most: int) -> list[Any]:
    """Take the oldest events out, in their order: in the transaction that delivers them."""
    rows = await connection.fetch(_TAKE, most)
    return sorted(rows, key=lambda row: row["id"])
