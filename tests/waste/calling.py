"""Calls that tests of waste make: clients in a resource's region, daily values of a metric."""

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol


class Client(Protocol):
    """`client("ec2")`: a boto3 client in the region of the resource, or in the region given."""

    def __call__(self, service: str, region: str | None = None) -> Any:
        """A boto3 client."""


def datapoints(
    client: Client,
    namespace: str,
    metric: str,
    statistic: str = "Average",
    *,
    days: int = 7,
    period: int = 86400,
    **dimensions: str,
) -> list[float]:
    """The values of a metric, daily ones else, over so many days up to now, the oldest first."""
    now = datetime.now(UTC)
    found = client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(days=days),
        EndTime=now,
        Period=period,
        Statistics=[statistic],
    )["Datapoints"]
    return [point[statistic] for point in sorted(found, key=lambda point: point["Timestamp"])]
