"""Exports of log groups into buckets.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateExportTask.html.
A task runs for a minute of the world's time. Its objects are in the bucket from the beginning; what
a group is said to have taken in, beside the events that clients put, has no text to export.
"""

from datetime import timedelta
from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from handlers.logs import identifiers, lists, times
from handlers.logs.identifiers import invalid
from models import log_exports
from models.listing import Condition

_RUNS = timedelta(minutes=1)
_MESSAGES = {
    "COMPLETED": "Completed successfully",
    "RUNNING": "Running",
    "CANCELLED": "Cancelled by user",
}


async def create_export_task(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Begin to export; one task at a time."""
    if params["from"] > params["to"]:
        raise invalid("'from' time must be before 'to' time.")
    async with ctx.db.transaction():
        group = await identifiers.find(ctx, params["logGroupName"])
        bucket_id = await log_exports.bucket_id(ctx.db, params["destination"])
        if bucket_id is None:
            raise invalid("The given bucket does not exist. Please make sure the bucket is valid.")
        if await log_exports.is_active(ctx.db, ctx.region, ctx.now):
            raise AwsError("LimitExceededException", "Resource limit exceeded.")
        task_id = ids.request_id()
        row = {
            "region": ctx.region,
            "task_id": task_id,
            "name": params.get("taskName"),
            "log_group_name": params["logGroupName"],
            "stream_prefix": params.get("logStreamNamePrefix"),
            "from_at": times.read(ctx, params["from"]),
            "to_at": times.read(ctx, params["to"]),
            "destination": params["destination"],
            "destination_prefix": params.get("destinationPrefix") or "exportedlogs",
            "status": "RUNNING",
            "settles_at": ctx.now + _RUNS,
            "created_at": ctx.now,
        }
        await log_exports.begin(ctx.db, row, group["id"], bucket_id, ctx.shift, ctx.now)
    return {"taskId": task_id}


async def describe_export_tasks(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Exports, all of them or one, by status."""
    page = lists.page(ctx, params)
    if params.get("taskId") and params.get("statusCode"):
        raise invalid("taskId and statusCode are mutually exclusive parameters.")
    where = []
    if params.get("statusCode"):
        where.append(Condition("status", (params["statusCode"],)))
    asked = params.get("taskId")
    rows = await log_exports.LISTING.page(
        ctx.db, where, region=ctx.region, ids=[asked] if asked else None, after=page.after,
        limit=page.fetch,
    )  # fmt: skip
    if asked and not rows:
        raise _not_found()
    shown, token = page.cut(rows, "task_id")
    return {"exportTasks": [_shown(ctx, row) for row in shown], "nextToken": token}


async def cancel_export_task(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """End an export that is under way."""
    async with ctx.db.transaction():
        task_id = params["taskId"]
        if not await log_exports.cancel(ctx.db, ctx.region, task_id, ctx.now):
            if not await log_exports.LISTING.page(ctx.db, region=ctx.region, ids=[task_id]):
                raise _not_found()
            raise AwsError(
                "InvalidOperationException", "The specified export task has already finished."
            )
    return {}


def _shown(ctx: Context, row: Any) -> dict[str, Any]:
    done = row["completed_at"]
    if done is None and row["status"] == "COMPLETED":
        done = row["settles_at"]
    return {
        "taskId": row["task_id"],
        "taskName": row["name"],
        "logGroupName": row["log_group_name"],
        "from": times.shown(ctx, row["from_at"]),
        "to": times.shown(ctx, row["to_at"]),
        "destination": row["destination"],
        "destinationPrefix": row["destination_prefix"],
        "status": {"code": row["status"], "message": _MESSAGES.get(row["status"])},
        "executionInfo": {
            "creationTime": times.shown(ctx, row["created_at"]),
            "completionTime": times.shown(ctx, done),
        },
    }


def _not_found() -> AwsError:
    return AwsError("ResourceNotFoundException", "The specified export task does not exist.")
