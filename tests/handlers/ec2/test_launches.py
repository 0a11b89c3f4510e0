"""RunInstances: what stands in the database afterwards, and what is refused."""

import ipaddress
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from models import costs, discounts, launches, networks, public_images
from tests.fixtures.server import Cloud
from tests.handlers.ec2.launching import (
    ARM_IMAGE,
    IMAGE,
    WINDOWS_IMAGE,
    launch,
    launch_one,
    refused,
    tagged,
)

Sql = Callable[..., list[dict[str, Any]]]


def refused_launch(ec2: Any, **more: Any) -> tuple[str, str]:
    given = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    return refused(ec2.run_instances, **(given | more))


def test_a_launch_is_stored_with_its_cost(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    answer = ec2.run_instances(
        ImageId=IMAGE,
        InstanceType="m5.large",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[
            tagged("instance", Name="web-1", env="prod"),
            tagged("volume", disk="root"),
        ],
    )
    [shown] = answer["Instances"]
    assert answer["OwnerId"] == cloud.account.number
    assert shown["State"] == {"Code": 0, "Name": "pending"}
    assert shown["StateReason"] == {"Code": "pending", "Message": "pending"}
    assert shown["BlockDeviceMappings"] == []
    [row] = sql("select * from instances where instance_id = $1", shown["InstanceId"])
    assert row["state"] == "running"
    assert (row["name"], row["env"]) == ("web-1", "prod")
    assert row["hourly_cost"] == costs.instance_hourly("m5.large") == Decimal("0.0960")
    assert row["reservation_id"] == answer["ReservationId"]
    assert row["tags"] == {"Name": "web-1", "env": "prod"}
    assert shown["PrivateIpAddress"] == row["private_ip_address"]
    [volume] = sql("select * from volumes where attached_instance_id = $1", shown["InstanceId"])
    assert (volume["size_gib"], volume["volume_type"], volume["iops"]) == (8, "gp3", 3000)
    assert volume["monthly_cost"] == Decimal("0.6400")
    assert (volume["attach_device"], volume["delete_on_termination"]) == ("/dev/xvda", True)
    assert volume["tags"] == {"disk": "root"}
    assert volume["availability_zone"] == row["availability_zone"]


def test_the_default_network(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    [row] = sql("select * from instances where instance_id = $1", launch_one(ec2))
    number = cloud.account.number
    assert row["vpc_id"] == networks.default_vpc_id(number, "us-east-1")
    assert row["subnet_id"] == networks.default_subnet_id(number, row["availability_zone"])
    assert row["security_group_ids"] == [networks.default_security_group_id(number, "us-east-1")]
    assert row["public_ip_address"].startswith("3.")
    [subnet] = sql("select * from subnets where subnet_id = $1", row["subnet_id"])
    block = ipaddress.ip_network(subnet["cidr_block"])
    assert ipaddress.ip_address(row["private_ip_address"]) in block


def test_described_right_after(ec2: Any) -> None:
    instance_id = launch_one(ec2, InstanceType="t3.small")
    [reservation] = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    [shown] = reservation["Instances"]
    assert shown["State"]["Name"] == "running"
    assert shown["InstanceType"] == "t3.small"
    assert [one["DeviceName"] for one in shown["BlockDeviceMappings"]] == ["/dev/xvda"]


def test_block_devices_of_image_and_request_are_joined(ec2: Any, sql: Sql) -> None:
    instance_id = launch_one(
        ec2,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 40, "Throughput": 250}},
            {
                "DeviceName": "/dev/sdf",
                "Ebs": {"VolumeSize": 100, "VolumeType": "io1", "Iops": 1000, "Encrypted": True},
            },
            {"DeviceName": "/dev/sdg", "NoDevice": ""},
            {"DeviceName": "/dev/sdh", "VirtualName": "ephemeral0"},
        ],
    )
    root, data = sql(
        "select * from volumes where attached_instance_id = $1 order by size_gib", instance_id
    )
    assert (root["size_gib"], root["throughput"], root["delete_on_termination"]) == (40, 250, True)
    assert root["monthly_cost"] == Decimal("40") * Decimal("0.08") + 125 * Decimal("0.04")
    assert (data["volume_type"], data["iops"], data["encrypted"]) == ("io1", 1000, True)
    assert data["delete_on_termination"] is False
    assert data["monthly_cost"] == costs.volume_monthly("io1", 100, iops=1000)


