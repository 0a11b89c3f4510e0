"""RunInstances: what stands in the database afterwards, and what is refused."""

from decimal import Decimal
from typing import Any

import pytest

from models import costs, discounts, public_images
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.ec2.launching import (
    ARM_IMAGE,
    IMAGE,
    WINDOWS_IMAGE,
    launch,
    launch_one,
    refused_launch,
    tagged,
)


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
    code, _ = refusal(other_cloud.client("ec2").describe_instances, InstanceIds=[instance_id])
    assert code == "InvalidInstanceID.NotFound"


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
