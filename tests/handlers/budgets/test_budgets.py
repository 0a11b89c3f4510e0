"""Budgets: their life, what was spent of them, their limits, their history."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.ledger import EC2, NEWEST, set_clock, shift, spend, spent
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal

USD = {"Amount": "1000", "Unit": "USD"}


def today() -> date:
    return NEWEST + shift()


def month() -> date:
    return today().replace(day=1)


def next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


@pytest.fixture
def spending(cloud: Cloud) -> Cloud:
    """30 USD a day of EC2, 7 of storage elsewhere, for sixty days."""
    spend(cloud, "30", tags={"env": "prod"})
    spend(cloud, "7", service="Amazon Simple Storage Service", region="eu-west-1",
          usage_type="EU-TimedStorage-ByteHrs", usage="2.5")  # fmt: skip
    set_clock(cloud)
    return cloud


class Budgets:
    def __init__(self, cloud: Cloud) -> None:
        self.client = cloud.client("budgets")
        self.account = cloud.account.number

    def __call__(self, verb: str, **params: Any) -> Any:
        return getattr(self.client, verb)(AccountId=self.account, **params)

    def create(self, name: str = "all", **more: Any) -> None:
        given = {
            "BudgetName": name,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": USD,
        } | more
        self(
            "create_budget",
            Budget={key: value for key, value in given.items() if value is not None},
        )

    def show(self, name: str = "all") -> Any:
        return self("describe_budget", BudgetName=name)["Budget"]


def amount(spend_: dict[str, str]) -> Decimal:
    return Decimal(spend_["Amount"])


def test_a_budget_lives_from_making_to_deletion(spending: Cloud) -> None:
    budgets = Budgets(spending)
    budgets.create()
    shown = budgets.show()
    assert shown["BudgetLimit"] == {"Amount": "1000.0", "Unit": "USD"}
    assert (shown["BudgetType"], shown["TimeUnit"], shown["CostFilters"]) == (
        "COST",
        "MONTHLY",
        {},
    )
    assert shown["CostTypes"]["IncludeTax"] is True
    assert shown["CostTypes"]["UseAmortized"] is False
    assert shown["TimePeriod"]["Start"].astimezone(UTC).date() == month()
    assert shown["TimePeriod"]["End"].astimezone(UTC) == datetime(2087, 6, 15, tzinfo=UTC)
    actual = spent(spending, month())
    assert amount(shown["CalculatedSpend"]["ActualSpend"]) == actual == 37 * today().day
    left = (next_month(month()) - today()).days - 1
    assert amount(shown["CalculatedSpend"]["ForecastedSpend"]) == actual + 37 * left
    assert refusal(budgets.create) == (
        "DuplicateRecordException",
        "Error creating budget: all - the budget already exists.",
    )
    changed = {"BudgetName": "all", "BudgetType": "COST", "TimeUnit": "MONTHLY",
               "BudgetLimit": {"Amount": "12.5", "Unit": "USD"}}  # fmt: skip
    budgets("update_budget", NewBudget=changed)
    assert budgets.show()["BudgetLimit"] == {"Amount": "12.5", "Unit": "USD"}
    budgets("delete_budget", BudgetName="all")
    assert refusal(budgets.show) == (
        "NotFoundException",
        "Unable to get budget: all - the budget doesn't exist.",
    )
    code, _ = refusal(lambda: budgets("delete_budget", BudgetName="all"))
    assert code == "NotFoundException"


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"CostFilters": {"Service": [EC2]}}, "usage_type like 'Box%'"),
        ({"CostFilters": {"Region": ["eu-west-1"]}}, "region = 'eu-west-1'"),
        ({"CostFilters": {"TagKeyValue": ["user:env$prod"]}}, "tag_set is not null"),
        ({"FilterExpression": {"Not": {"Dimensions": {"Key": "SERVICE", "Values": [EC2]}}},
          "Metrics": ["UnblendedCost"]}, "service like '%Storage%'"),
        ({"CostFilters": {"Service": [EC2], "Region": ["eu-west-1"]}}, "false"),
    ],
)  # fmt: skip
def test_filters_choose_what_counts(spending: Cloud, more: dict[str, Any], where: str) -> None:
    budgets = Budgets(spending)
    budgets.create(**more)
    actual = amount(budgets.show()["CalculatedSpend"]["ActualSpend"])
    assert actual == spent(spending, month(), where)
    shown = budgets("describe_budget", BudgetName="all", ShowFilterExpression=True)["Budget"]
    assert shown["FilterExpression"]
    if "FilterExpression" in more:
        assert shown["FilterExpression"] == more["FilterExpression"]


def test_usage_and_amortized_costs_have_their_own_measure(spending: Cloud) -> None:
    spend(spending, "0", record_type="DiscountedUsage", amortized="4", on_demand="9")
    spend(spending, "90", record_type="RIFee", amortized="1", usage="0", days=1,
          until=month() - shift())  # fmt: skip
    spend(spending, "0", record_type="RIFee", amortized="1", usage="0", days=60)
    budgets = Budgets(spending)
    hours = {"BudgetType": "USAGE", "BudgetLimit": {"Amount": "500", "Unit": "Hrs"}}
    budgets.create("hours", **hours, CostFilters={"UsageType": ["BoxUsage:m5.large"]})
    shown = budgets.show("hours")
    assert amount(shown["CalculatedSpend"]["ActualSpend"]) == 48 * today().day
    assert shown["CalculatedSpend"]["ActualSpend"]["Unit"] == "Hrs"
    budgets.create("amortized", CostTypes={"UseAmortized": True})
    actual = amount(budgets.show("amortized")["CalculatedSpend"]["ActualSpend"])
    assert actual == spent(spending, month(), what="amortized_cost")
    budgets.create("bare", CostTypes={"IncludeSubscription": False})
    actual = amount(budgets.show("bare")["CalculatedSpend"]["ActualSpend"])
    assert actual == spent(spending, month(), "record_type <> 'RIFee'")
    budgets.create(
        "reserved", BudgetType="RI_UTILIZATION", CostFilters={"Service": [EC2]},
        BudgetLimit={"Amount": "100", "Unit": "PERCENTAGE"},
    )  # fmt: skip
    shown = budgets.show("reserved")["CalculatedSpend"]
    used = spent(spending, month(), "record_type = 'DiscountedUsage'", "amortized_cost")
    paid = spent(spending, month(), "record_type in ('DiscountedUsage', 'RIFee')", "amortized_cost")
    assert amount(shown["ActualSpend"]) == round(100 * used / paid, 3)
    assert shown["ActualSpend"]["Unit"] == "PERCENTAGE"
    assert "ForecastedSpend" not in shown


def test_limits_are_planned_or_follow_the_past(spending: Cloud) -> None:
    budgets = Budgets(spending)
    first = datetime(month().year, month().month, 1, tzinfo=UTC)
    keys = [first - timedelta(days=40), first, first + timedelta(days=40)]
    plan = {
        str(int(key.replace(day=1).timestamp())): {"Amount": text, "Unit": "USD"}
        for key, text in zip(keys, ("100", "250", "900"), strict=True)
    }
    budgets.create("planned", BudgetLimit=None, PlannedBudgetLimits=plan)
    shown = budgets.show("planned")
    assert shown["BudgetLimit"] == {"Amount": "250.0", "Unit": "USD"}
    assert shown["PlannedBudgetLimits"] == plan
    adjusting = {"AutoAdjustType": "HISTORICAL",
                 "HistoricalOptions": {"BudgetAdjustmentPeriod": 1}}  # fmt: skip
    budgets.create("past", BudgetLimit=None, AutoAdjustData=adjusting)
    shown = budgets.show("past")
    before = (month() - timedelta(days=1)).replace(day=1)
    then = spent(spending, before) - spent(spending, month())
    assert amount(shown["BudgetLimit"]) == then
    assert shown["AutoAdjustData"]["HistoricalOptions"] == {
        "BudgetAdjustmentPeriod": 1,
        "LookBackAvailablePeriods": 1,
    }
    budgets.create("ahead", BudgetLimit=None, AutoAdjustData={"AutoAdjustType": "FORECAST"})
    days = (next_month(month()) - month()).days
    assert amount(budgets.show("ahead")["BudgetLimit"]) == 37 * days


def test_history_tells_each_period(spending: Cloud) -> None:
    budgets = Budgets(spending)
    budgets.create()
    history = budgets("describe_budget_performance_history", BudgetName="all")
    told = history["BudgetPerformanceHistory"]["BudgetedAndActualAmountsList"]
    assert amount(told[-1]["ActualAmount"]) == spent(spending, month())
    assert told[-1]["TimePeriod"]["Start"].astimezone(UTC).date() == month()
    total = sum(amount(one["ActualAmount"]) for one in told)
    assert total == spent(spending, date(2000, 1, 1) + shift())
    assert {amount(one["BudgetedAmount"]) for one in told} == {Decimal(1000)}
    page = budgets("describe_budget_performance_history", BudgetName="all", MaxResults=1)
    assert page["BudgetPerformanceHistory"]["BudgetedAndActualAmountsList"] == told[:1]
    page = budgets(
        "describe_budget_performance_history", BudgetName="all", MaxResults=1,
        NextToken=page["NextToken"],
    )  # fmt: skip
    assert page["BudgetPerformanceHistory"]["BudgetedAndActualAmountsList"] == told[1:2]
    budgets.create("year", TimeUnit="ANNUALLY")
    code, _ = refusal(lambda: budgets("describe_budget_performance_history", BudgetName="year"))
    assert code == "InvalidParameterException"


@pytest.mark.parametrize(
    "more",
    [
        {"BudgetLimit": None},
        {"BudgetLimit": {"Amount": "5", "Unit": "EUR"}},
        {"BudgetLimit": {"Amount": "0", "Unit": "USD"}},
        {"BudgetType": "USAGE", "BudgetLimit": {"Amount": "5", "Unit": "GB"}},
        {"BudgetType": "RI_COVERAGE", "BudgetLimit": {"Amount": "100", "Unit": "PERCENTAGE"}},
        {"CostFilters": {"Colour": ["red"]}},
        {"CostFilters": {"Region": ["x"]}, "Metrics": ["UnblendedCost"]},
        {"FilterExpression": {"And": [{"Tags": {"Key": "a", "Values": ["b"]}}]}},
        {"TimeUnit": "CUSTOM"},
        {"TimePeriod": {"Start": datetime(9999, 12, 31, tzinfo=UTC)}},
        {"TimePeriod": {"Start": datetime(2026, 1, 2), "End": datetime(2026, 1, 1)}},
        {"BudgetLimit": None, "PlannedBudgetLimits": {"9" * 30: USD}},
        {"BudgetLimit": None, "PlannedBudgetLimits": {"12": USD}},
        {"BudgetLimit": None, "TimeUnit": "DAILY", "PlannedBudgetLimits": {"0": USD}},
        {"BudgetLimit": None, "AutoAdjustData": {"AutoAdjustType": "HISTORICAL"}},
        {"CostTypes": {"UseBlended": True, "UseAmortized": True}},
    ],
)
def test_what_cannot_be_is_refused(cloud: Cloud, more: dict[str, Any]) -> None:
    budgets = Budgets(cloud)
    assert refusal(lambda: budgets.create(**more))[0] == "InvalidParameterException"
    assert budgets("describe_budgets")["Budgets"] == []


def test_lists_are_paged_and_private(cloud: Cloud, other_cloud: Cloud) -> None:
    budgets, other = Budgets(cloud), Budgets(other_cloud)
    for name in ("c", "a", "b"):
        budgets.create(name)
    other.create("a")
    pages = budgets.client.get_paginator("describe_budgets").paginate(
        AccountId=budgets.account, PaginationConfig={"PageSize": 2}
    )
    assert [one["BudgetName"] for page in pages for one in page["Budgets"]] == ["a", "b", "c"]
    spend_ = budgets.show("a")["CalculatedSpend"]
    assert spend_["ActualSpend"] == {"Amount": "0.0", "Unit": "USD"}
    code, _ = refusal(lambda: other.client.describe_budgets(AccountId=budgets.account))
    assert code == "AccessDeniedException"
    assert [one["BudgetName"] for one in other("describe_budgets")["Budgets"]] == ["a"]


def test_tags(cloud: Cloud, other_cloud: Cloud) -> None:
    budgets = Budgets(cloud)
    budget = {"BudgetName": "b", "BudgetType": "COST", "TimeUnit": "DAILY", "BudgetLimit": USD}
    budgets("create_budget", Budget=budget, ResourceTags=[{"Key": "team", "Value": "ops"}])
    arn = f"arn:aws:budgets::{budgets.account}:budget/b"
    client = budgets.client
    client.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "a", "Value": "1"}])
    client.untag_resource(ResourceARN=arn, ResourceTagKeys=["team"])
    tags = client.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]
    assert tags == [{"Key": "a", "Value": "1"}]
    foreign = other_cloud.client("budgets")
    code, _ = refusal(lambda: foreign.list_tags_for_resource(ResourceARN=arn))
    assert code == "NotFoundException"
