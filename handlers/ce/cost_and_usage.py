"""Cost and usage: what the account cost, by period and by up to two groups.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from emulator.context import Context
from handlers.ce import periods, reports
from handlers.ce.periods import Interval, invalid
from models import cost_reports
from models.cost_reports import Report

NOUN = "cost_daily"
# Results are told in pages of so many groups.
PAGE = 5000
# How many days are added up at first; most requests ask for no more.
FIRST_DAYS = 62


async def get_cost_and_usage(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Amounts by period; months that are not over yet are estimated."""
    return await _answer(ctx, params, reports.metrics(params), resources=False)


async def get_cost_and_usage_with_resources(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The same of the last 14 days by the resources that cost it."""
    grouped = [one.get("Key") for one in params.get("GroupBy") or ()]
    if "RESOURCE_ID" not in grouped and not _names_resources(params["Filter"]):
        raise invalid("GetCostAndUsageWithResources requires a group by or a filter by RESOURCE_ID")
    asked = reports.metrics(params) if params.get("Metrics") else ("UnblendedCost",)
    return await _answer(ctx, params, asked, resources=True)


async def _answer(
    ctx: Context, params: Mapping[str, Any], asked: tuple[str, ...], *, resources: bool
) -> dict[str, Any]:
    granularity = params["Granularity"]
    interval = periods.checked(ctx, params["TimePeriod"], granularity, hourly=resources)
    reports.check_billing_view(ctx, params)
    grouped = reports.groups(params.get("GroupBy"), resources=resources)
    report = reports.asked(
        params, granularity=granularity, measured=asked, grouped=grouped, resources=resources,
        attributes=True,
    )  # fmt: skip
    report = reports.over(ctx, interval, report)
    page = reports.paged(ctx, params, PAGE)
    at = _position(report, page.after)
    found = await _read(ctx, report, at, PAGE + 1)
    more = len(found) > PAGE
    cut = (bool(page.after), more)
    answer: dict[str, Any] = {
        "ResultsByTime": _results(ctx, report, interval, found[:PAGE], cut),
        "DimensionValueAttributes": await _attributes(ctx, report, found[:PAGE]),
    }
    if grouped:
        answer["GroupDefinitions"] = [{"Type": one.kind, "Key": one.key} for one in grouped]
    if more:
        answer["NextPageToken"] = page.token(_after(report, at, found[:PAGE]))
    return answer


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: behind `skipped` rows of the ledger's days from `day` on."""

    day: date
    skipped: int


def _position(report: Report, after: str | None) -> Position:
    """The place that a token names: so many rows behind the client's day."""
    if not after:
        return Position(report.start, 0)
    day, _, skipped = after.rpartition("/")
    begin = date.fromisoformat(day) - report.shift_days * periods.DAY if day else report.start
    return Position(max(begin, report.start), int(skipped))


def _after(report: Report, at: Position, shown: Sequence[Any]) -> str:
    """The place behind the rows of a page: of days, behind those of its last one."""
    if report.granularity != "DAILY":
        return f"/{at.skipped + len(shown)}"
    last = shown[-1]["period"]
    told = sum(1 for row in shown if row["period"] == last)
    if last - report.shift_days * periods.DAY == at.day:
        told += at.skipped
    return f"{last}/{told}"


async def _read(ctx: Context, report: Report, at: Position, most: int) -> list[Any]:
    """The rows from a place on. A page of days needs few of them: they are added up as they are
    needed, twice as many each time."""
    if report.granularity != "DAILY":
        return await reports.rows(ctx, report, offset=at.skipped, limit=most)
    found: list[Any] = []
    begin, days, skipped = at.day, FIRST_DAYS, at.skipped
    while begin < report.end and len(found) < most:
        end = min(report.end, begin + days * periods.DAY)
        some = replace(report, start=begin, end=end)
        found += await reports.rows(ctx, some, offset=skipped, limit=most - len(found))
        begin, days, skipped = end, 2 * days, 0
    return found


def _results(
    ctx: Context,
    report: Report,
    interval: Interval,
    found: Sequence[Any],
    cut: tuple[bool, bool],
) -> list[dict[str, Any]]:
    """ResultByTime of each period; a page that is `cut` before or after has its own alone."""
    by_period = {
        _begin(period, interval): list(rows)
        for period, rows in groupby(found, key=lambda row: row["period"])
    }
    first = min(by_period, default=interval.start) if cut[0] else interval.start
    last = max(by_period, default=interval.end) if cut[1] else interval.end
    open_since = datetime.combine(periods.today(ctx).replace(day=1), time.min)
    results = []
    for start, end in interval.parts(report.granularity):
        if not first <= start <= last:
            continue
        rows = by_period.get(start, [])
        total = {} if report.groups else _total(report, rows)
        results.append(
            {
                "TimePeriod": periods.shown_interval(start, end, report.granularity),
                "Total": total,
                "Groups": [_group(report, row) for row in rows] if report.groups else [],
                "Estimated": end > open_since,
            }
        )
    return results


def _begin(period: Any, interval: Interval) -> datetime:
    """When a period begins, as far as it is asked for."""
    at = period if isinstance(period, datetime) else datetime.combine(period, time.min)
    return max(at, interval.start)


def _total(report: Report, rows: Sequence[Any]) -> dict[str, Any]:
    values = cost_reports.amounts(report, rows[0]) if rows else [0] * len(report.metrics)
    return reports.measured(report.metrics, values, rows[0]["unit"] if rows else None)


def _group(report: Report, row: Any) -> dict[str, Any]:
    return {
        "Keys": [reports.group_key(one, row[f"key_{n}"]) for n, one in enumerate(report.groups)],
        "Metrics": reports.measured(report.metrics, cost_reports.amounts(report, row), row["unit"]),
    }


async def _attributes(ctx: Context, report: Report, found: Sequence[Any]) -> list[dict[str, Any]]:
    """The names of the accounts that results are grouped by."""
    at = [n for n, one in enumerate(report.groups) if one.key == "LINKED_ACCOUNT"]
    if not at or not found:
        return []
    shown = {row[f"key_{at[0]}"] for row in found}
    names = await cost_reports.accounts(ctx.db)
    return [
        {"Value": number, "Attributes": {"description": names[number]}} for number in sorted(shown)
    ]


def _names_resources(expression: Mapping[str, Any]) -> bool:
    """Whether a filter holds to resources."""
    inner = [*(expression.get("And") or ()), *(expression.get("Or") or ())]
    if expression.get("Not"):
        inner.append(expression["Not"])
    key = (expression.get("Dimensions") or {}).get("Key")
    return key == "RESOURCE_ID" or any(_names_resources(one) for one in inner)
