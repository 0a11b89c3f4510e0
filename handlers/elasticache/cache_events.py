"""Events: what happened to the caches that are there.

Source:
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeEvents.html.
It goes an hour back unless told otherwise, two weeks at most.
"""

from datetime import timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elasticache import lists
from models import cache_events

NOUN = "cache_clusters"
USUAL_MINUTES, KEPT = 60, timedelta(days=14)


async def describe_events(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The events of a span of time, of one source or kind of source if it is named."""
    page = lists.page(ctx, params)
    name, kind = params.get("SourceIdentifier"), params.get("SourceType")
    if name and not kind:
        raise AwsError(
            "InvalidParameterCombination", "SourceType is required with SourceIdentifier."
        )
    minutes = params.get("Duration", USUAL_MINUTES)
    if not 1 <= minutes <= KEPT // timedelta(minutes=1):
        raise AwsError("InvalidParameterValue", f"Invalid value {minutes} for Duration.")
    # Nothing is remembered from before, so that an end before it might as well be its beginning.
    end = max(params.get("EndTime") or ctx.now, ctx.now - KEPT)
    start = params.get("StartTime") or end - timedelta(minutes=minutes)
    if params.get("StartTime") and params.get("Duration") and not params.get("EndTime"):
        end = min(start, ctx.now) + timedelta(minutes=minutes)
    if start > end:
        raise AwsError("InvalidParameterCombination", "StartTime must be before EndTime.")
    rows = await cache_events.between(ctx.db, ctx.region, max(start, ctx.now - KEPT), end)
    wanted = [
        row
        for row in rows
        if kind in (None, row["source_type"]) and (not name or row["identifier"] == name.lower())
    ]
    part, marker = page.cut_items(wanted, lambda row: f"{row['at']:%Y%m%d%H%M%S%f}{row['id']}")
    return {"Events": [_shown(row) for row in part], "Marker": marker}


def _shown(row: Any) -> dict[str, Any]:
    told = cache_events.MESSAGES[row["field_name"]]
    if row["field_name"] == "lifecycle":
        noun = "Cache cluster" if row["source_type"] == "cache-cluster" else "Replication group"
        told = f"{noun} {told}"
    elif row["field_name"] == "automatic_failover":
        told = told.format("on" if row["new_value"] == "true" else "off")
    return {
        "SourceIdentifier": row["identifier"],
        "SourceType": row["source_type"],
        "Message": told.format(row["new_value"]),
        "Date": row["at"],
    }
