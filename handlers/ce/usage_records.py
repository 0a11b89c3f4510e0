"""Usage records: how many there would be, told before one pays for finer reports.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetApproximateUsageRecords.html.
"""

from datetime import datetime, time
from typing import Any

from emulator.context import Context
from handlers.ce import periods
from handlers.ce.periods import DAY, HOURLY_DAYS, invalid
from models import cost_records

NOUN = "cost_daily"


async def get_approximate_usage_records(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The records of the last 14 days by service: a day's, or each of its 24 hours'."""
    granularity, by = params["Granularity"], params["ApproximationDimension"]
    if granularity == "MONTHLY" or (granularity, by) == ("DAILY", "SERVICE"):
        raise invalid(f"{granularity} granularity is not supported for {by}.")
    end = datetime.combine(periods.today(ctx) + DAY, time.min)
    start = end - HOURLY_DAYS * DAY
    found = await cost_records.counted(
        ctx.db,
        (start - ctx.shift).date(),
        (end - ctx.shift).date(),
        params.get("Services") or None,
        resources=by == "RESOURCE",
    )
    hours = 24 if granularity == "HOURLY" else 1
    services = {service: count * hours for service, count in found.items()}
    return {
        "Services": services,
        "TotalRecords": sum(services.values()),
        "LookbackPeriod": periods.shown_interval(start, end),
    }
