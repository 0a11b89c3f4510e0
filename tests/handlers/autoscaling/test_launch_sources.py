"""What groups launch from, and where: templates, mixtures, subnets."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from models import networks
from tests.fixtures.server import Cloud
from tests.handlers.autoscaling.conftest import GROUP
from tests.handlers.autoscaling.test_autoscaling_groups import MEMBERS
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.ec2.launching import IMAGE

Make = Callable[..., str]
Show = Callable[..., dict[str, Any]]


def test_a_template_that_cannot_be_launched(ec2: Any, autoscaling: Any, make_group: Make) -> None:
    for name, data, told in (
        ("bare", {"InstanceType": "t3.micro"},
         "The request must contain the parameter ImageId"),
        ("gone", {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.micro"},
         "The image id '[ami-0123456789abcdef0]' does not exist"),
        ("keyless", {"ImageId": IMAGE, "InstanceType": "t3.micro", "KeyName": "nobody"},
         "The key pair 'nobody' does not exist"),
    ):  # fmt: skip
        ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
        code, message = refusal(make_group, LaunchTemplate={"LaunchTemplateName": name})
        assert code == "ValidationError"
        assert message == f"You must use a valid fully-formed launch template. {told}"


def test_the_type_follows_the_template(
    cloud: Cloud, ec2: Any, autoscaling: Any, template: str, make_group: Make, shown: Show, sql: Sql
) -> None:
    latest = {"LaunchTemplateId": template, "Version": "$Latest"}
    make_group(LaunchTemplate=latest)
    make_group("fixed")
    make_group("default", LaunchTemplate={"LaunchTemplateId": template})
    types = "select name, instance_type from autoscaling_groups where account_id = $1 order by name"

    def told() -> dict[str, str]:
        return {row["name"]: row["instance_type"] for row in sql(types, cloud.account.id)}

    assert told() == dict.fromkeys(("default", "fixed", "web"), "m5.large")
    ec2.create_launch_template_version(
        LaunchTemplateId=template, SourceVersion="1",
        LaunchTemplateData={"InstanceType": "m5.xlarge"},
    )  # fmt: skip
    assert told() == {"default": "m5.large", "fixed": "m5.large", "web": "m5.xlarge"}
    ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")
    assert told()["default"] == "m5.xlarge"
    autoscaling.update_auto_scaling_group(
        AutoScalingGroupName="fixed",
        LaunchTemplate={"LaunchTemplateName": "web", "Version": "2"},
    )
    assert told()["fixed"] == "m5.xlarge"
    autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=3)
    kinds = sorted(one["InstanceType"] for one in shown()["Instances"])
    assert kinds == ["m5.large", "m5.large", "m5.xlarge"]
    costs_now = sorted(one["hourly_cost"] for one in sql(MEMBERS, cloud.account.id, "web"))
    assert costs_now == [Decimal("0.0960"), Decimal("0.0960"), Decimal("0.1920")]
    # The outdated ones go first.
    autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)


def test_members_are_as_the_template_asks(
    ec2: Any, autoscaling: Any, make_group: Make, shown: Show
) -> None:
    ec2.create_launch_template(
        LaunchTemplateName="asks",
        LaunchTemplateData={
            "ImageId": IMAGE, "InstanceType": "t3.micro", "UserData": "IyE=",
            "CreditSpecification": {"CpuCredits": "standard"}, "DisableApiStop": True,
            "InstanceInitiatedShutdownBehavior": "terminate", "Monitoring": {"Enabled": True},
            "HibernationOptions": {"Configured": True},
        },
    )  # fmt: skip
    make_group(LaunchTemplate={"LaunchTemplateName": "asks"}, DesiredCapacity=1)
    [member] = [one["InstanceId"] for one in shown()["Instances"]]
    [credits] = ec2.describe_instance_credit_specifications(InstanceIds=[member])[
        "InstanceCreditSpecifications"
    ]
    assert credits["CpuCredits"] == "standard"
    for name, value in (
        ("disableApiStop", {"Value": True}),
        ("instanceInitiatedShutdownBehavior", {"Value": "terminate"}),
        ("userData", {"Value": "IyE="}),
    ):
        told = ec2.describe_instance_attribute(InstanceId=member, Attribute=name)
        assert told[name[0].upper() + name[1:]] == value
    [one] = ec2.describe_instances(InstanceIds=[member])["Reservations"][0]["Instances"]
    assert one["HibernationOptions"] == {"Configured": True}
    assert one["Monitoring"] == {"State": "enabled"}
    # who may not be stopped by hand goes with the group all the same
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName=GROUP, ForceDelete=True)
    [state] = ec2.describe_instances(InstanceIds=[member])["Reservations"][0]["Instances"]
    assert state["State"]["Name"] == "terminated"
    mixture = {"LaunchTemplate": {
        "LaunchTemplateSpecification": {"LaunchTemplateName": "asks"},
        "Overrides": [{"InstanceType": "m5.large"}],
    }}  # fmt: skip
    make_group("mixed", MixedInstancesPolicy=mixture, DesiredCapacity=1)
    [other] = [one["InstanceId"] for one in shown("mixed")["Instances"]]
    assert other != member


def test_subnets_of_ones_own(
    cloud: Cloud, autoscaling: Any, make_group: Make, shown: Show, sql: Sql
) -> None:
    subnets = [networks.default_subnet_id(cloud.account.number, f"us-east-1{one}") for one in "bc"]
    make_group(VPCZoneIdentifier=",".join(subnets), AvailabilityZones=[], DesiredCapacity=4)
    group = shown()
    assert group["VPCZoneIdentifier"] == ",".join(subnets)
    assert group["AvailabilityZones"] == ["us-east-1b", "us-east-1c"]
    placed = [one["subnet_id"] for one in sql(MEMBERS, cloud.account.id, GROUP)]
    assert sorted(placed) == sorted(subnets * 2)


def test_a_mixture(
    ec2: Any, autoscaling: Any, template: str, make_group: Make, shown: Show
) -> None:
    make_group(MixedInstancesPolicy={"LaunchTemplate": {
        "LaunchTemplateSpecification": {"LaunchTemplateId": template, "Version": "1"},
        "Overrides": [{"InstanceType": "m5.xlarge"}, {"InstanceType": "m5.large"}],
    }})  # fmt: skip
    group = shown()
    assert "LaunchTemplate" not in group
    policy = group["MixedInstancesPolicy"]
    assert policy["LaunchTemplate"]["LaunchTemplateSpecification"]["LaunchTemplateName"] == "web"
    assert policy["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] == 100
    assert {one["InstanceType"] for one in group["Instances"]} == {"m5.xlarge"}
