"""A policy engine's load: a thousand GetMetricStatistics, each of another machine, many at once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.bench.measures import Target, run
from tests.bench.replay import replay
from tests.bench.table import Line

REQUESTS = 1_000
CONNECTIONS = (16, 64)
DAYS = 14


def tracks(target: Target, connections: int, requests: int = REQUESTS) -> list[list[bytes]]:
    """So many requests, in equal parts for the connections: a fortnight of CPU, day by day."""
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ids = target.fleet.all_ids
    signed = [
        target.sign(
            "cloudwatch",
            "get_metric_statistics",
            Namespace="AWS/EC2",
            MetricName="CPUUtilization",
            Dimensions=[{"Name": "InstanceId", "Value": ids[n % len(ids)]}],
            StartTime=end - timedelta(days=DAYS),
            EndTime=end,
            Period=86_400,
            Statistics=["Average", "Maximum"],
        )
        for n in range(requests)
    ]
    return [signed[n::connections] for n in range(connections)]


def in_parallel(target: Target, requests: int = REQUESTS) -> Iterator[Line]:
    """Requests per second, with the slowest hundredth, at each number of connections."""
    for connections in CONNECTIONS:
        parts = tracks(target, connections, requests)
        run(replay(target.server.port, parts, connections, 0))  # the first time warms up
        before = target.server.cpu()
        found = run(replay(target.server.port, parts, connections, 0))
        spent = target.server.cpu() - before
        count = len(found.latencies)
        text = (
            f"p50 {found.quantile(0.5) * 1000:.1f} ms, p99 {found.quantile(0.99) * 1000:.1f} ms,"
            f" CPU {spent.own / count * 1e6:,.0f} + {spent.below / count * 1e6:,.0f} µs"
        )
        if found.failures:
            text += f" FAILED {found.failures}"
        what = f"{count:,} GetMetricStatistics ({connections}), requests per second"
        yield Line(what, found.rate, "", text)
