"""The writing of log events: stored, counted, turned into metrics and sent on as filters say.

Source of the metrics' rules: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from models import lambda_functions, log_filters, log_groups, log_patterns, log_streams
from models.metrics import custom_metrics

Event = tuple[datetime, str]

# What CloudWatch Logs counts for an event beside its text.
EVENT_BYTES = 26

_INSERT = """
insert into log_events (account_id, log_group_id, log_stream_id, at, ingested_at, message)
select driftcloud_account(), $1, $2, g.at, $3, g.message
  from unnest($4::timestamptz[], $5::text[]) with ordinality as g (at, message, place)
 order by g.place returning id
"""
_TOUCH = """
update log_streams set first_event_at = least(first_event_at, $2),
       last_event_at = greatest(last_event_at, $3), last_ingested_at = $4
 where account_id = driftcloud_account() and id = $1 returning id
"""


def size_bytes(events: Sequence[Event]) -> int:
    """How much is billed for events."""
    return sum(len(message.encode()) + EVENT_BYTES for _, message in events)


async def put(
    db: Any, region: str, group_id: Any, stream_id: Any, events: Sequence[Event], now: datetime
) -> None:
    """Store events of a stream, in a transaction; `now` and their times are virtual."""
    times = [at for at, _ in events]
    await db.write(_INSERT, group_id, stream_id, now, times, [text for _, text in events])
    await db.write(_TOUCH, stream_id, min(times), max(times), now)
    await log_groups.take_in(db, group_id, size_bytes(events))
    await _measure(db, region, group_id, events)
    await _send(db, group_id, events)


async def add(
    db: Any, region: str, group: str, stream: str, messages: Sequence[str], now: datetime
) -> bool:
    """Write what a service of AWS's says into a group, making the stream; False: no group."""
    row = await log_groups.find(db, region, group)
    if row is None or not messages:
        return False
    await log_streams.insert(db, row["id"], stream, now)
    [found] = await log_streams.find(db, row["id"], stream)
    await put(db, region, row["id"], found["id"], [(now, text) for text in messages], now)
    return True


async def _send(db: Any, group_id: Any, events: Sequence[Event]) -> None:
    """Call the functions that the group's subscription filters name: once for what was put."""
    for row in await log_filters.subscriptions_of(db, group_id):
        match = log_patterns.compiled(row["pattern"]).match
        if ":function:" in row["destination_arn"] and any(
            match(message) is not None for _, message in events
        ):
            await lambda_functions.called(db, row["destination_arn"], 1)


async def _measure(db: Any, region: str, group_id: Any, events: Sequence[Event]) -> None:
    """The datapoints of the group's metric filters."""
    datapoints = []
    for row in await log_filters.metric_filters_of(db, group_id):
        match = log_patterns.compiled(row["pattern"]).match
        for at, message in events:
            found = match(message)
            for transformation in row["transformations"]:
                value = _value(transformation, found)
                if value is not None:
                    datapoints.append(_datapoint(at, transformation, value, found))
    await custom_metrics.put(db, region, datapoints)


def _value(transformation: Mapping[str, Any], found: log_patterns.Found) -> float | None:
    if found is None:
        default = transformation.get("defaultValue")
        return None if default is None else float(default)
    given = transformation["metricValue"]
    if given.startswith("$"):
        return log_patterns.number_of(log_patterns.value_at(given, found))
    return log_patterns.number_of(given)


def _datapoint(
    at: datetime, transformation: Mapping[str, Any], value: float, found: log_patterns.Found
) -> dict[str, Any]:
    dimensions = {}
    for name, selector in (transformation.get("dimensions") or {}).items() if found else ():
        told = log_patterns.value_at(selector, found or {})
        if isinstance(told, (str, int, float)):
            dimensions[name] = str(told)
    return {
        "at": at.replace(second=0, microsecond=0),
        "namespace": transformation["metricNamespace"],
        "name": transformation["metricName"],
        "dimensions": dimensions,
        "unit": transformation.get("unit") or "None",
        "resolution": 60,
        "sample_count": 1.0,
        "total": value,
        "minimum": value,
        "maximum": value,
        "samples": [(value, 1.0)],
    }
