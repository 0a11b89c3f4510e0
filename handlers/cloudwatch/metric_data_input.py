"""The data of PutMetricData, checked and brought into one form.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
"""

import math
from datetime import timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.cloudwatch.questions import combined, dimensions_of, invalid

MOST_DATA, MOST_VALUES = 1000, 150
# Values beyond these AWS refuses.
_LARGEST = 2.0**360
_OLDEST, _NEWEST = timedelta(days=14), timedelta(hours=2)


def datapoints(ctx: Context, params: dict[str, Any]) -> list[dict[str, Any]]:
    """One mapping for each datum, with the columns of custom_metrics.put."""
    namespace = params["Namespace"]
    if namespace.startswith("AWS/"):
        raise invalid("The value AWS/ for parameter Namespace is invalid.")
    if namespace.startswith(":"):
        raise invalid("The value for parameter Namespace must not start with a colon.")
    lists = [("MetricData", params.get("MetricData") or [])]
    for at, entity in enumerate(params.get("EntityMetricData") or [], 1):
        lists.append((f"EntityMetricData.member.{at}.MetricData", entity.get("MetricData") or []))
    if not any(data for _, data in lists):
        raise AwsError("MissingParameter", "The parameter MetricData is required.", 400)
    if sum(len(data) for _, data in lists) > MOST_DATA:
        raise invalid(f"The collection MetricData must not have a size greater than {MOST_DATA}.")
    return [
        _datapoint(ctx, namespace, f"{name}.member.{at}", datum)
        for name, data in lists
        for at, datum in enumerate(data, 1)
    ]


def _datapoint(ctx: Context, namespace: str, path: str, datum: dict[str, Any]) -> dict[str, Any]:
    at = datum.get("Timestamp") or ctx.now
    if not ctx.now - _OLDEST <= at <= ctx.now + _NEWEST:
        raise invalid(
            f"The parameter {path}.Timestamp must specify a time no more than two weeks in the past"
            " and no more than two hours in the future."
        )
    resolution = datum.get("StorageResolution") or 60
    if resolution not in (1, 60):
        raise invalid(f"The parameter {path}.StorageResolution must be 1 or 60.")
    return {
        "at": at if resolution == 1 else at.replace(second=0, microsecond=0),
        "namespace": namespace,
        "name": datum["MetricName"],
        "dimensions": dimensions_of(datum.get("Dimensions")),
        "unit": datum.get("Unit") or "None",
        "resolution": resolution,
        **_set(path, datum),
    }


def _set(path: str, datum: dict[str, Any]) -> dict[str, Any]:
    """The set of statistics of a datum, and its samples where they are known."""
    value, values, given = datum.get("Value"), datum.get("Values"), datum.get("StatisticValues")
    pairs = [("Value", value), ("Values", values), ("StatisticValues", given)]
    named = [name for name, one in pairs if one is not None]
    if len(named) > 1:
        raise combined(
            f"The parameters {path}.{named[0]} and {path}.{named[1]} are mutually exclusive and you"
            " have specified both."
        )
    if not named:
        raise AwsError(
            "MissingParameter",
            f"At least one of the parameters must be specified: {path}.Value",
            400,
        )
    if given is not None:
        numbers = [given[name] for name in ("SampleCount", "Sum", "Minimum", "Maximum")]
        _check_numbers(path, numbers)
        return dict(
            zip(("sample_count", "total", "minimum", "maximum"), numbers, strict=True), samples=None
        )
    single = datum["Value"] if values is None else 0.0
    samples = _samples(path, [single] if values is None else values, datum.get("Counts"))
    return {
        "sample_count": sum(count for _, count in samples),
        "total": sum(one * count for one, count in samples),
        "minimum": min(one for one, _ in samples),
        "maximum": max(one for one, _ in samples),
        "samples": samples,
    }


def _samples(
    path: str, values: list[float], counts: list[float] | None
) -> list[tuple[float, float]]:
    if counts is not None and len(counts) != len(values):
        raise invalid(f"The parameters {path}.Values and {path}.Counts must be of the same size.")
    if not values:
        raise invalid(f"The collection {path}.Values must not be empty.")
    if len(values) > MOST_VALUES:
        raise invalid(
            f"The collection {path}.Values must not have a size greater than {MOST_VALUES}."
        )
    _check_numbers(path, [*values, *(counts or ())])
    return list(zip(map(float, values), map(float, counts or [1] * len(values)), strict=True))


def _check_numbers(path: str, numbers: list[float]) -> None:
    for number in numbers:
        if not math.isfinite(number) or abs(number) > _LARGEST:
            raise invalid(f"The value {number} for parameter {path}.Value is invalid.")
