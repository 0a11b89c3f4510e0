"""Cost Explorer through the AWS CLI: what last week cost, and what next month may."""

# ruff: noqa: E501 - expected values read better whole

import json
from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ce.bills import write
from tests.journeys import aws_cli


def aws(cloud: Cloud, *words: str) -> Any:
    """What the AWS CLI prints for `aws ce …`, read as JSON."""
    return aws_cli.aws(cloud, "ce", *words)


def test_a_bill_is_looked_into(cloud: Cloud) -> None:
    bill = write(cloud)
    period = ("--time-period", f"Start={bill.day(6)},End={bill.day(-1)}")
    week = aws(
        cloud, "get-cost-and-usage", *period, "--granularity", "MONTHLY", "--metrics",
        "UnblendedCost", "AmortizedCost", "--group-by", "Type=DIMENSION,Key=SERVICE",
        "Type=TAG,Key=team", "--filter",
        '{"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Tax", "Credit"]}}}',
    )  # fmt: skip
    told = [group for one in week["ResultsByTime"] for group in one["Groups"]]
    for metric, column in (
        ("UnblendedCost", "unblended_cost"),
        ("AmortizedCost", "amortized_cost"),
    ):
        amounts = [Decimal(group["Metrics"][metric]["Amount"]) for group in told]
        assert sum(amounts) == bill.total(column, f"day >= '{bill.day(6)}'") > 0
    services = aws(cloud, "get-dimension-values", *period, "--dimension", "SERVICE")
    assert {group["Keys"][0] for group in told} == {
        one["Value"] for one in services["DimensionValues"]
    }
    assert aws(cloud, "get-tags", *period)["Tags"] == ["env", "team"]
    ahead = ("--time-period", f"Start={bill.day(0)},End={bill.day(-30)}")
    forecast = aws(
        cloud, "get-cost-forecast", *ahead, "--metric", "UNBLENDED_COST", "--granularity",
        "MONTHLY", "--prediction-interval-level", "80",
    )  # fmt: skip
    means = [Decimal(one["MeanValue"]) for one in forecast["ForecastResultsByTime"]]
    assert Decimal(forecast["Total"]["Amount"]) == sum(means) > 0
    rule = {"Value": "Databases", "Rule": {"Dimensions": {"Key": "SERVICE_CODE", "Values": ["AmazonRDS"]}}}  # fmt: skip
    made = aws(
        cloud, "create-cost-category-definition", "--name", "Layer", "--rule-version",
        "CostCategoryExpression.v1", "--rules", json.dumps([rule]), "--default-value", "Other",
    )  # fmt: skip
    listed = aws(cloud, "list-cost-category-definitions")["CostCategoryReferences"]
    assert [one["CostCategoryArn"] for one in listed] == [made["CostCategoryArn"]]
    today = ("--time-period", f"Start={bill.day(0)},End={bill.day(-1)}")
    layers = aws(
        cloud, "get-cost-and-usage", *today, "--granularity", "DAILY", "--metrics",
        "UnblendedCost", "--group-by", "Type=COST_CATEGORY,Key=Layer",
    )["ResultsByTime"][0]["Groups"]  # fmt: skip
    assert {one["Keys"][0]: Decimal(one["Metrics"]["UnblendedCost"]["Amount"]) for one in layers} == {
        f"Layer${name}": bill.total("unblended_cost", f"day = '{bill.today}' and {where}")
        for name, where in (("Databases", "product_code = 'AmazonRDS'"), ("Other", "product_code <> 'AmazonRDS'"))
    }  # fmt: skip
