"""Cost reports: the ledger added up by period and by what it is grouped by, in one statement.

Amounts are USD, Decimal to the last digit of the ledger. The statement adds up first by those
columns alone that the report looks at, then looks at tags, accounts and rules, of which it has
far fewer rows left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from models import cost_spans
from models.cost_dimensions import NORMALIZED, NORMALIZED_COLUMNS, PLANNED, RESERVED
from models.cost_expressions import MINE, Categories, Compiler
from models.listing import Binder

# metric → the column that it adds up, and the columns that it looks at besides; blended rates are
# those of one account, and what a discount programme gives is a line of its own, so that the net
# metrics are the others.
METRICS: dict[str, tuple[str, frozenset[str]]] = {
    "UnblendedCost": ("l.unblended_cost", frozenset()),
    "BlendedCost": ("l.unblended_cost", frozenset()),
    "NetUnblendedCost": ("l.unblended_cost", frozenset()),
    "AmortizedCost": ("l.amortized_cost", frozenset()),
    "NetAmortizedCost": ("l.amortized_cost", frozenset()),
    "UsageQuantity": ("l.usage_amount", frozenset({"usage_unit"})),
    "NormalizedUsageAmount": (f"l.usage_amount * {NORMALIZED}", NORMALIZED_COLUMNS),
}
_SUMMED = ("unblended_cost", "amortized_cost", "usage_amount")
_BY_TAGS = {"account_id", "date", "service", "record_type", "tag_set", "usage_unit"}
PERIODS = {
    "DAILY": "(l.date + {shift})",
    "MONTHLY": "date_trunc('month', (l.date + {shift})::timestamp)::date",
    "HOURLY": "(l.date + {shift})",
    "": "NULL::date",
}
# What is read by spans of days, and where the spans of a table are.
_SPANNED = ("MONTHLY", "")
SPANS = {
    "cost_daily": "cost_spans",
    "cost_daily_untagged": "cost_spans_untagged",
    "cost_daily_by_tags": "cost_spans_by_tags",
}
HOUR_DIGITS = 10
# What the contexts of dimension values hold to.
ONLY = {"RESERVATIONS": RESERVED, "SAVINGS_PLANS": PLANNED}


@dataclass(frozen=True, slots=True)
class Group:
    """What a report is grouped by: `kind` DIMENSION, TAG or COST_CATEGORY, and its key."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Report:
    """What is asked for: the days from `start` to before `end`, as the ledger has them.

    `shift_days` moves them onto the client's calendar, which says what a month is. `granularity`
    is MONTHLY, DAILY, HOURLY or "" for one sum over everything. Of HOURLY the first and the last
    hour (exclusive) are `hours`, in the ledger's days. `only` names a condition of ONLY.
    `attributes`: the filter may speak of attributes of products.
    """

    start: date
    end: date
    shift_days: int
    granularity: str
    metrics: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    filter: Mapping[str, Any] | None = None
    resources: bool = False
    hours: tuple[datetime, datetime] | None = None
    only: str = ""
    attributes: bool = False


async def read(
    db: Any, report: Report, categories: Categories, *, offset: int = 0, limit: int | None = None
) -> list[Any]:
    """Rows of `period` (a day, or a time for hours), `key_0`, `key_1` and `metric_0` …, `unit`.

    `unit` is that of the usage, null where it is mixed. In the order of period and keys.
    Raises ExpressionError where the filter or a group cannot be had of these rows.
    """
    bind = Binder()
    over = await cost_spans.over(db) if report.granularity in _SPANNED else None
    sql = _statement(report, categories, bind, over)
    order = ", ".join(str(n + 1) for n in range(1 + len(report.groups)))
    sql += f" ORDER BY {order} OFFSET {bind(offset, '::int')} LIMIT {bind(limit, '::int')}"
    rows: list[Any] = await db.fetch(sql, *bind.args, plan="custom")
    return rows


async def any_day(db: Any) -> bool:
    """Whether the ledger has a day at all."""
    return bool(await db.fetchval(f"SELECT EXISTS (SELECT FROM cost_daily l WHERE {MINE})"))


async def accounts(db: Any) -> dict[str, str]:
    """The names of the accounts on the bill, by number."""
    rows = await db.fetch("SELECT account_number, name FROM driftcloud_billed_accounts()")
    return {row["account_number"]: row["name"] for row in rows}


