"""Commitments through the AWS CLI: advice is asked for, followed, and proves right."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.savingsplans.days import Days, machine
from tests.journeys.aws_cli import aws

ADVICE = (
    "ce", "get-savings-plans-purchase-recommendation", "--savings-plans-type", "COMPUTE_SP",
    "--term-in-years", "ONE_YEAR", "--payment-option", "NO_UPFRONT",
    "--lookback-period-in-days", "SEVEN_DAYS",
)  # fmt: skip


def test_advice_is_followed(cloud: Cloud) -> None:
    machine(cloud)
    days = Days(cloud)
    days.tick(2)
    told = aws(cloud, *ADVICE)["SavingsPlansPurchaseRecommendation"]
    [one] = told["SavingsPlansPurchaseRecommendationDetails"]
    assert one["HourlyCommitmentToPurchase"] == "0.07"
    plan_id = aws(
        cloud, "savingsplans", "create-savings-plan", "--savings-plan-offering-id",
        one["SavingsPlansDetails"]["OfferingId"], "--commitment", one["HourlyCommitmentToPurchase"],
        "--tags", "team=platform",
    )["savingsPlanId"]  # fmt: skip
    days.tick()
    [plan] = aws(cloud, "savingsplans", "describe-savings-plans", "--states", "active")[
        "savingsPlans"
    ]
    assert (plan["savingsPlanId"], plan["tags"]) == (plan_id, {"team": "platform"})
    start, end = date.today(), date.today() + timedelta(days=1)
    period = ("--time-period", f"Start={start},End={end}")
    used = aws(cloud, "ce", "get-savings-plans-utilization", *period)["Total"]
    saved = Decimal(used["Savings"]["NetSavings"])
    promised = Decimal(one["EstimatedMonthlySavingsAmount"]) * 24 / 730
    assert saved == pytest.approx(promised, abs=Decimal("0.001"))
    [covered] = aws(
        cloud, "ce", "get-savings-plans-coverage", *period, "--group-by",
        "Type=DIMENSION,Key=SERVICE",
    )["SavingsPlansCoverages"]  # fmt: skip
    assert Decimal(covered["Coverage"]["CoveragePercentage"]) > 99
    left = aws(cloud, *ADVICE)["SavingsPlansPurchaseRecommendation"]
    assert left["SavingsPlansPurchaseRecommendationDetails"] == []
