"""Alarms: put, shown, switched and deleted; evaluated whenever somebody looks.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
and the pages of the operations beside it.
"""

from typing import Any

from emulator import pages
from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Each, Rows, View
from handlers.cloudwatch import alarm_input
from handlers.cloudwatch.alarm_scaling import scaling
from handlers.cloudwatch.alarm_times import moved
from handlers.cloudwatch.questions import dimensions_of
from handlers.cloudwatch.resource_tags import RULES
from models import alarms
from models.listing import Condition

PAGE_ALARMS = 50


async def put_metric_alarm(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create an alarm, or overwrite one; its state stays as it is until it is evaluated."""
    name = params["AlarmName"]
    row = alarm_input.row(params)
    tags = RULES.checked(params.get("Tags"))
    await alarms.put(
        ctx.db, ctx.region, name, arn(ctx, "cloudwatch", f"alarm:{name}"), ctx.now, row, tags
    )
    return {}


async def describe_alarms(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Alarms by name, prefix, state or action; there are none but metric alarms."""
    types = params.get("AlarmTypes") or ["MetricAlarm"]
    family = params.get("ChildrenOfAlarmName") or params.get("ParentsOfAlarmName")
    if "MetricAlarm" not in types or family:
        return {"MetricAlarms": [], "CompositeAlarms": []}
    names, prefix = params.get("AlarmNames"), params.get("AlarmNamePrefix")
    if names and prefix:
        raise AwsError(
            "ValidationError", "AlarmNames and AlarmNamePrefix are mutually exclusive.", 400
        )
    page = pages.page(ctx, params, size="MaxRecords", default=PAGE_ALARMS, invalid=_bad_token)
    await alarms.refresh(ctx.db, ctx.region, ctx.now, scaling(ctx))
    where = []
    if prefix:
        where.append(Condition("name", patterns=(_pattern(prefix),)))
    if params.get("StateValue"):
        where.append(Condition("state", (params["StateValue"],)))
    if params.get("ActionPrefix"):
        where.append(Condition("action", patterns=(_pattern(params["ActionPrefix"]),)))
    rows = await alarms.LISTING.page(
        ctx.db, where, region=ctx.region, ids=names or None, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "name")
    return {"MetricAlarms": _shown(ctx, shown), "CompositeAlarms": [], "NextToken": token}


async def describe_alarms_for_metric(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Alarms on one metric with exactly these dimensions."""
    await alarms.refresh(ctx.db, ctx.region, ctx.now, scaling(ctx))
    where = [
        Condition("namespace", (params["Namespace"],)),
        Condition("metric", (params["MetricName"],)),
    ]
    dimensions = dimensions_of(params.get("Dimensions"))
    asked = {
        column: params[member]
        for column, member in (
            ("statistic", "Statistic"),
            ("extended_statistic", "ExtendedStatistic"),
            ("period_seconds", "Period"),
            ("unit", "Unit"),
        )
        if params.get(member) is not None
    }
    rows = await alarms.LISTING.page(ctx.db, where, region=ctx.region)
    found = [
        row
        for row in rows
        if dimensions_of(row["dimensions"]) == dimensions
        and all(row[column] == value for column, value in asked.items())
    ]
    return {"MetricAlarms": _shown(ctx, found)}


async def set_alarm_state(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put an alarm into a state for the time being."""
    data = params.get("StateReasonData")
    if data is not None and not alarm_input.is_json(data):
        raise AwsError("InvalidFormat", "The state reason data is not valid JSON.", 400)
    async with ctx.db.transaction():
        found = await alarms.set_state(
            ctx.db, ctx.region, params["AlarmName"], params["StateValue"], params["StateReason"],
            moved(data, -ctx.shift), ctx.now, scaling(ctx),
        )  # fmt: skip
    if not found:
        raise AwsError("ResourceNotFound", f"Unknown alarm: {params['AlarmName']}", 404)
    return {}


async def enable_alarm_actions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let the actions of alarms happen; names that there are not are passed over."""
    await alarms.enable(ctx.db, ctx.region, params["AlarmNames"], True)
    return {}


async def disable_alarm_actions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep the actions of alarms from happening."""
    await alarms.enable(ctx.db, ctx.region, params["AlarmNames"], False)
    return {}


async def delete_alarms(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete alarms; of one alone that there is not, say so."""
    names = params["AlarmNames"]
    gone = await alarms.delete(ctx.db, ctx.region, names, ctx.now)
    if not gone and len(set(names)) == 1:
        raise AwsError("ResourceNotFound", f"Alarm not found: {names[0]}", 404)
    return {}


def _bad_token() -> AwsError:
    return AwsError("InvalidNextToken", "The next token specified is invalid.", 400)


def _pattern(prefix: str) -> str:
    for special in "\\%_":
        prefix = prefix.replace(special, f"\\{special}")
    return f"{prefix}%"


def _shown(ctx: Context, rows: Any) -> list[dict[str, Any]]:
    found = Rows(ALARM_VIEW, rows).plain()
    for alarm in found:
        data = moved(alarm.get("StateReasonData"), ctx.shift)
        if data is not None:
            alarm["StateReasonData"] = data
        if alarm.get("Metrics"):
            alarm.pop("Dimensions", None)
    return found


ALARM_VIEW = View(
    {
        "AlarmName": "name",
        "AlarmArn": "arn",
        "AlarmDescription": "description",
        "AlarmConfigurationUpdatedTimestamp": "configured_at",
        "ActionsEnabled": "actions_enabled",
        "OKActions": Each("ok_actions"),
        "AlarmActions": Each("alarm_actions"),
        "InsufficientDataActions": Each("insufficient_data_actions"),
        "StateValue": "state_value",
        "StateReason": "state_reason",
        "StateReasonData": "state_reason_data",
        "StateUpdatedTimestamp": "state_updated_at",
        "StateTransitionedTimestamp": "state_transitioned_at",
        "MetricName": "metric_name",
        "Namespace": "namespace",
        "Statistic": "statistic",
        "ExtendedStatistic": "extended_statistic",
        "Dimensions": Each("dimensions", {"Name": "Name", "Value": "Value"}),
        "Period": "period_seconds",
        "Unit": "unit",
        "EvaluationPeriods": "evaluation_periods",
        "DatapointsToAlarm": "datapoints_to_alarm",
        "Threshold": "threshold",
        "ThresholdMetricId": "threshold_metric_id",
        "ComparisonOperator": "comparison_operator",
        "TreatMissingData": "treat_missing_data",
        "EvaluateLowSampleCountPercentile": "low_sample_count",
        "Metrics": Each("metrics"),
    }
)
