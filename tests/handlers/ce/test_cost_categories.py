"""Cost categories: kept with their rules, and applied when costs are read."""

# ruff: noqa: E501 - rules read better whole

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ce.bills import EC2, Bill, write
from tests.handlers.ce.test_cost_and_usage import amounts
from tests.handlers.ec2.answers import refusal

VERSION = {"RuleVersion": "CostCategoryExpression.v1"}
MACHINES = {"Value": "Machines", "Rule": {"And": [
    {"Dimensions": {"Key": "SERVICE_CODE", "Values": ["AmazonEC2"]}},
    {"Dimensions": {"Key": "USAGE_TYPE", "Values": ["BoxUsage"], "MatchOptions": ["CONTAINS"]}},
]}}  # fmt: skip
TEAMS = {
    "Type": "INHERITED_VALUE",
    "InheritedValue": {"DimensionName": "TAG", "DimensionKey": "team"},
}
BOX = "usage_type like '%BoxUsage%'"


def create(ce: Any, name: str, *rules: dict[str, Any], **more: Any) -> Any:
    return ce.create_cost_category_definition(Name=name, Rules=list(rules), **VERSION, **more)


def by(bill: Bill, name: str, **more: Any) -> dict[Any, Decimal]:
    """Costs by a category, since the first of the month if not said otherwise."""
    first = (bill.today - bill.today.replace(day=1)).days
    asked = {
        "TimePeriod": bill.period(first),
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"],
    }
    group = [{"Type": "COST_CATEGORY", "Key": name}]
    return amounts(bill.ce.get_cost_and_usage(**(asked | more), GroupBy=group)["ResultsByTime"])


@pytest.fixture
def own(cloud: Cloud) -> Bill:
    """A bill of the test's own."""
    return write(cloud)


def test_the_life_of_a_category(own: Bill) -> None:
    ce = own.ce
    month = own.today.replace(day=1)
    made = create(
        ce,
        "Part of it",
        MACHINES,
        TEAMS,
        DefaultValue="Rest",
        ResourceTags=[{"Key": "a", "Value": "b"}],
    )
    arn = made["CostCategoryArn"]
    assert arn.startswith(f"arn:aws:ce::{own.cloud.account.number}:costcategory/")
    assert made["EffectiveStart"] == f"{month}T00:00:00Z"
    shown = ce.describe_cost_category_definition(CostCategoryArn=arn)["CostCategory"]
    assert shown == {
        "CostCategoryArn": arn, "EffectiveStart": f"{month}T00:00:00Z", "Name": "Part of it", **VERSION,
        "Rules": [MACHINES | {"Type": "REGULAR"}, TEAMS], "DefaultValue": "Rest",
        "ProcessingStatus": [{"Component": "COST_EXPLORER", "Status": "APPLIED"}],
    }  # fmt: skip
    [listed] = ce.list_cost_category_definitions()["CostCategoryReferences"]
    assert (listed["NumberOfRules"], listed["Values"], listed["DefaultValue"]) == (
        2,
        ["Machines"],
        "Rest",
    )
    since = f"day >= '{month}'"
    assert by(own, "Part of it") == {
        ("Part of it$Machines",): own.total("unblended_cost", f"{since} and {BOX}"),
        ("Part of it$shop",): own.total(
            "unblended_cost", f"{since} and not {BOX} and tags ->> 'team' = 'shop'"
        ),
        ("Part of it$Data_Lake",): own.total(
            "unblended_cost", f"{since} and not {BOX} and tags ->> 'team' = 'Data_Lake'"
        ),
        ("Part of it$Rest",): own.total(
            "unblended_cost", f"{since} and not {BOX} and not tags ? 'team'"
        ),
    }
    period = {"TimePeriod": own.period(0)}
    assert ce.get_cost_categories(**period)["CostCategoryNames"] == ["Part of it"]
    values = ce.get_cost_categories(**period, CostCategoryName="Part of it")["CostCategoryValues"]
    assert values == ["Data_Lake", "Machines", "Rest", "shop"]
    machines = {"CostCategories": {"Key": "Part of it", "Values": ["Machines"]}}
    assert set(by(own, "Part of it", Filter=machines)) == {("Part of it$Machines",)}
    updated = ce.update_cost_category_definition(CostCategoryArn=arn, Rules=[TEAMS], **VERSION)
    assert updated == {"CostCategoryArn": arn, "EffectiveStart": f"{month}T00:00:00Z"} | {
        "ResponseMetadata": updated["ResponseMetadata"]
    }
    assert set(by(own, "Part of it")) == {
        ("Part of it$shop",),
        ("Part of it$Data_Lake",),
        ("Part of it$",),
    }
    assert ce.list_tags_for_resource(ResourceArn=arn)["ResourceTags"] == [
        {"Key": "a", "Value": "b"}
    ]
    ce.tag_resource(ResourceArn=arn, ResourceTags=[{"Key": "c", "Value": "d"}])
    ce.untag_resource(ResourceArn=arn, ResourceTagKeys=["a"])
    assert ce.list_tags_for_resource(ResourceArn=arn)["ResourceTags"] == [
        {"Key": "c", "Value": "d"}
    ]
    assert ce.delete_cost_category_definition(CostCategoryArn=arn)["CostCategoryArn"] == arn
    assert (
        refusal(ce.describe_cost_category_definition, CostCategoryArn=arn)[0]
        == "ResourceNotFoundException"
    )
    assert refusal(ce.list_tags_for_resource, ResourceArn=arn)[0] == "ResourceNotFoundException"
    assert ce.list_cost_category_definitions()["CostCategoryReferences"] == []


