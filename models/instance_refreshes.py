"""Instance refreshes: groups whose members are all replaced."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.callers import NOW
from models.listing import Database, Listing

_POSITION = (
    "(lpad((99999999999999999 - (extract(epoch from r.started_at) * 1000000)::bigint)::text, 17,"
    " '0') || r.refresh_id)"
)
_RUNNING = f"(r.ended_at > {NOW})"
LISTING = Listing(
    f"{_POSITION} as position, r.refresh_id, g.name as group, r.status_reason, r.started_at,"
    f" case when {_RUNNING} then null else r.ended_at end as ended_at,"
    f" case when {_RUNNING} then 'InProgress' else r.status end as status,"
    f" case when {_RUNNING} then 0 else 100 end as percentage,"
    f" case when {_RUNNING} then r.instances_replaced else 0 end as remaining,"
    " r.preferences, r.desired_configuration, r.strategy",
    "instance_refreshes as r join autoscaling_groups as g on g.id = r.autoscaling_group_id",
    key=_POSITION,
    columns={"region": "r.region", "group": "g.name", "refresh_id": "r.refresh_id"},
)
_COLUMNS = (
    "refresh_id", "autoscaling_group_id", "region", "strategy", "instances_replaced", "started_at",
    "ended_at", "preferences", "desired_configuration",
)  # fmt: skip
_INSERT = (
    f"insert into instance_refreshes (account_id, {', '.join(_COLUMNS)}) values"
    f" (driftcloud_account(), {', '.join(f'${n + 1}' for n in range(len(_COLUMNS)))})"
)
_UNDER_WAY = f"""
select r.refresh_id from instance_refreshes as r
 where r.autoscaling_group_id = $1 and {_RUNNING} limit 1
"""


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a refresh; absent columns are null."""
    await db.write(_INSERT, *(row.get(name) for name in _COLUMNS))


async def under_way(db: Database, group_id: Any) -> str | None:
    """The id of a refresh of the group that is in progress, or None."""
    rows = await db.fetch(_UNDER_WAY, group_id)
    return rows[0][0] if rows else None


async def cancel(db: Any, refresh_id: str, now: datetime) -> None:
    """End a refresh before its time."""
    await db.write(
        "update instance_refreshes set status = 'Cancelled', ended_at = $2,"
        " status_reason = 'Cancelled by user request' where refresh_id = $1",
        refresh_id,
        now,
    )
