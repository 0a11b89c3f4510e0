"""Notifications of budgets: judged against how budgets stand, and told once a period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from models import budget_standings, budgets, cost_alerts
from models.budget_standings import Standing


@dataclass(frozen=True, slots=True)
class Judged:
    """Budgets with how they stand and their notifications, each in its present state."""

    standings: dict[Any, Standing]
    notifications: dict[Any, list[dict[str, Any]]]


async def judge(db: Any, rows: Sequence[Any], now: datetime, shift: timedelta) -> Judged:
    """Bring the notifications of budgets up to `now` (virtual), and tell of those that turned."""
    today = (now + shift).date()
    found = await budget_standings.standings(db, rows, today, shift)
    standings = {row["id"]: one for row, one in zip(rows, found, strict=True)}
    by_budget: dict[Any, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    if rows:
        for one in await budgets.notifications(db, list(by_budget)):
            by_budget[one["budget_id"]].append(dict(one))
    changed: list[tuple[Any, str, date]] = []
    turned = []
    for row in rows:
        standing = standings[row["id"]]
        for one in by_budget[row["id"]]:
            state = "ALARM" if exceeded(one, standing) else "OK"
            if (one["state"], one["period_start"]) != (state, standing.period[0]):
                changed.append((one["id"], state, standing.period[0]))
                if state == "ALARM":
                    turned.append((row, one, standing))
            one["state"], one["period_start"] = state, standing.period[0]
    if changed:
        async with db.transaction():
            fresh = await budgets.set_states(db, changed)
            for row, one, standing in turned:
                if one["id"] in fresh:
                    await _tell(db, row, one, standing, now)
    return Judged(standings, by_budget)


def exceeded(said: Mapping[str, Any], standing: Standing) -> bool:
    """Whether a threshold is passed, by what was spent or by what is to be expected."""
    amount = standing.actual if said["kind"] == "ACTUAL" else standing.forecast
    if amount is None:
        return False
    threshold = Decimal(str(said["threshold"]))
    if said["threshold_type"] == "PERCENTAGE":
        threshold = threshold * standing.limit / 100
    operator = said["operator"]
    if operator == "GREATER_THAN":
        return amount > threshold
    return amount < threshold if operator == "LESS_THAN" else amount == threshold


async def _tell(
    db: Any, row: Any, said: Mapping[str, Any], standing: Standing, now: datetime
) -> None:
    amount = standing.actual if said["kind"] == "ACTUAL" else standing.forecast
    message = {
        "budgetName": row["name"],
        "budgetType": row["budget_type"],
        "budgetedAmount": str(round(standing.limit, 2)),
        "alertType": said["kind"],
        "comparisonOperator": said["operator"],
        "alertThreshold": said["threshold"],
        "thresholdType": said["threshold_type"],
        "amount": str(round(amount or Decimal(0), 2)),
        "periodStart": standing.period[0].isoformat(),
    }
    subscribers = [(one["SubscriptionType"], one["Address"]) for one in said["subscribers"]]
    await cost_alerts.add(db, now, "budget", row["arn"], subscribers, message)
