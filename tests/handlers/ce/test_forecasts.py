"""Forecasts: what the days to come will cost, seen from the days of the past."""

# ruff: noqa: E501 - expected values read better whole

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models import cost_forecasts
from tests.fixtures.server import Cloud
from tests.handlers.ce.bills import RDS, SHIFT, Bill
from tests.handlers.ec2.answers import refusal

DATABASES = {"Dimensions": {"Key": "SERVICE", "Values": [RDS]}}


def ahead(bill: Bill, days: int, start: int = 0) -> dict[str, str]:
    return {"Start": str(bill.day(-start)), "End": str(bill.day(-start - days))}


def forecast(bill: Bill, **given: Any) -> dict[str, Any]:
    asked = {
        "TimePeriod": ahead(bill, 28), "Metric": "UNBLENDED_COST", "Granularity": "DAILY",
    } | given  # fmt: skip
    answer: dict[str, Any] = bill.ce.get_cost_forecast(**asked)
    return answer


def test_days_to_come_follow_weekdays_and_trend(bill: Bill) -> None:
    answer = forecast(bill, Filter=DATABASES, PredictionIntervalLevel=90)
    results = answer["ForecastResultsByTime"]
    assert len(results) == 28
    assert Decimal(answer["Total"]["Amount"]) == sum(Decimal(one["MeanValue"]) for one in results)
    by_weekday: dict[int, list[Decimal]] = {}
    for one in results:
        day = date.fromisoformat(one["TimePeriod"]["Start"]) - SHIFT
        low, mean, high = (
            Decimal(one[name])
            for name in (
                "PredictionIntervalLowerBound",
                "MeanValue",
                "PredictionIntervalUpperBound",
            )
        )
        assert 0 < low < mean < high
        by_weekday.setdefault(day.weekday(), []).append(mean)
    # by how the bill is written: 11.4 a day on average, a fifth less on weekends, 0.05 % growth a day
    working, weekend = by_weekday[2][0], by_weekday[6][0]
    assert Decimal("0.75") < weekend / working < Decimal("0.9")
    [last] = bill.rows(
        "sum(unblended_cost) / 28 as mean", f"where service = '{RDS}' and day >= '{bill.day(27)}'"
    )
    assert float(answer["Total"]["Amount"]) / 28 == pytest.approx(float(last["mean"]), rel=0.06)
    assert by_weekday[2][-1] > by_weekday[2][0]


def test_wider_intervals_are_surer_and_sums_are_narrower_than_their_parts(bill: Bill) -> None:
    def width(level: int, granularity: str) -> float:
        results = forecast(
            bill, Filter=DATABASES, PredictionIntervalLevel=level, Granularity=granularity
        )["ForecastResultsByTime"]
        return sum(
            float(one["PredictionIntervalUpperBound"]) - float(one["PredictionIntervalLowerBound"])
            for one in results
        )

    assert width(60, "DAILY") < width(80, "DAILY") < width(99, "DAILY")
    assert width(80, "MONTHLY") < width(80, "DAILY")
    assert "PredictionIntervalLowerBound" not in forecast(bill)["ForecastResultsByTime"][0]


def test_months_are_the_sums_of_their_days_with_their_fees(bill: Bill) -> None:
    period = ahead(bill, 80)
    days = forecast(bill, TimePeriod=period)
    months = forecast(bill, TimePeriod=period, Granularity="MONTHLY")
    assert float(months["Total"]["Amount"]) == pytest.approx(float(days["Total"]["Amount"]))
    starts = [one["TimePeriod"]["Start"] for one in months["ForecastResultsByTime"]]
    assert starts[0] == str(bill.today)
    assert all(start.endswith("-01") for start in starts[1:])
    # a reservation's hours are charged on the first of the ledger's month: 1.5 USD a day
    reserved = {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Recurring"]}}
    for one in forecast(bill, TimePeriod=period, Filter=reserved)["ForecastResultsByTime"]:
        day = date.fromisoformat(one["TimePeriod"]["Start"]) - SHIFT
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        length = (following - day.replace(day=1)).days
        assert Decimal(one["MeanValue"]) == (Decimal("1.5") * length if day.day == 1 else 0)


def test_usage(bill: Bill) -> None:
    boxes = {"Dimensions": {"Key": "USAGE_TYPE", "Values": ["BoxUsage:m5.xlarge"]}}
    asked = {"TimePeriod": ahead(bill, 7), "Metric": "USAGE_QUANTITY", "Granularity": "DAILY"}
    answer = bill.ce.get_usage_forecast(**asked, Filter=boxes)
    assert answer["Total"]["Unit"] == "Hrs"
    used = bill.total(
        "usage_amount", f"usage_type = 'BoxUsage:m5.xlarge' and day >= '{bill.day(6)}'"
    )
    assert float(answer["Total"]["Amount"]) == pytest.approx(float(used), rel=0.06)
    assert refusal(bill.ce.get_usage_forecast, **asked)[0] == "UnresolvableUsageUnitException"
    code, _ = refusal(bill.ce.get_usage_forecast, **(asked | {"Metric": "UNBLENDED_COST"}))
    assert code == "ValidationException"


def test_what_cannot_be_foreseen(bill: Bill, cloud: Cloud) -> None:
    def refused(period: dict[str, str], granularity: str = "DAILY") -> tuple[str, str]:
        return refusal(
            bill.ce.get_cost_forecast,
            TimePeriod=period,
            Granularity=granularity,
            Metric="BLENDED_COST",
        )

    today = str(bill.today)
    assert refused({"Start": today, "End": today}) == (
        "ValidationException",
        f"Requested Start: {today} must be before requested End: {today}",
    )
    assert refused(ahead(bill, 9, start=-3))[0] == "ValidationException"
    assert refused(ahead(bill, 150))[0] == "ValidationException"
    assert refused(ahead(bill, 20), "HOURLY")[0] == "ValidationException"
    code, _ = refusal(
        cloud.client("ce").get_cost_forecast, TimePeriod=ahead(bill, 9), Granularity="DAILY",
        Metric="UNBLENDED_COST",
    )  # fmt: skip
    assert code == "DataUnavailableException"
    nothing = {"Dimensions": {"Key": "SERVICE", "Values": ["Nothing"]}}
    code, message = refusal(forecast, bill=bill, Filter=nothing)
    assert (code, message) == (
        "DataUnavailableException",
        "Insufficient amount of historical data.",
    )


def test_the_model_finds_what_a_series_was_made_of() -> None:
    first = date(2026, 1, 5)
    days = [first + timedelta(days=n) for n in range(84)]
    made = {day: 100 + 2 * n - (30 if day.weekday() > 4 else 0) for n, day in enumerate(days)}
    model = cost_forecasts.fit(made, first, days[-1])
    assert model is not None
    coming = [days[-1] + timedelta(days=n) for n in range(1, 15)]
    told = model.over(coming)
    expected = sum(
        100 + 2 * (84 + n) - (30 if day.weekday() > 4 else 0) for n, day in enumerate(coming)
    )
    assert told.mean == pytest.approx(expected)
    assert told.deviation == pytest.approx(0, abs=1e-6)
    assert cost_forecasts.fit(made, first, days[12]) is None
    # noise has no trend: then the level of each weekday goes on
    noise = {day: 10.0 + (n * 7919 % 13) for n, day in enumerate(days)}
    flat = cost_forecasts.fit(noise, first, days[-1])
    assert flat is not None
    assert flat.slope == 0
