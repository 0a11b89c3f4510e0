"""Metric streams and anomaly detectors: there are none, and they are listed as such."""

from typing import Any

from emulator.context import Context

NOUN = "metrics"


async def list_metric_streams(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None."""
    return {"Entries": []}


async def describe_anomaly_detectors(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None."""
    return {"AnomalyDetectors": []}
