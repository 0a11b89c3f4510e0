"""Metrics: listed, read one by one, and put by clients.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
and the pages of the operations beside it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from handlers.cloudwatch import metric_data_input
from handlers.cloudwatch.questions import check_statistics, combined, invalid, question
from models.listing import Condition
from models.metrics import catalogue, custom_metrics, series
from models.metrics.source import Source, listing

MOST_DATAPOINTS = 1440
PAGE_METRICS = 500


async def get_metric_statistics(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Statistics of one metric, period by period; periods without samples are left out."""
    simple = params.get("Statistics") or []
    extended = params.get("ExtendedStatistics") or []
    if not simple and not extended:
        raise AwsError(
            "MissingParameter",
            "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
            400,
        )
    check_statistics(extended, "ExtendedStatistics")
    asked = question(ctx, params)
    # as asked: where the first period begins is for us to say, and not counted against the caller
    span = params["EndTime"] - params["StartTime"]
    wanted = -(-span // timedelta(seconds=asked.period))
    if wanted > MOST_DATAPOINTS:
        raise combined(
            f"You have requested up to {wanted} datapoints, which exceeds the limit of"
            f" {MOST_DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or"
            " decreasing the time range."
        )
    found = await series.read(ctx.db, ctx.region, asked, ctx.now, (*simple, *extended))
    return {"Label": params["MetricName"], "Datapoints": _datapoints(found, simple, extended)}


async def list_metrics(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Metrics that had data in the last two weeks (or three hours), five hundred a page."""
    owner = params.get("OwningAccount")
    if owner not in (None, ctx.principal.account_number):
        return {"Metrics": []}
    page = pages.page(ctx, params, size="", default=PAGE_METRICS, invalid=_bad_token)
    at, name, key = _position(page.after)
    metrics: list[dict[str, Any]] = []
    sources = catalogue.listed()
    while at < len(sources) + 1 and len(metrics) <= PAGE_METRICS:
        room = PAGE_METRICS + 1 - len(metrics)
        if at < len(sources):
            metrics += await _of_source(ctx, params, at, name, key, room)
        else:
            metrics += await _custom(ctx, params, key, room)
        at, name, key = at + 1, "", None
    shown = metrics[:PAGE_METRICS]
    token = page.token(shown[-1]["position"]) if len(metrics) > PAGE_METRICS else None
    answer = [
        {name: one[name] for name in ("Namespace", "MetricName", "Dimensions")} for one in shown
    ]
    found: dict[str, Any] = {"Metrics": answer, "NextToken": token}
    if params.get("IncludeLinkedAccounts"):
        found["OwningAccounts"] = [ctx.principal.account_number] * len(answer)
    return found


async def put_metric_data(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep datapoints of a client's own metrics."""
    await custom_metrics.put(ctx.db, ctx.region, metric_data_input.datapoints(ctx, params))
    return {}


def _datapoints(
    found: series.Series, simple: list[str], extended: list[str]
) -> list[dict[str, Any]]:
    """Column by column, then row by row; a period without any of what is asked is left out."""
    start, length, unit = found.question.start, found.question.period, found.unit
    columns = {name: found.periods.values(name) for name in simple}
    special = {name: found.periods.values(name) for name in extended}
    shown = []
    for number in found.periods.counts:
        point: dict[str, Any] = {
            "Timestamp": datetime.fromtimestamp(start + number * length, UTC),
            "Unit": unit,
        }
        for name, values in columns.items():
            point[name] = values[number]
        if special:
            told = {name: values[number] for name, values in special.items() if number in values}
            if not told and not columns:
                continue
            point["ExtendedStatistics"] = told
        shown.append(point)
    return shown


def _bad_token() -> AwsError:
    return invalid("The value for parameter NextToken is not valid.")


def _position(after: str | None) -> tuple[int, str, str | None]:
    """Source, metric and key of the last metric that was shown."""
    if after is None:
        return 0, "", None
    at, name, key = after.split("\n", 2)
    return int(at), name, key


def _wanted(source: Source, params: dict[str, Any]) -> list[str] | None:
    """Names of a source's metrics that a request can mean, in order; None: none of them."""
    if params.get("Namespace") not in (None, source.namespace):
        return None
    filters = params.get("Dimensions") or ()
    if any(one["Name"] not in source.dimensions for one in filters):
        return None
    name = params.get("MetricName")
    if name is None:
        return sorted(source.metrics)
    return [name] if name in source.metrics else None


async def _of_source(
    ctx: Context, params: dict[str, Any], at: int, after: str, key: str | None, room: int
) -> list[dict[str, Any]]:
    """Metrics of one source, behind metric `after` of the resource `key`."""
    source = catalogue.listed()[at]
    names = _wanted(source, params)
    if not names:
        return []
    left = [name for name in names if name > after] if key is not None else []
    rows: list[tuple[Any, list[str]]] = []
    chosen = listing(source, recently=bool(params.get("RecentlyActive")))
    where = [
        Condition(f"dimension:{one['Name']}", (one["Value"],))
        for one in params.get("Dimensions") or ()
        if one.get("Value") is not None
    ]
    if left:
        # the resource at which the last page ended may have metrics left
        again = await chosen.page(ctx.db, where, region=ctx.region, ids=[key or ""], limit=1)
        rows += [(row, left) for row in again]
    resources = -(-room // len(names))
    more = await chosen.page(ctx.db, where, region=ctx.region, after=key, limit=resources)
    rows += [(row, names) for row in more]
    return [
        {
            "Namespace": source.namespace,
            "MetricName": name,
            "Dimensions": [
                {"Name": dimension, "Value": row[f"d{place}"]}
                for place, dimension in enumerate(source.dimensions)
            ],
            "position": f"{at}\n{name}\n{row['key']}",
        }
        for row, chosen_names in rows
        for name in chosen_names
    ][:room]


async def _custom(
    ctx: Context, params: dict[str, Any], key: str | None, room: int
) -> list[dict[str, Any]]:
    """Metrics that clients put."""
    active = bool(params.get("RecentlyActive"))
    chosen = custom_metrics.ACTIVE if active else custom_metrics.LISTED
    where = [
        Condition(column, (params[member],))
        for column, member in (("namespace", "Namespace"), ("name", "MetricName"))
        if params.get(member) is not None
    ]
    filters = params.get("Dimensions") or ()
    found: list[dict[str, Any]] = []
    while len(found) < room:
        rows = await chosen.page(ctx.db, where, region=ctx.region, after=key, limit=PAGE_METRICS)
        for row in rows:
            pairs = custom_metrics.dimensions_of(row["dimensions"])
            if all(_meets(one, dict(pairs)) for one in filters):
                found.append(
                    {
                        "Namespace": row["namespace"],
                        "MetricName": row["name"],
                        "Dimensions": [{"Name": name, "Value": value} for name, value in pairs],
                        "position": f"{len(catalogue.listed())}\n\n{row['key']}",
                    }
                )
        if len(rows) < PAGE_METRICS:
            break
        key = rows[-1]["key"]
    return found[:room]


def _meets(wanted: dict[str, Any], dimensions: dict[str, str]) -> bool:
    value = dimensions.get(wanted["Name"])
    return value is not None and wanted.get("Value") in (None, value)
