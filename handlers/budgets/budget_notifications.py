"""Notifications of budgets: at which amounts, and in which state they are.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Notification.html.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.budgets.accounts import budget_page, check_account, invalid, whole_days
from models import budget_alerts, budget_standings, budgets

MOST_NOTIFICATIONS = 10
MOST_ADDRESSES = {"SNS": 1, "EMAIL": 10}
Said = tuple[str, str, float, str]
Subscribers = list[dict[str, str]]


async def create_notification(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A notification and its first subscribers."""
    check_account(ctx, params)
    async with ctx.db.transaction():
        row = await budget_of(ctx, params, "Unable to create notification")
        given = {"Notification": params["Notification"], "Subscribers": params["Subscribers"]}
        [(said, subscribers)] = checked(row, [given])
        if len(await budgets.notifications(ctx.db, [row["id"]])) >= MOST_NOTIFICATIONS:
            raise AwsError(
                "CreationLimitExceededException",
                "Unable to create notification - a budget can have at most"
                f" {MOST_NOTIFICATIONS} notifications.",
            )
        if not await budgets.add_notification(ctx.db, row["id"], said, subscribers):
            raise _duplicate("create")
    return {}


async def describe_notifications_for_budget(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The notifications of a budget, judged by what was spent up to the newest day."""
    check_account(ctx, params)
    row = await budget_of(ctx, params, "Unable to get budget")
    judged = await budget_alerts.judge(ctx.db, [row], ctx.now, whole_days(ctx))
    asked = budget_page(ctx, params)
    found = sorted(judged.notifications[row["id"]], key=_key)
    shown, token = asked.cut_items(found, _key)
    return {"Notifications": [_shown(one) for one in shown], "NextToken": token}


async def describe_budget_notifications_for_account(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The notifications of all budgets that have some, by budget."""
    check_account(ctx, params)
    asked = budget_page(ctx, params, 50)
    rows = await budgets.listed(ctx.db, after=asked.after, limit=asked.fetch)
    rows, token = asked.cut(rows, "name")  # type: ignore[assignment]
    judged = await budget_alerts.judge(ctx.db, rows, ctx.now, whole_days(ctx))
    shown = [
        {
            "BudgetName": row["name"],
            "Notifications": [_shown(one) for one in judged.notifications[row["id"]]],
        }
        for row in rows
        if judged.notifications[row["id"]]
    ]
    return {"BudgetNotificationsForAccount": shown, "NextToken": token}


async def update_notification(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a notification say something else; its subscribers stay."""
    check_account(ctx, params)
    async with ctx.db.transaction():
        row = await budget_of(ctx, params, "Unable to update notification")
        old = await notification_of(ctx, row, params["OldNotification"], "update")
        said = _said(row, params["NewNotification"])
        if not await budgets.change_notification(ctx.db, old["id"], said):
            raise _duplicate("update")
    return {}


async def delete_notification(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a notification with its subscribers."""
    check_account(ctx, params)
    async with ctx.db.transaction():
        row = await budget_of(ctx, params, "Unable to delete notification")
        old = await notification_of(ctx, row, params["Notification"], "delete")
        await budgets.remove_notification(ctx.db, old["id"])
    return {}


async def budget_of(ctx: Context, params: Mapping[str, Any], doing: str) -> Any:
    """The caller's budget that a request names, or NotFoundException."""
    row = await budgets.find(ctx.db, params["BudgetName"])
    if row is None:
        raise AwsError(
            "NotFoundException",
            f"{doing}: {params['BudgetName']} - the budget doesn't exist.",
        )
    return row


async def notification_of(ctx: Context, row: Any, given: Mapping[str, Any], doing: str) -> Any:
    """The notification of a budget that says what `given` says, or NotFoundException."""
    wanted = spelled(given)
    for one in await budgets.notifications(ctx.db, [row["id"]]):
        if (one["kind"], one["operator"], one["threshold"], one["threshold_type"]) == wanted:
            return one
    raise AwsError(
        "NotFoundException", f"Unable to {doing} notification - the notification doesn't exist."
    )


def checked(row: Any, given: Sequence[Mapping[str, Any]]) -> list[tuple[Said, Subscribers]]:
    """Notifications with their subscribers, of a new budget `row` as its table will have it."""
    found = [
        (_said(row, one["Notification"]), checked_subscribers(one["Subscribers"])) for one in given
    ]
    if len({said for said, _ in found}) < len(found):
        raise _duplicate("create")
    return found


def checked_subscribers(given: Sequence[Mapping[str, str]]) -> Subscribers:
    """Subscribers as they are kept: one topic and ten addresses at most, each once."""
    found: Subscribers = []
    for one in given:
        kind, address = one["SubscriptionType"], one["Address"]
        if kind == "SNS" and not address.startswith("arn:aws:sns:"):
            raise invalid(f"Invalid SNS topic ARN: {address}")
        if kind == "EMAIL" and "@" not in address[1:-1]:
            raise invalid(f"Invalid email address: {address}")
        if any(other["Address"] == address for other in found):
            raise AwsError("DuplicateRecordException", f"The subscriber {address} already exists.")
        found.append({"SubscriptionType": kind, "Address": address})
    for kind, most in MOST_ADDRESSES.items():
        if sum(one["SubscriptionType"] == kind for one in found) > most:
            raise AwsError(
                "CreationLimitExceededException",
                f"A notification can have at most {most} {kind} subscribers.",
            )
    return found


def spelled(given: Mapping[str, Any]) -> Said:
    """What tells a notification from the others of its budget."""
    return (
        given["NotificationType"],
        given["ComparisonOperator"],
        float(given["Threshold"]),
        given.get("ThresholdType") or "PERCENTAGE",
    )


def _said(row: Any, given: Mapping[str, Any]) -> Said:
    said = spelled(given)
    share = row["budget_type"] in budget_standings.SHARES
    if said[0] == "FORECASTED" and (share or row["time_unit"] == "DAILY"):
        raise invalid(
            "FORECASTED notifications are not supported for DAILY budgets and for budgets of"
            " utilization and coverage."
        )
    if share and said[3] == "ABSOLUTE_VALUE":
        raise invalid("The threshold of utilization and coverage budgets is a percentage.")
    return said


def _shown(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "NotificationType": one["kind"],
        "ComparisonOperator": one["operator"],
        "Threshold": one["threshold"],
        "ThresholdType": one["threshold_type"],
        "NotificationState": one["state"],
    }


def _key(one: Mapping[str, Any]) -> str:
    return f"{one['kind']}/{one['operator']}/{one['threshold']:020.4f}/{one['threshold_type']}"


def _duplicate(doing: str) -> AwsError:
    return AwsError(
        "DuplicateRecordException",
        f"Unable to {doing} notification - the notification already exists.",
    )