def test_options_are_kept(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    instance_id = launch_one(
        ec2,
        Monitoring={"Enabled": True},
        DisableApiTermination=True,
        DisableApiStop=True,
        InstanceInitiatedShutdownBehavior="terminate",
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        IamInstanceProfile={"Name": "web"},
        UserData="#!/bin/sh\n",
        EbsOptimized=True,
        CreditSpecification={"CpuCredits": "unlimited"},
    )
    [row] = sql("select * from instances where instance_id = $1", instance_id)
    assert (row["monitoring"], row["ebs_optimized"]) == ("enabled", True)
    assert (row["disable_api_termination"], row["disable_api_stop"]) == (True, True)
    assert row["shutdown_behavior"] == "terminate"
    assert row["metadata_options"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}
    number = cloud.account.number
    assert row["iam_instance_profile_arn"] == f"arn:aws:iam::{number}:instance-profile/web"
    assert row["user_data"] == "IyEvYmluL3NoCg=="


def test_what_an_instance_costs_follows_from_what_it_is(ec2: Any, sql: Sql) -> None:
    def hourly(**more: Any) -> Decimal:
        instance_id = launch_one(ec2, **more)
        [row] = sql("select hourly_cost from instances where instance_id = $1", instance_id)
        cost: Decimal = row["hourly_cost"]
        return cost

    linux = costs.instance_hourly("m5.large")
    assert hourly(InstanceType="m5.large", ImageId=WINDOWS_IMAGE) == linux + Decimal("0.092")
    assert hourly(
        InstanceType="m5.large", InstanceMarketOptions={"MarketType": "spot"}
    ) == discounts.spot_hourly(linux)
    assert hourly(
        InstanceType="m5.large", Placement={"Tenancy": "dedicated"}
    ) == costs.instance_hourly("m5.large", tenancy="dedicated")


def test_a_gpu_machine(ec2: Any, sql: Sql) -> None:
    instance_id = launch_one(ec2, InstanceType="g4dn.xlarge")
    [row] = sql("select * from instances where instance_id = $1", instance_id)
    assert (row["gpu_count"], row["has_gpu"]) == (1, True)
    assert row["gpu_hourly_cost"] == costs.gpu_hourly("g4dn.xlarge")


def test_the_default_type_and_an_image_by_parameter(ec2: Any, sql: Sql) -> None:
    parameter = public_images.line("al2023").parameter
    answer = ec2.run_instances(ImageId=f"resolve:ssm:{parameter}", MinCount=1, MaxCount=1)
    [shown] = answer["Instances"]
    assert (shown["InstanceType"], shown["ImageId"]) == ("m1.small", IMAGE)


# m1.small stands in every zone of us-east-1, the old one included.


def test_private_addresses(cloud: Cloud, ec2: Any) -> None:
    subnet_id = networks.default_subnet_id(cloud.account.number, "us-east-1a")
    there: dict[str, Any] = {"SubnetId": subnet_id, "InstanceType": "m1.small"}
    [one] = launch(ec2, **there, PrivateIpAddress="172.31.0.77")
    assert one["PrivateIpAddress"] == "172.31.0.77"
    again = refused_launch(ec2, **there, PrivateIpAddress="172.31.0.77")
    assert again == ("InvalidIPAddress.InUse", "Address 172.31.0.77 is in use.")
    outside = refused_launch(ec2, **there, PrivateIpAddress="10.0.0.7")
    assert outside[0] == "InvalidParameterValue"
    reserved = refused_launch(ec2, **there, PrivateIpAddress="172.31.0.2")
    assert reserved[1] == "Address 172.31.0.2 is in subnet's reserved address range"
    ec2.terminate_instances(InstanceIds=[one["InstanceId"]])
    [free] = launch(ec2, **there, PrivateIpAddress="172.31.0.77")
    assert free["PrivateIpAddress"] == "172.31.0.77"


def test_a_network_interface_stands_for_the_place(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    group = networks.default_security_group_id(cloud.account.number, "us-east-1")
    subnet_id = networks.default_subnet_id(cloud.account.number, "us-east-1b")
    interface = {
        "DeviceIndex": 0,
        "SubnetId": subnet_id,
        "Groups": [group],
        "AssociatePublicIpAddress": False,
    }
    [row] = sql(
        "select * from instances where instance_id = $1",
        launch_one(ec2, InstanceType="m1.small", NetworkInterfaces=[interface]),
    )
    assert (row["subnet_id"], row["public_ip_address"]) == (subnet_id, None)
    both = refused_launch(ec2, NetworkInterfaces=[interface], SubnetId=subnet_id)
    assert both[0] == "InvalidParameterCombination"


@pytest.mark.parametrize(
    ("wrong", "code", "message"),
    [
        ({"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound",
         "The image id '[ami-0123456789abcdef0]' does not exist"),
        ({"ImageId": "image"}, "InvalidAMIID.Malformed", None),
        ({"InstanceType": "t9.huge"}, "InvalidParameterValue", None),
        ({"KeyName": "nobody"}, "InvalidKeyPair.NotFound", "The key pair 'nobody' does not exist"),
        ({"SubnetId": "subnet-0123456789abcdef0"}, "InvalidSubnetID.NotFound",
         "The subnet ID 'subnet-0123456789abcdef0' does not exist"),
        ({"SecurityGroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound",
         "The security group 'sg-0123456789abcdef0' does not exist"),
        ({"SecurityGroups": ["nobody"]}, "InvalidGroup.NotFound", None),
        ({"ImageId": ARM_IMAGE}, "InvalidParameterValue",
         "The architecture 'x86_64' of the specified instance type does not match the"
         " architecture 'arm64' of the specified AMI. Specify an instance type and an AMI that"
         " have matching architectures, and try again. You can use 'describe-instance-types' or"
         " 'describe-images' to discover the architecture of the instance type or AMI."),
        ({"MinCount": 3, "MaxCount": 2}, "InvalidParameterCombination", None),
        ({"MinCount": 0}, "InvalidParameterValue", None),
        ({"MinCount": 2000, "MaxCount": 2000}, "InstanceLimitExceeded", None),
        ({"Placement": {"AvailabilityZone": "us-east-1z"}}, "InvalidParameterValue", None),
        ({"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 4}}]},
         "InvalidBlockDeviceMapping", None),
        ({"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "NoDevice": ""}]},
         "InvalidBlockDeviceMapping", None),
        ({"IamInstanceProfile": {"Arn": "arn:aws:iam::1:role/x"}}, "InvalidParameterValue",
         "Value (arn:aws:iam::1:role/x) for parameter iamInstanceProfile.arn is invalid."
         " Invalid IAM Instance Profile ARN"),
        ({"TagSpecifications": [tagged("snapshot", a="b")]}, "InvalidParameterValue", None),
        ({"HibernationOptions": {"Configured": True}}, "UnsupportedHibernationConfiguration", None),
        ({"LaunchTemplate": {"LaunchTemplateName": "nobody"}},
         "InvalidLaunchTemplateName.NotFoundException",
         "The specified launch template, with template name nobody, does not exist."),
    ],
)  # fmt: skip
def test_refusals(ec2: Any, wrong: dict[str, Any], code: str, message: str | None) -> None:
    found = refused_launch(ec2, **wrong)
    assert found[0] == code
    assert message is None or found[1] == message


def test_a_type_that_a_zone_lacks(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    from models import regions

    number = cloud.account.number
    [legacy] = [zone.name for zone in regions.zones("us-east-1", number) if zone.is_legacy]
    code, message = refused_launch(
        ec2, InstanceType="m6i.large", Placement={"AvailabilityZone": legacy}
    )
    assert code == "Unsupported"
    start = (
        f"Your requested instance type (m6i.large) is not supported in your requested Availability"
        f" Zone ({legacy}). Please retry your request by not specifying an Availability Zone or"
        " choosing us-east-1"
    )
    assert message.startswith(start)


def test_nothing_is_left_of_a_refused_or_dry_launch(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    code, _ = refused_launch(ec2, DryRun=True)
    assert code == "DryRunOperation"
    refused_launch(ec2, KeyName="nobody")
    assert not sql("select 1 from instances where account_id = $1", cloud.account.id)
    assert not sql("select 1 from volumes where account_id = $1", cloud.account.id)


def test_a_client_token_launches_once(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    first = launch(ec2, 2, ClientToken="once")
    again = launch(ec2, 2, ClientToken="once")
    assert [one["InstanceId"] for one in first] == [one["InstanceId"] for one in again]
    [found] = sql("select count(*) from instances where account_id = $1", cloud.account.id)
    assert found["count"] == 2
    other = refused_launch(ec2, ClientToken="once")
    assert other[0] == "IdempotentParameterMismatch"


def test_launches_at_once_share_no_address(cloud: Cloud, sql: Sql) -> None:
    subnet_id = networks.default_subnet_id(cloud.account.number, "us-east-1a")
    network_id = networks.default_vpc_id(cloud.account.number, "us-east-1")
    # A /26 has 59 addresses to give; nine launches of seven want 63.
    small = "subnet-" + subnet_id[-17:][::-1]
    cloud.running.rows(
        "insert into subnets (account_id, subnet_id, vpc_id, cidr_block, availability_zone)"
        " values ($1, $2, $3, '10.9.0.0/26', 'us-east-1a')",
        cloud.account.id, small, network_id,
    )  # fmt: skip

    def one(_: int) -> str | int:
        try:
            return len(launch(cloud.client("ec2"), 7, InstanceType="m1.small", SubnetId=small))
        except ClientError as error:
            code: str = error.response["Error"]["Code"]
            return code

    with ThreadPoolExecutor(9) as pool:
        launched = list(pool.map(one, range(9)))
    assert sorted(launched, key=str) == [*[7] * 8, "InsufficientFreeAddressesInSubnet"]
    rows = sql("select private_ip_address from instances where subnet_id = $1", small)
    assert len({row["private_ip_address"] for row in rows}) == len(rows) == 56
    rest = cloud.client("ec2").run_instances(
        ImageId=IMAGE, InstanceType="m1.small", MinCount=1, MaxCount=10, SubnetId=small
    )
    assert len(rest["Instances"]) == 3


def test_a_launch_template_is_the_base_of_a_launch(ec2: Any, sql: Sql) -> None:
    made = ec2.create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={
            "ImageId": IMAGE,
            "InstanceType": "m5.large",
            "MetadataOptions": {"HttpTokens": "required"},
            "BlockDeviceMappings": [
                {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30, "VolumeType": "gp2"}}
            ],
            "TagSpecifications": [tagged("instance", team="web", env="stage")],
        },
    )["LaunchTemplate"]
    answer = ec2.run_instances(
        LaunchTemplate={"LaunchTemplateName": "web"},
        InstanceType="m5.xlarge",
        TagSpecifications=[tagged("instance", env="prod")],
        MinCount=1,
        MaxCount=1,
    )
    instance_id = answer["Instances"][0]["InstanceId"]
    [row] = sql("select * from instances where instance_id = $1", instance_id)
    template_id = made["LaunchTemplateId"]
    assert row["instance_type"] == "m5.xlarge"
    assert row["metadata_options"] == {"HttpTokens": "required"}
    assert row["tags"] == {
        "team": "web",
        "env": "prod",
        "aws:ec2launchtemplate:id": template_id,
        "aws:ec2launchtemplate:version": "1",
    }
    assert (row["launch_template_id"], row["launch_template_version"]) == (template_id, "1")
    [volume] = sql("select * from volumes where attached_instance_id = $1", instance_id)
    assert (volume["size_gib"], volume["volume_type"], volume["iops"]) == (30, "gp2", 100)
    wrong = refused_launch(ec2, LaunchTemplate={"LaunchTemplateId": template_id, "Version": "7"})
    assert wrong == (
        "InvalidLaunchTemplateId.VersionNotFound",
        f"Could not find the specified version 7 for the launch template with ID {template_id}.",
    )


def test_no_account_sees_anothers_launch(ec2: Any, other_cloud: Cloud) -> None:
    instance_id = launch_one(ec2)
    code, _ = refused(other_cloud.client("ec2").describe_instances, InstanceIds=[instance_id])
    assert code == "InvalidInstanceID.NotFound"


@given(
    prefix=st.integers(20, 30),
    used=st.sets(st.integers(0, 4096), max_size=40),
    count=st.integers(0, 40),
    start=st.integers(0, 10_000),
)
@settings(max_examples=150, deadline=None)
def test_addresses_are_free_usable_and_different(
    prefix: int, used: set[int], count: int, start: int
) -> None:
    network = ipaddress.ip_network(f"10.0.0.0/{prefix}")
    in_use = {str(network[n % network.num_addresses]) for n in used}
    found = launches.addresses(str(network), in_use, count, lambda room: start % room)
    usable = {str(network[n]) for n in range(4, network.num_addresses - 1)}
    assert len(set(found)) == len(found)
    assert set(found) <= usable - in_use
    assert len(found) == min(count, len(usable - in_use))


def test_a_launch_that_takes_its_time(
    cloud: Cloud, ec2: Any, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud.running.server.settings, "transition_seconds", 60.0)
    [shown] = launch(ec2)
    [row] = sql("select * from instances where instance_id = $1", shown["InstanceId"])
    assert (row["state"], row["settled_state"]) == ("pending", "running")
    assert (row["settles_at"] - row["launch_time"]).total_seconds() == 60


def test_a_snapshot_of_ones_own_becomes_a_volume(ec2: Any, sql: Sql) -> None:
    first = launch_one(ec2)
    [volume] = sql("select volume_id from volumes where attached_instance_id = $1", first)
    snapshot_id = ec2.create_snapshot(VolumeId=volume["volume_id"])["SnapshotId"]
    second = launch_one(
        ec2,
        BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": snapshot_id}}],
    )
    [made] = sql(
        "select * from volumes where attached_instance_id = $1 and attach_device = '/dev/sdf'",
        second,
    )
    assert (made["snapshot_id"], made["size_gib"], made["volume_type"]) == (snapshot_id, 8, "gp2")
    gone = refused_launch(
        ec2,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}}
        ],
    )
    assert gone[0] == "InvalidSnapshot.NotFound"


def test_terminating_gives_back_what_it_took(ec2: Any, sql: Sql) -> None:
    instance_id = launch_one(
        ec2, BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 50}}]
    )
    [kept] = sql(
        "select volume_id from volumes where attached_instance_id = $1 and size_gib = 50",
        instance_id,
    )
    ec2.terminate_instances(InstanceIds=[instance_id])
    [left] = ec2.describe_volumes()["Volumes"]
    assert (left["VolumeId"], left["State"]) == (kept["volume_id"], "available")
