"""Alarms' history: how they were configured, changed their state and acted.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
"""

from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from handlers.cloudwatch.alarm_scaling import scaling
from handlers.cloudwatch.alarm_times import moved
from models import alarms

NOUN = "alarms"
PAGE_ITEMS = 50


async def describe_alarm_history(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Items by alarm, type and time, the newest first unless asked otherwise."""
    if "MetricAlarm" not in (params.get("AlarmTypes") or ["MetricAlarm"]):
        return {"AlarmHistoryItems": []}
    page = pages.page(ctx, params, size="MaxRecords", default=PAGE_ITEMS, invalid=_bad_token)
    await alarms.refresh(ctx.db, ctx.region, ctx.now, scaling(ctx))
    rows = await alarms.history(
        ctx.db,
        ctx.region,
        name=params.get("AlarmName"),
        item_type=params.get("HistoryItemType"),
        start=params.get("StartDate"),
        end=params.get("EndDate"),
        ascending=params.get("ScanBy") == "TimestampAscending",
        after=page.after,
        limit=page.fetch,
    )
    shown, token = page.cut(rows, "position")
    return {
        "AlarmHistoryItems": [
            {
                "AlarmName": row["alarm_name"],
                "AlarmType": "MetricAlarm",
                "Timestamp": row["at"],
                "HistoryItemType": row["item_type"],
                "HistorySummary": row["summary"],
                "HistoryData": moved(row["data"], ctx.shift),
            }
            for row in shown
        ],
        "NextToken": token,
    }


def _bad_token() -> AwsError:
    return AwsError("InvalidNextToken", "The next token specified is invalid.", 400)
