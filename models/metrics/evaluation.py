"""The evaluation of alarms: what their metrics did since they were last looked at.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
An alarm is judged at the end of every period, on the last EvaluationPeriods of them, and every
change of its state is found at the time at which it happened.
"""

import operator
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson

from models.metrics import series
from models.metrics.expressions import ExpressionError
from models.metrics.functions import TimeSeries
from models.metrics.queries import Run
from models.metrics.series import Question

# How many ends of periods are looked back at, after nobody has looked for long.
MOST_STEPS = 300

_COMPARISONS = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
COMPARISONS = frozenset(_COMPARISONS)


class Transition(NamedTuple):
    """A change of state: when, from what to what, and why, in words and as JSON."""

    at: datetime
    old: str
    new: str
    reason: str
    data: str


class Judged(NamedTuple):
    """The changes of an alarm's state, oldest first, and the newest value that it was judged on."""

    changes: Sequence[Transition]
    newest: float | None = None


async def replay(db: Any, region: str, alarm: Any, now: datetime) -> Judged:
    """What became of an alarm from `evaluated_at` up to now."""
    period = _period(alarm)
    needed = alarm["evaluation_periods"]
    last = series.seconds(now) // period * period
    first = series.seconds(alarm["evaluated_at"]) // period * period + period
    first = max(first, last - (MOST_STEPS - 1) * period)
    if first > last:
        return Judged([])
    points = await _points(db, region, alarm, first - needed * period, last, period, now)
    state = alarm["state_value"]
    found = []
    for end in range(first, last + 1, period):
        window = [points.get(end - back * period) for back in range(needed, 0, -1)]
        new = _judge(alarm, window, state)
        if new != state:
            at = max(datetime.fromtimestamp(end, UTC), alarm["configured_at"])
            reason, data = _explained(alarm, window, new, end, period, state)
            found.append(Transition(at, state, new, reason, data))
            state = new
    told = [end for end in points if last - needed * period <= end < last]
    return Judged(found, points[max(told)] if told else None)


def _period(alarm: Any) -> int:
    if alarm["metrics"]:
        stats = [query.get("MetricStat") for query in alarm["metrics"]]
        periods = [stat["Period"] for stat in stats if stat]
        periods += [query["Period"] for query in alarm["metrics"] if query.get("Period")]
        return max(periods, default=300)
    return alarm["period_seconds"] or 300


async def _points(
    db: Any, region: str, alarm: Any, start: int, end: int, period: int, now: datetime
) -> dict[int, float]:
    if alarm["metrics"]:
        return await _of_expression(db, region, alarm, start, end, now)
    statistic = alarm["statistic"] or alarm["extended_statistic"]
    question = Question(
        alarm["namespace"], alarm["metric_name"],
        {one["Name"]: one["Value"] for one in alarm["dimensions"]}, start, end, period,
        alarm["unit"],
    )  # fmt: skip
    found = await series.read(db, region, question, now, (statistic,))
    return found.points(statistic)


async def _of_expression(
    db: Any, region: str, alarm: Any, start: int, end: int, now: datetime
) -> dict[int, float]:
    queries = {query["Id"]: query for query in alarm["metrics"]}
    watched = next((name for name, query in queries.items() if query.get("ReturnData", True)), None)
    if watched is None:
        return {}
    begin, over = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    try:
        value = await Run(db, region, queries, begin, over, now).value(watched)
    except ExpressionError:
        return {}
    return value.points if isinstance(value, TimeSeries) else {}


def _judge(alarm: Any, window: Sequence[float | None], state: str) -> str:
    """The state that the last periods put an alarm into."""
    needed = alarm["datapoints_to_alarm"] or alarm["evaluation_periods"]
    treat = alarm["treat_missing_data"] or "missing"
    compare = _COMPARISONS[alarm["comparison_operator"]][0]
    told = [value for value in window if value is not None]
    bad = sum(compare(value, alarm["threshold"]) for value in told)
    missing = len(window) - len(told)
    if treat == "breaching":
        return "ALARM" if bad + missing >= needed else "OK"
    if bad >= needed:
        return "ALARM"
    if treat == "notBreaching":
        return "OK"
    if treat == "ignore":
        return state if len(told) < needed else "OK"
    if not told:
        return "INSUFFICIENT_DATA"
    return "ALARM" if missing and bad == len(told) else "OK"


def _explained(
    alarm: Any, window: Sequence[float | None], new: str, end: int, period: int, old: str
) -> tuple[str, str]:
    """Why, in CloudWatch's words, and as its JSON."""
    told = [value for value in window if value is not None]
    compare, words = _COMPARISONS[alarm["comparison_operator"]]
    needed = alarm["datapoints_to_alarm"] or alarm["evaluation_periods"]
    count = f"{len(told)} datapoint{'s' if len(told) != 1 else ''}"
    if not told:
        missing = "were missing" if len(window) > 1 else "was missing"
        reason = (
            f"Insufficient Data: {len(window)} datapoints {missing}."
            if new == "INSUFFICIENT_DATA"
            else f"Threshold Crossed: no datapoints were received for {len(window)} period"
            f"{'s' if len(window) > 1 else ''} and missing data was treated as"
            f" [{'Breaching' if new == 'ALARM' else 'NonBreaching'}]."
        )
    else:
        shown = ", ".join(f"{value}" for value in reversed(told))
        matching = sum(compare(value, alarm["threshold"]) for value in told)
        verb = "were" if new == "ALARM" else "were not"
        shown_count = f"{matching if new == 'ALARM' else len(told)} out of the last {count}"
        reason = (
            f"Threshold Crossed: {shown_count} [{shown}] {verb} {words} the threshold"
            f" ({alarm['threshold']}) (minimum {needed} datapoint{'s' if needed != 1 else ''} for"
            f" {old} -> {new} transition)."
        )
    start = datetime.fromtimestamp(end - len(window) * period, UTC)
    data = {
        "version": "1.0",
        "queryDate": _written(datetime.fromtimestamp(end, UTC)),
        "startDate": _written(start),
        "statistic": alarm["statistic"] or alarm["extended_statistic"],
        "period": period,
        "recentDatapoints": told,
        "threshold": alarm["threshold"],
        "evaluatedDatapoints": [
            {"timestamp": _written(start + timedelta(seconds=at * period)), "value": value}
            for at, value in reversed(list(enumerate(window)))
            if value is not None
        ],
    }
    return reason[:1023], orjson.dumps(data).decode()[:4000]


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
