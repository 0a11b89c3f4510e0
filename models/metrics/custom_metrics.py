"""Custom metrics: what PutMetricData brought, and which metrics there are because of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from models.callers import NOW
from models.listing import Listing
from models.metrics.statistics import Periods

if TYPE_CHECKING:
    from models.metrics.series import Series

_ACCOUNT = "(select driftcloud_account())"

_COLUMNS = (
    "at", "namespace", "name", "dimensions", "unit", "resolution", "sample_count", "total",
    "minimum", "maximum", "samples",
)  # fmt: skip
_TYPES = (
    "timestamptz", "text", "text", "text", "text", "int", "float8", "float8", "float8", "float8",
    "text",
)  # fmt: skip
_GIVEN = ", ".join(f"${at}::{kind}[]" for at, kind in enumerate(_TYPES, 2))

# The metric is known from its first datapoint on, and recently active from its newest one.
PUT = f"""
with given as materialized (
    select * from unnest({_GIVEN}) as g ({", ".join(_COLUMNS)})
), known as (
    insert into custom_metrics as m (account_id, region, namespace, name, dimensions, first_at,
                                     newest_at)
    select driftcloud_account(), $1, g.namespace, g.name, g.dimensions, min(g.at), max(g.at)
      from given as g group by g.namespace, g.name, g.dimensions
     order by g.namespace, g.name, g.dimensions
        on conflict (account_id, region, namespace, name, dimensions) do update
       set newest_at = greatest(m.newest_at, excluded.newest_at),
           first_at = least(m.first_at, excluded.first_at)
    returning m.id, m.namespace, m.name, m.dimensions
)
insert into custom_datapoints (account_id, metric_id, at, unit, resolution, sample_count, total,
                               minimum, maximum, samples)
select driftcloud_account(), k.id, g.at, g.unit, g.resolution, g.sample_count, g.total,
       g.minimum, g.maximum, g.samples::jsonb
  from given as g join known as k using (namespace, name, dimensions)
"""

READ = f"""
select d.at, d.unit, d.resolution, d.sample_count, d.total, d.minimum, d.maximum, d.samples
  from custom_datapoints as d
 where d.account_id = {_ACCOUNT} and d.at >= $5 and d.at < $6 and ($7::text is null or d.unit = $7)
   and d.metric_id = (select m.id from custom_metrics as m
                       where m.account_id = {_ACCOUNT} and m.region = $1 and m.namespace = $2
                         and m.name = $3 and m.dimensions = $4)
 order by d.at
"""

# Of these the catalogue tells; what clients put is only added.
_BESIDES = (
    "(m.namespace = 'AWS/Kinesis' and m.name in"
    " ('IncomingBytes', 'IncomingRecords', 'PutRecords.Bytes'))"
)
_KEY = "(m.namespace || '/' || m.name || '/' || m.dimensions)"


def _listing(since: str) -> Listing:
    return Listing(
        f"{_KEY} as key, m.namespace, m.name, m.dimensions",
        "custom_metrics as m",
        key=_KEY,
        columns={"region": "m.region", "namespace": "m.namespace", "name": "m.name"},
        always=f"m.account_id = {_ACCOUNT} and m.newest_at >= {NOW} - {since} and not {_BESIDES}",
    )


LISTED = _listing("interval '14 days'")
ACTIVE = _listing("interval '3 hours'")


def key_of(dimensions: Mapping[str, str]) -> str:
    """Dimensions as one text, the same in whatever order they were given."""
    return orjson.dumps(sorted(dimensions.items())).decode()


def dimensions_of(key: str) -> list[tuple[str, str]]:
    """The names and values of `key_of`."""
    return [(name, value) for name, value in orjson.loads(key)]


async def put(db: Any, region: str, datapoints: Iterable[Mapping[str, Any]]) -> None:
    """Keep datapoints; each has every one of the columns, `samples` as (value, count) pairs."""
    columns: list[list[Any]] = [[] for _ in _COLUMNS]
    for one in datapoints:
        row = {**one, "dimensions": key_of(one["dimensions"])}
        row["samples"] = orjson.dumps(one["samples"]).decode() if one["samples"] else None
        for column, name in zip(columns, _COLUMNS, strict=True):
            column.append(row[name])
    if columns[0]:
        await db.write(PUT, region, *columns)


async def read(db: Any, region: str, series: "Series", now: datetime) -> None:
    """Put the datapoints of a series' question into its periods."""
    question = series.question
    start = datetime.fromtimestamp(question.start, UTC)
    end = datetime.fromtimestamp(question.end, UTC)
    key = key_of(question.dimensions)
    rows = await db.fetch(
        READ, region, question.namespace, question.name, key, start, end, question.unit
    )
    for row in rows:
        if row["at"] > now:
            continue
        series.unit = row["unit"]
        _take(series.periods, (int(row["at"].timestamp()) - question.start) // question.period, row)


def _take(periods: Periods, number: int, row: Any) -> None:
    count = row["sample_count"]
    periods.add(number, count, row["total"], row["minimum"], row["maximum"])
    samples: Sequence[Any] | None = row["samples"]
    if samples:
        periods.add_samples(number, [(value, weight) for value, weight in samples])
    elif row["minimum"] == row["maximum"]:
        # a statistics set whose samples are all alike is as good as its samples
        periods.add_samples(number, [(row["minimum"], count)])
