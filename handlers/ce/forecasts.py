"""Forecasts of costs and usage, from the days of the past.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostForecast.html
and API_GetUsageForecast.html. AWS does not say how it forecasts; models/cost_forecasts.py does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.ce import periods, reports
from handlers.ce.periods import DAY, Interval, invalid
from models import cost_forecasts
from models.cost_forecasts import FEWEST_DAYS, HISTORY_DAYS, Forecast, Model
from models.cost_reports import Group

NOUN = "cost_daily"
MOST_MONTHS = {"DAILY": 3, "MONTHLY": 18}
COSTS = ("AMORTIZED_COST", "BLENDED_COST", "NET_AMORTIZED_COST", "NET_UNBLENDED_COST",
         "UNBLENDED_COST")  # fmt: skip
USAGE = ("USAGE_QUANTITY", "NORMALIZED_USAGE_AMOUNT")
DIGITS = Decimal("0.0000000001")


async def get_cost_forecast(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What the account will cost; savings plans and reservations are taken to go on."""
    return await _answer(ctx, params, COSTS)


async def get_usage_forecast(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How much will be used of what the filter holds to, which must have one unit."""
    return await _answer(ctx, params, USAGE)


async def _answer(
    ctx: Context, params: Mapping[str, Any], allowed: Sequence[str]
) -> dict[str, Any]:
    if params["Metric"] not in allowed:
        raise invalid(
            f"Metric {params['Metric']} is not supported. Valid values are {', '.join(allowed)}"
        )
    interval = _interval(ctx, params)
    reports.check_billing_view(ctx, params)
    rows = await _history(ctx, params)
    unit = reports.USD
    if allowed is USAGE:
        unit = _unit(rows)
    past = _Past(ctx, params["Metric"], rows)
    granularity = params["Granularity"]
    results = []
    for start, end in interval.parts(granularity):
        told = past.over(start, end)
        one = {
            "TimePeriod": periods.shown_interval(start, end),
            "MeanValue": _amount(told.mean),
        }
        if params.get("PredictionIntervalLevel"):
            low, high = told.bounds(params["PredictionIntervalLevel"])
            one["PredictionIntervalLowerBound"] = _amount(low)
            one["PredictionIntervalUpperBound"] = _amount(high)
        results.append(one)
    total = sum((Decimal(str(one["MeanValue"])) for one in results), Decimal(0))
    return {
        "Total": {"Amount": reports.amount(total), "Unit": unit},
        "ForecastResultsByTime": results,
    }


class _Past:
    """The history behind a forecast, in the ledger's days."""

    def __init__(self, ctx: Context, metric: str, rows: Sequence[Any]) -> None:
        self._shift = ctx.shift
        amounts: dict[str, dict[date, float]] = {"daily": {}, "monthly": {}, "once": {}}
        for row in rows:
            day = row["period"] - ctx.shift
            # spread over the month, fees are like everything else
            charge = "daily" if "AMORTIZED" in metric else row["key_0"]
            amounts[charge][day] = amounts[charge].get(day, 0.0) + float(row["metric_0"])
        known = [day for some in amounts.values() for day in some]
        last = periods.today(ctx) - ctx.shift
        model = cost_forecasts.fit(amounts["daily"], min(known), last) if known else None
        if model is None:
            raise AwsError("DataUnavailableException", "Insufficient amount of historical data.")
        self._model: Model = model
        self._rate = cost_forecasts.monthly_rate(amounts["monthly"], last)

    def over(self, start: datetime, end: datetime) -> Forecast:
        """The forecast of a period of the client's calendar."""
        first = start.date() - self._shift
        days = [first + n * DAY for n in range((end - start).days)]
        found = self._model.over(days)
        fees = cost_forecasts.monthly_fees(self._rate, days)
        return Forecast(found.mean + fees, found.deviation)


async def _history(ctx: Context, params: Mapping[str, Any]) -> list[Any]:
    """Daily sums of the past, apart by how often they are charged."""
    now = datetime.combine(periods.today(ctx), datetime.min.time())
    report = reports.asked(
        params,
        granularity="DAILY",
        measured=(reports.metric(params["Metric"]),),
        grouped=(Group("INTERNAL", "CHARGE"),),
    )
    past = Interval(now + DAY - HISTORY_DAYS * DAY, now + DAY)
    rows = await reports.rows(ctx, reports.over(ctx, past, report))
    days = {row["period"] for row in rows}
    if len(days) < FEWEST_DAYS:
        # something may be new to an old account: then days without it are part of its history
        whole = replace(report, filter=None, groups=())
        if len(await reports.rows(ctx, reports.over(ctx, past, whole))) < FEWEST_DAYS or not rows:
            raise AwsError("DataUnavailableException", "Insufficient amount of historical data.")
    return rows


def _unit(rows: Sequence[Any]) -> str:
    units = {row["unit"] for row in rows}
    if len(units) != 1 or None in units:
        raise AwsError(
            "UnresolvableUsageUnitException",
            "Cost Explorer was unable to identify the usage unit. Provide UsageType/UsageTypeGroup"
            " filter selections that contain matching units, for example: hours.",
        )
    return str(units.pop())


def _interval(ctx: Context, params: Mapping[str, Any]) -> Interval:
    """The days to come that a forecast is about: from today on at the earliest."""
    given, granularity = params["TimePeriod"], params["Granularity"]
    if granularity not in MOST_MONTHS:
        raise invalid("Forecasts support only DAILY and MONTHLY granularities.")
    if "T" in given["Start"] or "T" in given["End"]:
        raise invalid("Hourly timePeriod is not supported for this request")
    found = periods.read(given)
    if found.start >= found.end:
        raise invalid(
            f"Requested Start: {given['Start']} must be before requested End: {given['End']}"
        )
    now = periods.today(ctx)
    if found.start.date() < now:
        raise invalid(f"Requested Start: {given['Start']} must not be before today: {now}")
    most = MOST_MONTHS[granularity]
    latest = periods.months_before(now, -most - 1)
    if found.end.date() > latest:
        raise invalid(
            f"{granularity} forecasts reach at most {most} months ahead: requested End:"
            f" {given['End']}"
        )
    return found


def _amount(value: float) -> str:
    return reports.amount(Decimal(value).quantize(DIGITS))
