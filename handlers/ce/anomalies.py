"""Anomalies that monitors found, and what people say of them.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetAnomalies.html.
"""

from datetime import date
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import page
from emulator.rows import Computed, Each, Rows, View
from handlers.ce.periods import DAY, invalid, today
from models import anomaly_subscriptions, cost_anomalies

NOUN = "cost_anomalies"
# How far back anomalies are shown.
KEPT_DAYS = 90


async def get_anomalies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Anomalies with a day in the interval, oldest first."""
    asked = page(
        ctx, params, token="NextPageToken", default=100, invalid=invalid_token  # noqa: S106
    )  # fmt: skip
    first, last = _interval(ctx, params["DateInterval"])
    compared = params.get("TotalImpact")
    impact = None
    if compared:
        if compared["NumericOperator"] == "BETWEEN" and compared.get("EndValue") is None:
            raise invalid("EndValue is required for BETWEEN.")
        impact = (compared["NumericOperator"], compared["StartValue"], compared.get("EndValue"))
    rows = await cost_anomalies.listed(
        ctx.db,
        first,
        last,
        monitor=params.get("MonitorArn"),
        feedback=params.get("Feedback"),
        after=asked.after,
        impact=impact,
        limit=asked.fetch,
        shift_days=ctx.shift.days,
    )
    shown, token = asked.cut(rows, "position")
    return {"Anomalies": Rows(_ANOMALY, shown), "NextPageToken": token}


async def provide_anomaly_feedback(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say whether an anomaly was one, or was planned."""
    anomaly = params["AnomalyId"]
    if not await cost_anomalies.give_feedback(ctx.db, anomaly, params["Feedback"]):
        raise invalid(f"Anomaly {anomaly} was not found.")
    return {"AnomalyId": anomaly}


def invalid_token() -> AwsError:
    """The refusal of a token that no page gave."""
    return AwsError("InvalidNextTokenException", "The pagination token is invalid.")


def day_text(ctx: Context, day: date | None) -> str | None:
    """A day of the ledger as the client's calendar has it."""
    return None if day is None else (day + DAY * ctx.shift.days).isoformat()


def _interval(ctx: Context, given: dict[str, str]) -> tuple[date, date]:
    """The days that are asked for, as the ledger has them; both are inclusive."""
    first = _day(given["StartDate"])
    last = _day(given["EndDate"]) if given.get("EndDate") else today(ctx)
    if last < first:
        raise invalid("Start date must be before the end date.")
    if first < today(ctx) - DAY * KEPT_DAYS:
        raise invalid(f"Anomalies are kept for {KEPT_DAYS} days.")
    return first - DAY * ctx.shift.days, last - DAY * ctx.shift.days


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise invalid(f"{text} is not a date as YYYY-MM-DD.") from None


_ANOMALY = View(
    {
        "AnomalyId": "anomaly_id",
        "AnomalyStartDate": "first_text",
        "AnomalyEndDate": "last_text",
        "DimensionValue": "dimension_value",
        "RootCauses": Each(
            "root_causes",
            {
                "Service": "Service",
                "Region": "Region",
                "LinkedAccount": "LinkedAccount",
                "LinkedAccountName": "LinkedAccountName",
                "UsageType": "UsageType",
                "Impact": "Impact",
            },
        ),
        "AnomalyScore": {"MaxScore": "max_score", "CurrentScore": "current_score"},
        "Impact": {
            "MaxImpact": "max_impact",
            "TotalImpact": "total_impact",
            "TotalActualSpend": "total_actual",
            "TotalExpectedSpend": "total_expected",
            "TotalImpactPercentage": Computed(
                lambda impact, due: round(float(anomaly_subscriptions.share(impact, due)), 2),
                "total_impact",
                "total_expected",
            ),
        },
        "MonitorArn": "monitor_arn",
        "Feedback": "feedback",
    }
)