def test_rules_hold_from_their_month_on(own: Bill) -> None:
    month = own.today.replace(day=1)
    last = (month - timedelta(days=1)).replace(day=1)
    arn = create(own.ce, "Era", MACHINES | {"Value": "Old"}, EffectiveStart=f"{last}T00:00:00Z")[
        "CostCategoryArn"
    ]
    own.ce.update_cost_category_definition(
        CostCategoryArn=arn,
        Rules=[MACHINES | {"Value": "New"}],
        **VERSION,
        EffectiveStart=f"{month}T00:00:00Z",
    )
    assert (
        own.ce.describe_cost_category_definition(CostCategoryArn=arn)["CostCategory"]["Rules"][0][
            "Value"
        ]
        == "New"
    )
    before = own.ce.describe_cost_category_definition(
        CostCategoryArn=arn, EffectiveOn=f"{last}T00:00:00Z"
    )
    assert before["CostCategory"]["Rules"][0]["Value"] == "Old"
    assert before["CostCategory"]["EffectiveEnd"] == f"{month}T00:00:00Z"
    found = by(own, "Era", TimePeriod=own.period(99))
    assert found["Era$Old",] == own.total(
        "unblended_cost", f"{BOX} and day >= '{last}' and day < '{month}'"
    )
    assert found["Era$New",] == own.total("unblended_cost", f"{BOX} and day >= '{month}'")
    assert sum(found.values()) == own.total("unblended_cost")


def test_a_category_may_build_on_another(own: Bill) -> None:
    create(own.ce, "Inner", MACHINES)
    outer = {
        "Value": "All machines",
        "Rule": {"CostCategories": {"Key": "Inner", "Values": ["Machines"]}},
    }
    create(own.ce, "Outer", outer, DefaultValue="Else")
    account = {
        "Type": "INHERITED_VALUE",
        "InheritedValue": {"DimensionName": "LINKED_ACCOUNT_NAME"},
    }
    create(own.ce, "Who", account)
    month = f"day >= '{own.today.replace(day=1)}'"
    assert by(own, "Outer")["Outer$All machines",] == own.total(
        "unblended_cost", f"{month} and {BOX}"
    )
    assert by(own, "Who") == {("Who$test",): own.total("unblended_cost", month)}
    assert own.ce.get_dimension_values(
        TimePeriod=own.period(0), Dimension="SERVICE",
        Filter={"CostCategories": {"Key": "Outer", "Values": ["All machines"]}},
    )["DimensionValues"][0]["Value"] == EC2  # fmt: skip


