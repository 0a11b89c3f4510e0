"""Snapshot policies of Data Lifecycle Manager."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from models import schedules, single_rows

_COLUMNS = (
    "policy_id, arn, region, state, description, execution_role_arn, details, tags, created_at,"
    " modified_at"
)
_LIST = f"""
select {_COLUMNS} from snapshot_policies
 where account_id = (select driftcloud_account()) and region = $1 order by policy_id
"""
_DELETE = """
delete from snapshot_policies
 where account_id = driftcloud_account() and region = $1 and policy_id = $2 returning policy_id
"""
DEFAULT_TIME = time(9)
UNITS = {"DAYS": "days", "WEEKS": "weeks", "MONTHS": "months", "YEARS": "years"}


async def listed(db: Any, region: str) -> list[Any]:
    """Every policy of a region."""
    rows: list[Any] = await db.fetch(_LIST, region)
    return rows


async def find(db: Any, region: str, policy_id: str) -> Any | None:
    """The policy of that id, or None."""
    return next((row for row in await listed(db, region) if row["policy_id"] == policy_id), None)


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new policy."""
    await single_rows.insert(db, "snapshot_policies", row)


async def change(db: Any, region: str, policy_id: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of a policy; False when it is not there."""
    return await single_rows.update(
        db, "snapshot_policies", region, "policy_id", policy_id, changes
    )


async def delete(db: Any, region: str, policy_id: str) -> bool:
    """Delete a policy; its snapshots stay. False when it is not there."""
    return bool(await db.write(_DELETE, region, policy_id))


def times(rule: Mapping[str, Any], day: date) -> list[time]:
    """When a schedule's CreateRule takes snapshots on a day."""
    if rule.get("CronExpression"):
        return schedules.times_on(rule["CronExpression"], day)
    given = rule.get("Times")
    first = time.fromisoformat(given[0]) if given else DEFAULT_TIME
    every = rule.get("Interval") or 24
    hours = sorted({(first.hour + step) % 24 for step in range(0, 24, every)})
    return [time(hour, first.minute) for hour in hours]
