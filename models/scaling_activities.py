"""Scaling activities: what groups did, and why, in the words of Auto Scaling."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from models.callers import NOW
from models.listing import Column, Database, Listing

_POSITION = (
    "(lpad((99999999999999999 - (extract(epoch from a.started_at) * 1000000)::bigint)::text, 17,"
    " '0') || a.activity_id)"
)
_RUNNING = f"(a.ended_at > {NOW})"
LISTING = Listing(
    f"{_POSITION} as position, a.activity_id, a.group_name, a.group_arn, a.description, a.cause,"
    f" a.started_at, case when {_RUNNING} then null else a.ended_at end as ended_at,"
    f" case when {_RUNNING} then 'InProgress' else a.status_code end as status_code,"
    f" a.status_message, case when {_RUNNING} then 50 else 100 end as progress, a.details,"
    " case when a.autoscaling_group_id is null then 'Deleted' end as group_state",
    "scaling_activities as a",
    key=_POSITION,
    columns={
        "region": "a.region",
        "activity_id": "a.activity_id",
        "group": "a.group_name",
        "group_exists": Column("(a.autoscaling_group_id is not null)", "bool"),
    },
)
_COLUMNS = (
    "activity_id", "account_id", "autoscaling_group_id", "group_name", "group_arn", "region",
    "instance_id", "description", "cause", "started_at", "ended_at", "status_code",
    "status_message", "details",
)  # fmt: skip
_INSERT = (
    f"insert into scaling_activities ({', '.join(_COLUMNS)}) values"
    f" ({', '.join(f'${n + 1}' for n in range(len(_COLUMNS) - 1))}, ${len(_COLUMNS)}::text::jsonb)"
)
_UNDER_WAY = f"""
select a.activity_id from scaling_activities as a
 where a.autoscaling_group_id = $1 and {_RUNNING} order by a.started_at limit 1
"""
_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store an activity; `row` has every column of `_COLUMNS` that is not null."""
    values = {"status_code": "Successful", **row}
    values["details"] = json.dumps(row.get("details") or {})
    await db.write(_INSERT, *(values.get(name) for name in _COLUMNS))


async def under_way(db: Database, group_id: Any) -> str | None:
    """The id of an activity of the group that is in progress, or None."""
    rows = await db.fetch(_UNDER_WAY, group_id)
    return rows[0][0] if rows else None


async def latest(db: Database, group_id: Any) -> str | None:
    """The id of the group's newest activity, or None."""
    rows = await db.fetch(
        "select activity_id from scaling_activities where autoscaling_group_id = $1"
        " order by started_at desc, activity_id limit 1",
        group_id,
    )
    return rows[0][0] if rows else None


def at(moment: datetime) -> str:
    """How a cause tells a time."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def moved(text: str, shift: timedelta) -> str:
    """A text with the times in it moved by `shift`."""
    if not shift:
        return text
    return _TIME.sub(lambda found: at(datetime.fromisoformat(found[0]) + shift), text)
