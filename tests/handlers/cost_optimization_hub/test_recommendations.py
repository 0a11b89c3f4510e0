"""Cost Optimization Hub: everything that could be saved, counted once."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.compute_optimizer.advised import Advised
from tests.handlers.ec2.answers import refusal


@pytest.fixture
def hub(advised: Advised) -> Any:
    """A boto3 client of Cost Optimization Hub."""
    return advised.cloud.client("cost-optimization-hub")


def test_each_resource_is_counted_once(advised: Advised, hub: Any) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "web"}]}]
    idle = advised.instance("m5.2xlarge", "idle", TagSpecifications=tags)
    large = advised.instance("m5.2xlarge", "oversized")
    steady = advised.instance("m5.xlarge", "steady")
    volume = advised.volume(Size=500)
    advised.sql("update volumes set created_at = created_at - interval '40 days'"
                " where account_id = $1 and volume_id = $2", volume)  # fmt: skip
    advised.days(3)
    items = hub.list_recommendations()["items"]
    found = {one["resourceId"]: one for one in items}
    assert [one["estimatedMonthlySavings"] for one in items] == sorted(
        (one["estimatedMonthlySavings"] for one in items), reverse=True
    )
    assert (found[idle]["actionType"], found[large]["actionType"]) == ("Stop", "Rightsize")
    assert found[volume]["actionType"] == "Delete"
    assert found[volume]["estimatedMonthlySavings"] == 40
    assert (found[volume]["rollbackPossible"], found[idle]["rollbackPossible"]) == (False, True)
    assert found[idle]["estimatedMonthlySavings"] == pytest.approx(280.32)
    assert found[idle]["tags"] == [{"key": "team", "value": "web"}]
    assert steady not in found
    everything = hub.list_recommendations(includeAllRecommendations=True)["items"]
    of_idle = {one["actionType"]: one["recommendationId"] for one in everything
               if one["resourceId"] == idle}  # fmt: skip
    assert set(of_idle) == {"Stop", "Rightsize"}
    # both APIs promise the same
    one = advised.optimizer.get_ec2_instance_recommendations(
        instanceArns=[advised.arn("instance", large)]
    )["instanceRecommendations"][0]["recommendationOptions"][0]
    assert found[large]["recommendedResourceSummary"] == one["instanceType"]
    assert (
        found[large]["estimatedMonthlySavings"]
        == (one["savingsOpportunityAfterDiscounts"]["estimatedMonthlySavings"]["value"])
    )
    total = sum(Decimal(str(one["estimatedMonthlySavings"])) for one in items)
    by_action = hub.list_recommendation_summaries(groupBy="ActionType",
                                                  metrics=["SavingsPercentage"])  # fmt: skip
    assert Decimal(str(by_action["estimatedTotalDedupedSavings"])) == total
    [spent] = advised.sql("select sum(amortized_cost) / count(distinct date) * 30 as usd"
                          " from cost_daily where account_id = $1")  # fmt: skip
    assert by_action["metrics"]["savingsPercentage"] == f"{total / spent['usd'] * 100:.2f}"
    groups = {one["group"]: one for one in by_action["items"]}
    # the roots of all three are gp2
    assert {name: one["recommendationCount"] for name, one in groups.items()} == {
        "Delete": 1, "Rightsize": 2, "Stop": 1, "Upgrade": 3,
    }  # fmt: skip
    [region] = hub.list_recommendation_summaries(groupBy="Region")["items"]
    assert (region["group"], region["recommendationCount"]) == ("us-east-1", len(items))
    assert Decimal(str(region["estimatedMonthlySavings"])) == total
    # a day later the same is to be done by the same id
    advised.days()
    ids = {one["recommendationId"] for one in hub.list_recommendations()["items"]}
    assert ids >= {found[one]["recommendationId"] for one in (idle, large, volume)}


def test_a_recommendation_in_detail(advised: Advised, hub: Any) -> None:
    large = advised.instance("m5.2xlarge", "oversized")
    advised.days(3)
    [item] = hub.list_recommendations(filter={"resourceTypes": ["Ec2Instance"]})["items"]
    one = hub.get_recommendation(recommendationId=item["recommendationId"])
    assert one["resourceArn"] == advised.arn("instance", large)
    now, then = (one[name]["ec2Instance"] for name in
                 ("currentResourceDetails", "recommendedResourceDetails"))  # fmt: skip
    assert now["configuration"]["instance"]["type"] == "m5.2xlarge"
    prices = [each["costCalculation"]["pricing"]["estimatedCostAfterDiscounts"]
              for each in (now, then)]  # fmt: skip
    assert prices[0] == pytest.approx(280.32)
    assert prices[0] - prices[1] == pytest.approx(one["estimatedMonthlySavings"])
    assert refusal(hub.get_recommendation, recommendationId="none")[0] == (
        "ResourceNotFoundException"
    )


def test_lists_are_filtered_ordered_and_paged(advised: Advised, hub: Any) -> None:
    for size in (10, 30, 20):
        advised.volume(Size=size)
    advised.sql("update volumes set created_at = created_at - interval '40 days'"
                " where account_id = $1")  # fmt: skip
    advised.instance("m5.2xlarge", "idle")
    advised.days(3)
    deletes = {"actionTypes": ["Delete"]}
    up = {"dimension": "EstimatedMonthlySavings", "order": "Asc"}
    first = hub.list_recommendations(filter=deletes, orderBy=up, maxResults=2)
    rest = hub.list_recommendations(
        filter=deletes, orderBy=up, maxResults=2, nextToken=first["nextToken"]
    )
    assert "nextToken" not in rest
    savings = [one["estimatedMonthlySavings"] for one in first["items"] + rest["items"]]
    assert savings == [0.8, 1.6, 2.4]
    by_type = hub.list_recommendations(
        orderBy={"dimension": "CurrentResourceType", "order": "Desc"}
    )["items"]
    assert [one["currentResourceType"] for one in by_type] == sorted(
        (one["currentResourceType"] for one in by_type), reverse=True
    )
    for given, count in (
        ({"restartNeeded": False}, 3 + 1), ({"restartNeeded": True}, 1),
        ({"regions": ["eu-west-1"]}, 0), ({"accountIds": [advised.cloud.account.number]}, 5),
        ({"implementationEfforts": ["VeryLow"]}, 4), ({"tags": [{"key": "team"}]}, 0),
        ({"resourceTypes": ["EbsVolume"], "actionTypes": ["Stop"]}, 0),
    ):  # fmt: skip
        assert len(hub.list_recommendations(filter=given)["items"]) == count, given
    for operation, wrong in (
        (hub.list_recommendations, {"orderBy": {"dimension": "Colour", "order": "Asc"}}),
        (hub.list_recommendations, {"nextToken": "x"}),
        (hub.list_recommendation_summaries, {"groupBy": "Colour"}),
    ):
        assert refusal(operation, **wrong)[0] == "ValidationException"


def test_discounts_and_enrolment_decide(advised: Advised, hub: Any, other_cloud: Cloud) -> None:
    advised.instance("m5.2xlarge", "idle")
    advised.days(2)
    [offer, *_] = advised.ec2.describe_reserved_instances_offerings(
        InstanceType="m5.2xlarge", ProductDescription="Linux/UNIX", OfferingType="All Upfront",
        Filters=[{"Name": "scope", "Values": ["Region"]}],
    )["ReservedInstancesOfferings"]  # fmt: skip
    advised.ec2.purchase_reserved_instances_offering(
        InstanceCount=1, ReservedInstancesOfferingId=offer["ReservedInstancesOfferingId"]
    )
    advised.days(2)
    stop = {"actionTypes": ["Stop"]}
    after = hub.list_recommendations(filter=stop)["items"]
    assert sum(one["estimatedMonthlySavings"] for one in after) < 0.05
    assert hub.get_preferences()["savingsEstimationMode"] == "AfterDiscounts"
    hub.update_preferences(savingsEstimationMode="BeforeDiscounts")
    [before] = hub.list_recommendations(filter=stop)["items"]
    assert before["estimatedMonthlySavings"] == pytest.approx(280.32)
    [status] = hub.list_enrollment_statuses()["items"]
    assert (status["accountId"], status["status"]) == (advised.cloud.account.number, "Active")
    hub.update_enrollment_status(status="Inactive")
    assert refusal(hub.list_recommendations)[0] == "AccessDeniedException"
    assert hub.get_preferences()["savingsEstimationMode"] == "BeforeDiscounts"
    other = other_cloud.client("cost-optimization-hub")
    assert other.list_recommendations()["items"] == []
    assert refusal(other.get_recommendation, recommendationId=before["recommendationId"])[0] == (
        "ResourceNotFoundException"
    )


def test_commitments_are_advised_for_what_is_left(advised: Advised, hub: Any) -> None:
    idle = advised.instance("m5.2xlarge", "idle")
    advised.instance("m5.xlarge", "steady")
    advised.days(7)
    plans = {"actionTypes": ["PurchaseSavingsPlans"]}
    [one] = hub.list_recommendations(filter=plans)["items"]
    assert (one["currentResourceType"], one["source"]) == ("ComputeSavingsPlans", "CostExplorer")
    assert "resourceArn" not in one
    # of eight days the machines ran on seven; the idle one ends and needs no commitment
    [apart] = hub.list_recommendations(filter=plans, includeAllRecommendations=True)["items"]
    assert apart["recommendationId"] == one["recommendationId"]
    saved = {each["resourceId"]: each["estimatedMonthlySavings"]
             for each in hub.list_recommendations()["items"] if "resourceId" in each}  # fmt: skip
    assert [name for name in saved if name.startswith("i-")] == [idle]
    assert apart["estimatedMonthlyCost"] == pytest.approx((280.32 + 140.16) * 7 / 8)
    assert one["estimatedMonthlyCost"] == pytest.approx(140.16 * 7 / 8)
    detail = hub.get_recommendation(recommendationId=one["recommendationId"])
    plan = detail["recommendedResourceDetails"]["computeSavingsPlans"]
    # 27 % off what the steady machine costs an hour
    assert plan["configuration"] == {
        "accountScope": "Linked", "term": "OneYear", "paymentOption": "NoUpfront",
        "hourlyCommitment": "0.140",
    }  # fmt: skip
    assert one["estimatedMonthlySavings"] == pytest.approx((0.14 / 0.73 * 7 / 8 - 0.14) * 730)
    total = hub.list_recommendation_summaries(groupBy="ResourceType")
    assert total["estimatedTotalDedupedSavings"] == pytest.approx(
        sum(saved.values()) + one["estimatedMonthlySavings"]
    )
    hub.update_preferences(preferredCommitment={"term": "ThreeYears"})
    assert hub.get_preferences()["preferredCommitment"] == {
        "term": "ThreeYears", "paymentOption": "NoUpfront"
    }  # fmt: skip
    [longer] = hub.list_recommendations(filter=plans)["items"]
    assert longer["estimatedMonthlySavings"] > one["estimatedMonthlySavings"]
