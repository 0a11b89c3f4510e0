"""Metric data: many metrics, and expressions on them, in one answer.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

import re
from datetime import UTC, datetime
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from handlers.cloudwatch.questions import check_period, dimensions_of, invalid, validation
from models.metrics import expressions, statistics
from models.metrics.expressions import ExpressionError
from models.metrics.functions import TimeSeries, Value
from models.metrics.queries import Run

NOUN = "metrics"
MOST_QUERIES, MOST_DATAPOINTS = 500, 100_800

_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")


async def get_metric_data(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every query that is to be shown, at most MaxDatapoints values a page."""
    queries = checked(params["MetricDataQueries"], "MetricDataQueries")
    start, end = params["StartTime"], params["EndTime"]
    if start >= end:
        raise validation("The parameter StartTime must be less than the parameter EndTime.")
    most = params.get("MaxDatapoints") or MOST_DATAPOINTS
    if not 1 <= most <= MOST_DATAPOINTS:
        raise invalid("The value for parameter MaxDatapoints must be between 1 and 100800.")
    page = pages.page(ctx, params, size="", invalid=_bad_token)
    run = Run(ctx.db, ctx.region, queries, start, end, ctx.now)
    results: list[dict[str, Any]] = []
    ascending = params.get("ScanBy") == "TimestampAscending"
    for name, query in queries.items():
        if query.get("ReturnData", True) is False:
            continue
        for series in _series(await _worked_out(run, name), name):
            results.append(_result(name, query, series, ascending))
    shown, last = _cut(results, int(page.after or 0), most)
    return {
        "MetricDataResults": shown,
        "Messages": [],
        "NextToken": None if last is None else page.token(str(last)),
    }


def checked(given: list[dict[str, Any]], path: str) -> dict[str, dict[str, Any]]:
    """Queries by their ids, each held to what CloudWatch demands of it."""
    if not given:
        raise validation(f"The parameter {path} must not be empty.")
    if len(given) > MOST_QUERIES:
        raise validation(f"The collection {path} must not have a size greater than {MOST_QUERIES}.")
    found: dict[str, dict[str, Any]] = {}
    for at, query in enumerate(given, 1):
        name = query["Id"]
        where = f"{path}.member.{at}"
        if not _ID.fullmatch(name):
            raise validation(
                f"The value {name} for parameter {where}.Id is not matching the expected pattern"
                " ^[a-z][a-zA-Z0-9_]*$."
            )
        if name in found:
            raise validation(f"The values for parameter id in {path} are not unique.")
        stat, expression = query.get("MetricStat"), query.get("Expression")
        if (stat is None) == (expression is None):
            raise validation(
                f"{where}: exactly one of the parameters MetricStat and Expression must be given."
            )
        if stat is not None:
            check_period(stat["Period"])
            if not statistics.is_valid(stat["Stat"]):
                raise validation(
                    f"The value {stat['Stat']} for parameter {where}.MetricStat.Stat is not"
                    " supported."
                )
            dimensions_of(stat["Metric"].get("Dimensions"))
        else:
            _parsed(name, expression or "")
        found[name] = query
    if all(query.get("ReturnData", True) is False for query in found.values()):
        raise validation("At least one of the queries must return data.")
    return found


def _parsed(name: str, expression: str) -> None:
    try:
        expressions.parse(expression)
    except ExpressionError as error:
        raise _expression_error(name, error) from None


def _expression_error(name: str, error: ExpressionError) -> AwsError:
    return validation(f"Error in expression '{name}': {error}")


async def _worked_out(run: Run, name: str) -> Value:
    try:
        return await run.value(name)
    except ExpressionError as error:
        raise _expression_error(name, error) from None


def _series(value: Value, name: str) -> list[TimeSeries]:
    if isinstance(value, TimeSeries):
        return [value]
    if isinstance(value, list):
        return value
    raise validation(
        f"Error in expression '{name}': The expression must return a time series or an array of"
        " time series"
    )


def _result(
    name: str, query: dict[str, Any], series: TimeSeries, ascending: bool
) -> dict[str, Any]:
    times = sorted(series.points, reverse=not ascending)
    own = series.label if query.get("MetricStat") or series.label else name
    if "Expression" in query and not expressions.calls(expressions.parse(query["Expression"])) & {
        "SEARCH", "METRICS",
    }:  # fmt: skip
        own = name
    return {
        "Id": name,
        "Label": query.get("Label") or own,
        "Timestamps": [datetime.fromtimestamp(at, UTC) for at in times],
        "Values": [series.points[at] for at in times],
        "StatusCode": "Complete",
    }


def _cut(
    results: list[dict[str, Any]], first: int, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """The datapoints from the `first`th on, of all results in a row; where the next page begins."""
    shown = []
    passed = 0
    for result in results:
        size = len(result["Values"])
        begin, end = max(0, first - passed), min(size, first + most - passed)
        if begin < end or (size == 0 and first <= passed < first + most):
            shown.append(
                {
                    **result,
                    "Timestamps": result["Timestamps"][begin:end],
                    "Values": result["Values"][begin:end],
                    "StatusCode": "Complete" if end >= size else "PartialData",
                }
            )
        passed += size
    return shown, first + most if passed > first + most else None


def _bad_token() -> AwsError:
    return AwsError("InvalidNextToken", "The next token specified is invalid.", 400)
