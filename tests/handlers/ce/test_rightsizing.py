"""Rightsizing recommendations: what ends, what shrinks, and what that saves."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.compute_optimizer.advised import Advised
from tests.handlers.ec2.answers import refusal


@pytest.fixture
def advised(cloud: Cloud) -> Advised:
    """An account of the test's own."""
    return Advised(cloud)


def ask(advised: Advised, **more: Any) -> dict[str, Any]:
    """What Cost Explorer recommends."""
    told: dict[str, Any] = advised.cloud.client("ce").get_rightsizing_recommendation(
        Service="AmazonEC2", **more
    )
    return told


def test_machines_end_or_shrink_and_save_what_was_promised(advised: Advised) -> None:
    idle = advised.instance("m5.xlarge", "idle")
    advised.sql("update resource_profiles set load = 0.015 where account_id = $1"
                " and resource_id = $2", idle)  # fmt: skip
    large = advised.instance("m5.2xlarge", "oversized")
    advised.instance("m5.xlarge", "steady")
    advised.days(5)
    told = ask(advised)
    assert told["Configuration"] == {
        "RecommendationTarget": "SAME_INSTANCE_FAMILY", "BenefitsConsidered": True
    }  # fmt: skip
    found = {
        one["CurrentInstance"]["ResourceId"]: one for one in told["RightsizingRecommendations"]
    }
    assert {key: one["RightsizingType"] for key, one in found.items()} == {
        idle: "TERMINATE", large: "MODIFY"
    }  # fmt: skip
    current = found[large]["CurrentInstance"]
    # of five days, at 24 hours
    assert current["TotalRunningHoursInLookbackPeriod"] == "120.00"
    assert current["OnDemandHoursInLookbackPeriod"] == "120.00"
    assert Decimal(current["MonthlyCost"]) == Decimal("280.32")
    details = current["ResourceDetails"]["EC2ResourceDetails"]
    assert (details["Vcpu"], details["Region"]) == ("8", "US East (N. Virginia)")
    [target] = found[large]["ModifyRecommendationDetail"]["TargetInstances"]
    kind = target["ResourceDetails"]["EC2ResourceDetails"]["InstanceType"]
    assert kind in ("m5.large", "m5.xlarge")
    assert target["DefaultTargetInstance"]
    promised = Decimal(target["EstimatedMonthlySavings"])
    assert Decimal(target["EstimatedMonthlyCost"]) + promised == Decimal("280.32")
    ended = Decimal(found[idle]["TerminateRecommendationDetail"]["EstimatedMonthlySavings"])
    assert ended == Decimal("140.16")
    assert Decimal(told["Summary"]["EstimatedTotalMonthlySavingsAmount"]) == promised + ended
    assert told["Summary"]["TotalRecommendationCount"] == "2"
    before = {one: advised.cost(one) for one in (idle, large)}
    advised.ec2.terminate_instances(InstanceIds=[idle])
    advised.ec2.stop_instances(InstanceIds=[large])
    advised.ec2.get_waiter("instance_stopped").wait(InstanceIds=[large])
    advised.ec2.modify_instance_attribute(InstanceId=large, InstanceType={"Value": kind})
    advised.ec2.start_instances(InstanceIds=[large])
    advised.days()
    assert (before[large] - advised.cost(large)) / 24 * 730 == promised
    assert (before[idle] - advised.cost(idle)) / 24 * 730 == ended


def test_other_families_filters_and_pages(advised: Advised) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "web"}]}]
    tagged = advised.instance("m5.2xlarge", "oversized", TagSpecifications=tags)
    advised.instance("m5.2xlarge", "oversized")
    advised.days(2)
    cross = {"RecommendationTarget": "CROSS_INSTANCE_FAMILY", "BenefitsConsidered": False}
    [one] = ask(advised, Configuration=cross, Filter={
        "Tags": {"Key": "team", "Values": ["web"]}})["RightsizingRecommendations"]  # fmt: skip
    assert one["CurrentInstance"]["ResourceId"] == tagged
    targets = one["ModifyRecommendationDetail"]["TargetInstances"]
    families = {each["ResourceDetails"]["EC2ResourceDetails"]["InstanceType"].split(".")[0]
                for each in targets}  # fmt: skip
    assert len(families) == len(targets) == 3
    savings = [Decimal(each["EstimatedMonthlySavings"]) for each in targets]
    assert savings == sorted(savings, reverse=True)
    hub = advised.optimizer.get_ec2_instance_recommendations(
        instanceArns=[advised.arn("instance", tagged)]
    )["instanceRecommendations"][0]["recommendationOptions"][0]["savingsOpportunity"]
    assert savings[0] == Decimal(str(hub["estimatedMonthlySavings"]["value"]))
    first = ask(advised, PageSize=1)
    rest = ask(advised, PageSize=1, NextPageToken=first["NextPageToken"])
    assert "NextPageToken" not in rest
    ids = {each["RightsizingRecommendations"][0]["CurrentInstance"]["ResourceId"]
           for each in (first, rest)}  # fmt: skip
    assert len(ids) == 2
    region = {"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}}
    assert len(ask(advised, Filter=region)["RightsizingRecommendations"]) == 2
    assert ask(advised, Filter={"Not": region})["RightsizingRecommendations"] == []
    both = {"And": [region, {"Tags": {"Key": "team", "Values": ["web"]}}]}
    assert len(ask(advised, Filter=both)["RightsizingRecommendations"]) == 1
    for wrong in (
        {"Filter": {"Dimensions": {"Key": "AZ", "Values": ["a"]}}},
        {"Filter": {"CostCategories": {"Key": "x", "Values": ["y"]}}},
    ):
        assert refusal(partial(ask, advised), **wrong)[0] == "ValidationException"
    assert refusal(partial(ask, advised), NextPageToken="x")[0] == "InvalidNextTokenException"
    assert refusal(
        advised.cloud.client("ce").get_rightsizing_recommendation, Service="AmazonRDS"
    )[0] == "ValidationException"  # fmt: skip
