"""What tests of Auto Scaling ask for: its client, a template, and groups of it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.launching import IMAGE

GROUP = "web"


@pytest.fixture
def autoscaling(cloud: Cloud) -> Any:
    """A boto3 client of Auto Scaling in us-east-1."""
    return cloud.client("autoscaling")


@pytest.fixture
def template(ec2: Any) -> str:
    """A launch template of m5.large machines; its id."""
    made = ec2.create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={
            "ImageId": IMAGE,
            "InstanceType": "m5.large",
            "TagSpecifications": [
                {"ResourceType": "instance", "Tags": [{"Key": "from", "Value": "template"}]}
            ],
        },
    )
    template_id: str = made["LaunchTemplate"]["LaunchTemplateId"]
    return template_id


@pytest.fixture
def make_group(autoscaling: Any, template: str) -> Callable[..., str]:
    """Makes a group of two to five m5.large in the default subnets; its name."""

    def make(name: str = GROUP, **more: Any) -> str:
        given = {
            "MinSize": 1,
            "MaxSize": 5,
            "DesiredCapacity": 2,
            "LaunchTemplate": {"LaunchTemplateId": template, "Version": "1"},
            "AvailabilityZones": ["us-east-1a", "us-east-1b"],
        } | more
        if "LaunchConfigurationName" in more or "MixedInstancesPolicy" in more:
            del given["LaunchTemplate"]
        autoscaling.create_auto_scaling_group(AutoScalingGroupName=name, **given)
        return name

    return make


@pytest.fixture
def shown(autoscaling: Any) -> Callable[..., dict[str, Any]]:
    """What DescribeAutoScalingGroups tells of one group."""

    def show(name: str = GROUP) -> dict[str, Any]:
        answer = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        [group] = answer["AutoScalingGroups"]
        found: dict[str, Any] = group
        return found

    return show


def ids(group: dict[str, Any]) -> set[str]:
    """The ids of a group's members."""
    return {one["InstanceId"] for one in group["Instances"]}
