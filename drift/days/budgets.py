"""Budgets: subscribers told, and actions set off, by what the day cost.

Budgets live in the client's calendar, which no world can replay: what is told of them is no part
of the days that chance and actions determine.
"""

from datetime import timedelta
from typing import Any

from drift.day import Day
from drift.session import DaySession
from models import budget_actions, budget_alerts, budgets

AFTER = ("cost_daily",)

# How far the calendar of a client, who takes the newest day for today, lies after the day's.
_AHEAD = "SELECT (now() AT TIME ZONE 'UTC')::date - $1::date"


async def write(day: Day) -> None:
    """Nothing: a day of cost is in the ledger."""


async def live(day: Day) -> None:
    """Judge every budget of the account by all days up to this one."""
    db = DaySession(day)
    rows = await budgets.listed(db)
    if not rows:
        return
    ahead = timedelta(days=await db.fetchval(_AHEAD, day.date))
    for wall in (True, False):
        chosen = [row for row in rows if row["wall_calendar"] == wall]
        if chosen:
            await _judge(day, db, chosen, ahead if wall else timedelta(0))


async def _judge(day: Day, db: DaySession, rows: list[Any], shift: timedelta) -> None:
    # an instant before midnight is still today
    now = day.end - timedelta(seconds=1)
    judged = await budget_alerts.judge(db, rows, now, shift)
    by_budget = {row["id"]: row for row in rows}
    for action in await budget_actions.listed(db):
        if action["budget_id"] not in by_budget:
            continue
        standing = judged.standings[action["budget_id"]]
        said = {**action, "kind": action["notification_type"], "operator": "GREATER_THAN"}
        if budget_alerts.exceeded(said, standing):
            changes = await budget_actions.trigger(db, action, standing.period[0], now)
            for kind, identifier, before, after in changes:
                await day.record(kind, identifier, "state", before, after)
