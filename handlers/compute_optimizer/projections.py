"""Projections: what a series of CloudWatch would be on a machine of another size."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.compute_optimizer.questions import invalid
from models.metrics import series

MOST_PERIODS = 1440


@dataclass(frozen=True, slots=True)
class Projected:
    """Values over time, in percent."""

    points: Mapping[int, float]

    def scaled(self, factor: float) -> dict[str, Any]:
        """Timestamps and values of a machine that sees so much more of the load, 100 at most."""
        return {
            "timestamps": self.times(),
            "values": [min(100.0, value * factor) for value in self.points.values()],
        }

    def times(self) -> list[datetime]:
        """When each value begins."""
        return [datetime.fromtimestamp(at, UTC) for at in self.points]


@dataclass(frozen=True, slots=True)
class Span:
    """Which time is asked about, in which periods, by which statistic."""

    ctx: Context
    start: int
    end: int
    period: int
    statistic: str

    async def read(self, namespace: str, name: str, dimensions: Mapping[str, str]) -> Projected:
        """A metric's values in the span."""
        question = series.Question(namespace, name, dimensions, self.start, self.end, self.period)
        found = await series.read(
            self.ctx.db, self.ctx.region, question, self.ctx.now, (self.statistic,)
        )
        return Projected(found.points(self.statistic))


def span(ctx: Context, params: Mapping[str, Any]) -> Span:
    """The span of a request; InvalidParameterValueException for one that makes no sense."""
    start, end, period = params["startTime"], params["endTime"], params["period"]
    if start >= end:
        raise invalid("The startTime must be before the endTime.")
    if period < 60 or period % 60:
        raise invalid("The period must be a multiple of 60.")
    first, last = series.rounded(start, ctx.now, period), series.seconds(end)
    if (last - first) / period > MOST_PERIODS:
        raise invalid(f"The request exceeds the limit of {MOST_PERIODS} data points.")
    return Span(ctx, first, last, period, params["stat"])


def unknown(arn: str) -> AwsError:
    """Nothing is recommended for the resource."""
    return AwsError(
        "ResourceNotFoundException", f"There are no recommendations for the resource {arn}."
    )
