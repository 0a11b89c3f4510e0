"""What is on sale, and its rates."""

from typing import Any

from tests.handlers.savingsplans.purchases import compute, offering, refused


def test_offerings(plans: Any) -> None:
    shown = offering(
        plans,
        planTypes=["EC2Instance"],
        paymentOptions=["All Upfront"],
        durations=[94_608_000],
        filters=[
            {"name": "region", "values": ["eu-west-1"]},
            {"name": "instanceFamily", "values": ["m5"]},
        ],
    )
    assert shown["properties"] == [
        {"name": "region", "value": "eu-west-1"},
        {"name": "instanceFamily", "value": "m5"},
    ]
    assert (shown["productTypes"], shown["usageType"]) == (["EC2"], "EU-EC2SP.m5:3yrAllUpfront")
    [same] = plans.describe_savings_plans_offerings(offeringIds=[shown["offeringId"]])[
        "searchResults"
    ]
    assert same == shown
    compute_plans = plans.describe_savings_plans_offerings(planTypes=["Compute"])["searchResults"]
    assert len(compute_plans) == len({one["offeringId"] for one in compute_plans}) == 6
    # databases' plans last a year and are paid by the hour
    database = offering(plans, planTypes=["Database"])
    assert (database["paymentOption"], database["durationSeconds"]) == ("No Upfront", 31_536_000)
    assert (
        offering(
            plans, productType="SageMaker", paymentOptions=["All Upfront"], durations=[31_536_000]
        )["planType"]
        == "SageMaker"
    )


def test_offerings_come_in_pages(plans: Any) -> None:
    found, token = [], None
    while True:
        more: dict[str, Any] = {"nextToken": token} if token else {}
        answer = plans.describe_savings_plans_offerings(
            planTypes=["Compute", "SageMaker"], maxResults=5, **more
        )
        found += [one["offeringId"] for one in answer["searchResults"]]
        token = answer.get("nextToken")
        if not token:
            break
    assert len(found) == len(set(found)) == 12
    code, _ = refused(plans.describe_savings_plans_offerings, nextToken="abc")
    assert code == "ValidationException"


def test_rates(plans: Any) -> None:
    asked = {
        "savingsPlanOfferingIds": [compute(plans)],
        "filters": [
            {"name": "region", "values": ["us-east-1"]},
            {"name": "instanceType", "values": ["m5.large"]},
            {"name": "tenancy", "values": ["shared"]},
        ],
    }
    found = plans.describe_savings_plans_offering_rates(**asked)["searchResults"]
    assert [one["operation"] for one in found] == [
        "RunInstances",
        "RunInstances:0002",
        "RunInstances:0010",
        "RunInstances:000g",
    ]
    linux = found[0]
    assert (linux["rate"], linux["unit"], linux["usageType"]) == (
        "0.07008",
        "Hrs",
        "BoxUsage:m5.large",
    )
    assert linux["savingsPlanOffering"]["planType"] == "Compute"
    assert {"name": "productDescription", "value": "Linux/UNIX"} in linux["properties"]
    fargate = plans.describe_savings_plans_offering_rates(
        savingsPlanOfferingIds=[compute(plans)],
        products=["Fargate"],
        filters=[{"name": "region", "values": ["eu-west-1"]}],
    )["searchResults"]
    assert [one["usageType"] for one in fargate] == [
        "EU-Fargate-vCPU-Hours:perCPU",
        "EU-Fargate-GB-Hours",
    ]
