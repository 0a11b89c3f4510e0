"""Cost anomalies: what monitors find unusual in the day, why, and who is told."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from drift.day import Day
from drift.noise import hexadecimal
from drift.session import DaySession
from models import (
    anomaly_detection,
    anomaly_monitors,
    anomaly_subscriptions,
    cost_alerts,
    cost_anomalies,
    event_delivery,
)

AFTER = ("cost_daily",)

KEPT = timedelta(days=62)
LATE = timedelta(days=2)
WEEK = timedelta(days=7)
_CENT = Decimal("0.0001")
HOME = "us-east-1"


async def write(day: Day) -> None:
    """Nothing: the days that a calm history wrote are judged together, on its last one."""


async def live(day: Day) -> None:
    """Judge what has not been judged, for each monitor of the account."""
    db = DaySession(day)
    found = []
    for monitor in await anomaly_monitors.listed(db):
        found += await _evaluate(day, db, monitor)
    for anomaly, monitor in found:
        await _publish(day, db, anomaly, monitor)
    await _tell(day, db)


async def _evaluate(day: Day, db: DaySession, monitor: Any) -> list[tuple[dict[str, Any], Any]]:
    """The anomalies that a monitor did not know yesterday."""
    oldest = day.date - KEPT + timedelta(days=1)
    last = monitor["evaluated_on"]
    since = oldest if last is None else max(oldest, last - LATE)
    await anomaly_monitors.take(db, monitor, since, day.date)
    series: dict[str, dict[date, float]] = {}
    flagged: dict[str, list[date]] = {}
    expected: dict[tuple[str, date], Decimal] = {}
    scores: dict[tuple[str, date], float] = {}
    open_days: list[tuple[str, date]] = []
    begun = monitor["created_on"] or oldest
    for row in await anomaly_monitors.days(db, monitor, oldest):
        key = (row["value"], row["date"])
        series.setdefault(row["value"], {})[row["date"]] = float(row["amount"])
        if row["score"] is not None:
            flagged.setdefault(row["value"], []).append(row["date"])
            scores[key] = row["score"]
        if row["expected"] is not None:
            expected[key] = row["expected"]
        elif row["date"] >= max(begun, since):
            open_days.append(key)
    verdicts = []
    touched: dict[str, date] = {}
    for value, on in open_days:
        verdict = anomaly_detection.judge(series[value], flagged.get(value, ()), on)
        if verdict is None:
            continue
        expected[value, on] = Decimal(verdict.expected).quantize(_CENT)
        verdicts.append((value, on, expected[value, on], verdict.score))
        if verdict.score is not None:
            flagged[value] = sorted({*flagged.get(value, ()), on})
            scores[value, on] = verdict.score
            touched.setdefault(value, on)
    await anomaly_monitors.judged(db, monitor, verdicts)
    first = min((one for days in series.values() for one in days), default=day.date)
    await anomaly_monitors.evaluated(db, monitor, day.date, first, KEPT)
    fresh = []
    for value, first_new in touched.items():
        for start, end in anomaly_detection.runs(flagged[value]):
            if end >= first_new:
                row = _anomaly(day, monitor, value, (start, end), series[value], expected, scores)
                row["root_causes"] = await _causes(db, monitor, value, start, end)
                if await cost_anomalies.put(db, row):
                    fresh.append((row, monitor))
    return fresh


def _anomaly(
    day: Day,
    monitor: Any,
    value: str,
    span: tuple[date, date],
    amounts: Mapping[date, float],
    expected: Mapping[tuple[str, date], Decimal],
    scores: Mapping[tuple[str, date], float],
) -> dict[str, Any]:
    start, end = span
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    actual = [Decimal(str(amounts[one])) for one in days]
    usual = [expected[value, one] for one in days]
    return {
        "anomaly_id": _identifier(day, monitor, value, start),
        "monitor_id": monitor["id"],
        "dimension_value": value,
        "starts_on": start,
        "ends_on": end,
        "max_score": max(scores.get((value, one), 0.0) for one in days),
        "current_score": scores[value, end],
        "max_impact": max(spent - due for spent, due in zip(actual, usual, strict=True)),
        "total_impact": sum(actual) - sum(usual),
        "total_actual": sum(actual),
        "total_expected": sum(usual),
    }


def _identifier(day: Day, monitor: Any, value: str, start: date) -> str:
    """The same in every replay of the world."""
    digits = hexadecimal(day.world, f"anomaly/{monitor['arn']}/{value}/{start}", 32)
    return "-".join(digits[a:b] for a, b in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))


async def _causes(
    db: DaySession, monitor: Any, value: str, start: date, end: date
) -> list[dict[str, Any]]:
    return [
        {
            "Service": row["service"],
            "Region": row["region"],
            "LinkedAccount": row["account"],
            "LinkedAccountName": row["account_name"],
            "UsageType": row["usage_type"],
            "Impact": {"Contribution": round(float(row["rise"]), 4)},
        }
        for row in await anomaly_monitors.causes(db, monitor, value, start, end)
    ]


async def _tell(day: Day, db: DaySession) -> None:
    """Subscribers hear once of each anomaly that passes their threshold; weekly ones on Mondays."""
    monday = day.date.weekday() == 0
    anomalies = await cost_anomalies.recent(db, day.date - (WEEK if monday else timedelta(0)))
    if not anomalies:
        return
    told = await cost_anomalies.told(db, [one["anomaly_id"] for one in anomalies])
    for subscription in await anomaly_subscriptions.listed(db):
        weekly = subscription["frequency"] == "WEEKLY"
        if weekly and not monday:
            continue
        for one in anomalies:
            if one["monitor_arn"] not in subscription["monitor_arns"] or not (
                anomaly_subscriptions.wants(
                    subscription, one["total_impact"], one["total_expected"]
                )
            ):
                continue
            people = [
                (person["Type"], person["Address"])
                for person in subscription["subscribers"]
                if (one["anomaly_id"], person["Address"]) not in told
            ]
            now = day.end - timedelta(seconds=1)
            await cost_alerts.add(db, now, "anomaly", one["anomaly_id"], people, _detail(one))
            told |= {(one["anomaly_id"], address) for _, address in people}


async def _publish(day: Day, db: DaySession, anomaly: dict[str, Any], monitor: Any) -> None:
    """The event of EventBridge's default bus:
    https://docs.aws.amazon.com/cost-management/latest/userguide/cad-eventbridge.html."""
    event = {
        "version": "0",
        "id": anomaly["anomaly_id"],
        "detail-type": "Anomaly Detected",
        "source": "aws.ce",
        "account": day.account_number,
        "time": (day.end - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": HOME,
        "resources": [monitor["arn"]],
        "detail": {
            **_detail(anomaly),
            "accountId": day.account_number,
            "monitorArn": monitor["arn"],
            "monitorName": monitor["name"],
            "monitorType": monitor["monitor_type"],
        },
    }
    await event_delivery.deliver(db, HOME, "default", [event], day.end - timedelta(seconds=1))


def _detail(anomaly: Mapping[str, Any]) -> dict[str, Any]:
    share = anomaly_subscriptions.share(anomaly["total_impact"], anomaly["total_expected"])
    return {
        "anomalyId": anomaly["anomaly_id"],
        "anomalyStartDate": f"{anomaly['starts_on']}T00:00:00Z",
        "anomalyEndDate": f"{anomaly['ends_on']}T00:00:00Z",
        "dimensionalValue": anomaly["dimension_value"],
        "anomalyScore": {
            "maxScore": anomaly["max_score"],
            "currentScore": anomaly["current_score"],
        },
        "impact": {
            "maxImpact": float(anomaly["max_impact"]),
            "totalActualSpend": float(anomaly["total_actual"]),
            "totalExpectedSpend": float(anomaly["total_expected"]),
            "totalImpact": float(anomaly["total_impact"]),
            "totalImpactPercentage": round(float(share), 2),
        },
        "rootCauses": anomaly["root_causes"],
    }
