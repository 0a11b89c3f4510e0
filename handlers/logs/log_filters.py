"""Filters of log groups: those that make metrics, and those that send events on.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
and API_PutSubscriptionFilter.html
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.logs import identifiers, lists, times
from handlers.logs.identifiers import invalid
from handlers.logs.patterns import compiled
from models import lambda_functions, log_filters, log_patterns, streaming_clusters
from models.listing import Condition

NOUN = "log_groups"
MOST_METRIC_FILTERS, MOST_SUBSCRIPTION_FILTERS, MOST_DIMENSIONS = 100, 2, 3
_UNSERVED = ("applyOnTransformedLogs", "fieldSelectionCriteria", "emitSystemFieldDimensions",
             "emitSystemFields")  # fmt: skip


async def put_metric_filter(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make datapoints of the events that match, from now on."""
    _check_options(params)
    pattern = compiled(params["filterPattern"])
    for one in params["metricTransformations"]:
        _check_transformation(one, pattern)
    async with ctx.db.transaction():
        group = await _group_for(ctx, params, "metric", MOST_METRIC_FILTERS)
        row = {
            "name": params["filterName"],
            "pattern": params["filterPattern"],
            "transformations": params["metricTransformations"],
            "created_at": ctx.now,
        }
        await log_filters.put_metric_filter(ctx.db, group["id"], row)
    return {}


async def describe_metric_filters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Metric filters of a group or of all, by name or metric."""
    page = lists.page(ctx, params)
    metric, namespace = params.get("metricName"), params.get("metricNamespace")
    if bool(metric) != bool(namespace):
        raise invalid("metricName and metricNamespace must be specified together.")
    where = await _where(ctx, params)
    if metric:
        where += [Condition("metric", (metric,)), Condition("namespace", (namespace,))]
    rows = await log_filters.METRIC.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "key")
    return {
        "metricFilters": [
            {
                "filterName": row["name"],
                "filterPattern": row["pattern"],
                "metricTransformations": row["transformations"],
                "creationTime": times.shown(ctx, row["created_at"]),
                "logGroupName": row["log_group"],
                "applyOnTransformedLogs": False,
            }
            for row in shown
        ],
        "nextToken": token,
    }


async def delete_metric_filter(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a metric filter; its datapoints stay."""
    async with ctx.db.transaction():
        group = await identifiers.find(ctx, params["logGroupName"])
        if not await log_filters.delete_metric_filter(ctx.db, group["id"], params["filterName"]):
            raise AwsError(
                "ResourceNotFoundException", "The specified metric filter does not exist."
            )
    return {}


