"""Actions of budgets: instances or databases stopped when a threshold is passed."""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from models import costs, instances, rds_instances, single_rows

_OWN = "account_id = (select driftcloud_account())"
_SHOWN = (
    "a.id, a.budget_id, b.name as budget_name, a.action_id, a.arn, a.notification_type, a.action_type, a.threshold,"
    " a.threshold_type, a.definition, a.execution_role_arn, a.approval_model, a.subscribers, a.status, a.period_start"
)
_LIST = f"""
select {_SHOWN} from budget_actions a join budgets b on b.id = a.budget_id
 where a.{_OWN} and ($1::text is null or b.name = $1) and ($2::text is null or a.action_id > $2)
   and ($3::text is null or a.action_id = $3)
 order by a.action_id limit $4::int"""
_FIND_ARN = f"select a.arn, a.tags from budget_actions a where a.{_OWN} and a.arn = $1"
_DELETE = f"delete from budget_actions where {_OWN} and action_id = $1"
_REMEMBER = """
insert into budget_action_history (account_id, action_id, at, status, event_type, message, action)
values (driftcloud_account(), $1, $2, $3, $4, $5, $6::jsonb)"""
_HISTORY = f"""
select id, at, status, event_type, message, action from budget_action_history
 where {_OWN} and action_id = $1 and ($2::timestamptz is null or at >= $2)
   and ($3::timestamptz is null or at <= $3) and ($4::bigint is null or id > $4)
 order by id limit $5::int"""
STOPS_INSTANCES = "STOP_EC2_INSTANCES"

Change = tuple[str, str, str, str]  # resource type, id, state before and after


async def listed(
    db: Any,
    *,
    budget: str | None = None,
    action_id: str | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Any]:
    """Actions by id, of the account or of one budget."""
    rows: list[Any] = await db.fetch(_LIST, budget, after, action_id, limit)
    return rows


async def find_arn(db: Any, arn: str) -> Any | None:
    """The ARN and tags of an action, or None."""
    return await db.fetchrow(_FIND_ARN, arn)


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new action."""
    await single_rows.insert(db, "budget_actions", row)


async def update(db: Any, action_id: str, changes: Mapping[str, Any]) -> None:
    """Change columns of an action."""
    sets = ", ".join(f"{name} = ${n + 2}" for n, name in enumerate(changes))
    await db.write(
        f"update budget_actions set {sets} where {_OWN} and action_id = $1",
        action_id,
        *changes.values(),
    )


async def delete(db: Any, action_id: str) -> None:
    """Delete an action; its history stays."""
    await db.write(_DELETE, action_id)


async def remember(
    db: Any, row: Mapping[str, Any], at: datetime, status: str, event: str, message: str
) -> None:
    """Enter what happened to an action."""
    shown = {**shape(row), "Status": status}
    await db.write(_REMEMBER, row["action_id"], at, status, event, message, shown)


async def history(
    db: Any,
    action_id: str,
    since: datetime | None,
    until: datetime | None,
    after: int | None,
    limit: int | None,
) -> list[Any]:
    """What happened to an action, oldest first."""
    rows: list[Any] = await db.fetch(_HISTORY, action_id, since, until, after, limit)
    return rows


async def trigger(db: Any, row: Mapping[str, Any], period: date, now: datetime) -> Sequence[Change]:
    """What passing the threshold sets off, once a period: approval is asked, or it is done."""
    if row["status"] != "STANDBY" or row["period_start"] == period:
        return ()
    if row["approval_model"] == "MANUAL":
        await update(db, row["action_id"], {"status": "PENDING", "period_start": period})
        await remember(db, row, now, "PENDING", "SYSTEM", "The action is waiting for approval.")
        return ()
    await update(db, row["action_id"], {"period_start": period})
    return await run(db, row, now, timedelta(0), "SYSTEM")


async def run(
    db: Any, row: Mapping[str, Any], now: datetime, takes: timedelta, event: str
) -> list[Change]:
    """Stop what an action names, within a transaction; the caller's own resources alone."""
    said = row["definition"]["SsmActionDefinition"]
    changes: list[Change] = []
    if said["ActionSubType"] == STOPS_INSTANCES:
        found = await _change_instances(db, instances.STOP, said, now, takes)
        refused = [one for one in found if not one["allowed"]]
        changes = [
            ("instance", one["instance_id"], one["previous"], "stopped")
            for one in found
            if one["previous"] == "running" and not refused
        ]
        missing = len(found) < len(set(said["InstanceIds"])) or bool(refused)
    else:
        missing = False
        for identifier in said["InstanceIds"]:
            one = await rds_instances.find_one(db, said["Region"], identifier)
            if one is None or one["status"] != "available":
                missing = missing or one is None
                continue
            moved = rds_instances.transition("stopping", "stopped", now, takes)
            await rds_instances.update(db, said["Region"], identifier, {**moved, "stopped_at": now})
            changes.append(("rds_instance", one["db_instance_id"], "available", "stopped"))
    status = "EXECUTION_FAILURE" if missing and not changes else "EXECUTION_SUCCESS"
    await update(db, row["action_id"], {"status": status})
    message = f"{said['ActionSubType']} stopped {len(changes)} of {len(said['InstanceIds'])}."
    await remember(db, row, now, status, event, message)
    return changes


async def reverse(db: Any, row: Mapping[str, Any], now: datetime, takes: timedelta) -> None:
    """Start again what an action stopped."""
    said = row["definition"]["SsmActionDefinition"]
    if said["ActionSubType"] == STOPS_INSTANCES:
        await _change_instances(db, instances.START, said, now, takes)
    else:
        for identifier in said["InstanceIds"]:
            one = await rds_instances.find_one(db, said["Region"], identifier)
            if one is not None and one["status"] == "stopped":
                moved = rds_instances.transition("starting", "available", now, takes)
                await rds_instances.update(
                    db, said["Region"], identifier, {**moved, "stopped_at": None}
                )
    await update(db, row["action_id"], {"status": "REVERSE_SUCCESS"})
    message = f"{said['ActionSubType']} was reversed."
    await remember(db, row, now, "REVERSE_SUCCESS", "EXECUTE_ACTION", message)


async def _change_instances(
    db: Any, statement: str, said: Mapping[str, Any], now: datetime, takes: timedelta
) -> list[Any]:
    hourly = costs.elastic_ip_hourly(statement is instances.START, said["Region"])
    return await instances.change_state(
        db, statement, said["Region"], said["InstanceIds"], now, hourly, takes
    )


def shape(row: Mapping[str, Any]) -> dict[str, Any]:
    """An action as the service words it."""
    return {
        "ActionId": row["action_id"],
        "BudgetName": row["budget_name"],
        "NotificationType": row["notification_type"],
        "ActionType": row["action_type"],
        "ActionThreshold": {
            "ActionThresholdValue": row["threshold"],
            "ActionThresholdType": row["threshold_type"],
        },
        "Definition": row["definition"],
        "ExecutionRoleArn": row["execution_role_arn"],
        "ApprovalModel": row["approval_model"],
        "Status": row["status"],
        "Subscribers": row["subscribers"],
    }