def test_names_of_others_mean_nothing(own: Bill, other_cloud: Cloud) -> None:
    arn = create(own.ce, "Mine", MACHINES)["CostCategoryArn"]
    theirs = other_cloud.client("ce")
    for call, given in (
        (theirs.describe_cost_category_definition, {"CostCategoryArn": arn}),
        (theirs.delete_cost_category_definition, {"CostCategoryArn": arn}),
        (
            theirs.update_cost_category_definition,
            {"CostCategoryArn": arn, "Rules": [MACHINES], **VERSION},
        ),
        (theirs.tag_resource, {"ResourceArn": arn, "ResourceTags": [{"Key": "a", "Value": "b"}]}),
    ):
        assert refusal(call, **given)[0] == "ResourceNotFoundException"
    create(theirs, "Mine", MACHINES)


WRONG = [
    ({"Rules": [{"Value": "x"}]}, "Failed to create Cost Category: Invalid Rule: Value and Rule must not be null."),
    ({"Rules": [{"Value": "x", "Rule": {"Tags": {"Key": "a", "Values": ["b"], "MatchOptions": ["ABSENT"]}}}]},
     "Failed to create Cost Category: Tags expression must not have values set when ABSENT is provided"),
    ({"Rules": [{"Value": "x", "Rule": {"Dimensions": {"Key": "AZ", "Values": ["b"]}}}]},
     "Failed to create Cost Category: Dimension AZ is not allowed."),
    ({"Rules": [{"Type": "INHERITED_VALUE"}]}, "Failed to create Cost Category: Invalid Rule: InheritedValue must not be null."),
    ({"EffectiveStart": "2020-01-01T00:00:00Z"}, "Failed to create Cost Category: EffectiveStart can't be before"),
    ({"SplitChargeRules": [{"Source": "Machines", "Targets": ["Nobody"], "Method": "EVEN"}]},
     "Failed to create Cost Category: Invalid Split Charge Rule: Source and Targets"),
    ({"SplitChargeRules": [{"Source": "Machines", "Targets": ["Rest"], "Method": "FIXED",
                            "Parameters": [{"Type": "ALLOCATION_PERCENTAGES", "Values": ["99"]}]}]},
     "Failed to create Cost Category: Invalid Split Charge Rule: ALLOCATION_PERCENTAGES"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "message"), WRONG, ids=[message[32:60] for _, message in WRONG])
def test_what_cannot_be_a_category(cloud: Cloud, given: dict[str, Any], message: str) -> None:
    asked = {"Name": "Odd", "Rules": [MACHINES], "DefaultValue": "Rest", **VERSION} | given
    code, told = refusal(cloud.client("ce").create_cost_category_definition, **asked)
    assert code == "ValidationException"
    assert told.startswith(message)


def test_names_are_unique_and_lists_have_pages(cloud: Cloud) -> None:
    ce = cloud.client("ce")
    split = [{"Source": "Machines", "Targets": ["Rest"], "Method": "EVEN"}]
    arn = create(ce, "One", MACHINES, DefaultValue="Rest", SplitChargeRules=split)[
        "CostCategoryArn"
    ]
    assert (
        ce.describe_cost_category_definition(CostCategoryArn=arn)["CostCategory"][
            "SplitChargeRules"
        ]
        == split
    )
    with pytest.raises(ce.exceptions.ClientError, match="already exists"):
        create(ce, "One", MACHINES)
    create(ce, "Two", MACHINES)
    create(ce, "Three", MACHINES)
    pages = ce.get_paginator("list_cost_category_definitions").paginate(
        PaginationConfig={"PageSize": 2}
    )
    names = [[one["Name"] for one in page["CostCategoryReferences"]] for page in pages]
    assert names == [["One", "Three"], ["Two"]]
