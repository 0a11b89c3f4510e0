"""Tests of targets: registered, healthy as their machines are, and counted."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.elbv2.conftest import Site

COUNTS = "SELECT target_count, healthy_count FROM load_balancers WHERE lb_arn = $1"


def counts(running: RunningServer, balancer: str) -> tuple[int, int]:
    row = running.rows(COUNTS, balancer)[0]
    return row["target_count"], row["healthy_count"]


def test_health_follows_the_machine(site: Site, cloud: Cloud) -> None:
    balancer, group = site.balancer(), site.group()
    first, second = site.machines(2)
    site.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": first}, {"Id": second}])
    assert site.health(group)[first] == ("unused", "Target.NotInUse")
    assert counts(cloud.running, balancer) == (0, 0)

    site.listener(balancer, group)
    assert site.health(group) == {first: ("healthy", None), second: ("healthy", None)}
    assert counts(cloud.running, balancer) == (2, 2)

    site.ec2.stop_instances(InstanceIds=[first])
    assert site.health(group)[first] == ("unused", "Target.InvalidState")
    assert counts(cloud.running, balancer) == (2, 1)

    site.ec2.start_instances(InstanceIds=[first])
    site.ec2.terminate_instances(InstanceIds=[second])
    assert site.health(group) == {first: ("healthy", None)}
    assert counts(cloud.running, balancer) == (1, 1)

    site.elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": first}])
    assert site.health(group) == {}
    assert counts(cloud.running, balancer) == (0, 0)


def test_targets_are_shown_with_their_ports(site: Site) -> None:
    group = site.group(Port=8080)
    (machine,) = site.machines()
    site.elbv2.register_targets(
        TargetGroupArn=group, Targets=[{"Id": machine}, {"Id": machine, "Port": 9090}]
    )
    found = site.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [(one["Target"], one["HealthCheckPort"]) for one in found] == [
        ({"Id": machine, "Port": 8080}, "8080"),
        ({"Id": machine, "Port": 9090}, "9090"),
    ]
    site.elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": machine, "Port": 9090}])
    asked = [{"Id": machine, "Port": 9090}, {"Id": machine}]
    found = site.elbv2.describe_target_health(TargetGroupArn=group, Targets=asked)
    reasons = [one["TargetHealth"]["Reason"] for one in found["TargetHealthDescriptions"]]
    assert reasons == ["Target.NotRegistered", "Target.NotInUse"]


def test_a_zone_without_the_balancer_is_not_used(site: Site, cloud: Cloud) -> None:
    balancer, group = site.balancer(), site.group()
    site.listener(balancer, group)
    (machine,) = site.machines(at=3)
    site.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": machine}])
    assert site.health(group) == {machine: ("unused", "Target.NotInUse")}
    assert counts(cloud.running, balancer) == (1, 0)
    site.elbv2.set_subnets(LoadBalancerArn=balancer, Subnets=site.subnets[2:4])
    assert site.health(group) == {machine: ("healthy", None)}
    assert counts(cloud.running, balancer) == (1, 1)


def test_what_cannot_be_registered(site: Site) -> None:
    group = site.group()
    (machine,) = site.machines()
    site.ec2.stop_instances(InstanceIds=[machine])
    other_vpc = site.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    elsewhere = site.group("elsewhere", VpcId=other_vpc)
    (running,) = site.machines()
    for target, arn, code, words in (
        ("absent", group, "ValidationError", "Instance ID 'absent' is not valid"),
        ("i-0123456789abcdef0", group, "InvalidTarget", "'i-0123456789abcdef0'"),
        (machine, group, "InvalidTarget", "not in a running state"),
        (running, elsewhere, "InvalidTarget", f"not in the target group VPC '{other_vpc}'"),
    ):
        with pytest.raises(ClientError, match=words) as caught:
            site.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": target}])
        assert caught.value.response["Error"]["Code"] == code


def test_addresses(site: Site, cloud: Cloud) -> None:
    balancer, group = site.balancer(), site.group(TargetType="ip")
    site.listener(balancer, group)
    (machine,) = site.machines()
    address = site.ec2.describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"][0][
        "PrivateIpAddress"
    ]
    site.elbv2.register_targets(
        TargetGroupArn=group,
        Targets=[{"Id": address}, {"Id": "10.200.0.7", "AvailabilityZone": "all"}],
    )
    found = site.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert {one["Target"]["Id"]: one["Target"]["AvailabilityZone"] for one in found} == {
        address: site.zones[0],
        "10.200.0.7": "all",
    }
    assert counts(cloud.running, balancer) == (2, 2)
    site.ec2.stop_instances(InstanceIds=[machine])
    assert site.health(group)[address] == ("unhealthy", "Target.Timeout")
    assert counts(cloud.running, balancer) == (2, 1)
    for wrong, words in (("10.200.0.8", "'all'"), ("8.8.8.8", "publicly routable"), ("x", "IPv4")):
        with pytest.raises(ClientError, match=words):
            site.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": wrong}])


def test_members_of_a_group_register_themselves(site: Site, cloud: Cloud) -> None:
    balancer, group = site.balancer(), site.group()
    site.listener(balancer, group)
    image = site.ec2.describe_images(
        Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}]
    )["Images"][0]["ImageId"]
    site.ec2.create_launch_template(
        LaunchTemplateName="fleet",
        LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro"},
    )
    autoscaling: Any = cloud.client("autoscaling")
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="fleet", MinSize=1, MaxSize=4, DesiredCapacity=2,
        LaunchTemplate={"LaunchTemplateName": "fleet"}, TargetGroupARNs=[group],
        VPCZoneIdentifier=",".join(site.subnets[:2]),
    )  # fmt: skip
    assert list(site.health(group).values()) == [("healthy", None)] * 2
    assert counts(cloud.running, balancer) == (2, 2)

    autoscaling.set_desired_capacity(AutoScalingGroupName="fleet", DesiredCapacity=3)
    assert counts(cloud.running, balancer) == (3, 3)
    member = next(iter(site.health(group)))
    autoscaling.enter_standby(
        AutoScalingGroupName="fleet", InstanceIds=[member], ShouldDecrementDesiredCapacity=True
    )
    assert member not in site.health(group)
    autoscaling.exit_standby(AutoScalingGroupName="fleet", InstanceIds=[member])
    assert member in site.health(group)

    autoscaling.detach_load_balancer_target_groups(
        AutoScalingGroupName="fleet", TargetGroupARNs=[group]
    )
    assert site.health(group) == {}
    assert counts(cloud.running, balancer) == (0, 0)
    autoscaling.attach_load_balancer_target_groups(
        AutoScalingGroupName="fleet", TargetGroupARNs=[group]
    )
    assert counts(cloud.running, balancer) == (3, 3)
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="fleet", ForceDelete=True)
    assert counts(cloud.running, balancer) == (0, 0)
