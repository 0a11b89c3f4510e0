"""What PutMetricAlarm is given, checked and brought into the columns of alarms.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from typing import Any

import orjson

from handlers.cloudwatch.metric_data import checked
from handlers.cloudwatch.questions import (
    check_period,
    check_statistics,
    combined,
    dimensions_of,
    validation,
)
from models.metrics.evaluation import COMPARISONS

MISSING = ("breaching", "notBreaching", "ignore", "missing")
_DAY = 86_400
_ONE_METRIC = (
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
)


def row(params: dict[str, Any]) -> dict[str, Any]:
    """The columns of alarms.CONFIGURATION."""
    if "EvaluationCriteria" in params:
        raise validation("EvaluationCriteria (PromQL) is not served by this emulator.")
    metrics = params.get("Metrics")
    if metrics:
        _check_expression(params, metrics)
    else:
        _check_metric(params)
    _check_evaluation(params)
    _check_actions(params)
    return {
        "description": params.get("AlarmDescription"),
        "namespace": params.get("Namespace"),
        "metric_name": params.get("MetricName"),
        "dimensions": params.get("Dimensions") or [],
        "metrics": metrics or None,
        "statistic": params.get("Statistic"),
        "extended_statistic": params.get("ExtendedStatistic"),
        "unit": params.get("Unit"),
        "period_seconds": params.get("Period"),
        "evaluation_periods": params["EvaluationPeriods"],
        "datapoints_to_alarm": params.get("DatapointsToAlarm"),
        "threshold": params["Threshold"],
        "threshold_metric_id": None,
        "comparison_operator": params["ComparisonOperator"],
        "treat_missing_data": params.get("TreatMissingData"),
        "low_sample_count": params.get("EvaluateLowSampleCountPercentile"),
        "actions_enabled": params.get("ActionsEnabled", True),
        "ok_actions": params.get("OKActions") or [],
        "alarm_actions": params.get("AlarmActions") or [],
        "insufficient_data_actions": params.get("InsufficientDataActions") or [],
    }


def is_json(text: str) -> bool:
    """Whether a text is a JSON document."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _check_metric(params: dict[str, Any]) -> None:
    for name in ("MetricName", "Namespace", "Period"):
        if params.get(name) is None:
            raise validation(f"The parameter {name} must be specified.")
    if (params.get("Statistic") is None) == (params.get("ExtendedStatistic") is None):
        raise combined("Exactly one of Statistic and ExtendedStatistic must be specified.")
    check_statistics([params.get("ExtendedStatistic") or "Sum"], "ExtendedStatistic")
    check_period(params["Period"])
    dimensions_of(params.get("Dimensions"))


def _check_expression(params: dict[str, Any], metrics: list[dict[str, Any]]) -> None:
    given = [name for name in _ONE_METRIC if params.get(name)]
    if given:
        raise combined(f"The parameters Metrics and {given[0]} are mutually exclusive.")
    queries = checked(metrics, "Metrics")
    if sum(query.get("ReturnData", True) for query in queries.values()) != 1:
        raise validation("Exactly one element of the metrics list should return data.")


def _check_evaluation(params: dict[str, Any]) -> None:
    if params.get("ComparisonOperator") is None or params.get("EvaluationPeriods") is None:
        raise validation("ComparisonOperator and EvaluationPeriods must be specified.")
    if params["ComparisonOperator"] not in COMPARISONS or params.get("ThresholdMetricId"):
        raise validation("Alarms on anomaly detection are not served by this emulator.")
    if params.get("Threshold") is None:
        raise validation("The parameter Threshold must be specified.")
    periods, needed = params["EvaluationPeriods"], params.get("DatapointsToAlarm")
    if needed is not None and needed > periods:
        raise validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    if params.get("TreatMissingData", "missing") not in MISSING:
        raise validation(f"TreatMissingData must be one of {', '.join(MISSING)}.")
    period = params.get("Period") or 60
    if period * periods > max(_DAY, 7 * _DAY if period >= 3600 else 0):
        raise validation(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be"
            " <= 86400, or <= 604800 where the period is an hour or longer)."
        )


def _check_actions(params: dict[str, Any]) -> None:
    """Actions are ARNs, of whatever; those on a machine need an alarm that watches one."""
    watched = {one["Name"] for one in params.get("Dimensions") or ()}
    for member in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        for action in params.get(member) or ():
            parts = action.split(":")
            if parts[0] != "arn" or len(parts) < 6 or not all(parts[1:4]):
                raise validation(f"Invalid arn syntax: {action}")
            if parts[2] == "automate" and "InstanceId" not in watched:
                raise validation(
                    "Invalid use of EC2 action. An EC2 action can only be used if the alarm is"
                    " monitoring an EC2 instance."
                )
