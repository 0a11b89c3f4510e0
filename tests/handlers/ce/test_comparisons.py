"""Two months side by side: differences are those of the lines."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.handlers.ce.bills import EC2, Bill
from tests.handlers.ec2.answers import refusal

METRIC = "UnblendedCost"


def months(bill: Bill) -> dict[str, Any]:
    """Last month, and the one before it."""
    this = bill.today.replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    before = (last - timedelta(days=1)).replace(day=1)
    return {
        "BaselineTimePeriod": {"Start": str(before), "End": str(last)},
        "ComparisonTimePeriod": {"Start": str(last), "End": str(this)},
        "MetricForComparison": METRIC,
    }


def total(bill: Bill, period: dict[str, str], where: str = "true") -> Decimal:
    span = f"day >= '{period['Start']}' and day < '{period['End']}'"
    return bill.total("unblended_cost", f"{span} and {where}")


def test_services_side_by_side(bill: Bill) -> None:
    asked = months(bill)
    answer = bill.ce.get_cost_and_usage_comparisons(
        **asked, GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}]
    )
    found = answer["CostAndUsageComparisons"]
    assert len(found) == len(bill.rows("distinct service"))
    for one in found:
        [service] = one["CostAndUsageSelector"]["Dimensions"]["Values"]
        told = one["Metrics"][METRIC]
        before, after = (
            total(bill, asked[name], f"service = '{service}'")
            for name in ("BaselineTimePeriod", "ComparisonTimePeriod")
        )
        assert Decimal(told["BaselineTimePeriodAmount"]) == before
        assert Decimal(told["ComparisonTimePeriodAmount"]) == after
        assert Decimal(told["Difference"]) == after - before
        # what says what is meant finds just that
        again = bill.ce.get_cost_and_usage(
            TimePeriod=asked["BaselineTimePeriod"], Granularity="MONTHLY", Metrics=[METRIC],
            Filter=one["CostAndUsageSelector"],
        )["ResultsByTime"][0]["Total"][METRIC]["Amount"]  # fmt: skip
        assert Decimal(again) == before
    sizes = [abs(Decimal(one["Metrics"][METRIC]["Difference"])) for one in found]
    assert sizes == sorted(sizes, reverse=True)
    whole = answer["TotalCostAndUsage"][METRIC]
    assert Decimal(whole["BaselineTimePeriodAmount"]) == total(bill, asked["BaselineTimePeriod"])
    pages = bill.ce.get_paginator("get_cost_and_usage_comparisons").paginate(
        **asked, GroupBy=[{"Type": "TAG", "Key": "team"}], PaginationConfig={"PageSize": 1}
    )
    teams = [page["CostAndUsageComparisons"] for page in pages]
    assert [len(page) for page in teams] == [1, 1, 1]
    absent = {"Tags": {"Key": "team", "MatchOptions": ["ABSENT"]}}
    assert absent in [page[0]["CostAndUsageSelector"] for page in teams]


def test_drivers_add_up_to_the_difference(bill: Bill) -> None:
    asked = months(bill)
    pages = bill.ce.get_paginator("get_cost_comparison_drivers").paginate(**asked)
    found = [one for page in pages for one in page["CostComparisonDrivers"]]
    difference = sum(Decimal(one["Metrics"][METRIC]["Difference"]) for one in found)
    assert difference == total(bill, asked["ComparisonTimePeriod"]) - total(
        bill, asked["BaselineTimePeriod"]
    )
    kinds = set()
    for one in found:
        service, usage = (part["Dimensions"] for part in one["CostSelector"]["And"])
        assert (service["Key"], usage["Key"]) == ("SERVICE", "USAGE_TYPE")
        assert sum(Decimal(d["Metrics"][METRIC]["Difference"]) for d in one["CostDrivers"]) == (
            Decimal(one["Metrics"][METRIC]["Difference"])
        )
        kinds |= {driver["Type"] for driver in one["CostDrivers"]}
    assert {"USAGE_CHANGE", "SAVINGS_PLAN_RECURRING_FEE", "BUNDLED_DISCOUNT"} <= kinds
    alone = bill.ce.get_cost_comparison_drivers(
        **asked, Filter={"Dimensions": {"Key": "SERVICE", "Values": [EC2]}}, MaxResults=1
    )
    assert len(alone["CostComparisonDrivers"]) == 1
    assert alone["NextPageToken"]


def test_only_whole_months_are_compared(bill: Bill) -> None:
    asked = months(bill)
    first = date.fromisoformat(asked["BaselineTimePeriod"]["Start"])
    odd = asked | {
        "BaselineTimePeriod": {
            "Start": str(first + timedelta(days=1)), "End": asked["BaselineTimePeriod"]["End"],
        }
    }  # fmt: skip
    code, message = refusal(bill.ce.get_cost_and_usage_comparisons, **odd)
    assert code == "ValidationException"
    assert message.startswith("The interval must start and end on the first day of a month")
