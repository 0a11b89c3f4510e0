"""Managed services: rows of machines that a service runs for its customer, and their states."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from models import single_rows, tags
from models.callers import NOW

# A transition is over when its time has come, whether or not anything has settled it yet.
STATUS = (
    f"(case when r.settles_at > {NOW} then r.state_transition"
    " else coalesce(r.settled_state, r.status) end)"
)
THERE = f"(r.settled_state is distinct from 'deleted' or r.settles_at > {NOW})"
TAGS = (
    "coalesce((select jsonb_object_agg(t.key, t.value) from resource_tags as t"
    " where t.resource_type = 'managed_service' and t.resource_id = r.arn), '{}')"
)
MODIFIED = "coalesce(r.modified_at, r.created_at)"

_TABLES = (
    ("managed_services", ""),
    # a job is over when it settles
    ("sagemaker_resources",
     ", ended_at = case when kind like '%-job' then coalesce(ended_at, settles_at) end"),
)  # fmt: skip
# What ends by itself: called by the server while it runs, in step with its transition_seconds.
SETTLE = ";".join(
    f"""
with gone as (
    delete from {table}
     where settled_state = 'deleted' and settles_at <= driftcloud_now(account_id)
)
update {table}
   set status = settled_state, settled_state = null, settles_at = null,
       state_transition = null{also}
 where settled_state <> 'deleted' and settles_at <= driftcloud_now(account_id)
"""
    for table, also in _TABLES
)

_LOCK = """
select arn from {table} where account_id = driftcloud_account() and arn = $1 for update
"""
_DELETE = "delete from {table} where account_id = driftcloud_account() and arn = $1"


def transition(shown: str, settled: str, now: datetime, takes: timedelta) -> dict[str, Any]:
    """The columns of a change that shows as `shown` while it lasts and ends in `settled`."""
    if not takes:
        return {
            "status": settled,
            "state_transition": None,
            "settled_state": None,
            "settles_at": None,
        }
    return {
        "status": shown if settled == "deleted" else settled,
        "state_transition": shown,
        "settled_state": settled,
        "settles_at": now + takes,
    }


async def lock(db: Any, arn: str, table: str = "managed_services") -> None:
    """Hold a row until the transaction ends, so that what is read of it stays true."""
    await db.fetch(_LOCK.format(table=table), arn)


async def insert(db: Any, row: Mapping[str, Any], given: Mapping[str, str]) -> bool:
    """Store a new machine with its tags; False when its ARN is taken.

    What has been deleted and not yet cleared away makes room.
    """
    await db.write(
        "delete from managed_services where account_id = driftcloud_account() and arn = $1"
        f" and settled_state = 'deleted' and settles_at <= {NOW}",
        row["arn"],
    )
    if not await single_rows.insert(db, "managed_services", row):
        return False
    if given:
        await tags.merge(db, "managed_service", row["arn"], given)
    return True


async def update(
    db: Any, region: str, arn: str, changes: Mapping[str, Any], table: str = "managed_services"
) -> bool:
    """Change columns of one row; False when it is not there."""
    return await single_rows.update(db, table, region, "arn", arn, changes)


async def delete(
    db: Any,
    region: str,
    arn: str,
    now: datetime,
    takes: timedelta,
    *,
    shown: str = "deleting",
    table: str = "managed_services",
) -> None:
    """Delete a row, at once or when `takes` is over."""
    if takes:
        await update(db, region, arn, transition(shown, "deleted", now, takes), table)
    else:
        await db.write(_DELETE.format(table=table), arn)
