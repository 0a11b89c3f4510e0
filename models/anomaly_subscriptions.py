"""Subscriptions to cost anomalies: who is told of which."""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from models import single_rows

_OWN = "s.account_id = (select driftcloud_account())"
_LIST = f"""
select s.id, s.arn, s.name, s.monitor_arns, s.subscribers, s.frequency, s.threshold, s.threshold_expression
  from anomaly_subscriptions s
 where {_OWN} and ($1::text[] is null or s.arn = any($1)) and ($2::text is null or $2 = any(s.monitor_arns))
   and ($3::text is null or s.arn > $3)
 order by s.arn limit $4::int"""
_DELETE = f"delete from anomaly_subscriptions s where {_OWN} and s.arn = $1 returning id"
_LEAVE = f"""
update anomaly_subscriptions s set monitor_arns = array_remove(s.monitor_arns, $1)
 where {_OWN} and $1 = any(s.monitor_arns)"""

ABSOLUTE, PERCENTAGE = "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "ANOMALY_TOTAL_IMPACT_PERCENTAGE"


async def listed(
    db: Any,
    arns: Sequence[str] | None = None,
    *,
    monitor: str | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Any]:
    """Subscriptions by ARN, by default all; those to one monitor."""
    given = None if arns is None else list(arns)
    rows: list[Any] = await db.fetch(_LIST, given, monitor, after, limit)
    return rows


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new subscription."""
    await single_rows.insert(db, "anomaly_subscriptions", row)


async def update(db: Any, arn: str, changes: Mapping[str, Any]) -> None:
    """Change columns of a subscription."""
    sets = ", ".join(f"{name} = ${n + 2}" for n, name in enumerate(changes))
    sql = f"update anomaly_subscriptions s set {sets} where {_OWN} and s.arn = $1"
    await db.write(sql, arn, *changes.values())


async def delete(db: Any, arn: str) -> bool:
    """Delete a subscription; False when it is not there."""
    return bool(await db.write(_DELETE, arn))


async def leave(db: Any, monitor_arn: str) -> None:
    """Take a monitor that is gone out of every subscription."""
    await db.write(_LEAVE, monitor_arn)


def wants(subscription: Any, impact: Decimal, expected: Decimal) -> bool:
    """Whether an anomaly's total impact passes a subscription's threshold."""
    expression = subscription["threshold_expression"]
    if expression:
        return _meets(expression, impact, share(impact, expected))
    return impact >= Decimal(str(subscription["threshold"] or 0))


def share(impact: Decimal, expected: Decimal) -> Decimal:
    """An impact in percent of what was expected; of nothing, all of it is too much."""
    return 100 * impact / expected if expected > 0 else Decimal(100)


def _meets(expression: Mapping[str, Any], impact: Decimal, percent: Decimal) -> bool:
    if expression.get("And"):
        return all(_meets(one, impact, percent) for one in expression["And"])
    if expression.get("Or"):
        return any(_meets(one, impact, percent) for one in expression["Or"])
    said = expression["Dimensions"]
    amount = impact if said["Key"] == ABSOLUTE else percent
    return amount >= Decimal(said["Values"][0])
