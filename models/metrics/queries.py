"""Metric data queries: metrics and expressions on them, worked out together.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.metrics import expressions, functions, search, series
from models.metrics.expressions import ExpressionError, Node
from models.metrics.functions import TimeSeries, Value

KEYWORDS = ("REPEAT", "LINEAR", "ASC", "DESC", "SUM", "AVG", "MIN", "MAX", "STDDEV")
_LABELLED = ("SUM", "AVG", "MIN", "MAX", "STDDEV")


@dataclass(slots=True)
class Run:
    """Queries being worked out over one span of time, each once."""

    db: Any
    region: str
    queries: Mapping[str, Mapping[str, Any]]
    start: datetime
    end: datetime
    now: datetime
    found: dict[str, Value] = field(default_factory=dict)
    working: set[str] = field(default_factory=set)

    async def value(self, name: str) -> Value:
        """The value of the query of an id."""
        if name in self.found:
            return self.found[name]
        query = self.queries.get(name)
        if query is None:
            raise ExpressionError(f"The expression refers to an unknown id: {name}")
        if name in self.working:
            raise ExpressionError(f"The expression of {name} refers to itself")
        self.working.add(name)
        if query.get("MetricStat") is not None:
            value: Value = await self._metric(query["MetricStat"], query.get("Label"))
        else:
            value = await self._node(expressions.parse(query["Expression"]))
        self.working.discard(name)
        self.found[name] = value
        return value

    async def _metric(self, stat: Mapping[str, Any], label: str | None) -> TimeSeries:
        metric = stat["Metric"]
        dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions") or ()}
        return await self._read(
            metric.get("Namespace") or "", metric.get("MetricName") or "", dimensions,
            stat["Stat"], stat["Period"], stat.get("Unit"), label,
        )  # fmt: skip

    async def _read(
        self, namespace: str, name: str, dimensions: Mapping[str, str], statistic: str,
        period: int, unit: str | None = None, label: str | None = None,
    ) -> TimeSeries:  # fmt: skip
        start = series.rounded(self.start, self.now, period)
        question = series.Question(
            namespace, name, dimensions, start - start % period, series.seconds(self.end), period,
            unit,
        )  # fmt: skip
        found = await series.read(self.db, self.region, question, self.now, (statistic,))
        return TimeSeries(label or name, period, found.points(statistic))

    async def _node(self, node: Node) -> Value:
        if node.kind in ("number", "text"):
            value: Value = node.value
            return value
        if node.kind == "name":
            if node.value in KEYWORDS and node.value not in self.queries:
                return str(node.value)
            return await self.value(node.value)
        if node.kind == "array":
            return await self._array(node.parts)
        if node.kind == "call":
            return await self._call(node.value, node.parts)
        left, right = [await self._node(part) for part in node.parts]
        return functions.operate(node.kind, left, right)

    async def _array(self, parts: Sequence[Node]) -> list[TimeSeries]:
        found: list[TimeSeries] = []
        for part in parts:
            value = await self._node(part)
            if isinstance(value, TimeSeries):
                found.append(value)
            elif isinstance(value, list):
                found += value
            else:
                raise ExpressionError("An array must hold time series")
        return found

    async def _call(self, name: str, parts: Sequence[Node]) -> Value:
        if name == "SEARCH":
            return await self._search([part.value for part in parts])
        values = [await self._node(part) for part in parts]
        if name == "METRICS":
            return await self._metrics(str(values[0]) if values else "")
        if not values:
            raise ExpressionError(f"{name} needs an argument")
        first = values[0]
        if name in functions.AGGREGATES and len(values) == 1:
            return functions.aggregate(name, first)
        if name == "IF" and len(values) in (2, 3):
            return functions.choose(first, values[1], values[2] if len(values) == 3 else None)
        if name == "TIME_SERIES" and isinstance(first, float):
            return TimeSeries(name, self.period, dict.fromkeys(self.grid(self.period), first))
        if isinstance(first, list):
            return self._of_array(name, first, values[1:])
        if not isinstance(first, TimeSeries):
            if isinstance(first, float) and name in ("ABS", "CEIL", "FLOOR", "LOG", "LOG10"):
                number = functions.each(name, TimeSeries(name, 60, {0: first}))
                return next(iter(_points(number).values()), math.nan)
            raise ExpressionError(f"Unsupported operand or function: {name}")
        if name == "FILL" and len(values) == 2:
            return functions.fill(first, self.grid(first.period), values[1])
        if name == "REMOVE_EMPTY":
            return [first] if first.points else []
        return functions.each(name, first)

    def _of_array(self, name: str, array: list[TimeSeries], more: list[Value]) -> Value:
        if name == "REMOVE_EMPTY":
            return [one for one in array if one.points]
        if name == "SLICE" and more and all(isinstance(one, float) for one in more):
            bounds = [int(one) for one in more if isinstance(one, float)]
            cut = array[bounds[0] : bounds[1] if len(bounds) > 1 else None]
            return cut[0] if len(bounds) == 1 and cut else cut
        if name == "SORT" and len(more) in (2, 3):
            most = more[2] if len(more) == 3 else None
            return functions.sort(
                array, more[0], more[1], int(most) if isinstance(most, float) else None
            )
        if name == "FILL" and len(more) == 1:
            return [functions.fill(one, self.grid(one.period), more[0]) for one in array]
        return [_only(functions.each(name, one), name) for one in array]

    async def _metrics(self, wanted: str) -> list[TimeSeries]:
        found = []
        for name, query in self.queries.items():
            if query.get("MetricStat") is not None and wanted in name:
                value = await self.value(name)
                if isinstance(value, TimeSeries):
                    found.append(value)
        return found

    async def _search(self, given: list[Any]) -> list[TimeSeries]:
        if len(given) not in (2, 3) or not all(isinstance(one, str) for one in given[:2]):
            raise ExpressionError("SEARCH needs a search expression, a statistic and a period")
        period = int(given[2]) if len(given) == 3 else 300
        found = []
        for hit in await search.find(self.db, self.region, given[0]):
            label = " ".join([*hit.dimensions.values(), hit.name])
            found.append(
                await self._read(
                    hit.namespace, hit.name, hit.dimensions, given[1], period, None, label
                )
            )
        return found

    @property
    def period(self) -> int:
        """The coarsest period among the queries' metrics."""
        stats = (query.get("MetricStat") for query in self.queries.values())
        return max((stat["Period"] for stat in stats if stat is not None), default=300)

    def grid(self, period: int) -> list[int]:
        """The starts of all periods of the span that have begun."""
        start = series.rounded(self.start, self.now, period)
        until = min(series.seconds(self.end), series.seconds(self.now))
        return list(range(start - start % period, until, period))


def _points(value: Value) -> dict[int, float]:
    return value.points if isinstance(value, TimeSeries) else {}


def _only(value: Value, name: str) -> TimeSeries:
    if not isinstance(value, TimeSeries):
        raise ExpressionError(f"{name} cannot be applied to an array")
    return value
