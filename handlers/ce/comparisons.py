"""Comparisons of two months: what costs more or less than before, and why.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsageComparisons.html
and API_GetCostComparisonDrivers.html.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from emulator.context import Context
from handlers.ce import periods, reports
from handlers.ce.periods import Interval, invalid
from models.cost_reports import Group

NOUN = "cost_daily"
MONTHS_KEPT = 13
COMPARISONS_PAGE, DRIVERS_PAGE = 2000, 10
# These two every driver is told for.
ALWAYS = (Group("DIMENSION", "SERVICE"), Group("DIMENSION", "USAGE_TYPE"))
NAMES = {
    "USAGE_CHANGE": "Usage change",
    "RESERVATION_USAGE": "Reservation applied usage",
    "RECURRING_RESERVATION_FEE": "Recurring reservation fee",
    "UPFRONT_RESERVATION_FEE": "Upfront reservation fee",
    "SAVINGS_PLAN_USAGE": "Savings Plan covered usage",
    "SAVINGS_PLAN_RECURRING_FEE": "Savings Plan recurring fee",
    "COMMITMENT": "Savings Plan upfront fee",
    "BUNDLED_DISCOUNT": "Enterprise discount program",
    "TAX": "Tax",
    "CREDIT": "Credit",
    "REFUND": "Refund",
}


@dataclass(slots=True)
class Pair:
    """What something amounted to in the baseline month and in the month compared with it."""

    keys: tuple[str, ...]
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    unit: str | None = None

    @property
    def difference(self) -> Decimal:
        """How much more it is now."""
        return self.after - self.before

    def shown(self, metric: str) -> dict[str, dict[str, str]]:
        """As a map of the metric to ComparisonMetricValue."""
        usage = metric in reports.USAGE_METRICS
        return {
            metric: {
                "BaselineTimePeriodAmount": reports.amount(self.before),
                "ComparisonTimePeriodAmount": reports.amount(self.after),
                "Difference": reports.amount(self.difference),
                "Unit": (self.unit or reports.NO_UNIT) if usage else reports.USD,
            }
        }


async def get_cost_and_usage_comparisons(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Two months side by side, what changed most first, and their totals."""
    metric = reports.metric(params["MetricForComparison"])
    grouped = reports.groups(params.get("GroupBy"))
    total = (await _pairs(ctx, params, metric, ()) or [Pair(())])[0]
    found = await _pairs(ctx, params, metric, grouped) if grouped else [total]
    page = reports.paged(ctx, params, COMPARISONS_PAGE, size="MaxResults")
    start, size = int(page.after or 0), page.limit or COMPARISONS_PAGE
    found.sort(key=lambda one: (-abs(one.difference), one.keys))
    answer = {
        "CostAndUsageComparisons": [
            {
                "CostAndUsageSelector": _selector(grouped, one.keys, params.get("Filter")),
                "Metrics": one.shown(metric),
            }
            for one in found[start : start + size]
        ],
        "TotalCostAndUsage": total.shown(metric),
    }
    if start + size < len(found):
        answer["NextPageToken"] = page.token(str(start + size))
    return answer


async def get_cost_comparison_drivers(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """By service and usage type, what kinds of charges make the difference of two months."""
    metric = reports.metric(params["MetricForComparison"])
    given = reports.groups(params.get("GroupBy"))
    grouped = tuple(dict.fromkeys((*ALWAYS, *given)))
    driven = (*grouped, Group("INTERNAL", "DRIVER"))
    pairs = sorted(await _pairs(ctx, params, metric, driven), key=lambda one: one.keys)
    found = [
        (keys, _summed(keys, some), some)
        for keys, some in (
            (keys, [one for one in some if one.difference])
            for keys, some in groupby(pairs, key=lambda one: one.keys[:-1])
        )
        if some
    ]
    found.sort(key=lambda one: (-abs(one[1].difference), one[0]))
    page = reports.paged(ctx, params, DRIVERS_PAGE, size="MaxResults")
    start, size = int(page.after or 0), page.limit or DRIVERS_PAGE
    drivers = [
        {
            "CostSelector": _selector(grouped, keys, None),
            "Metrics": total.shown(metric),
            "CostDrivers": [_driver(one, metric) for one in some],
        }
        for keys, total, some in found[start : start + size]
    ]
    answer: dict[str, Any] = {"CostComparisonDrivers": drivers}
    if start + size < len(found):
        answer["NextPageToken"] = page.token(str(start + size))
    return answer


async def _pairs(
    ctx: Context, params: Mapping[str, Any], metric: str, grouped: tuple[Group, ...]
) -> list[Pair]:
    """Every group of either month."""
    reports.check_billing_view(ctx, params)
    report = reports.asked(params, measured=(metric,), grouped=grouped)
    found: dict[tuple[str, ...], Pair] = {}
    for name in ("BaselineTimePeriod", "ComparisonTimePeriod"):
        interval = _month(ctx, params[name])
        for row in await reports.rows(ctx, reports.over(ctx, interval, report)):
            keys = tuple(row[f"key_{n}"] for n in range(len(grouped)))
            one = found.setdefault(keys, Pair(keys, unit=row["unit"]))
            if name == "BaselineTimePeriod":
                one.before = row["metric_0"]
            else:
                one.after = row["metric_0"]
            one.unit = one.unit if one.unit == row["unit"] else None
    return list(found.values())


def _month(ctx: Context, given: Mapping[str, str]) -> Interval:
    found = periods.read(given)
    first = found.start.date()
    if first.day != 1 or found.end.date() != periods.next_month(first):
        raise invalid(
            "The interval must start and end on the first day of a month, with a duration of"
            " exactly one month."
        )
    now = periods.today(ctx)
    if first < periods.months_before(now, MONTHS_KEPT):
        raise invalid(f"The time period must be within the last {MONTHS_KEPT} months.")
    if first > now:
        raise invalid("end date past the beginning of next month")
    return found


def _summed(keys: tuple[str, ...], some: Sequence[Pair]) -> Pair:
    units = {one.unit for one in some}
    return Pair(
        keys,
        sum((one.before for one in some), Decimal(0)),
        sum((one.after for one in some), Decimal(0)),
        units.pop() if len(units) == 1 else None,
    )


def _driver(one: Pair, metric: str) -> dict[str, Any]:
    kind = one.keys[-1]
    return {"Type": kind, "Name": NAMES[kind], "Metrics": one.shown(metric)}


def _selector(
    grouped: Sequence[Group], keys: Sequence[str], otherwise: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The Expression that says which costs are meant."""
    parts = [_leaf(group, key) for group, key in zip(grouped, keys, strict=True)]
    if not parts:
        return dict(otherwise or {})
    return parts[0] if len(parts) == 1 else {"And": parts}


def _leaf(group: Group, key: str) -> dict[str, Any]:
    member = {"DIMENSION": "Dimensions", "TAG": "Tags", "COST_CATEGORY": "CostCategories"}
    if group.kind == "DIMENSION":
        return {"Dimensions": {"Key": group.key, "Values": [key], "MatchOptions": ["EQUALS"]}}
    if not key:
        return {member[group.kind]: {"Key": group.key, "MatchOptions": ["ABSENT"]}}
    named = {"Key": group.key, "Values": [key], "MatchOptions": ["EQUALS"]}
    return {member[group.kind]: named}
