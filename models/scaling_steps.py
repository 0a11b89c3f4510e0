"""Steps and adjustments: what a scaling policy makes of a capacity.

Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html, which
holds for Application Auto Scaling as well.
"""

from collections.abc import Mapping
from typing import Any


def adjusted(before: int, data: Mapping[str, Any], adjustment: int) -> int:
    """The capacity that an adjustment makes of another; `data` in AWS's member names."""
    if data.get("AdjustmentType") == "ExactCapacity":
        return adjustment
    if data.get("AdjustmentType") != "PercentChangeInCapacity":
        return before + adjustment
    change = before * adjustment / 100
    # Values above 1 are rounded down, those between 0 and 1 to 1; likewise below zero.
    whole = int(change) if abs(change) >= 1 else (change > 0) - (change < 0)
    least = data.get("MinAdjustmentMagnitude") or data.get("MinAdjustmentStep") or 0
    if whole and abs(whole) < least:
        whole = least if whole > 0 else -least
    return before + whole


def step(data: Mapping[str, Any], breach: float) -> int:
    """The adjustment of the step that a breach falls into: a value less the alarm's threshold."""
    for one in data.get("StepAdjustments") or ():
        low, high = one.get("MetricIntervalLowerBound"), one.get("MetricIntervalUpperBound")
        if (low is None or breach >= low) and (high is None or breach < high):
            return int(one["ScalingAdjustment"])
    return 0
