"""Actions of budgets: what is stopped when a threshold is passed.

Source: https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-controls.html.
Instances and databases are stopped; policies are attached to nobody here, so such actions are
refused.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.budgets.accounts import budget_page, check_account, invalid
from handlers.budgets.budget_notifications import budget_of, checked_subscribers
from handlers.budgets.budgets import TAGS
from models import budget_actions, budget_standings, draws

MOST_ACTIONS = 5
# What may be done to an action, from which states.
EXECUTIONS = {
    "APPROVE_BUDGET_ACTION": ("PENDING",),
    "RETRY_BUDGET_ACTION": ("EXECUTION_FAILURE",),
    "REVERSE_BUDGET_ACTION": ("EXECUTION_SUCCESS",),
    "RESET_BUDGET_ACTION": ("EXECUTION_SUCCESS", "REVERSE_SUCCESS", "EXECUTION_FAILURE"),
}


async def create_budget_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """An action that waits for its threshold."""
    check_account(ctx, params)
    action_id = str(draws.uuid4())
    async with ctx.db.transaction():
        budget = await budget_of(ctx, params, "Unable to create action")
        if len(await budget_actions.listed(ctx.db, budget=budget["name"])) >= MOST_ACTIONS:
            raise AwsError(
                "CreationLimitExceededException",
                f"Unable to create action - a budget can have at most {MOST_ACTIONS} actions.",
            )
        row = {
            "budget_id": budget["id"],
            "action_id": action_id,
            "arn": f"{budget['arn']}/action/{action_id}",
            "action_type": params["ActionType"],
            **_checked(budget, params),
            "tags": TAGS.checked(params.get("ResourceTags")),
        }
        await budget_actions.insert(ctx.db, row)
        [made] = await budget_actions.listed(ctx.db, action_id=action_id)
        await budget_actions.remember(
            ctx.db, made, ctx.now, "STANDBY", "CREATE_ACTION", "A new action was created."
        )
    return {
        "AccountId": params["AccountId"],
        "BudgetName": params["BudgetName"],
        "ActionId": action_id,
    }


async def describe_budget_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One action."""
    return _answer(params, Action=budget_actions.shape(await _find(ctx, params)))


async def describe_budget_actions_for_account(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The actions of all budgets."""
    check_account(ctx, params)
    return await _list(ctx, params, None)


async def describe_budget_actions_for_budget(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The actions of one budget."""
    check_account(ctx, params)
    budget = await budget_of(ctx, params, "Unable to get budget")
    return await _list(ctx, params, budget["name"])


async def describe_budget_action_histories(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What happened to an action, oldest first."""
    row = await _find(ctx, params)
    asked = budget_page(ctx, params)
    span = params.get("TimePeriod") or {}
    after = int(asked.after) if asked.after else None
    rows = await budget_actions.history(
        ctx.db, row["action_id"], span.get("Start"), span.get("End"), after, asked.fetch
    )
    rows, token = asked.cut(rows, "id")  # type: ignore[assignment]
    shown = [
        {
            "Timestamp": one["at"],
            "Status": one["status"],
            "EventType": one["event_type"],
            "ActionHistoryDetails": {"Message": one["message"], "Action": one["action"]},
        }
        for one in rows
    ]
    return {"ActionHistories": shown, "NextToken": token}


async def update_budget_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change what an action does, or when; what the request leaves out stays."""
    async with ctx.db.transaction():
        old = await _find(ctx, params)
        if old["status"] not in ("STANDBY", "PENDING"):
            raise AwsError("ResourceLockedException", "The action is not in standby.")
        budget = await budget_of(ctx, params, "Unable to update action")
        changes = _checked(budget, {**budget_actions.shape(old), **params})
        await budget_actions.update(ctx.db, old["action_id"], changes)
        new = await _find(ctx, params)
        await budget_actions.remember(
            ctx.db, new, ctx.now, new["status"], "UPDATE_ACTION", "The action was updated."
        )
    return _answer(params, OldAction=budget_actions.shape(old), NewAction=budget_actions.shape(new))


async def delete_budget_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete an action; what it did stays done."""
    async with ctx.db.transaction():
        row = await _find(ctx, params)
        await budget_actions.delete(ctx.db, row["action_id"])
    return _answer(params, Action=budget_actions.shape(row))


async def execute_budget_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Approve, retry, reverse or reset an action."""
    kind = params["ExecutionType"]
    takes = timedelta(seconds=ctx.server.settings.transition_seconds)
    async with ctx.db.transaction():
        row = await _find(ctx, params)
        if row["status"] not in EXECUTIONS[kind]:
            raise AwsError(
                "ResourceLockedException",
                f"{kind} is not possible while the action is in status {row['status']}.",
            )
        if kind == "REVERSE_BUDGET_ACTION":
            await budget_actions.reverse(ctx.db, row, ctx.now, takes)
        elif kind == "RESET_BUDGET_ACTION":
            await budget_actions.update(ctx.db, row["action_id"], {"status": "STANDBY"})
            await budget_actions.remember(
                ctx.db, row, ctx.now, "STANDBY", "EXECUTE_ACTION", "The action was reset."
            )
        else:
            await budget_actions.run(ctx.db, row, ctx.now, takes, "EXECUTE_ACTION")
    return _answer(params, ActionId=row["action_id"], ExecutionType=kind)


async def _list(ctx: Context, params: dict[str, Any], budget: str | None) -> dict[str, Any]:
    asked = budget_page(ctx, params)
    rows = await budget_actions.listed(ctx.db, budget=budget, after=asked.after, limit=asked.fetch)
    rows, token = asked.cut(rows, "action_id")  # type: ignore[assignment]
    return {"Actions": [budget_actions.shape(row) for row in rows], "NextToken": token}


async def _find(ctx: Context, params: Mapping[str, Any]) -> Any:
    check_account(ctx, params)
    rows = await budget_actions.listed(
        ctx.db, budget=params["BudgetName"], action_id=params["ActionId"]
    )
    if not rows:
        raise AwsError(
            "NotFoundException",
            f"ActionId {params['ActionId']} doesn't exist for budget {params['BudgetName']}.",
        )
    return rows[0]


def _checked(budget: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    definition = given["Definition"]
    if given["ActionType"] != "RUN_SSM_DOCUMENTS" or not definition.get("SsmActionDefinition"):
        raise invalid(
            f"Actions of type {given['ActionType']} are not supported in this account;"
            " RUN_SSM_DOCUMENTS with an SsmActionDefinition is."
        )
    if len([one for one in definition.values() if one]) > 1:
        raise invalid("Definition must have exactly the one member of its action type.")
    kind = given["NotificationType"]
    share = budget["budget_type"] in budget_standings.SHARES
    if share or (kind == "FORECASTED" and budget["time_unit"] == "DAILY"):
        raise invalid("Actions are not supported for this budget and notification type.")
    return {
        "notification_type": kind,
        "threshold": given["ActionThreshold"]["ActionThresholdValue"],
        "threshold_type": given["ActionThreshold"]["ActionThresholdType"],
        "definition": definition,
        "execution_role_arn": given["ExecutionRoleArn"],
        "approval_model": given["ApprovalModel"],
        "subscribers": checked_subscribers(given["Subscribers"]),
    }


def _answer(params: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"AccountId": params["AccountId"], "BudgetName": params["BudgetName"], **more}
