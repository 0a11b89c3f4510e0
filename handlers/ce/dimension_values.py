"""Values that reports can be filtered and grouped by: of dimensions, tags and cost categories.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetDimensionValues.html
and the pages of GetTags and GetCostCategories.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from emulator.context import Context
from handlers.ce import periods, reports
from handlers.ce.periods import invalid
from models import cost_categories, cost_reports, cost_values
from models.cost_dimensions import DIMENSIONS
from models.cost_reports import Group, Report

NOUN = "cost_daily"
PAGE, MOST = 1000, 1000
# Only rules of cost categories may name these.
RULES_ALONE = ("LINKED_ACCOUNT_NAME", "SERVICE_CODE")
COSTS, ATTRIBUTE = "COST_AND_USAGE", "PRODUCT_ATTRIBUTE"


async def get_dimension_values(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The values that a dimension has in a period."""
    dimension = params["Dimension"]
    if dimension == ATTRIBUTE:
        return _attributes(ctx, params)
    found = DIMENSIONS.get(dimension)
    if found is None or dimension in RULES_ALONE:
        raise invalid(f"Dimension {dimension} is not allowed.")
    context = params.get("Context") or COSTS
    if params.get("DimensionKey"):
        raise invalid(f"DimensionKey is only supported with the dimension {ATTRIBUTE}.")
    report = _report(ctx, params, Group("DIMENSION", dimension), resources=found.resources)
    if context != COSTS:
        if params.get("SortBy"):
            raise invalid("SortBy is only supported in the COST_AND_USAGE context.")
        report = replace(report, only=context)
    rows = await reports.rows(ctx, report)
    shown, sizes = _page(ctx, params, rows)
    names = await cost_reports.accounts(ctx.db) if dimension == "LINKED_ACCOUNT" else {}
    values = [
        {"Value": value, "Attributes": {"description": names[value]} if value in names else {}}
        for value in shown
    ]
    return {"DimensionValues": values, **sizes}


def _attributes(ctx: Context, params: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of attributes, or the values of one: no service here has products with any."""
    if (params.get("Context") or COSTS) != COSTS:
        raise invalid(f"{ATTRIBUTE} is only supported in the {COSTS} context.")
    _report(ctx, params, Group("DIMENSION", "SERVICE"))
    return {"DimensionValues": [], "ReturnSize": 0, "TotalSize": 0}


async def get_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The values of a tag key in a period, the empty one for costs without it; without a key, the
    keys themselves."""
    if params.get("TagKey"):
        report = _report(ctx, params, Group("TAG", params["TagKey"]))
        rows = await reports.rows(ctx, report)
        if [row["key_0"] for row in rows] == [""]:
            rows = []
    else:
        found = await reports.rows(ctx, _report(ctx, params, Group("INTERNAL", "TAG_SET")))
        sets = [(int(row["key_0"]), row["metric_0"]) for row in found if row["key_0"]]
        rows = await cost_values.tag_keys(ctx.db, sets)
    shown, sizes = _page(ctx, params, rows)
    return {"Tags": shown, **sizes}


async def get_cost_categories(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The values of a cost category in a period; without a name, the names of all categories
    whose rules hold in it."""
    name = params.get("CostCategoryName")
    report = _report(ctx, params, Group("COST_CATEGORY", name or ""))
    rows: list[Any] = []
    if name:
        rows = [row for row in await reports.rows(ctx, report) if row["key_0"]]
    elif not params.get("Filter") or await reports.rows(ctx, replace(report, groups=())):
        # each category divides the same whole, so that none costs more than another
        rows = [
            {"key_0": key, "metric_0": 0}
            for key, versions in sorted((await cost_categories.versions(ctx.db)).items())
            if any(
                one.start < report.end and (one.end is None or one.end > report.start)
                for one in versions
            )
        ]
    shown, sizes = _page(ctx, params, rows)
    return {"CostCategoryValues" if name else "CostCategoryNames": shown, **sizes}


def _report(
    ctx: Context, params: Mapping[str, Any], group: Group, *, resources: bool = False
) -> Report:
    reports.check_billing_view(ctx, params)
    sorts = params.get("SortBy") or ()
    if len(sorts) > 1:
        raise invalid("SortBy takes one key.")
    if sorts and (params.get("NextPageToken") or params.get("SearchString")):
        raise invalid("NextPageToken and SearchString are not supported with SortBy.")
    if sorts and (params.get("MaxResults") or MOST) > MOST:
        raise invalid(f"MaxResults must be at most {MOST}.")
    interval = periods.checked(ctx, params["TimePeriod"], hourly=resources)
    measured = (reports.metric(sorts[0]["Key"]),) if sorts else ("UnblendedCost",)
    attributes = (params.get("Context") or COSTS) == COSTS
    asked = reports.asked(
        params, measured=measured, grouped=(group,), resources=resources, attributes=attributes
    )
    return reports.over(ctx, interval, asked)


def _page(
    ctx: Context, params: Mapping[str, Any], rows: Sequence[Any]
) -> tuple[list[str], dict[str, Any]]:
    """The values that this answer shows, and its ReturnSize, TotalSize and NextPageToken."""
    sorts = params.get("SortBy")
    if sorts:
        down = sorts[0].get("SortOrder") != "ASCENDING"
        rows = sorted(rows, key=lambda row: row["metric_0"], reverse=down)
    wanted = (params.get("SearchString") or "").lower()
    values = [row["key_0"] for row in rows if wanted in row["key_0"].lower()]
    page = reports.paged(ctx, params, PAGE)
    start = int(page.after or 0)
    size = (params.get("MaxResults") or PAGE) if sorts else PAGE
    shown = values[start : start + size]
    sizes: dict[str, Any] = {"ReturnSize": len(shown), "TotalSize": len(values)}
    if not sorts and start + size < len(values):
        sizes["NextPageToken"] = page.token(str(start + size))
    return shown, sizes
