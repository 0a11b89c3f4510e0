"""Recommendations for instances, and that they keep what they promise."""

from datetime import timedelta
from decimal import Decimal

import pytest

from models import costs, instance_types
from tests.fixtures.server import Cloud
from tests.handlers.compute_optimizer.advised import Advised, monthly
from tests.handlers.ec2.answers import refusal

HOURS = Decimal(730)


def test_what_is_recommended_saves_what_was_promised(advised: Advised) -> None:
    large = advised.instance("m5.2xlarge", "oversized")
    idle = advised.instance("m5.xlarge", "idle")
    busy = advised.instance("m5.xlarge", "steady")
    advised.days(14)
    found = {
        one["instanceArn"].rpartition("/")[2]: one
        for one in advised.optimizer.get_ec2_instance_recommendations()["instanceRecommendations"]
    }
    assert set(found) == {large, idle, busy}
    assert [found[one]["idle"] for one in (large, idle, busy)] == ["False", "True", "False"]
    one = found[large]
    assert (one["finding"], one["currentInstanceType"]) == ("Overprovisioned", "m5.2xlarge")
    assert set(one["findingReasonCodes"]) == {"CPUOverprovisioned", "MemoryOverprovisioned"}
    best = one["recommendationOptions"][0]
    assert best["rank"] == 1
    kind = instance_types.find(best["instanceType"])
    assert kind is not None
    hourly = costs.instance_hourly(kind.name, "us-east-1")
    assert hourly == pytest.approx(kind.usd_per_hour, abs=Decimal("0.00005"))
    seen = {metric["name"]: metric["value"] for metric in one["utilizationMetrics"]}
    projected = {metric["name"]: metric["value"] for metric in best["projectedUtilizationMetrics"]}
    # the same load on fewer vCPUs, with 20 % to spare
    assert projected["Cpu"] == pytest.approx(seen["Cpu"] * 8 / kind.vcpus, abs=0.001)
    assert max(projected.values()) <= 100 / 1.2
    promised = monthly(best["savingsOpportunity"])
    assert promised == monthly(best["savingsOpportunityAfterDiscounts"])
    assert promised == (Decimal("0.384") - hourly) * HOURS
    before = advised.cost(large)
    advised.ec2.stop_instances(InstanceIds=[large, idle])
    advised.ec2.get_waiter("instance_stopped").wait(InstanceIds=[large, idle])
    advised.ec2.modify_instance_attribute(
        InstanceId=large, InstanceType={"Value": best["instanceType"]}
    )
    advised.ec2.start_instances(InstanceIds=[large])
    idle_before = advised.cost(idle)
    [gone] = advised.optimizer.get_idle_recommendations(
        filters=[{"name": "ResourceType", "values": ["EC2Instance"]}]
    )["idleRecommendations"] or [None]
    assert gone is None  # it does not run any more
    advised.days()
    assert (before - advised.cost(large)) / 24 * HOURS == promised
    assert (idle_before - advised.cost(idle)) / 24 * HOURS == Decimal("140.16")
    # too little was seen of the new type
    now = advised.optimizer.get_ec2_instance_recommendations()["instanceRecommendations"]
    assert [one["instanceArn"].rpartition("/")[2] for one in now] == [busy]


def test_covered_hours_save_nothing(advised: Advised) -> None:
    large = advised.instance("m5.2xlarge", "oversized")
    advised.days(3)
    [offer, *_] = advised.ec2.describe_reserved_instances_offerings(
        InstanceType="m5.2xlarge", ProductDescription="Linux/UNIX", OfferingType="No Upfront",
        Filters=[{"Name": "scope", "Values": ["Region"]}],
    )["ReservedInstancesOfferings"]  # fmt: skip
    advised.ec2.purchase_reserved_instances_offering(
        InstanceCount=1, ReservedInstancesOfferingId=offer["ReservedInstancesOfferingId"]
    )
    advised.days(2)
    # but for what is lost in rounding the reservation's hour
    assert advised.cost(large, "unblended_cost") < Decimal("0.001")
    [one] = advised.optimizer.get_ec2_instance_recommendations(
        instanceArns=[advised.arn("instance", large)]
    )["instanceRecommendations"]
    best = one["recommendationOptions"][0]
    assert monthly(best["savingsOpportunity"]) > 0
    assert monthly(best["savingsOpportunityAfterDiscounts"]) < Decimal("0.03")


