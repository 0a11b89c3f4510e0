"""Reports as requests ask for them: metrics, groups, filters and pages, checked in AWS's words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import Page, page
from handlers.ce.periods import Interval, invalid
from models import cost_categories, cost_reports
from models.cost_dimensions import DIMENSIONS
from models.cost_expressions import Categories, ExpressionError, categories_in
from models.cost_reports import METRICS, Group, Report

MOST_GROUPS = 2
USD, NO_UNIT = "USD", "N/A"
USAGE_METRICS = ("UsageQuantity", "NormalizedUsageAmount")
# UNBLENDED_COST is what forecasts and older clients call UnblendedCost
_NAMES = {
    **{name: name for name in METRICS},
    "BLENDED_COST": "BlendedCost",
    "UNBLENDED_COST": "UnblendedCost",
    "AMORTIZED_COST": "AmortizedCost",
    "NET_UNBLENDED_COST": "NetUnblendedCost",
    "NET_AMORTIZED_COST": "NetAmortizedCost",
    "USAGE_QUANTITY": "UsageQuantity",
    "NORMALIZED_USAGE_AMOUNT": "NormalizedUsageAmount",
}


def metric(name: str) -> str:
    """A metric as answers name it. Raises ValidationException for any other word."""
    found = _NAMES.get(name)
    if found is None:
        raise invalid(f"Invalid metric: {name}. Valid values are {', '.join(sorted(METRICS))}")
    return found


def metrics(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The metrics of a request, each once."""
    names = params.get("Metrics") or ()
    if not names:
        raise invalid("Metrics can't be empty")
    return tuple(dict.fromkeys(metric(name) for name in names))


def groups(
    given: Sequence[Mapping[str, str]] | None, *, resources: bool = False, most: int = MOST_GROUPS
) -> tuple[Group, ...]:
    """The groups of a request."""
    found = []
    for one in given or ():
        kind, key = one.get("Type"), one.get("Key")
        if not kind or not key:
            raise invalid(
                "Group Definition is invalid. Both type and key need to be set to a non-empty"
                " value."
            )
        if kind not in ("DIMENSION", "TAG", "COST_CATEGORY"):
            raise invalid("Group Definition type is invalid.")
        if kind == "DIMENSION":
            _check_dimension(key, resources=resources)
        found.append(Group(kind, key))
    if len(found) > most:
        raise invalid(f"Number of Group Definitions exceeds the limit of {most}")
    if len(set(found)) < len(found):
        raise invalid("Group Definitions must be different from each other.")
    return tuple(found)


def _check_dimension(key: str, *, resources: bool) -> None:
    known = [
        name
        for name, one in DIMENSIONS.items()
        if one.grouping and (resources or not one.resources)
    ]
    if key not in known:
        raise invalid(f"Group Definition dimension is invalid. Valid values are {', '.join(known)}")


def over(ctx: Context, interval: Interval, report: Report) -> Report:
    """The same report over an interval of the client's calendar."""
    first, last = interval.days
    hours = None
    if report.granularity == "HOURLY":
        hours = (interval.start - ctx.shift, interval.end - ctx.shift)
    return replace(
        report,
        start=first - ctx.shift,
        end=last - ctx.shift,
        shift_days=ctx.shift.days,
        hours=hours,
    )


def asked(
    params: Mapping[str, Any],
    *,
    granularity: str = "",
    measured: tuple[str, ...] = ("UnblendedCost",),
    grouped: tuple[Group, ...] = (),
    resources: bool = False,
    attributes: bool = False,
) -> Report:
    """A report with the filter of a request; `over` gives it its days."""
    nothing = datetime.min.date()
    return Report(
        nothing, nothing, 0, granularity, measured, grouped, params.get("Filter"), resources,
        attributes=attributes,
    )  # fmt: skip


async def rows(
    ctx: Context, report: Report, *, offset: int = 0, limit: int | None = None
) -> list[Any]:
    """The rows of a report. Raises ValidationException for what cannot be filtered or grouped by,
    and DataUnavailableException where no cost was ever recorded."""
    try:
        found = await cost_reports.read(
            ctx.db, report, await categories(ctx, report), offset=offset, limit=limit
        )
    except ExpressionError as error:
        raise invalid(str(error)) from None
    if not found and not await cost_reports.any_day(ctx.db):
        raise AwsError(
            "DataUnavailableException",
            "Data is not available. Please try to adjust the time period. If just enabled Cost"
            " Explorer, data might not be ingested yet",
        )
    return found


async def categories(ctx: Context, report: Report) -> Categories:
    """The cost categories, if the report speaks of any."""
    grouped = any(group.kind == "COST_CATEGORY" for group in report.groups)
    if grouped or categories_in(report.filter):
        return await cost_categories.versions(ctx.db)
    return {}


def check_billing_view(ctx: Context, params: Mapping[str, Any]) -> None:
    """An account has its primary view, which shows all."""
    arn = params.get("BillingViewArn")
    primary = f"arn:aws:billing::{ctx.principal.account_number}:billingview/primary"
    if arn and arn != primary:
        raise AwsError(
            "ResourceNotFoundException", f"Billing view {arn} is not found.", ResourceName=arn
        )


def paged(ctx: Context, params: Mapping[str, Any], default: int, *, size: str = "") -> Page:
    """The page of a request with NextPageToken; its key is a position."""
    return page(
        ctx,
        params,
        token="NextPageToken",  # noqa: S106 - the name of a member
        size=size,
        default=default,
        invalid=lambda: AwsError(
            "InvalidNextTokenException",
            "The pagination token is invalid. Try again without a pagination token.",
        ),
        changed=lambda: AwsError(
            "RequestChangedException",
            "Your request parameters changed between pages. Try again with the old parameters or"
            " without a pagination token.",
        ),
    )


def amount(value: Decimal | int) -> str:
    """An amount as answers write it: all of its digits, none after the last that says something."""
    text = format(Decimal(value), "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def measured(names: Sequence[str], values: Sequence[Any], unit: str | None) -> dict[str, Any]:
    """A map of metrics to MetricValue."""
    return {
        name: {
            "Amount": amount(value or 0),
            "Unit": (unit or NO_UNIT) if name in USAGE_METRICS else USD,
        }
        for name, value in zip(names, values, strict=True)
    }


def group_key(group: Group, value: str) -> str:
    """How a result says which group it is of."""
    return value if group.kind == "DIMENSION" else f"{group.key}${value}"
