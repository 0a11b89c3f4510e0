"""The event history: calls of the last 90 days.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html. What is
kept are management events that changed something, or were refused; reads that were served are not.
"""

from datetime import datetime
from typing import Any

import orjson

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from models import trail_events

NOUN = "resource_change_events"
MOST = 50


async def lookup_events(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Calls in the caller's region, the newest first, by one attribute and a range of time."""
    if params.get("EventCategory"):
        raise AwsError(
            "UnsupportedOperationException", "Insights events are not recorded for this account."
        )
    start, end = params.get("StartTime"), params.get("EndTime")
    if start is not None and end is not None and start > end:
        raise AwsError(
            "InvalidTimeRangeException",
            "The start time must be earlier than or the same as the end time.",
        )
    attribute = _attribute(params)
    page = pages.page(ctx, params, default=MOST, invalid=_bad_token)
    # what this process has still to write is told at once
    await ctx.server.trail.flush()
    rows = await trail_events.look_up(
        ctx.db,
        ctx.region,
        attribute=attribute,
        start=start,
        end=end,
        after=_after(page.after),
        limit=page.fetch or MOST + 1,
    )
    limit = page.limit or MOST
    token = None
    if len(rows) > limit:
        rows = rows[:limit]
        token = page.token(f"{rows[-1]['event_time'].isoformat()} {rows[-1]['event_id']}")
    return {"Events": [_shown(ctx, row) for row in rows], "NextToken": token}


def _attribute(params: dict[str, Any]) -> tuple[str, str] | None:
    given = params.get("LookupAttributes")
    if not given:
        return None
    if len(given) > 1:
        raise AwsError(
            "InvalidLookupAttributesException",
            "You can specify only one LookupAttribute in a request.",
        )
    key, value = given[0]["AttributeKey"], given[0]["AttributeValue"]
    if key == "ReadOnly":
        value = value.lower()
        if value not in ("true", "false"):
            raise AwsError(
                "InvalidLookupAttributesException",
                "The value of the lookup attribute ReadOnly must be true or false.",
            )
    return key, value


def _after(key: str | None) -> tuple[datetime, str] | None:
    if key is None:
        return None
    at, _, event_id = key.rpartition(" ")
    return datetime.fromisoformat(at), event_id


def _shown(ctx: Context, row: Any) -> dict[str, Any]:
    record = trail_events.record(row, ctx.shift)
    return {
        "EventId": str(row["event_id"]),
        "EventName": row["event_name"],
        "ReadOnly": "true" if row["read_only"] else "false",
        "AccessKeyId": row["access_key_id"],
        "EventTime": row["event_time"],
        "EventSource": row["event_source"],
        "Username": row["username"],
        "Resources": [
            {"ResourceType": kind, "ResourceName": name}
            for name, kind in zip(row["resource_names"], row["resource_types"], strict=True)
        ],
        "CloudTrailEvent": orjson.dumps(record).decode(),
    }


def _bad_token() -> AwsError:
    return AwsError("InvalidNextTokenException", "Invalid token.")
