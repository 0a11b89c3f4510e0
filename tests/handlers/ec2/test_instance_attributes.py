"""Attributes of instances: both ways of changing one, and what each change costs."""

import base64
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from models import costs, networks
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal
from tests.handlers.ec2.launching import ARM_IMAGE, WINDOWS_IMAGE, launch_one

Sql = Callable[..., list[dict[str, Any]]]


def stopped(ec2: Any, **more: Any) -> str:
    instance_id = launch_one(ec2, **more)
    ec2.stop_instances(InstanceIds=[instance_id])
    return instance_id


def row(sql: Sql, instance_id: str) -> dict[str, Any]:
    [found] = sql("select * from instances where instance_id = $1", instance_id)
    return found


def test_the_type_of_a_stopped_instance(ec2: Any, sql: Sql) -> None:
    instance_id = stopped(ec2, InstanceType="m5.xlarge")
    ec2.modify_instance_attribute(InstanceId=instance_id, InstanceType={"Value": "g4dn.xlarge"})
    found = row(sql, instance_id)
    assert found["hourly_cost"] == costs.instance_hourly("g4dn.xlarge") == Decimal("0.5260")
    assert (found["gpu_count"], found["has_gpu"]) == (1, True)
    ec2.modify_instance_attribute(
        InstanceId=instance_id, Attribute="instanceType", Value="t3.large"
    )
    found = row(sql, instance_id)
    assert (found["instance_type"], found["hourly_cost"]) == ("t3.large", Decimal("0.0832"))
    assert (found["gpu_count"], found["has_gpu"], found["gpu_hourly_cost"]) == (0, False, 0)
    events = sql(
        "select old_value, new_value from resource_change_events where resource_id = $1"
        " and field_name = 'instance_type' order by changed_at, id",
        instance_id,
    )
    assert {(e["old_value"], e["new_value"]) for e in events} == {
        ("m5.xlarge", "g4dn.xlarge"),
        ("g4dn.xlarge", "t3.large"),
    }


def test_a_licence_stays_with_its_instance(ec2: Any, sql: Sql) -> None:
    instance_id = stopped(ec2, InstanceType="m5.large", ImageId=WINDOWS_IMAGE)
    ec2.modify_instance_attribute(InstanceId=instance_id, InstanceType={"Value": "m5.xlarge"})
    assert row(sql, instance_id)["hourly_cost"] == costs.instance_hourly(
        "m5.xlarge", platform="windows"
    )


def test_a_running_instance_keeps_its_type(ec2: Any) -> None:
    instance_id = launch_one(ec2)
    error = refusal(
        ec2.modify_instance_attribute, InstanceId=instance_id, InstanceType={"Value": "m5.large"}
    )
    assert error == (
        "IncorrectInstanceState",
        f"The instance '{instance_id}' is not in the 'stopped' state.",
    )


def test_types_that_cannot_be(ec2: Any) -> None:
    arm = stopped(ec2, InstanceType="t4g.micro", ImageId=ARM_IMAGE)
    wrong = refusal(
        ec2.modify_instance_attribute, InstanceId=arm, InstanceType={"Value": "m5.large"}
    )
    assert wrong[0] == "InvalidParameterValue"
    assert wrong[1].startswith("The architecture 'x86_64' of the specified instance type")
    unknown = refusal(
        ec2.modify_instance_attribute, InstanceId=arm, InstanceType={"Value": "m5.tiny"}
    )
    assert unknown == ("InvalidParameterValue", "Invalid value 'm5.tiny' for InstanceType.")


@pytest.mark.parametrize(
    ("attribute", "member", "column"),
    [
        ("disableApiTermination", "DisableApiTermination", "disable_api_termination"),
        ("disableApiStop", "DisableApiStop", "disable_api_stop"),
    ],
)
def test_protection(ec2: Any, sql: Sql, attribute: str, member: str, column: str) -> None:
    instance_id = launch_one(ec2)
    ec2.modify_instance_attribute(InstanceId=instance_id, **{member: {"Value": True}})
    assert row(sql, instance_id)[column] is True
    shown = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute=attribute)
    assert (shown["InstanceId"], shown[member]) == (instance_id, {"Value": True})
    ec2.modify_instance_attribute(InstanceId=instance_id, Attribute=attribute, Value="false")
    assert row(sql, instance_id)[column] is False


def test_protection_holds_until_it_is_lifted(ec2: Any) -> None:
    instance_id = launch_one(ec2, DisableApiTermination=True)
    error = refusal(ec2.terminate_instances, InstanceIds=[instance_id])
    assert error[0] == "OperationNotPermitted"
    ec2.modify_instance_attribute(InstanceId=instance_id, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[instance_id])


def test_source_dest_check_can_be_turned_off(ec2: Any, sql: Sql) -> None:
    instance_id = launch_one(ec2)
    ec2.modify_instance_attribute(InstanceId=instance_id, SourceDestCheck={"Value": False})
    assert row(sql, instance_id)["source_dest_check"] is False
    shown = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="sourceDestCheck")
    assert shown["SourceDestCheck"] == {"Value": False}


