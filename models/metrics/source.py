"""Where the days of a metric's resources are, and how the resources that have it are listed.

The statements of a source take $1 and $2, the first and the last date, $3, the region, and from
$4 on the values of its dimensions, in their order. Every row is one day of one resource:
resource_id, date, payload, unit (minutes between samples) and ends (no sample from then on).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from models.callers import NOW
from models.listing import Listing
from models.metrics.metric import Metric

ACCOUNT = "(select driftcloud_account())"

# What AWS remembers of a metric in its list, and what counts as recently active there.
LISTED = "interval '14 days'"
ACTIVE = "interval '3 hours'"


@dataclass(frozen=True, slots=True)
class Source:
    """Metrics of one namespace that share their dimensions and their rows.

    `listed` is what ListMetrics selects from: a FROM with conditions; `columns` the expression of
    each dimension there; `key` a unique text expression; `day` the condition that makes a row of
    the daily table `d` one of that resource, `days` that table. `put` says that what clients do
    brings datapoints of its own, beside the rows.
    """

    namespace: str
    dimensions: tuple[str, ...]
    metrics: Mapping[str, Metric]
    rows: str
    listed: str = ""
    key: str = ""
    columns: tuple[str, ...] = ()
    region: str = "r.region"
    day: str = ""
    days: str = "metrics_daily"
    kinds: tuple[str, ...] = field(default=())
    put: bool = False


def source(
    namespace: str, dimensions: Iterable[str], metrics: Iterable[Metric], rows: str, **listing: str
) -> Source:
    """A source; `listing` as the fields of Source, `columns` separated by bars."""
    columns = tuple(listing.pop("columns", "").split("|")) if listing.get("columns") else ()
    return Source(
        namespace,
        tuple(dimensions),
        {metric.name: metric for metric in metrics},
        rows,
        columns=columns,
        **listing,  # type: ignore[arg-type]
    )


def days_of(kind: str, resource: str, *, unit: str = "1", ends: str = "null::timestamptz") -> str:
    """The statement for the days of the one resource of a type that `resource` names."""
    return (
        f"select m.resource_id, m.date, m.metric_payload as payload, {unit} as unit,"
        f" {ends} as ends from metrics_daily as m where m.account_id = {ACCOUNT}"
        f" and m.resource_type = '{kind}' and m.resource_id = {resource}"
        " and m.date between $1 and $2"
        " and coalesce(m.metric_payload ->> 'region', $3) = $3 order by m.date"
    )


def days_of_all(
    kind: str, members: str, *, unit: str = "1", ends: str = "null::timestamptz"
) -> str:
    """The statement for the days of all resources whose ids `members` selects as `r.id`.

    `unit` and `ends` may speak of `r`.
    """
    return (
        f"select m.resource_id, m.date, m.metric_payload as payload, {unit} as unit,"
        f" {ends} as ends from ({members}) as r join metrics_daily as m"
        f" on m.account_id = {ACCOUNT} and m.resource_type = '{kind}' and m.resource_id = r.id"
        " and m.date between $1 and $2"
        " and coalesce(m.metric_payload ->> 'region', $3) = $3 order by m.resource_id, m.date"
    )


def day_of(kind: str, resource: str) -> str:
    """The condition of `Source.day` for rows of metrics_daily."""
    return f"d.account_id = {ACCOUNT} and d.resource_type = '{kind}' and d.resource_id = {resource}"


@lru_cache(maxsize=128)
def _listing(key: str, columns: tuple[tuple[str, str], ...], region: str, text: str) -> Listing:
    shown = "".join(f", {column} as d{at}" for at, (_, column) in enumerate(columns))
    return Listing(
        f"{key} as key{shown}",
        text,
        key=key,
        columns={"region": region, **{f"dimension:{name}": column for name, column in columns}},
    )


def listing(found: Source, *, recently: bool) -> Listing:
    """What ListMetrics pages through: the resources of a source that had a sample of late.

    Rows have `key` and the values of the dimensions as d0, d1, …; conditions may be on
    `dimension:<name>`.
    """
    since = ACTIVE if recently else LISTED
    recent = (
        f"exists (select 1 from {found.days} as d where {found.day}"
        f" and d.date >= ({NOW} - {since})::date)"
    )
    text = f"(select r.* from (select r.* from {found.listed}) as r where {recent}) as r"
    columns = tuple(zip(found.dimensions, found.columns, strict=True))
    return _listing(found.key, columns, found.region, text)
