"""Executions: each time that a month of an export was written."""

from typing import Any

from emulator.context import Context
from emulator.pages import page
from handlers.bcm_data_exports.refusals import bad_token, not_found
from models import data_exports
from models.listing import Condition

NOUN = "data_exports"
MOST = 100


async def list_executions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The executions of an export, the oldest first."""
    export_id = await _export(ctx, params)
    here = page(ctx, params, default=MOST, invalid=bad_token)
    rows = await data_exports.EXECUTIONS.page(
        ctx.db, [Condition("export_id", (str(export_id),))], after=here.after, limit=here.fetch
    )
    shown, token = here.cut(rows, "number")
    answer: dict[str, Any] = {
        "Executions": [
            {"ExecutionId": row["execution_id"], "ExecutionStatus": _status(row)} for row in shown
        ]
    }
    return answer | {"NextToken": token} if token else answer


async def get_execution(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One execution, and the export as it was then."""
    export_id = await _export(ctx, params)
    rows = await data_exports.EXECUTIONS.page(
        ctx.db,
        [
            Condition("export_id", (str(export_id),)),
            Condition("execution_id", (params["ExecutionId"],)),
        ],
    )
    if not rows:
        raise not_found("Execution", params["ExecutionId"])
    [row] = rows
    return {
        "ExecutionId": row["execution_id"],
        "Export": row["export"],
        "ExecutionStatus": _status(row),
    }


async def _export(ctx: Context, params: dict[str, Any]) -> Any:
    row = await data_exports.find(ctx.db, params["ExportArn"])
    if row is None:
        raise not_found("Export", params["ExportArn"])
    return row["id"]


def _status(row: Any) -> dict[str, Any]:
    """It is written in one go: what began is done."""
    said = {
        "StatusCode": row["status"],
        "CreatedAt": row["started_at"],
        "CompletedAt": row["started_at"],
        "LastUpdatedAt": row["started_at"],
    }
    return said | {"StatusReason": row["status_reason"]} if row["status_reason"] else said
