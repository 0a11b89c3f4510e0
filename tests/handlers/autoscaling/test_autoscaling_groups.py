"""Groups: their whole life, and the members that follow it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from models import costs
from tests.fixtures.server import Cloud
from tests.handlers.autoscaling.conftest import GROUP, ids
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.ec2.launching import IMAGE

Make = Callable[..., str]
Show = Callable[..., dict[str, Any]]

MEMBERS = """select i.* from instances i join autoscaling_groups g on g.id = i.autoscaling_group_id
 where g.account_id = $1 and g.name = $2 and i.state <> 'terminated' order by i.instance_id"""


def test_a_group_is_made_with_its_members(
    cloud: Cloud, autoscaling: Any, template: str, make_group: Make, shown: Show, sql: Sql
) -> None:
    tags = [
        {"Key": "env", "Value": "prod", "PropagateAtLaunch": True},
        {"Key": "owner", "Value": "anna", "PropagateAtLaunch": False},
    ]
    make_group(Tags=tags)
    group = shown()
    [row] = sql("select * from autoscaling_groups where account_id = $1", cloud.account.id)
    number = cloud.account.number
    assert row["arn"] == group["AutoScalingGroupARN"]
    assert row["arn"] == (
        f"arn:aws:autoscaling:us-east-1:{number}:autoScalingGroup:{row['id']}"
        ":autoScalingGroupName/web"
    )
    assert (row["min_size"], row["max_size"], row["desired_capacity"]) == (1, 5, 2)
    assert (row["instance_type"], row["env"]) == ("m5.large", "prod")
    assert row["tags"] == {"env": "prod", "owner": "anna"}
    assert row["propagated_tag_keys"] == ["env"]
    assert group["LaunchTemplate"] == {
        "LaunchTemplateId": template, "LaunchTemplateName": "web", "Version": "1",
    }  # fmt: skip
    assert group["Tags"] == [{"ResourceId": "web", "ResourceType": "auto-scaling-group", **tag}
                             for tag in tags]  # fmt: skip
    assert (group["DefaultCooldown"], group["HealthCheckType"]) == (300, "EC2")
    assert group["VPCZoneIdentifier"] == ""
    members = sql(MEMBERS, cloud.account.id, GROUP)
    assert ids(group) == {one["instance_id"] for one in members}
    assert {one["availability_zone"] for one in members} == {"us-east-1a", "us-east-1b"}
    for one in members:
        assert (one["instance_type"], one["image_id"], one["state"]) == ("m5.large", IMAGE,
                                                                         "running")  # fmt: skip
        assert one["hourly_cost"] == costs.instance_hourly("m5.large") == Decimal("0.096")
        assert one["tags"] == {
            "from": "template",
            "env": "prod",
            "aws:autoscaling:groupName": "web",
            "aws:ec2launchtemplate:id": template,
            "aws:ec2launchtemplate:version": "1",
        }
        assert one["env"] == "prod"
    for one in group["Instances"]:
        assert one["LifecycleState"] == "InService"
        assert one["HealthStatus"] == "Healthy"
        assert one["ProtectedFromScaleIn"] is False
        assert one["LaunchTemplate"]["LaunchTemplateName"] == "web"
    volumes = sql(
        "select * from volumes where attached_instance_id = any($1::text[])", list(ids(group))
    )
    assert len(volumes) == 2
    assert {one["delete_on_termination"] for one in volumes} == {True}


def test_names_are_unique_in_a_region(cloud: Cloud, autoscaling: Any, make_group: Make) -> None:
    make_group()
    code, message = refusal(make_group)
    assert code == "AlreadyExists"
    assert message == (
        "AutoScalingGroup by this name already exists - A group with the name web already exists"
    )
    west = cloud.client("autoscaling", "us-west-2")
    assert west.describe_auto_scaling_groups()["AutoScalingGroups"] == []


def test_desired_capacity_brings_and_takes_members(
    cloud: Cloud, autoscaling: Any, make_group: Make, shown: Show, sql: Sql
) -> None:
    make_group()
    first = ids(shown())
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=5)
    more = ids(shown())
    assert first < more
    assert len(more) == 5
    assert len(sql(MEMBERS, cloud.account.id, GROUP)) == 5
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=1)
    [left] = sql(MEMBERS, cloud.account.id, GROUP)
    assert ids(shown()) == {left["instance_id"]}
    gone = sql(
        "select * from instances where instance_id = any($1::text[]) and state = 'terminated'",
        list(more),
    )
    assert len(gone) == 4
    events = sql(
        "select field_name, old_value, new_value from resource_change_events e"
        " where account_id = $1 and resource_type = 'autoscaling_group'"
        " and field_name = 'desired_capacity' order by changed_at",
        cloud.account.id,
    )
    assert [(one["old_value"], one["new_value"]) for one in events] == [("2", "5"), ("5", "1")]
    code, message = refusal(
        autoscaling.set_desired_capacity, AutoScalingGroupName=GROUP, DesiredCapacity=6
    )
    assert (code, message) == (
        "ValidationError",
        "New SetDesiredCapacity value 6 is above max value 5 for the AutoScalingGroup.",
    )
    _, message = refusal(
        autoscaling.set_desired_capacity, AutoScalingGroupName=GROUP, DesiredCapacity=0
    )
    assert (
        message == "New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup."
    )


def test_the_cooldown_is_honoured_when_asked(autoscaling: Any, make_group: Make) -> None:
    make_group()
    autoscaling.set_desired_capacity(
        AutoScalingGroupName=GROUP, DesiredCapacity=3, HonorCooldown=True
    )
    code, message = refusal(
        autoscaling.set_desired_capacity, AutoScalingGroupName=GROUP, DesiredCapacity=4,
        HonorCooldown=True,
    )  # fmt: skip
    assert code == "ScalingActivityInProgress"
    assert message.endswith("is in progress and blocks this action")
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=4)
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, DefaultCooldown=0)
    autoscaling.set_desired_capacity(
        AutoScalingGroupName=GROUP, DesiredCapacity=5, HonorCooldown=True
    )


def test_an_update_keeps_the_capacity_within_bounds(
    cloud: Cloud, autoscaling: Any, make_group: Make, shown: Show
) -> None:
    make_group()
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=3)
    assert (shown()["DesiredCapacity"], len(shown()["Instances"])) == (3, 3)
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=0, MaxSize=0)
    assert (shown()["DesiredCapacity"], shown()["Instances"]) == (0, [])
    for wrong, told in (
        ({"MinSize": 2}, "Max bound, 0, must be greater than or equal to min bound, 2"),
        (
            {"DesiredCapacity": 7},
            "Desired capacity:7 must be between the specified min size:0 and max size:0",
        ),
        ({"LaunchConfigurationName": "x"},
         "Launch configuration name not found - Launch configuration x not found"),
        ({"VPCZoneIdentifier": "subnet-0123456789abcdef0"},
         "The subnet ID 'subnet-0123456789abcdef0' does not exist"),
    ):  # fmt: skip
        found = refusal(autoscaling.update_auto_scaling_group, AutoScalingGroupName=GROUP, **wrong)
        assert found == ("ValidationError", told)


def test_options_are_kept(autoscaling: Any, make_group: Make, shown: Show, sql: Sql) -> None:
    make_group(HealthCheckGracePeriod=60, NewInstancesProtectedFromScaleIn=True,
               MaxInstanceLifetime=604800)  # fmt: skip
    autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=GROUP, HealthCheckType="ELB", TerminationPolicies=["OldestInstance"],
        DefaultInstanceWarmup=30, CapacityRebalance=True,
    )  # fmt: skip
    group = shown()
    assert (group["HealthCheckType"], group["HealthCheckGracePeriod"]) == ("ELB", 60)
    assert (group["MaxInstanceLifetime"], group["DefaultInstanceWarmup"]) == (604800, 30)
    assert group["TerminationPolicies"] == ["OldestInstance"]
    assert group["CapacityRebalance"] is True
    assert {one["ProtectedFromScaleIn"] for one in group["Instances"]} == {True}
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=1)
    assert len(shown()["Instances"]) == 2  # all are protected


def test_deleting(cloud: Cloud, autoscaling: Any, make_group: Make, sql: Sql) -> None:
    make_group()
    code, message = refusal(autoscaling.delete_auto_scaling_group, AutoScalingGroupName=GROUP)
    assert (code, message) == (
        "ResourceInUse",
        "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance"
        " request(s) still in the group.",
    )
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName=GROUP, ForceDelete=True)
    assert not sql("select 1 from autoscaling_groups where account_id = $1", cloud.account.id)
    assert not sql(
        "select 1 from instances where account_id = $1 and state <> 'terminated'", cloud.account.id
    )
    assert not sql("select 1 from volumes where account_id = $1", cloud.account.id)
    activities = autoscaling.describe_scaling_activities(
        AutoScalingGroupName=GROUP, IncludeDeletedGroups=True
    )["Activities"]
    assert len(activities) == 4
    assert {one["AutoScalingGroupState"] for one in activities} == {"Deleted"}
    make_group(MinSize=0, DesiredCapacity=0)
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName=GROUP)
    assert autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []


def test_an_activity_in_progress_blocks_deletion(
    cloud: Cloud, autoscaling: Any, make_group: Make, shown: Show, sql: Sql,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(cloud.running.server.settings, "transition_seconds", 60.0)
    make_group()
    assert {one["LifecycleState"] for one in shown()["Instances"]} == {"Pending"}
    [row, _] = sql(MEMBERS, cloud.account.id, GROUP)
    assert (row["state"], row["settled_state"]) == ("pending", "running")
    activities = autoscaling.describe_scaling_activities(AutoScalingGroupName=GROUP)["Activities"]
    assert {one["StatusCode"] for one in activities} == {"InProgress"}
    assert "EndTime" not in activities[0]
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=0, DesiredCapacity=0)
    code, message = refusal(autoscaling.delete_auto_scaling_group, AutoScalingGroupName=GROUP)
    assert (code, message) == (
        "ScalingActivityInProgress",
        "You cannot delete an AutoScalingGroup while there are scaling activities in progress for"
        " that group.",
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"AvailabilityZones": []}, "At least one Availability Zone or VPC Subnet is required."),
        ({"AvailabilityZones": ["us-east-1z"]}, "Invalid availability zones: [us-east-1z]"),
        ({"MinSize": 6}, "Max bound, 5, must be greater than or equal to min bound, 6"),
        ({"DesiredCapacity": 9},
         "Desired capacity:9 must be between the specified min size:1 and max size:5"),
        ({"LaunchTemplate": {"LaunchTemplateName": "nobody"}},
         "You must use a valid fully-formed launch template. The specified launch template, with"
         " template name nobody, does not exist."),
        ({"LaunchTemplate": {"LaunchTemplateName": "web", "Version": "7"}}, None),
        ({"LaunchConfigurationName": "nobody"},
         "Launch configuration name not found - Launch configuration nobody not found"),
        ({"TerminationPolicies": ["Whoever"]}, None),
        ({"Tags": [{"Key": "aws:x", "Value": "y"}]}, None),
        ({"VPCZoneIdentifier": "subnet-0123456789abcdef0", "AvailabilityZones": []},
         "The subnet ID 'subnet-0123456789abcdef0' does not exist"),
    ],
)  # fmt: skip
def test_refusals(
    cloud: Cloud, make_group: Make, sql: Sql, wrong: dict[str, Any], told: str | None
) -> None:
    code, message = refusal(make_group, **wrong)
    assert code == "ValidationError"
    assert told is None or message == told
    assert not sql("select 1 from autoscaling_groups where account_id = $1", cloud.account.id)
    assert not sql("select 1 from instances where account_id = $1", cloud.account.id)


def test_unknown_names(autoscaling: Any) -> None:
    told = (
        "ValidationError",
        "AutoScalingGroup name not found - AutoScalingGroup nobody not found",
    )
    given = {"AutoScalingGroupName": "nobody"}
    assert refusal(autoscaling.update_auto_scaling_group, **given, MinSize=1) == told
    assert refusal(autoscaling.set_desired_capacity, **given, DesiredCapacity=1) == told
    assert refusal(autoscaling.delete_auto_scaling_group, **given) == told
    assert refusal(autoscaling.suspend_processes, **given) == told
    assert refusal(autoscaling.describe_instance_refreshes, **given) == told
    assert refusal(autoscaling.describe_scaling_activities, **given) == told
    found = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["nobody"])
    assert found["AutoScalingGroups"] == []


def test_pages_and_filters(autoscaling: Any, make_group: Make) -> None:
    for number in range(3):
        make_group(
            f"group-{number}", MinSize=0, DesiredCapacity=0,
            Tags=[{"Key": "team", "Value": f"t{number}", "PropagateAtLaunch": False}],
        )  # fmt: skip
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = autoscaling.describe_auto_scaling_groups(MaxRecords=2, **token)
        seen += [one["AutoScalingGroupName"] for one in answer["AutoScalingGroups"]]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert seen == ["group-0", "group-1", "group-2"]
    paginator = autoscaling.get_paginator("describe_auto_scaling_groups")
    pages = paginator.paginate(PaginationConfig={"PageSize": 1})
    assert sum(len(one["AutoScalingGroups"]) for one in pages) == 3

    def filtered(name: str, *values: str) -> list[str]:
        answer = autoscaling.describe_auto_scaling_groups(
            Filters=[{"Name": name, "Values": list(values)}]
        )
        return [one["AutoScalingGroupName"] for one in answer["AutoScalingGroups"]]

    assert filtered("tag:team", "t1", "t2") == ["group-1", "group-2"]
    assert filtered("tag-key", "team") == ["group-0", "group-1", "group-2"]
    assert filtered("tag-value", "t0") == ["group-0"]
    assert refusal(
        autoscaling.describe_auto_scaling_groups, Filters=[{"Name": "colour", "Values": ["red"]}]
    )[0] == "ValidationError"  # fmt: skip
    assert refusal(autoscaling.describe_auto_scaling_groups, NextToken="x")[0] == "InvalidNextToken"
    _, message = refusal(autoscaling.describe_auto_scaling_groups, MaxRecords=101)
    assert message.startswith("1 validation error detected: Value '101' at 'maxRecords' failed")


def test_isolation(
    cloud: Cloud, other_cloud: Cloud, autoscaling: Any, make_group: Make, shown: Show
) -> None:
    make_group()
    other = other_cloud.client("autoscaling")
    assert other.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert other.describe_auto_scaling_instances()["AutoScalingInstances"] == []
    assert other.describe_tags()["Tags"] == []
    for call in (other, cloud.client("autoscaling", "us-west-2")):
        code, _ = refusal(call.delete_auto_scaling_group, AutoScalingGroupName=GROUP)
        assert code == "ValidationError"
    member = next(iter(ids(shown())))
    code, message = refusal(
        other.terminate_instance_in_auto_scaling_group, InstanceId=member,
        ShouldDecrementDesiredCapacity=False,
    )  # fmt: skip
    assert (code, message) == (
        "ValidationError",
        f"Instance Id not found - No managed instance found for instance ID: {member}",
    )


def test_a_key_that_may_only_read(cloud: Cloud, make_group: Make) -> None:
    make_group()
    reader = cloud.with_scopes("read:*").client("autoscaling")
    assert len(reader.describe_auto_scaling_groups()["AutoScalingGroups"]) == 1
    code, _ = refusal(reader.set_desired_capacity, AutoScalingGroupName=GROUP, DesiredCapacity=1)
    assert code == "AccessDenied"
