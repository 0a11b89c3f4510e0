"""The trail: calls that changed something or were refused, as CloudTrail tells of them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson

from models.callers import NOW
from models.listing import Binder

KEPT_DAYS = 90
_NAMES = (
    "account_id", "region", "event_time", "event_id", "event_source", "event_name", "username",
    "access_key_id", "event",
)  # fmt: skip
_arguments = itemgetter(*_NAMES)
_INTO = f"trail_entry as (insert into trail_events (read_only, {', '.join(_NAMES)})"
# By this the end of the transaction finds the entry (truth.name_breach).
_SAID = "set_config('driftcloud.entry', concat_ws(' ', region, event_id, event_time), true)"
_JOINED = ("insert", "update", "delete", "select", "merge")

# Entries made with their change learn here what came of it; others are made.
_SETTLE = """
with given as (
    select g.* from json_to_recordset($1::json) as g (
           account_id uuid, region text, event_time timestamptz, event_id uuid, event_source text,
           event_name text, read_only boolean, username text, access_key_id text, error_code text,
           error_message text, resource_names text[], resource_types text[], event json,
           response json)
      join cloud_accounts as a on a.id = g.account_id
), kept as (
    insert into trail_events (account_id, region, event_time, event_id, event_source, event_name,
           read_only, username, access_key_id, error_code, error_message, resource_names,
           resource_types, event, response)
    select account_id, region, event_time, event_id, event_source, event_name, read_only, username,
           access_key_id, error_code, error_message, resource_names, resource_types, event, response
      from given
    on conflict (account_id, region, event_time, event_id) do update
       set error_code = excluded.error_code, error_message = excluded.error_message,
           resource_names = excluded.resource_names, resource_types = excluded.resource_types,
           response = excluded.response
)
select account_id, region, pg_notify('event_outbox', ''),
       driftcloud_has_rules(account_id, region, 'AWS API Call via CloudTrail') as calls
  from (select distinct account_id, region from given) as g
 where driftcloud_has_rules(account_id, region)
"""
_SHOWN = (
    "region, event_time, event_id, event_source, event_name, read_only, username, access_key_id,"
    " error_code, error_message, resource_names, resource_types, event, response"
)
_LOOK_UP = f"""
select {_SHOWN} from trail_events
 where account_id = (select driftcloud_account()) and region = $1
   and event_time > {NOW} - interval '{KEPT_DAYS} days'
"""
_ATTRIBUTES = {
    "EventId": "event_id::text = {}",
    "EventName": "event_name = {}",
    "ReadOnly": "read_only = {}::text::boolean",
    "Username": "username = {}",
    "ResourceType": "{} = any(resource_types)",
    "ResourceName": "{} = any(resource_names)",
    "EventSource": "event_source = {}",
    "AccessKeyId": "access_key_id = {}",
}
_BETWEEN = f"""
select {_SHOWN} from trail_events
 where account_id = $1 and ($2::text is null or region = $2)
   and event_time > $3 and event_time <= $4 order by event_time, event_id limit $5
"""
_FORGET = """
delete from trail_events as e
 using (select id, driftcloud_now(id) - make_interval(days => $1) as until from cloud_accounts) as a
 where e.account_id = a.id and e.event_time < a.until
"""


@lru_cache(maxsize=2048)
def joined(sql: str, arguments: int) -> str | None:
    """A writing statement that enters a call into the trail as well; None for what cannot.

    The entry's own arguments follow those of the statement, so many.
    """
    head = sql.lstrip()
    word, _, rest = head.partition(" ")
    first = word.split("\n")[0].lower()
    places = ", ".join(f"${arguments + 1 + n}" for n in range(len(_NAMES)))
    entry = f"{_INTO} values (false, {places}) returning {_SAID})"
    if first == "with":
        recursive = rest.lstrip()[:10].lower() == "recursive "
        if recursive:
            return f"with recursive {entry}, {rest.lstrip()[10:]}"
        return f"with {entry}, {head[4:]}"
    return f"with {entry} {head}" if first in _JOINED else None


@lru_cache(maxsize=256)
def joined_where_changed(sql: str, arguments: int) -> str:
    """A statement that changes one row or none, and says which; a call is entered with the row."""
    places = ", ".join(f"${arguments + 1 + n}" for n in range(len(_NAMES)))
    entry = f"{_INTO} select false, {places} from changed_row returning {_SAID})"
    return f"with changed_row as ({sql}), {entry} select * from changed_row"


def arguments_of(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a joined statement is given for its entry."""
    found: tuple[Any, ...] = _arguments(entry)
    return found


async def settle(
    connection: Any, rows: Sequence[Mapping[str, Any] | orjson.Fragment]
) -> set[tuple[UUID, str]]:
    """Make or complete entries, of whatever accounts; where some rule may want to hear of calls.

    `connection` is the owner's. Entries of accounts that are gone are dropped. The dispatch is
    told wherever there are rules: of what the calls changed it was not told before.
    """
    found = await connection.fetch(_SETTLE, list(rows))
    return {(row["account_id"], row["region"]) for row in found if row["calls"]}


async def look_up(
    db: Any,
    region: str,
    *,
    attribute: tuple[str, str] | None = None,
    start: Any = None,
    end: Any = None,
    after: tuple[Any, str] | None = None,
    limit: int = 51,
) -> list[Any]:
    """Entries of a region, the newest first, of the last 90 days; all times are virtual."""
    bind = Binder()
    bind(region)
    sql = _LOOK_UP
    if attribute is not None:
        name, value = attribute
        sql += f" and {_ATTRIBUTES[name].format(bind(value, '::text'))}"
    if start is not None:
        sql += f" and event_time >= {bind(start)}"
    if end is not None:
        sql += f" and event_time <= {bind(end)}"
    if after is not None:
        sql += f" and (event_time, event_id) < ({bind(after[0])}, {bind(after[1])}::uuid)"
    sql += f" order by event_time desc, event_id desc limit {bind(limit, '::int')}"
    rows: list[Any] = await db.fetch(sql, *bind.args, plan="custom")
    return rows


async def between(
    connection: Any, account_id: UUID, region: str | None, start: Any, end: Any, most: int
) -> list[Any]:
    """Entries after `start`, up to `end`, in their order; of one region or all."""
    rows: list[Any] = await connection.fetch(_BETWEEN, account_id, region, start, end, most)
    return rows


async def forget(connection: Any) -> None:
    """Drop what is older than CloudTrail's event history (90 days)."""
    await connection.execute(_FORGET, KEPT_DAYS)


def record(row: Mapping[str, Any], shift: timedelta) -> dict[str, Any]:
    """CloudTrail's record of a call, its time moved to the client's.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """
    event = row["event"]
    if isinstance(event, str | bytes):
        event = orjson.loads(event)
    response = row["response"]
    if isinstance(response, str | bytes):
        response = orjson.loads(response)
    found: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": event["userIdentity"],
        "eventTime": (row["event_time"] + shift).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": row["event_source"],
        "eventName": row["event_name"],
        "awsRegion": row["region"],
        "sourceIPAddress": event["sourceIPAddress"],
        "userAgent": event["userAgent"],
    }
    if row["error_code"]:
        found |= {"errorCode": row["error_code"], "errorMessage": row["error_message"]}
    found |= {
        "requestParameters": event["requestParameters"],
        "responseElements": response,
        "requestID": event["requestID"],
        "eventID": str(row["event_id"]),
        "readOnly": row["read_only"],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": event["recipientAccountId"],
        "eventCategory": "Management",
    }
    return found
