"""Values of dimensions, tags and cost categories: those that the lines of the bill have."""

from typing import Any

from tests.handlers.ce.bills import EC2, RDS, Bill
from tests.handlers.ec2.answers import refusal


def values(answer: dict[str, Any]) -> list[str]:
    return [one["Value"] for one in answer["DimensionValues"]]


def test_values_of_dimensions(bill: Bill) -> None:
    ce, period = bill.ce, bill.period(9)
    services = ce.get_dimension_values(TimePeriod=period, Dimension="SERVICE")
    rows = bill.rows("distinct service as key", f"where day >= '{bill.day(9)}' order by 1")
    assert values(services) == [row["key"] for row in rows]
    assert services["ReturnSize"] == services["TotalSize"] == len(rows)
    found = ce.get_dimension_values(
        TimePeriod=period, Dimension="USAGE_TYPE", SearchString="boxusage",
        Filter={"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}},
    )  # fmt: skip
    assert values(found) == ["BoxUsage:m5.large", "BoxUsage:m5.xlarge", "BoxUsage:r5.large"]
    [account] = ce.get_dimension_values(TimePeriod=period, Dimension="LINKED_ACCOUNT")[
        "DimensionValues"
    ]
    assert account == {
        "Value": bill.cloud.account.number,
        "Attributes": {"description": "test"},
    }
    resources = ce.get_dimension_values(TimePeriod=period, Dimension="RESOURCE_ID")
    assert {"i-1", "NoResourceId"} <= set(values(resources))


def test_values_in_the_order_of_their_costs(bill: Bill) -> None:
    asked = {"TimePeriod": bill.period(60), "Dimension": "SERVICE"}
    sort = [{"Key": "UnblendedCost", "SortOrder": "DESCENDING"}]
    found = bill.ce.get_dimension_values(**asked, SortBy=sort, MaxResults=3)
    rows = bill.rows(
        "service", f"where day >= '{bill.day(60)}' group by 1 order by sum(unblended_cost) desc"
    )
    assert values(found) == [row["service"] for row in rows][:3]
    assert (found["ReturnSize"], found["TotalSize"]) == (3, len(rows))
    assert refusal(bill.ce.get_dimension_values, **asked, SortBy=sort, SearchString="x")[0] == (
        "ValidationException"
    )
    code, message = refusal(
        bill.ce.get_dimension_values, TimePeriod=bill.period(9), Dimension="SERVICE_CODE"
    )
    assert (code, message) == ("ValidationException", "Dimension SERVICE_CODE is not allowed.")


def test_contexts_hold_to_what_commitments_cover(bill: Bill) -> None:
    asked = {"TimePeriod": bill.period(60), "Dimension": "INSTANCE_TYPE"}
    assert values(bill.ce.get_dimension_values(**asked, Context="RESERVATIONS")) == ["m5.large"]
    assert values(bill.ce.get_dimension_values(**asked, Context="SAVINGS_PLANS")) == [
        "NoInstanceType",
        "r5.large",
    ]


def test_tags(bill: Bill) -> None:
    ce, period = bill.ce, bill.period(9)
    assert ce.get_tags(TimePeriod=period)["Tags"] == ["env", "team"]
    teams = ce.get_tags(TimePeriod=period, TagKey="team")
    assert teams["Tags"] == ["", "Data_Lake", "shop"]
    assert (teams["ReturnSize"], teams["TotalSize"]) == (3, 3)
    databases = {"Dimensions": {"Key": "SERVICE", "Values": [RDS]}}
    assert ce.get_tags(TimePeriod=period, TagKey="team", Filter=databases)["Tags"] == ["shop"]
    assert ce.get_tags(TimePeriod=period, TagKey="none")["Tags"] == []
    gateways = {"Dimensions": {"Key": "OPERATION", "Values": ["NatGateway"]}}
    assert ce.get_tags(TimePeriod=period, Filter=gateways)["Tags"] == ["env"]
    dear = ce.get_tags(TimePeriod=period, TagKey="team", SortBy=[{"Key": "UnblendedCost"}])
    rows = bill.rows(
        "coalesce(tags ->> 'team', '') as team",
        f"where day >= '{bill.day(9)}' group by 1 order by sum(unblended_cost) desc",
    )
    assert dear["Tags"] == [row["team"] for row in rows]


def test_records_are_counted(bill: Bill) -> None:
    first = bill.day(13)
    lines = bill.rows("service, count(*)", f"where day >= '{first}' group by 1")
    found = bill.ce.get_approximate_usage_records(
        Granularity="DAILY", ApproximationDimension="RESOURCE"
    )
    assert found["Services"] == {row["service"]: row["count"] for row in lines}
    assert found["TotalRecords"] == sum(row["count"] for row in lines)
    assert found["LookbackPeriod"]["Start"] == str(first)
    hourly = bill.ce.get_approximate_usage_records(
        Granularity="HOURLY", ApproximationDimension="SERVICE", Services=[EC2]
    )
    [rows] = bill.rows(
        "count(*)", f"where day >= '{first}' and service = '{EC2}'", table="cost_daily"
    )
    assert hourly["Services"] == {EC2: rows["count"] * 24}
    assert (
        refusal(
            bill.ce.get_approximate_usage_records,
            Granularity="DAILY",
            ApproximationDimension="SERVICE",
        )[0]
        == "ValidationException"
    )


def test_no_product_here_has_attributes(bill: Bill) -> None:
    ce, asked = bill.ce, {"TimePeriod": bill.period(9)}
    found = ce.get_dimension_values(**asked, Dimension="PRODUCT_ATTRIBUTE", DimensionKey="model")
    assert (values(found), found["TotalSize"]) == ([], 0)
    model = {"ProductAttributes": {"Key": "model", "Values": ["Claude Sonnet 5"]}}
    for expression, any_cost in ((model, False), ({"Not": model}, True)):
        answer = ce.get_cost_and_usage(
            **asked, Granularity="MONTHLY", Metrics=["UnblendedCost"], Filter=expression
        )
        amounts = [one["Total"]["UnblendedCost"]["Amount"] for one in answer["ResultsByTime"]]
        assert any(float(one) for one in amounts) is any_cost
    assert ce.get_cost_categories(**asked, Filter=model)["CostCategoryNames"] == []
    region = {"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}}
    for operation, more in (
        (ce.get_dimension_values, {"Dimension": "SERVICE", "DimensionKey": "model"}),
        (ce.get_tags, {"Filter": {**region, **model}}),
        (ce.get_savings_plans_coverage, {"Filter": {**region, **model}}),
        (ce.get_reservation_coverage, {"Filter": model}),
        (ce.get_cost_forecast, {"Metric": "UNBLENDED_COST", "Granularity": "MONTHLY",
                                "TimePeriod": bill.period(0, -9), "Filter": model}),
    ):  # fmt: skip
        assert refusal(operation, **{**asked, **more})[0] == "ValidationException"