def test_lists_are_filtered_and_paged(advised: Advised) -> None:
    made = sorted([advised.instance("m5.2xlarge", "oversized") for _ in range(3)])
    steady = advised.instance("m5.xlarge", "steady")
    advised.days(2)
    optimizer = advised.optimizer
    over = [{"name": "Finding", "values": ["Overprovisioned"]}]
    first = optimizer.get_ec2_instance_recommendations(filters=over, maxResults=2)
    rest = optimizer.get_ec2_instance_recommendations(
        filters=over, maxResults=2, nextToken=first["nextToken"]
    )
    assert "nextToken" not in rest
    both = first["instanceRecommendations"] + rest["instanceRecommendations"]
    assert [one["instanceArn"].rpartition("/")[2] for one in both] == made
    asked = optimizer.get_ec2_instance_recommendations(
        instanceArns=[advised.arn("instance", steady), advised.arn("instance", "i-0000000000")]
    )
    assert [one["currentInstanceType"] for one in asked["instanceRecommendations"]] == ["m5.xlarge"]
    assert [one["identifier"] for one in asked["errors"]] == [
        advised.arn("instance", "i-0000000000")
    ]
    arm = optimizer.get_ec2_instance_recommendations(
        instanceArns=[advised.arn("instance", made[0])],
        recommendationPreferences={"cpuVendorArchitectures": ["AWS_ARM64"]},
    )["instanceRecommendations"][0]
    for option in arm["recommendationOptions"]:
        kind = instance_types.find(option["instanceType"])
        assert kind is not None
        assert "arm64" in kind.architectures
        assert "Architecture" in option["platformDifferences"]
    for given in (
        {"nextToken": "x"}, {"instanceArns": ["i-1"]},
        {"filters": [{"name": "InferredWorkloadTypes", "values": ["Redis"]}, *over],
         "nextToken": first["nextToken"]},
    ):  # fmt: skip
        assert refusal(optimizer.get_ec2_instance_recommendations, **given)[0] == (
            "InvalidParameterValueException"
        )
    assert refusal(optimizer.get_ec2_instance_recommendations, accountIds=["111122223333"])[0] == (
        "AccessDeniedException"
    )


def test_projected_metrics_are_the_series_on_another_machine(advised: Advised) -> None:
    large = advised.instance("m5.2xlarge", "oversized")
    advised.days(3)
    # what the caller calls yesterday is the day before the newest one
    [row] = advised.sql(
        "select (now() at time zone 'utc')::date - 1 as day where $1::uuid is not null"
    )
    moved = row["day"]
    asked = {"period": 3600, "startTime": moved.isoformat(),
             "endTime": (moved + timedelta(days=1)).isoformat()}  # fmt: skip
    told = advised.optimizer.get_ec2_recommendation_projected_metrics(
        instanceArn=advised.arn("instance", large), stat="Maximum", **asked
    )["recommendedOptionProjectedMetrics"]
    points = advised.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/EC2", MetricName="CPUUtilization", Statistics=["Maximum"], Period=3600,
        Dimensions=[{"Name": "InstanceId", "Value": large}],
        StartTime=asked["startTime"], EndTime=asked["endTime"],
    )["Datapoints"]  # fmt: skip
    seen = [one["Maximum"] for one in sorted(points, key=lambda one: one["Timestamp"])]
    assert len(seen) == 24
    kind = instance_types.find(told[0]["recommendedInstanceType"])
    assert kind is not None
    [metric] = told[0]["projectedMetrics"]
    assert metric["values"] == pytest.approx([min(100, one * 8 / kind.vcpus) for one in seen])
    assert metric["timestamps"] == sorted(one["Timestamp"] for one in points)


def test_nobody_hears_of_others(advised: Advised, other_cloud: Cloud) -> None:
    large = advised.instance("m5.2xlarge", "oversized")
    advised.days(2)
    other = Advised(other_cloud)
    answer = other.optimizer.get_ec2_instance_recommendations(
        instanceArns=[advised.arn("instance", large)]
    )
    assert answer["instanceRecommendations"] == []
    assert len(answer["errors"]) == 1
