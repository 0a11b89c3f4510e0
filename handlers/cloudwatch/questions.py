"""What a request asks of a metric, checked as CloudWatch checks it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""

from collections.abc import Iterable
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from models.metrics import series, statistics
from models.metrics.series import Question

SUB_MINUTE = (1, 5, 10, 30)


def invalid(message: str) -> AwsError:
    """InvalidParameterValue in CloudWatch's way."""
    return AwsError("InvalidParameterValue", message, 400)


def combined(message: str) -> AwsError:
    """InvalidParameterCombination in CloudWatch's way."""
    return AwsError("InvalidParameterCombination", message, 400)


def validation(message: str) -> AwsError:
    """ValidationError in CloudWatch's way."""
    return AwsError("ValidationError", message, 400)


def dimensions_of(given: Iterable[dict[str, Any]] | None) -> dict[str, str]:
    """Dimensions by name; each name once."""
    found: dict[str, str] = {}
    for one in given or ():
        if one["Name"] in found:
            raise invalid(
                f"The value {one['Name']} for parameter Dimensions is duplicated, a name must be"
                " unique."
            )
        found[one["Name"]] = one["Value"]
    return found


def check_period(period: int) -> None:
    """A period is 1, 5, 10, 20, 30 or a multiple of 60 seconds."""
    if period not in (*SUB_MINUTE, 20) and period % 60:
        raise invalid(
            "The parameter Period must be greater than or equal to 60 and a multiple of 60, or one"
            " of 1, 5, 10, 20, 30."
        )


def check_statistics(names: Iterable[str], parameter: str) -> None:
    """Every name is a statistic."""
    for name in names:
        if not statistics.is_valid(name):
            raise invalid(f"The value {name} for parameter {parameter} is not supported.")


def question(ctx: Context, params: dict[str, Any]) -> Question:
    """The question of GetMetricStatistics, and of what speaks like it."""
    start, end, period = params["StartTime"], params["EndTime"], params["Period"]
    if start >= end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    check_period(period)
    return Question(
        params["Namespace"],
        params["MetricName"],
        dimensions_of(params.get("Dimensions")),
        series.rounded(start, ctx.now, period),
        -(-series.seconds(end) // 1),
        period,
        params.get("Unit"),
    )
