"""Metrics, warm pools, target groups and limits of groups."""

from collections.abc import Callable
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.autoscaling.conftest import GROUP
from tests.handlers.ec2.answers import refusal

Make = Callable[..., str]
Show = Callable[..., dict[str, Any]]
NAMED = {"AutoScalingGroupName": GROUP}
TARGETS = [
    f"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{name}/0123456789abcdef"
    for name in ("a", "b")
]


def test_metrics(autoscaling: Any, make_group: Make, shown: Show) -> None:
    make_group(MinSize=0, DesiredCapacity=0)
    assert shown()["EnabledMetrics"] == []
    autoscaling.enable_metrics_collection(
        **NAMED, Metrics=["GroupMinSize", "GroupMaxSize"], Granularity="1Minute"
    )
    assert shown()["EnabledMetrics"] == [
        {"Metric": "GroupMaxSize", "Granularity": "1Minute"},
        {"Metric": "GroupMinSize", "Granularity": "1Minute"},
    ]
    autoscaling.disable_metrics_collection(**NAMED, Metrics=["GroupMinSize"])
    assert [one["Metric"] for one in shown()["EnabledMetrics"]] == ["GroupMaxSize"]
    autoscaling.disable_metrics_collection(**NAMED)
    assert shown()["EnabledMetrics"] == []
    assert len(autoscaling.describe_metric_collection_types()["Metrics"]) == 20
    wrong = refusal(autoscaling.enable_metrics_collection, **NAMED, Granularity="5Minutes")
    assert wrong[0] == "ValidationError"


def test_a_warm_pool(autoscaling: Any, make_group: Make, shown: Show) -> None:
    make_group(MinSize=0, DesiredCapacity=0)
    autoscaling.put_warm_pool(**NAMED, MinSize=2)
    pool = {"MinSize": 2, "PoolState": "Stopped"}
    assert autoscaling.describe_warm_pool(**NAMED)["WarmPoolConfiguration"] == pool
    assert (shown()["WarmPoolConfiguration"], shown()["WarmPoolSize"]) == (pool, 0)
    autoscaling.delete_warm_pool(**NAMED)
    assert "WarmPoolConfiguration" not in shown()
    assert refusal(autoscaling.delete_warm_pool, **NAMED)[0] == "ValidationError"


def test_target_groups(autoscaling: Any, make_group: Make, shown: Show) -> None:
    make_group(MinSize=0, DesiredCapacity=0)
    autoscaling.attach_load_balancer_target_groups(**NAMED, TargetGroupARNs=TARGETS)
    assert shown()["TargetGroupARNs"] == TARGETS
    assert shown()["TrafficSources"] == [{"Identifier": one, "Type": "elbv2"} for one in TARGETS]
    told = autoscaling.describe_load_balancer_target_groups(**NAMED, MaxRecords=1)
    assert [one["LoadBalancerTargetGroupARN"] for one in told["LoadBalancerTargetGroups"]] == (
        TARGETS[:1]
    )
    rest = autoscaling.describe_load_balancer_target_groups(
        **NAMED, MaxRecords=1, NextToken=told["NextToken"]
    )
    assert rest["LoadBalancerTargetGroups"][0]["State"] == "InService"
    assert len(autoscaling.describe_traffic_sources(**NAMED)["TrafficSources"]) == 2
    autoscaling.detach_load_balancer_target_groups(**NAMED, TargetGroupARNs=TARGETS[:1])
    assert shown()["TargetGroupARNs"] == TARGETS[1:]
    wrong = refusal(
        autoscaling.detach_load_balancer_target_groups, **NAMED, TargetGroupARNs=TARGETS[:1]
    )
    assert wrong[0] == "ValidationError"
    assert autoscaling.describe_load_balancers(**NAMED)["LoadBalancers"] == []


def test_limits_and_lists(autoscaling: Any, make_group: Make) -> None:
    make_group(MinSize=0, DesiredCapacity=0)
    limits = autoscaling.describe_account_limits()
    assert (limits["NumberOfAutoScalingGroups"], limits["NumberOfLaunchConfigurations"]) == (1, 0)
    assert autoscaling.describe_lifecycle_hooks(**NAMED)["LifecycleHooks"] == []
    assert len(autoscaling.describe_auto_scaling_notification_types()[
        "AutoScalingNotificationTypes"]) == 5  # fmt: skip
    assert len(autoscaling.describe_scaling_process_types()["Processes"]) == 9
    assert "Default" in autoscaling.describe_termination_policy_types()["TerminationPolicyTypes"]
    assert refusal(autoscaling.describe_lifecycle_hooks, AutoScalingGroupName="x")[0] == (
        "ValidationError"
    )


def test_topics_hear_of_a_group(cloud: Cloud, autoscaling: Any, make_group: Make) -> None:
    """Topics are kept, whosoever they are; a second word replaces the first."""
    make_group(MinSize=0, DesiredCapacity=0)
    topic = f"arn:aws:sns:us-east-1:{cloud.account.number}:ops"
    put = autoscaling.put_notification_configuration
    launch, end = "autoscaling:EC2_INSTANCE_LAUNCH", "autoscaling:EC2_INSTANCE_TERMINATE"
    put(**NAMED, TopicARN=topic, NotificationTypes=[end])
    put(**NAMED, TopicARN=topic, NotificationTypes=[launch, end])
    describe = autoscaling.describe_notification_configurations
    first = describe(MaxRecords=1)
    rest = describe(MaxRecords=1, NextToken=first["NextToken"])
    shown = first["NotificationConfigurations"] + rest["NotificationConfigurations"]
    assert [one["NotificationType"] for one in shown] == [launch, end]
    assert shown[0] == {**NAMED, "TopicARN": topic, "NotificationType": launch}
    assert describe(AutoScalingGroupNames=["other"])["NotificationConfigurations"] == []
    for wrong in ({"TopicARN": "ops", "NotificationTypes": [end]},
                  {"TopicARN": topic, "NotificationTypes": ["autoscaling:RAIN"]}):  # fmt: skip
        assert refusal(put, **NAMED, **wrong)[0] == "ValidationError"
    autoscaling.delete_notification_configuration(**NAMED, TopicARN=topic)
    assert describe()["NotificationConfigurations"] == []
    gone = refusal(autoscaling.delete_notification_configuration, **NAMED, TopicARN=topic)
    assert gone[0] == "ValidationError"
