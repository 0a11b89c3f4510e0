"""The delivery of events: which rules of a bus they match, and what their targets get.

Queues, log groups and other buses of the account get what is sent to them; functions, which are not
run here, count a call. What nobody serves here (topics, streams …) gets nothing, as if it took the
event and did nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from models import (
    event_patterns,
    event_rules,
    lambda_functions,
    log_writing,
    queue_messages,
    queues,
)
from models.event_inputs import teller

# A bus may send to another, which may send on; AWS forbids circles by policy, we by counting.
_MOST_HOPS = 3
_USUAL_RETENTION_SECONDS = 345_600

# What all messages have in common; those of a group differ.
_MESSAGE: Final[dict[str, Any]] = {
    "attributes": {},
    "system_attributes": {},
    "group_id": None,
    "deduplication_id": None,
    "sender_id": "events.amazonaws.com",
    "delay_seconds": 0,
}

# By the ARN of a target: its definition, an event, and the text that is made of it.
ByTarget = dict[str, list[tuple[Mapping[str, Any], Mapping[str, Any], str]]]


async def deliver(
    db: Any,
    region: str,
    bus: str,
    events: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    hops: int = 0,
    letters: list[tuple[str, str]] | None = None,
) -> int:
    """Send events, each a JSON envelope with id, source and detail-type, to whom they concern.

    `db` has fetch and write and is in a transaction of the account's. Returns how many times an
    event matched a rule. `now` is virtual. What is for API destinations, which no transaction can
    reach, is added to `letters` (ARN, text): without such a list they get nothing.
    """
    matched = 0
    by_target: ByTarget = defaultdict(list)
    for rule in await event_rules.active(db, region, bus) if events else ():
        try:
            match = event_patterns.compiled(rule["pattern"])
        except event_patterns.PatternError:
            continue  # written by SQL: no handler takes it
        found = [event for event in events if match(event)]
        matched += len(found)
        _address(by_target, rule, found)
    await _send(db, by_target, now, hops, letters)
    return matched


async def deliver_scheduled(
    db: Any,
    fired: Mapping[Any, Sequence[Mapping[str, Any]]],
    now: datetime,
    *,
    letters: list[tuple[str, str]],
) -> None:
    """Send what schedules gave, by the ids of their rules, to the targets of each."""
    by_target: ByTarget = defaultdict(list)
    for rule in await event_rules.scheduled(db, list(fired)) if fired else ():
        _address(by_target, rule, fired[rule["id"]])
    await _send(db, by_target, now, 0, letters)


def _address(by_target: ByTarget, rule: Any, events: Sequence[Mapping[str, Any]]) -> None:
    """Write to each target of a rule what it is to be told of the events."""
    if not events:
        return
    named = {"name": rule["name"], "arn": rule["arn"]}
    told = [(by_target[one["Arn"]], one, teller(one, named)) for one in rule["targets"]]
    for event in events:
        for sent, target, tell in told:
            sent.append((target, event, tell(event)))


async def _send(
    db: Any,
    by_target: ByTarget,
    now: datetime,
    hops: int,
    letters: list[tuple[str, str]] | None,
) -> None:
    for arn, sent in by_target.items():
        if ":api-destination/" in arn:
            if letters is not None:
                letters += [(arn, text) for _, _, text in sent]
            continue
        await _to(db, arn, sent, now, hops, letters)


async def _to(
    db: Any,
    arn: str,
    sent: Sequence[Any],
    now: datetime,
    hops: int,
    letters: list[tuple[str, str]] | None,
) -> None:
    parts = arn.split(":", 5)
    if parts[2] == "sqs":
        await _to_queue(db, arn, sent)
    elif parts[2] == "logs":
        name = parts[5].removeprefix("log-group:").removesuffix(":*")
        await log_writing.add(db, parts[3], name, "events", [text for _, _, text in sent], now)
    elif parts[2] == "lambda":
        await lambda_functions.called(db, arn, len(sent))
    elif parts[2] == "events" and hops < _MOST_HOPS:
        name = parts[5].removeprefix("event-bus/")
        passed = [event for _, event, _ in sent]
        await deliver(db, parts[3], name, passed, now, hops=hops + 1, letters=letters)


async def _to_queue(db: Any, arn: str, sent: Sequence[Any]) -> None:
    """Into a queue; where it is not there, into the target's queue of dead letters."""
    queue = await queues.find_arn(db, arn)
    if queue is None:
        await _bury(db, arn, sent)
        return
    await _put(db, queue, [_message(target, event, text) for target, event, text in sent])


async def _bury(db: Any, arn: str, sent: Sequence[Any]) -> None:
    for target, event, text in sent:
        dead = (target.get("DeadLetterConfig") or {}).get("Arn")
        queue = await queues.find_arn(db, dead) if dead else None
        if queue is not None:
            reasons = {
                "ERROR_CODE": "NO_RESOURCE",
                "ERROR_MESSAGE": "The specified queue does not exist.",
                "TARGET_ARN": arn,
            }
            attributes = {
                name: {"DataType": "String", "StringValue": value}
                for name, value in reasons.items()
            }
            await _put(db, queue, [_message({}, event, text) | {"attributes": attributes}])


async def _put(db: Any, queue: Any, messages: Sequence[dict[str, Any]]) -> None:
    retention = int(queue["attributes"].get("MessageRetentionPeriod", _USUAL_RETENTION_SECONDS))
    delay = int(queue["attributes"].get("DelaySeconds", 0))
    if delay:
        messages = [message | {"delay_seconds": delay} for message in messages]
    if not queue["fifo"]:
        await queue_messages.send(db, queue["id"], retention, messages)
        return
    in_order = [one for one in messages if one["group_id"]]
    by_group = queue["attributes"].get("DeduplicationScope") == "messageGroup"
    if in_order:
        await queue_messages.send_in_order(db, queue["id"], retention, in_order, by_group=by_group)


def _message(target: Mapping[str, Any], event: Mapping[str, Any], text: str) -> dict[str, Any]:
    message = {"body": text, **_MESSAGE}
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    if group:
        message |= {"group_id": group, "deduplication_id": event["id"]}
    return message