def _statement(
    report: Report, categories: Categories, bind: Binder, over: date | None = None
) -> str:
    compiler = Compiler(
        bind, categories, report.start, report.end, report.resources, attributes=report.attributes
    )
    keys = [compiler.value(group.kind, group.key) for group in report.groups]
    where = [compiler.condition(report.filter)] if report.filter else []
    if report.only:
        compiler.columns.add("record_type")
        where.append(ONLY[report.only])
    for metric in report.metrics:
        compiler.columns |= METRICS[metric][1]
    inner = _inner(report, compiler, bind, over)
    sums = [f"sum({METRICS[metric][0]}) AS metric_{n}" for n, metric in enumerate(report.metrics)]
    unit = "CASE WHEN min(l.usage_unit) = max(l.usage_unit) THEN min(l.usage_unit) END"
    sums.append(f"{unit if 'usage_unit' in compiler.columns else 'NULL::text'} AS unit")
    named = [f"{key} AS key_{n}" for n, key in enumerate(keys)]
    sql = f"SELECT l.period, {', '.join([*named, *sums])} FROM ({inner}) l {compiler.joins()}"
    if where:
        sql += " WHERE " + " AND ".join(where)
    sql += " GROUP BY " + ", ".join(str(n + 1) for n in range(1 + len(keys)))
    return _hourly(sql, report, bind) if report.granularity == "HOURLY" else sql


def _inner(report: Report, compiler: Compiler, bind: Binder, over: date | None) -> str:
    """The ledger by the columns that are looked at."""
    columns = [f"l.{name}" for name in sorted(compiler.columns)]
    needed = " ".join(METRICS[metric][0] for metric in report.metrics)
    sums = [f"sum(l.{name}) AS {name}" for name in _SUMMED if name in needed]
    table = "cost_lines_daily" if report.resources else _smallest(compiler.columns)
    if over is not None and "date" not in compiler.columns and not report.resources:
        return _spanned(report, table, columns, sums, over, bind)
    period = PERIODS[report.granularity]
    if report.granularity:
        period = period.format(shift=bind(report.shift_days, "::int"))
    return (
        f"SELECT {', '.join([f'{period} AS period', *columns, *sums])} FROM {table} l"
        f" WHERE {MINE} AND l.date >= {bind(report.start, '::date')}"
        f" AND l.date < {bind(report.end, '::date')}"
        f" GROUP BY {', '.join(str(n + 1) for n in range(1 + len(columns)))}"
    )


def _spanned(
    report: Report, table: str, columns: list[str], sums: list[str], over: date, bind: Binder
) -> str:
    """The same period by period, of whole spans and of the days that are in none."""
    shift_days = report.shift_days if report.granularity else None
    found = cost_spans.pieces(report.start, report.end, over, shift_days)
    keys = ", ".join(str(n + 1) for n in range(len(columns)))
    parts = []
    for source, whole in ((table, False), (SPANS[table], True)):
        own = [piece for piece in found if piece.whole is whole]
        days = ", ".join(
            bind([getattr(piece, name) for piece in own], "::date[]")
            for name in ("period", "first", "last")
        )
        parts.append(
            f"SELECT r.period, x.* FROM unnest({days}) AS r (period, first, last)"
            f" CROSS JOIN LATERAL (SELECT {', '.join([*columns, *sums])} FROM {source} l"
            f" WHERE {MINE} AND l.date >= r.first AND l.date < r.last"
            f" GROUP BY {keys or '()'} HAVING count(*) > 0) x"
        )
    return " UNION ALL ".join(parts)


def _smallest(columns: set[str]) -> str:
    """The smallest table of the ledger that has these columns."""
    if "tag_set" not in columns:
        return "cost_daily_untagged"
    return "cost_daily_by_tags" if columns <= _BY_TAGS else "cost_daily"


def _hourly(sql: str, report: Report, bind: Binder) -> str:
    """Each day divided over its hours: every hour is what the hours up to it sum to, less those
    before it, so that rounding neither adds nor loses anything."""
    first, last = report.hours or (datetime.min, datetime.max)
    metrics = [f"metric_{n}" for n in range(len(report.metrics))]
    keys = [f"key_{n}" for n in range(len(report.groups))]
    parts = [
        f"round({m} * (h + 1) / 24, {HOUR_DIGITS}) - round({m} * h / 24, {HOUR_DIGITS}) AS {m}"
        for m in metrics
    ]
    at = "d.period + h * interval '1 hour'"
    moved = f"{bind(report.shift_days, '::int')} * interval '1 day'"
    return (
        f"SELECT {', '.join([f'{at} AS period', *keys, *parts, 'unit'])}"
        f" FROM ({sql}) d CROSS JOIN generate_series(0, 23) h"
        f" WHERE {at} >= {bind(first, '::timestamp')} + {moved}"
        f" AND {at} < {bind(last, '::timestamp')} + {moved}"
    )


def amounts(report: Report, row: Any) -> Sequence[Any]:
    """The metrics of a row, in the order in which they were asked for."""
    return [row[f"metric_{n}"] for n in range(len(report.metrics))]
