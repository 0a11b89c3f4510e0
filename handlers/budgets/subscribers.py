"""Subscribers: who is told when a notification of a budget turns."""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.budgets.accounts import budget_page, check_account
from handlers.budgets.budget_notifications import budget_of, checked_subscribers, notification_of
from models import budgets

NOUN = "budget_notifications"
DOING = "Unable to {} subscriber"


async def create_subscriber(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One more who is told."""
    check_account(ctx, params)
    async with ctx.db.transaction():
        one = await _notification(ctx, params, "create")
        changed = checked_subscribers([*one["subscribers"], params["Subscriber"]])
        await budgets.subscribe(ctx.db, one["id"], changed)
    return {}


async def describe_subscribers_for_notification(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Who is told, by address."""
    check_account(ctx, params)
    one = await _notification(ctx, params, "get")
    asked = budget_page(ctx, params)
    found = sorted(one["subscribers"], key=_key)
    shown, token = asked.cut_items(found, _key)
    return {"Subscribers": list(shown), "NextToken": token}


async def update_subscriber(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Tell somebody else."""
    check_account(ctx, params)
    async with ctx.db.transaction():
        one = await _notification(ctx, params, "update")
        rest = _without(one["subscribers"], params["OldSubscriber"], "update")
        changed = checked_subscribers([*rest, params["NewSubscriber"]])
        await budgets.subscribe(ctx.db, one["id"], changed)
    return {}


async def delete_subscriber(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One less who is told; the last one takes the notification along."""
    check_account(ctx, params)
    async with ctx.db.transaction():
        one = await _notification(ctx, params, "delete")
        rest = _without(one["subscribers"], params["Subscriber"], "delete")
        if rest:
            await budgets.subscribe(ctx.db, one["id"], rest)
        else:
            await budgets.remove_notification(ctx.db, one["id"])
    return {}


async def _notification(ctx: Context, params: dict[str, Any], doing: str) -> Any:
    row = await budget_of(ctx, params, DOING.format(doing))
    return await notification_of(ctx, row, params["Notification"], "get")


def _without(
    subscribers: list[dict[str, str]], gone: dict[str, str], doing: str
) -> list[dict[str, str]]:
    wanted = {name: gone[name] for name in ("SubscriptionType", "Address")}
    rest = [one for one in subscribers if one != wanted]
    if len(rest) == len(subscribers):
        raise AwsError(
            "NotFoundException",
            f"{DOING.format(doing)}: {gone['Address']} - the subscriber doesn't exist.",
        )
    return rest


def _key(one: dict[str, str]) -> str:
    return one["Address"]
