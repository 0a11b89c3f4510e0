"""Scaling policies and instance refreshes."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from models.scaling_steps import adjusted
from tests.fixtures.server import Cloud
from tests.handlers.autoscaling.conftest import GROUP, ids
from tests.handlers.ec2.answers import Sql, refusal

Make = Callable[..., str]
Show = Callable[..., dict[str, Any]]

TARGET: dict[str, Any] = {
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
    "TargetValue": 50.0,
}
TRACKING = {"PolicyType": "TargetTrackingScaling", "TargetTrackingConfiguration": TARGET}


def put(autoscaling: Any, name: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = autoscaling.put_scaling_policy(
        AutoScalingGroupName=GROUP, PolicyName=name, **more
    )
    return made


def test_their_life(cloud: Cloud, autoscaling: Any, make_group: Make, sql: Sql) -> None:
    make_group()
    made = put(autoscaling, "cpu", **TRACKING)
    [row] = sql("select * from scaling_policies where account_id = $1", cloud.account.id)
    assert made["PolicyARN"] == row["arn"] == (
        f"arn:aws:autoscaling:us-east-1:{cloud.account.number}:scalingPolicy:{row['id']}"
        ":autoScalingGroupName/web:policyName/cpu"
    )  # fmt: skip
    assert len(made["Alarms"]) == 2
    put(autoscaling, "up", AdjustmentType="ChangeInCapacity", ScalingAdjustment=2, Cooldown=60)
    put(autoscaling, "steps", PolicyType="StepScaling", AdjustmentType="PercentChangeInCapacity",
        MinAdjustmentMagnitude=1, StepAdjustments=[
            {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 20.0,
             "ScalingAdjustment": 50},
            {"MetricIntervalLowerBound": 20.0, "ScalingAdjustment": 100},
        ])  # fmt: skip
    found = autoscaling.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"]
    cpu, steps, up = found
    assert cpu["TargetTrackingConfiguration"] == TARGET | {"DisableScaleIn": False}
    assert (cpu["Alarms"], cpu["Enabled"], cpu["StepAdjustments"]) == (made["Alarms"], True, [])
    assert steps["StepAdjustments"][1] == {
        "MetricIntervalLowerBound": 20.0, "ScalingAdjustment": 100,
    }  # fmt: skip
    assert (up["PolicyType"], up["ScalingAdjustment"]) == ("SimpleScaling", 2)
    assert put(autoscaling, "cpu", **TRACKING, Enabled=False)["PolicyARN"] == made["PolicyARN"]
    named = autoscaling.describe_policies(PolicyTypes=["TargetTrackingScaling"])["ScalingPolicies"]
    assert [(one["PolicyName"], one["Enabled"]) for one in named] == [("cpu", False)]
    by_arn = autoscaling.describe_policies(PolicyNames=[made["PolicyARN"]])["ScalingPolicies"]
    assert [one["PolicyName"] for one in by_arn] == ["cpu"]
    autoscaling.delete_policy(AutoScalingGroupName=GROUP, PolicyName="steps")
    autoscaling.delete_policy(PolicyName=made["PolicyARN"])
    rest = autoscaling.describe_policies()["ScalingPolicies"]
    assert [one["PolicyName"] for one in rest] == ["up"]
    code, _ = refusal(autoscaling.delete_policy, AutoScalingGroupName=GROUP, PolicyName="cpu")
    assert code == "ValidationError"
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName=GROUP, ForceDelete=True)
    assert not sql("select 1 from scaling_policies where account_id = $1", cloud.account.id)


def test_a_policy_is_executed(autoscaling: Any, make_group: Make, shown: Show) -> None:
    make_group()
    put(autoscaling, "up", AdjustmentType="ChangeInCapacity", ScalingAdjustment=2)
    autoscaling.execute_policy(AutoScalingGroupName=GROUP, PolicyName="up")
    assert (shown()["DesiredCapacity"], len(shown()["Instances"])) == (4, 4)
    autoscaling.execute_policy(AutoScalingGroupName=GROUP, PolicyName="up")
    assert shown()["DesiredCapacity"] == 5


@pytest.mark.parametrize(
    ("before", "data", "adjustment", "after"),
    [
        (4, {"AdjustmentType": "ChangeInCapacity"}, -1, 3),
        (4, {"AdjustmentType": "ExactCapacity"}, 7, 7),
        (4, {"AdjustmentType": "PercentChangeInCapacity"}, 10, 5),
        (30, {"AdjustmentType": "PercentChangeInCapacity"}, 5, 31),
        (30, {"AdjustmentType": "PercentChangeInCapacity", "MinAdjustmentMagnitude": 3}, 5, 33),
        (30, {"AdjustmentType": "PercentChangeInCapacity"}, -9, 28),
    ],
)
def test_adjustments(before: int, data: dict[str, Any], adjustment: int, after: int) -> None:
    assert adjusted(before, data, adjustment) == after


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"PolicyType": "Wishful"},
        {"PolicyType": "StepScaling", "AdjustmentType": "ChangeInCapacity"},
        {"ScalingAdjustment": 1},
        {"ScalingAdjustment": 1, "AdjustmentType": "Doubling"},
        {"PolicyType": "TargetTrackingScaling",
         "TargetTrackingConfiguration": {"TargetValue": 50.0}},
    ],
)  # fmt: skip
def test_refusals(autoscaling: Any, make_group: Make, wrong: dict[str, Any]) -> None:
    make_group(MinSize=0, DesiredCapacity=0)
    code, _ = refusal(put, autoscaling=autoscaling, name="x", **wrong)
    assert code == "ValidationError"


def test_a_refresh_resizes_a_group(
    cloud: Cloud, autoscaling: Any, ec2: Any, template: str, make_group: Make, shown: Show, sql: Sql
) -> None:
    make_group()
    before = ids(shown())
    ec2.create_launch_template_version(
        LaunchTemplateId=template, SourceVersion="1",
        LaunchTemplateData={"InstanceType": "t3.large"},
    )  # fmt: skip
    wanted = {"LaunchTemplate": {"LaunchTemplateId": template, "Version": "2"}}
    refresh_id = autoscaling.start_instance_refresh(
        AutoScalingGroupName=GROUP, DesiredConfiguration=wanted,
        Preferences={"MinHealthyPercentage": 50},
    )["InstanceRefreshId"]  # fmt: skip
    group = shown()
    assert group["LaunchTemplate"]["Version"] == "2"
    assert not ids(group) & before
    assert [one["InstanceType"] for one in group["Instances"]] == ["t3.large"] * 2
    [cost] = sql(
        "select sum(hourly_cost) as cost from instances where instance_id = any($1::text[])",
        list(ids(group)),
    )
    assert cost["cost"] == 2 * Decimal("0.0832")
    [row] = sql("select * from autoscaling_groups where account_id = $1", cloud.account.id)
    assert row["instance_type"] == "t3.large"
    [told] = autoscaling.describe_instance_refreshes(AutoScalingGroupName=GROUP)[
        "InstanceRefreshes"
    ]
    assert told["InstanceRefreshId"] == refresh_id
    assert (told["Status"], told["PercentageComplete"], told["InstancesToUpdate"]) == (
        "Successful", 100, 0,
    )  # fmt: skip
    assert told["Preferences"]["MinHealthyPercentage"] == 50
    activities = autoscaling.describe_scaling_activities(AutoScalingGroupName=GROUP)["Activities"]
    assert sum("in response to an instance refresh" in one["Cause"] for one in activities) == 4
    same = autoscaling.start_instance_refresh(
        AutoScalingGroupName=GROUP, Preferences={"SkipMatching": True}
    )
    assert same["InstanceRefreshId"] != refresh_id
    assert ids(shown()) == ids(group)
    code, _ = refusal(autoscaling.cancel_instance_refresh, AutoScalingGroupName=GROUP)
    assert code == "ActiveInstanceRefreshNotFound"


def test_one_refresh_at_a_time(
    cloud: Cloud, autoscaling: Any, make_group: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_group()
    monkeypatch.setattr(cloud.running.server.settings, "transition_seconds", 60.0)
    autoscaling.start_instance_refresh(AutoScalingGroupName=GROUP)
    code, _ = refusal(autoscaling.start_instance_refresh, AutoScalingGroupName=GROUP)
    assert code == "InstanceRefreshInProgress"
    [told] = autoscaling.describe_instance_refreshes(AutoScalingGroupName=GROUP)[
        "InstanceRefreshes"
    ]
    assert (told["Status"], told["InstancesToUpdate"]) == ("InProgress", 2)
    autoscaling.cancel_instance_refresh(AutoScalingGroupName=GROUP)
    [told] = autoscaling.describe_instance_refreshes(AutoScalingGroupName=GROUP)[
        "InstanceRefreshes"
    ]
    assert told["Status"] == "Cancelled"
