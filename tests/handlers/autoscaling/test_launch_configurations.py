"""Launch configurations: made, shown, launched from, deleted."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.autoscaling.conftest import ids
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.ec2.launching import IMAGE, launch_one

Make = Callable[..., str]
Show = Callable[..., dict[str, Any]]


def make(autoscaling: Any, name: str = "conf", **more: Any) -> None:
    autoscaling.create_launch_configuration(
        LaunchConfigurationName=name, **({"ImageId": IMAGE, "InstanceType": "t3.large"} | more)
    )


def test_their_life(
    cloud: Cloud, autoscaling: Any, make_group: Make, shown: Show, sql: Sql
) -> None:
    make(
        autoscaling,
        IamInstanceProfile="web",
        InstanceMonitoring={"Enabled": False},
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 40, "VolumeType": "gp3"}}
        ],
    )
    [told] = autoscaling.describe_launch_configurations()["LaunchConfigurations"]
    [row] = sql("select * from launch_configurations where account_id = $1", cloud.account.id)
    assert told["LaunchConfigurationARN"] == row["arn"] == (
        f"arn:aws:autoscaling:us-east-1:{cloud.account.number}:launchConfiguration:{row['id']}"
        ":launchConfigurationName/conf"
    )  # fmt: skip
    assert (told["ImageId"], told["InstanceType"], told["KeyName"]) == (IMAGE, "t3.large", "")
    assert (told["SecurityGroups"], told["EbsOptimized"]) == ([], False)
    assert told["InstanceMonitoring"] == {"Enabled": False}
    code, message = refusal(make, autoscaling=autoscaling)
    assert code == "AlreadyExists"
    assert message.endswith("A launch configuration already exists with the name conf")
    make_group(LaunchConfigurationName="conf")
    group = shown()
    assert group["LaunchConfigurationName"] == "conf"
    assert "LaunchTemplate" not in group
    assert {one["LaunchConfigurationName"] for one in group["Instances"]} == {"conf"}
    [row] = sql("select * from autoscaling_groups where account_id = $1", cloud.account.id)
    assert (row["instance_type"], row["launch_configuration_name"]) == ("t3.large", "conf")
    volumes = sql(
        "select * from volumes where attached_instance_id = any($1::text[])", list(ids(group))
    )
    assert [(one["size_gib"], one["monthly_cost"]) for one in volumes] == [(40, Decimal("3.2"))] * 2
    members = sql("select * from instances where instance_id = any($1::text[])", list(ids(group)))
    profile = f"arn:aws:iam::{cloud.account.number}:instance-profile/web"
    assert {one["iam_instance_profile_arn"] for one in members} == {profile}
    assert refusal(autoscaling.delete_launch_configuration, LaunchConfigurationName="conf") == (
        "ResourceInUse",
        "Cannot delete launch configuration conf because it is attached to AutoScalingGroup web",
    )
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    autoscaling.delete_launch_configuration(LaunchConfigurationName="conf")
    assert autoscaling.describe_launch_configurations()["LaunchConfigurations"] == []
    assert refusal(autoscaling.delete_launch_configuration, LaunchConfigurationName="conf") == (
        "ValidationError",
        "Launch configuration name not found - Launch configuration conf not found",
    )


def test_of_an_instance(autoscaling: Any, ec2: Any, make_group: Make, shown: Show) -> None:
    instance_id = launch_one(ec2, InstanceType="c5.large")
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="copy", InstanceId=instance_id, InstanceType="c5.xlarge"
    )
    [told] = autoscaling.describe_launch_configurations()["LaunchConfigurations"]
    assert (told["ImageId"], told["InstanceType"]) == (IMAGE, "c5.xlarge")
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web", InstanceId=instance_id, MinSize=1, MaxSize=1,
        AvailabilityZones=["us-east-1a"],
    )  # fmt: skip
    group = shown()
    assert group["LaunchConfigurationName"] == "web"
    assert [one["InstanceType"] for one in group["Instances"]] == ["c5.large"]


def test_refusals(cloud: Cloud, autoscaling: Any, sql: Sql) -> None:
    for wrong in (
        {"ImageId": "ami-0123456789abcdef0"},
        {"InstanceType": "t9.huge"},
        {"KeyName": "nobody"},
    ):
        code, _ = refusal(make, autoscaling=autoscaling, **wrong)
        assert code == "ValidationError"
    code, _ = refusal(autoscaling.create_launch_configuration, LaunchConfigurationName="x")
    assert code == "ValidationError"
    assert not sql("select 1 from launch_configurations where account_id = $1", cloud.account.id)
    found = autoscaling.describe_launch_configurations(LaunchConfigurationNames=["nobody"])
    assert found["LaunchConfigurations"] == []
