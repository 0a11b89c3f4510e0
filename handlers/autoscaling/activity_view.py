"""How a scaling activity is shown."""

from collections.abc import Mapping
from typing import Any

import orjson

from emulator.context import Context
from models.scaling_activities import moved


def shown(ctx: Context, row: Mapping[str, Any]) -> dict[str, Any]:
    """An activity's row as AWS's structure; times inside its texts are moved as all others are.

    A row that was only just made is in progress, as every activity begins.
    """
    details = row.get("details") or {}
    members = {
        "ActivityId": row["activity_id"],
        "AutoScalingGroupName": row["group_name"],
        "AutoScalingGroupARN": row["group_arn"],
        "AutoScalingGroupState": row.get("group_state"),
        "Description": row["description"],
        "Cause": moved(row["cause"], ctx.shift),
        "StartTime": row["started_at"],
        "EndTime": row["ended_at"] if "position" in row else None,
        "StatusCode": row.get("status_code") or "InProgress",
        "StatusMessage": row.get("status_message"),
        "Progress": row.get("progress", 0),
        "Details": orjson.dumps(details).decode(),
    }
    return {name: value for name, value in members.items() if value is not None}
