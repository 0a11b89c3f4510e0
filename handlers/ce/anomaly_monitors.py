"""Monitors of cost anomalies.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_AnomalyMonitor.html.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import page
from handlers.ce.anomalies import day_text, invalid_token
from handlers.ce.periods import invalid
from handlers.ce.resource_tags import TAGS
from models import anomaly_monitors, anomaly_subscriptions, cost_categories, draws
from models.cost_expressions import Compiler, ExpressionError
from models.listing import Binder

MOST_CUSTOM = 500
# Members of a custom monitor's specification are accounts, or values of one tag or category.
LINKED_ACCOUNT = anomaly_monitors.LINKED_ACCOUNT


async def create_anomaly_monitor(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A monitor; it judges the days from the next one on."""
    given = params["AnomalyMonitor"]
    dimension = await _checked(ctx, given)
    identifier = draws.uuid4()
    arn = f"arn:aws:ce::{ctx.principal.account_number}:anomalymonitor/{identifier}"
    row = {
        "id": identifier,
        "arn": arn,
        "name": given["MonitorName"],
        "monitor_type": given["MonitorType"],
        "dimension": dimension,
        "specification": given.get("MonitorSpecification"),
        "created_on": ctx.now.date(),
        "updated_on": ctx.now.date(),
        "tags": TAGS.checked(params.get("ResourceTags")),
    }
    async with ctx.db.transaction():
        custom, same = await anomaly_monitors.counts(ctx.db, dimension)
        if dimension and same:
            raise invalid("Limit exceeded on dimensional spend monitor creation")
        if not dimension and custom >= MOST_CUSTOM:
            raise AwsError(
                "LimitExceededException", "Limit exceeded on custom spend monitor creation"
            )
        await anomaly_monitors.insert(ctx.db, row)
    return {"MonitorArn": arn}


async def get_anomaly_monitors(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Monitors by ARN."""
    asked = page(
        ctx, params, token="NextPageToken", default=100, invalid=invalid_token  # noqa: S106
    )  # fmt: skip
    wanted = params.get("MonitorArnList") or None
    if wanted:
        await check_known(ctx, wanted)
    rows = await anomaly_monitors.listed(ctx.db, wanted, after=asked.after, limit=asked.fetch)
    shown, token = asked.cut(rows, "arn")
    return {"AnomalyMonitors": [_shown(ctx, row) for row in shown], "NextPageToken": token}


async def update_anomaly_monitor(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give a monitor another name."""
    arn = params["MonitorArn"]
    if params.get("MonitorName") is None:
        await check_known(ctx, [arn])
    elif not await anomaly_monitors.rename(
        ctx.db, arn, _name(params["MonitorName"]), ctx.now.date()
    ):
        raise _unknown(arn)
    return {"MonitorArn": arn}


async def delete_anomaly_monitor(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a monitor with what it found; subscriptions go on without it."""
    arn = params["MonitorArn"]
    async with ctx.db.transaction():
        if not await anomaly_monitors.delete(ctx.db, arn):
            raise _unknown(arn)
        await anomaly_subscriptions.leave(ctx.db, arn)
    return {}


async def check_known(ctx: Context, arns: list[str]) -> None:
    """Raises UnknownMonitorException for the first ARN that is not the caller's monitor."""
    known = {row["arn"] for row in await anomaly_monitors.listed(ctx.db, arns)}
    for arn in arns:
        if arn not in known:
            raise _unknown(arn)


async def _checked(ctx: Context, given: Mapping[str, Any]) -> str | None:
    """The dimension of a monitor that can be; None: it is a custom one."""
    _name(given["MonitorName"])
    dimension, specification = given.get("MonitorDimension"), given.get("MonitorSpecification")
    if given["MonitorType"] == "CUSTOM":
        if dimension or not specification:
            raise invalid("A CUSTOM monitor needs a MonitorSpecification and no MonitorDimension.")
        _check_specification(specification)
        try:
            categories = await cost_categories.versions(ctx.db)
            Compiler(Binder(), categories, date.min, date.max).condition(specification)
        except ExpressionError as error:
            raise invalid(str(error)) from None
        return None
    if not dimension:
        raise invalid("A DIMENSIONAL monitor needs a MonitorDimension.")
    if dimension == "COST_CATEGORY":
        raise invalid("MonitorDimension COST_CATEGORY is not supported in this account.")
    if dimension == "TAG":
        tags = (specification or {}).get("Tags") or {}
        if not tags.get("Key") or tags.get("Values") or len(specification or {}) > 1:
            raise invalid("A monitor of the dimension TAG needs the key of a tag alone.")
    elif specification:
        raise invalid(f"A monitor of the dimension {dimension} takes no MonitorSpecification.")
    return str(dimension)


def _check_specification(given: Mapping[str, Any]) -> None:
    said = given.get("Dimensions")
    if (said and said.get("Key") != LINKED_ACCOUNT) or not (
        said or given.get("Tags") or given.get("CostCategories")
    ):
        raise invalid(
            "MonitorSpecification must be an expression of LINKED_ACCOUNT, Tags or CostCategories."
        )


def _name(text: str) -> str:
    if not text.strip():
        raise invalid("MonitorName must not be empty.")
    return text


def _unknown(arn: str) -> AwsError:
    return AwsError("UnknownMonitorException", f"No anomaly monitor found for ARN: {arn}")


def _shown(ctx: Context, row: Any) -> dict[str, Any]:
    return {
        "MonitorArn": row["arn"],
        "MonitorName": row["name"],
        "CreationDate": day_text(ctx, row["created_on"] or ctx.now.date()),
        "LastUpdatedDate": day_text(ctx, row["updated_on"] or row["created_on"] or ctx.now.date()),
        "LastEvaluatedDate": day_text(ctx, row["evaluated_on"]),
        "MonitorType": row["monitor_type"],
        "MonitorDimension": row["dimension"],
        "MonitorSpecification": row["specification"],
        "DimensionalValueCount": row["seen"] if row["dimension"] else None,
    }