async def test_metric_filter(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Which messages a pattern matches, and what it reads from them."""
    pattern = compiled(params["filterPattern"])
    matches = []
    for number, message in enumerate(params["logEventMessages"], 1):
        found = pattern.match(message)
        if found is not None:
            values = found if pattern.kind == "words" else {}
            matches.append(
                {
                    "eventNumber": number,
                    "eventMessage": message,
                    "extractedValues": {f"${name}": value for name, value in values.items()},
                }
            )
    return {"matches": matches}


async def put_subscription_filter(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Send matching events on to a Kinesis stream or a function, which then counts a call.

    What a stream holds cannot be read here, and no function is run.
    """
    _check_options(params)
    compiled(params["filterPattern"])
    await _check_destination(ctx, params)
    async with ctx.db.transaction():
        group = await _group_for(ctx, params, "subscription", MOST_SUBSCRIPTION_FILTERS)
        row = {
            "name": params["filterName"],
            "pattern": params["filterPattern"],
            "destination_arn": params["destinationArn"],
            "role_arn": params.get("roleArn"),
            "distribution": params.get("distribution") or "ByLogStream",
            "created_at": ctx.now,
        }
        await log_filters.put_subscription_filter(ctx.db, group["id"], row)
    return {}


async def describe_subscription_filters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Subscription filters of a group."""
    page = lists.page(ctx, params)
    rows = await log_filters.SUBSCRIPTION.page(
        ctx.db, await _where(ctx, params), region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "key")
    return {
        "subscriptionFilters": [
            {
                "filterName": row["name"],
                "logGroupName": row["log_group"],
                "filterPattern": row["pattern"],
                "destinationArn": row["destination_arn"],
                "roleArn": row["role_arn"],
                "distribution": row["distribution"],
                "applyOnTransformedLogs": False,
                "creationTime": times.shown(ctx, row["created_at"]),
            }
            for row in shown
        ],
        "nextToken": token,
    }


async def delete_subscription_filter(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a subscription filter."""
    async with ctx.db.transaction():
        group = await identifiers.find(ctx, params["logGroupName"])
        name = params["filterName"]
        if not await log_filters.delete_subscription_filter(ctx.db, group["id"], name):
            raise AwsError(
                "ResourceNotFoundException", "The specified subscription filter does not exist."
            )
    return {}


async def _group_for(ctx: Context, params: dict[str, Any], kind: str, most: int) -> Any:
    """The group, if it has room for the filter; an Infrequent Access group has none."""
    group = await identifiers.find(ctx, params["logGroupName"])
    if group["class"] != "STANDARD":
        raise AwsError(
            "InvalidOperationException",
            f"{kind.capitalize()} filters are only supported for log groups of the Standard log"
            " class.",
        )
    others = await log_filters.other_filters(ctx.db, kind, group["id"], params["filterName"])
    if others >= most:
        raise AwsError("LimitExceededException", "Resource limit exceeded.")
    return group


async def _where(ctx: Context, params: dict[str, Any]) -> list[Condition]:
    where = []
    if params.get("logGroupName"):
        group = await identifiers.find(ctx, params["logGroupName"])
        where.append(Condition("log_group", (group["name"],)))
    prefix = params.get("filterNamePrefix")
    if prefix:
        escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        where.append(Condition("name", patterns=(f"{escaped}%",)))
    return where


async def _check_destination(ctx: Context, params: dict[str, Any]) -> None:
    """The destination is there and takes events; AWS tries it by a message of its own."""
    parts = params["destinationArn"].split(":", 6)
    vendor = parts[2] if len(parts) > 5 else ""
    if vendor not in ("kinesis", "firehose", "lambda", "logs"):
        raise invalid(f"Invalid destinationArn: {params['destinationArn']}")
    if vendor in ("kinesis", "firehose") and not params.get("roleArn"):
        raise invalid(f"destinationArn for vendor {vendor} cannot be used without roleArn")
    if vendor == "lambda":
        if params.get("roleArn"):
            raise invalid("destinationArn for vendor lambda cannot be used with roleArn")
        name = parts[6].split(":")[0] if len(parts) > 6 else ""
        if await lambda_functions.find_one(ctx.db, ctx.region, name, ctx.shift) is None:
            raise invalid(
                "Could not execute the lambda function. Make sure you have given CloudWatch Logs"
                " permission to execute your function."
            )
        return
    if vendor == "logs":
        raise AwsError("ResourceNotFoundException", "The specified destination does not exist.")
    name = parts[5].removeprefix("stream/")
    stream = await streaming_clusters.find_stream(ctx.db, ctx.region, name)
    if vendor == "firehose" or stream is None or stream["status"] != "ACTIVE":
        kind = "Kinesis" if vendor == "kinesis" else "Firehose"
        raise invalid(
            f"Could not deliver test message to specified {kind} stream. Check if the given"
            f" {kind} stream is in ACTIVE state."
        )


def _check_options(params: dict[str, Any]) -> None:
    for name in _UNSERVED:
        if params.get(name):
            raise invalid(f"{name} is not supported by this emulator.")


def _check_transformation(one: dict[str, Any], pattern: log_patterns.Pattern) -> None:
    value, dimensions = one["metricValue"], one.get("dimensions") or {}
    if not value.startswith("$") and log_patterns.number_of(value) is None:
        raise invalid(f"Invalid metric transformation: metricValue {value} is not a number.")
    if (value.startswith("$") or dimensions) and pattern.kind == "terms":
        raise invalid(
            "Invalid metric transformation: the filter pattern has no fields to take values from."
        )
    if dimensions and one.get("defaultValue") is not None:
        raise invalid("Invalid metric transformation: dimensions and defaultValue are exclusive.")
    if len(dimensions) > MOST_DIMENSIONS:
        raise invalid(
            f"Invalid metric transformation: at most {MOST_DIMENSIONS} dimensions are allowed."
        )
    if one["metricNamespace"].startswith("AWS/"):
        raise invalid("Invalid metric transformation: namespaces of AWS are reserved.")