def test_user_data_both_ways(ec2: Any, sql: Sql) -> None:
    instance_id = stopped(ec2)
    ec2.modify_instance_attribute(InstanceId=instance_id, UserData={"Value": b"echo 1"})
    shown = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    assert base64.b64decode(shown["UserData"]["Value"]) == b"echo 1"
    text = base64.b64encode(b"echo 2").decode()
    ec2.modify_instance_attribute(InstanceId=instance_id, Attribute="userData", Value=text)
    assert row(sql, instance_id)["user_data"] == text


def test_volumes_stay_or_go(ec2: Any, sql: Sql) -> None:
    instance_id = launch_one(ec2)
    keep = [{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}}]
    ec2.modify_instance_attribute(InstanceId=instance_id, BlockDeviceMappings=keep)
    shown = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="blockDeviceMapping")
    [device] = shown["BlockDeviceMappings"]
    assert (device["DeviceName"], device["Ebs"]["DeleteOnTermination"]) == ("/dev/xvda", False)
    ec2.terminate_instances(InstanceIds=[instance_id])
    [volume] = sql("select * from volumes where volume_id = $1", device["Ebs"]["VolumeId"])
    assert (volume["state"], volume["attached_instance_id"]) == ("available", None)


def test_no_such_device(ec2: Any) -> None:
    instance_id = launch_one(ec2)
    error = refusal(
        ec2.modify_instance_attribute,
        InstanceId=instance_id,
        BlockDeviceMappings=[{"DeviceName": "/dev/sdz", "Ebs": {"DeleteOnTermination": True}}],
    )
    assert error == ("InvalidInstanceAttributeValue", "No device is currently mapped at /dev/sdz")


def test_security_groups(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    vpc_id = networks.default_vpc_id(cloud.account.number, "us-east-1")
    group = "sg-" + vpc_id[-17:][::-1]
    cloud.running.rows(
        "insert into security_groups (account_id, group_id, name, vpc_id)"
        " values ($1, $2, 'web', $3)",
        cloud.account.id, group, vpc_id,
    )  # fmt: skip
    instance_id = launch_one(ec2)
    ec2.modify_instance_attribute(InstanceId=instance_id, Groups=[group])
    assert row(sql, instance_id)["security_group_ids"] == [group]
    shown = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="groupSet")
    assert shown["Groups"] == [{"GroupId": group, "GroupName": "web"}]
    missing = refusal(
        ec2.modify_instance_attribute, InstanceId=instance_id, Groups=["sg-0123456789abcdef0"]
    )
    assert missing[0] == "InvalidGroup.NotFound"


@pytest.mark.parametrize(
    ("attribute", "shown"),
    [
        ("instanceType", {"InstanceType": {"Value": "t3.micro"}}),
        ("kernel", {"KernelId": {}}),
        ("ramdisk", {"RamdiskId": {}}),
        ("userData", {"UserData": {}}),
        ("instanceInitiatedShutdownBehavior",
         {"InstanceInitiatedShutdownBehavior": {"Value": "stop"}}),
        ("rootDeviceName", {"RootDeviceName": {"Value": "/dev/xvda"}}),
        ("productCodes", {"ProductCodes": []}),
        ("ebsOptimized", {"EbsOptimized": {"Value": False}}),
        ("sriovNetSupport", {"SriovNetSupport": {"Value": "simple"}}),
        ("enaSupport", {"EnaSupport": {"Value": True}}),
        ("enclaveOptions", {"EnclaveOptions": {"Enabled": False}}),
    ],
)  # fmt: skip
def test_every_attribute_is_shown(ec2: Any, attribute: str, shown: dict[str, Any]) -> None:
    instance_id = launch_one(ec2)
    answer = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute=attribute)
    answer.pop("ResponseMetadata")
    assert answer == {"InstanceId": instance_id} | shown


def test_one_attribute_at_a_time(ec2: Any) -> None:
    instance_id = stopped(ec2)
    none = refusal(ec2.modify_instance_attribute, InstanceId=instance_id)
    assert none == ("InvalidParameterCombination", "No attributes specified.")
    two = refusal(
        ec2.modify_instance_attribute,
        InstanceId=instance_id,
        InstanceType={"Value": "m5.large"},
        EbsOptimized={"Value": True},
    )
    assert two[0] == "InvalidParameterCombination"


def test_metadata_options(ec2: Any, sql: Sql) -> None:
    instance_id = launch_one(ec2, MetadataOptions={"HttpPutResponseHopLimit": 2})
    answer = ec2.modify_instance_metadata_options(InstanceId=instance_id, HttpTokens="required")
    options = answer["InstanceMetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 2)
    assert row(sql, instance_id)["metadata_options"] == {
        "HttpPutResponseHopLimit": 2,
        "HttpTokens": "required",
    }


def test_nobody_elses_instance(ec2: Any, other_cloud: Cloud) -> None:
    instance_id = launch_one(ec2)
    other = other_cloud.client("ec2")
    for call in (
        lambda **more: other.modify_instance_attribute(SourceDestCheck={"Value": False}, **more),
        lambda **more: other.describe_instance_attribute(Attribute="instanceType", **more),
        lambda **more: other.modify_instance_metadata_options(HttpTokens="required", **more),
    ):
        assert refusal(call, InstanceId=instance_id)[0] == "InvalidInstanceID.NotFound"
