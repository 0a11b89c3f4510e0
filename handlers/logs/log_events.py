"""Log events: put into streams, read from them, and searched.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html,
API_GetLogEvents.html and API_FilterLogEvents.html
"""

import itertools
import re
from datetime import datetime, timedelta
from typing import Any

from emulator.context import Context
from handlers.logs import identifiers, lists, times
from handlers.logs.identifiers import invalid
from handlers.logs.log_streams import sequence_token
from handlers.logs.patterns import compiled
from models import log_events, log_streams, log_writing
from models.log_events import Position

NOUN = "log_group_usage_daily"
MOST_BATCH_BYTES = MOST_EVENT_BYTES = 1_048_576
MOST_EVENTS = 10_000
_OLDEST, _NEWEST, _LONGEST_SPAN = timedelta(days=14), timedelta(hours=2), timedelta(days=1)
# One FilterLogEvents looks at so many events, then it gives a token to go on with.
_MOST_LOOKED_AT = 20_000
_CHUNK = 2_000
_TOKEN = re.compile(r"([fb])/(\d{20})(\d{36})")


async def put_log_events(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take a batch of events; those that are too old or too new are left out and reported."""
    events = [(times.read(ctx, one["timestamp"]), one["message"]) for one in params["logEvents"]]
    _check_batch(events)
    async with ctx.db.transaction():
        group = await identifiers.find(ctx, params["logGroupName"])
        found = await log_streams.find(ctx.db, group["id"], params["logStreamName"])
        if not found:
            raise identifiers.stream_not_found()
        first, last, rejected = _accepted(ctx, group, [at for at, _ in events])
        kept = events[first:last]
        if kept:
            if kept[-1][0] - kept[0][0] > _LONGEST_SPAN:
                raise invalid(
                    "The batch of log events in a single PutLogEvents request cannot span more"
                    " than 24 hours."
                )
            await log_writing.put(ctx.db, ctx.region, group["id"], found[0]["id"], kept, ctx.now)
    return {
        "nextSequenceToken": sequence_token(found[0]["id"]),
        "rejectedLogEventsInfo": rejected or None,
    }


async def get_log_events(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Events of one stream, and tokens to go on in both directions; at an end a token stays."""
    group = await identifiers.find(ctx, identifiers.given(ctx, params))
    streams = await log_streams.find(ctx.db, group["id"], params["logStreamName"])
    if not streams:
        raise identifiers.stream_not_found()
    limit = _limit(params)
    given = params.get("nextToken")
    way, position = _position(given) if given else (None, None)
    backward = way == "b" if way else not params.get("startFromHead")
    rows = await log_events.of_stream(
        ctx.db,
        streams[0]["id"],
        start=times.optional(ctx, params.get("startTime")),
        end=times.optional(ctx, params.get("endTime")),
        position=position,
        backward=backward,
        limit=limit,
    )
    first = _text(rows[0]) if rows else (given[2:] if given else "0" * 56)
    last = _text(rows[-1]) if rows else (given[2:] if given else "0" * 56)
    return {
        "events": [
            {
                "timestamp": times.shown(ctx, row["at"]),
                "message": row["message"],
                "ingestionTime": times.shown(ctx, row["ingested_at"]),
            }
            for row in rows
        ],
        "nextForwardToken": f"f/{last}",
        "nextBackwardToken": f"b/{first}",
    }


async def filter_log_events(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Events of a group's streams that match a pattern, oldest first."""
    page = lists.page(ctx, params, default=MOST_EVENTS)
    if params.get("startFromHead") is False:
        raise invalid("Reading from the tail is not supported by this emulator.")
    match = compiled(params.get("filterPattern") or "").match
    names, prefix = params.get("logStreamNames"), params.get("logStreamNamePrefix")
    if names and prefix:
        raise invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
    group = await identifiers.find(ctx, identifiers.given(ctx, params))
    if names and len(await log_streams.find(ctx.db, group["id"], *names)) < len(set(names)):
        raise identifiers.stream_not_found()
    position = _position(f"f/{page.after}")[1] if page.after else None
    found: list[Any] = []
    wanted, looked_at, more = page.limit or MOST_EVENTS, 0, True
    while more and len(found) < wanted and looked_at < _MOST_LOOKED_AT:
        rows = await log_events.of_group(
            ctx.db,
            group["id"],
            start=times.optional(ctx, params.get("startTime")),
            end=times.optional(ctx, params.get("endTime")),
            position=position,
            streams=names,
            prefix=prefix or "",
            limit=_CHUNK,
        )
        more = len(rows) == _CHUNK
        for row in rows:
            position = (row["at"], row["id"])
            looked_at += 1
            if match(row["message"]) is not None:
                found.append(row)
                if len(found) == wanted:
                    more = more or row is not rows[-1]
                    break
    token = page.token(_written(position)) if more and position is not None else None
    return {
        "events": [_filtered(ctx, row) for row in found],
        # AWS gives no streams here since 2020
        "searchedLogStreams": [],
        "nextToken": token,
    }


def _check_batch(events: list[tuple[datetime, str]]) -> None:
    if any(later[0] < earlier[0] for earlier, later in itertools.pairwise(events)):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    for event in events:
        size = log_writing.size_bytes([event])
        if size > MOST_EVENT_BYTES + log_writing.EVENT_BYTES:
            raise invalid(f"Log event too large: {size} bytes exceeds limit of {MOST_EVENT_BYTES}")
    total = log_writing.size_bytes(events)
    if total > MOST_BATCH_BYTES:
        raise invalid(f"Upload too large: {total} bytes exceeds limit of {MOST_BATCH_BYTES}")


def _accepted(ctx: Context, group: Any, moments: list[datetime]) -> tuple[int, int, dict[str, int]]:
    """The first event that is taken and the first behind it that is not, and why."""
    rejected = {}
    too_old = sum(at < ctx.now - _OLDEST for at in moments)
    if too_old:
        rejected["tooOldLogEventEndIndex"] = too_old
    first = too_old
    if group["retention_days"] is not None:
        expired = sum(at < ctx.now - timedelta(days=group["retention_days"]) for at in moments)
        if expired > too_old:
            rejected["expiredLogEventEndIndex"] = expired
            first = expired
    too_new = sum(at > ctx.now + _NEWEST for at in moments)
    last = len(moments) - too_new
    if too_new:
        rejected["tooNewLogEventStartIndex"] = last
    return first, last, rejected


def _filtered(ctx: Context, row: Any) -> dict[str, Any]:
    return {
        "logStreamName": row["stream"],
        "timestamp": times.shown(ctx, row["at"]),
        "message": row["message"],
        "ingestionTime": times.shown(ctx, row["ingested_at"]),
        "eventId": _text(row),
    }


def _limit(params: dict[str, Any]) -> int:
    return int(params.get("limit") or MOST_EVENTS)


def _text(row: Any) -> str:
    return _written((row["at"], row["id"]))


def _written(position: Position) -> str:
    """A place among events: 56 digits, as AWS's own tokens and event ids have."""
    return f"{times.world_milliseconds(position[0]):020d}{position[1]:036d}"


def _position(token: str) -> tuple[str, Position]:
    found = _TOKEN.fullmatch(token)
    if found is None or int(found[3]) >= 2**63 or int(found[2]) > 10**14:
        raise identifiers.bad_token()
    return found[1], (times.of_world(int(found[2])), int(found[3]))
