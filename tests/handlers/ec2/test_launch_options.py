"""Options of a launch that are kept, shown and changed, and those that are refused."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal
from tests.handlers.ec2.launching import launch, launch_one, refused_launch, tagged

ASKED: dict[str, Any] = {
    "EnclaveOptions": {"Enabled": True},
    "CpuOptions": {"CoreCount": 2, "ThreadsPerCore": 1},
    "MaintenanceOptions": {"AutoRecovery": "disabled"},
    "PrivateDnsNameOptions": {
        "HostnameType": "resource-name",
        "EnableResourceNameDnsARecord": True,
    },
    "CapacityReservationSpecification": {"CapacityReservationPreference": "none"},
}
SHOWN = {
    **ASKED,
    "MaintenanceOptions": {"AutoRecovery": "disabled", "RebootMigration": "default"},
    "PrivateDnsNameOptions": {
        **ASKED["PrivateDnsNameOptions"],
        "EnableResourceNameDnsAAAARecord": False,
    },
}


def described(ec2: Any, instance_id: str) -> dict[str, Any]:
    [reservation] = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    return dict(reservation["Instances"][0])


def found(ec2: Any, name: str, value: str) -> list[str]:
    given = [{"Name": name, "Values": [value]}]
    reservations = ec2.describe_instances(Filters=given)["Reservations"]
    return [one["InstanceId"] for each in reservations for one in each["Instances"]]


def options_of(instance: dict[str, Any]) -> dict[str, Any]:
    return {name: instance[name] for name in SHOWN}


def test_what_was_asked_for_is_shown(ec2: Any) -> None:
    plain = launch_one(ec2)
    front = {"DeviceIndex": 0, "Description": "front"}
    [made] = launch(
        ec2,
        InstanceType="m5.2xlarge",
        NetworkInterfaces=[front],
        TagSpecifications=[tagged("network-interface", team="shop")],
        **ASKED,
    )
    assert options_of(made) == SHOWN
    shown = described(ec2, made["InstanceId"])
    assert options_of(shown) == SHOWN
    assert shown["PrivateDnsName"] == f"{made['InstanceId']}.ec2.internal"
    [interface] = shown["NetworkInterfaces"]
    [itself] = ec2.describe_network_interfaces(
        NetworkInterfaceIds=[interface["NetworkInterfaceId"]]
    )["NetworkInterfaces"]
    assert interface["Description"] == itself["Description"] == "front"
    assert itself["TagSet"] == [{"Key": "team", "Value": "shop"}]
    assert options_of(described(ec2, plain)) == {
        "EnclaveOptions": {"Enabled": False},
        "CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 2},
        "MaintenanceOptions": {"AutoRecovery": "default", "RebootMigration": "default"},
        "PrivateDnsNameOptions": {
            "HostnameType": "ip-name",
            "EnableResourceNameDnsARecord": False,
            "EnableResourceNameDnsAAAARecord": False,
        },
        "CapacityReservationSpecification": {"CapacityReservationPreference": "open"},
    }
    for name, value, other in (
        ("enclave-options.enabled", "true", "false"),
        ("maintenance-options.auto-recovery", "disabled", "default"),
        ("private-dns-name-options.hostname-type", "resource-name", "ip-name"),
        ("private-dns-name", f"{made['InstanceId']}.*", "ip-*"),
        ("network-interface.description", "front", ""),
    ):
        assert found(ec2, name, value) == [made["InstanceId"]]
        assert found(ec2, name, other) == [plain]


def test_a_template_has_options_too(ec2: Any) -> None:
    ec2.create_launch_template(
        LaunchTemplateName="secret", LaunchTemplateData={"InstanceType": "m5.2xlarge", **ASKED}
    )
    [made] = launch(
        ec2,
        InstanceType="m5.4xlarge",
        LaunchTemplate={"LaunchTemplateName": "secret"},
        EnclaveOptions={"Enabled": False},
    )
    assert options_of(described(ec2, made["InstanceId"])) == {
        **SHOWN,
        "EnclaveOptions": {"Enabled": False},
    }


def test_options_are_changed(ec2: Any) -> None:
    instance_id = launch_one(ec2, InstanceType="m5.2xlarge", **ASKED)
    named = {"InstanceId": instance_id}
    assert ec2.modify_instance_maintenance_options(AutoRecovery="default", **named)[
        "AutoRecovery"
    ] == "default"  # fmt: skip
    ec2.modify_private_dns_name_options(EnableResourceNameDnsARecord=False, **named)
    not_stopped = (
        "IncorrectInstanceState", f"The instance '{instance_id}' is not in the 'stopped' state."
    )  # fmt: skip
    cores = {"CoreCount": 4, "ThreadsPerCore": 2}
    assert refusal(ec2.modify_instance_cpu_options, **cores, **named) == not_stopped
    ec2.stop_instances(InstanceIds=[instance_id])
    answer = ec2.modify_instance_cpu_options(**cores, **named)
    assert (answer["CoreCount"], answer["ThreadsPerCore"]) == (4, 2)
    ec2.modify_private_dns_name_options(PrivateDnsHostnameType="ip-name", **named)
    ec2.modify_instance_capacity_reservation_attributes(
        CapacityReservationSpecification={"CapacityReservationPreference": "open"}, **named
    )
    shown = described(ec2, instance_id)
    assert shown["CpuOptions"] == cores
    assert shown["MaintenanceOptions"]["AutoRecovery"] == "default"
    assert shown["PrivateDnsNameOptions"]["EnableResourceNameDnsARecord"] is False
    assert shown["PrivateDnsName"].startswith("ip-")
    assert shown["CapacityReservationSpecification"] == {"CapacityReservationPreference": "open"}
    code, _ = refusal(ec2.modify_instance_attribute, InstanceType={"Value": "t3.micro"}, **named)
    assert code == "InvalidParameterCombination"
    ec2.modify_instance_attribute(Attribute="enclaveOptions", Value="false", **named)
    attribute = ec2.describe_instance_attribute(Attribute="enclaveOptions", **named)
    assert attribute["EnclaveOptions"] == {"Enabled": False}
    ec2.modify_instance_attribute(InstanceType={"Value": "m5.large"}, **named)
    assert described(ec2, instance_id)["CpuOptions"] == {"CoreCount": 1, "ThreadsPerCore": 2}


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"Placement": {"GroupName": "near"}}, "InvalidPlacementGroup.Unknown",
         "The Placement Group 'near' is unknown."),
        ({"Placement": {"Tenancy": "host"}}, "InsufficientCapacityOnHost", "dedicated host"),
        ({"Placement": {"Affinity": "default"}}, "InvalidParameterCombination",
         "The parameter affinity cannot be used without specifying a tenancy of 'host'"),
        ({"EnclaveOptions": {"Enabled": True}}, "InvalidParameterCombination", "t3.micro"),
        ({"InstanceType": "m5.xlarge", "EnclaveOptions": {"Enabled": True},
          "HibernationOptions": {"Configured": True}}, "InvalidParameterCombination",
         "You can't enable AWS Nitro Enclaves and hibernation on the same instance."),
        ({"CpuOptions": {"CoreCount": 1}}, "MissingParameter",
         "When specifying CpuOptions you must specify both CoreCount and ThreadsPerCore."),
        ({"CpuOptions": {"CoreCount": 9, "ThreadsPerCore": 1}}, "InvalidParameterValue",
         "coreCount"),
        ({"CpuOptions": {"AmdSevSnp": "enabled"}}, "InvalidParameterCombination", "AmdSevSnp"),
        ({"NetworkPerformanceOptions": {"BandwidthWeighting": "vpc-1"}},
         "InvalidParameterCombination", "vpc-1"),
        ({"KernelId": "aki-12345678"}, "UnsupportedOperation", "KernelId"),
        ({"Placement": {"HostId": "h-0123456789abcdef0"}}, "UnsupportedOperation", "HostId"),
        ({"BlockDeviceMappings": [
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "AvailabilityZone": "us-east-1a"}}
        ]}, "UnsupportedOperation", "AvailabilityZone"),
        ({"NetworkInterfaces": [{"DeviceIndex": 0, "InterfaceType": "efa"}]},
         "UnsupportedOperation", "InterfaceType"),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_refused(
    ec2: Any, given: dict[str, Any], code: str, words: str
) -> None:
    told = refused_launch(ec2, **given)
    assert told[0] == code
    assert words in told[1]


@pytest.mark.parametrize(
    "given",
    [
        {"VolumeInitializationRate": 200},
        {"OutpostArn": "arn:aws:outposts:us-east-1:123456789012:outpost/op-1"},
        {"Operator": {"Principal": "eks.amazonaws.com"}},
    ],
)
def test_a_volume_cannot_have_it_either(ec2: Any, given: dict[str, Any]) -> None:
    code, words = refusal(ec2.create_volume, AvailabilityZone="us-east-1a", Size=1, **given)
    assert code == "UnsupportedOperation"
    assert next(iter(given)) in words
    assert ec2.describe_volumes()["Volumes"] == []


def test_a_reservation_that_is_named_is_used(ec2: Any) -> None:
    kept = ec2.create_capacity_reservation(
        InstanceType="m5.large", InstancePlatform="Linux/UNIX", AvailabilityZone="us-east-1a",
        InstanceCount=1, InstanceMatchCriteria="targeted",
    )["CapacityReservation"]["CapacityReservationId"]  # fmt: skip
    target = {"CapacityReservationTarget": {"CapacityReservationId": kept}}

    def free() -> int:
        [one] = ec2.describe_capacity_reservations(CapacityReservationIds=[kept])[
            "CapacityReservations"
        ]
        return int(one["AvailableInstanceCount"])

    where = {"Placement": {"AvailabilityZone": "us-east-1a"}}
    wanted = {"CapacityReservationSpecification": target, **where}
    assert refused_launch(ec2, **wanted)[0] == "InvalidParameterValue"
    launch_one(ec2, InstanceType="m5.large", **where)
    assert free() == 1
    instance_id = launch_one(ec2, InstanceType="m5.large", **wanted)
    shown = described(ec2, instance_id)
    assert shown["CapacityReservationId"] == kept
    assert shown["CapacityReservationSpecification"] == target
    assert found(ec2, "capacity-reservation-id", kept) == [instance_id]
    assert free() == 0
    code, _ = refused_launch(ec2, InstanceType="m5.large", **wanted)
    assert code == "ReservationCapacityExceeded"
    only = {"CapacityReservationPreference": "capacity-reservations-only"}
    code, _ = refused_launch(
        ec2, InstanceType="m5.large", CapacityReservationSpecification=only, **where
    )
    assert code == "ReservationCapacityExceeded"


def test_a_launch_makes_interfaces_beside_the_first(ec2: Any) -> None:
    two = [{"DeviceIndex": 0}, {"DeviceIndex": 1, "Description": "back"}]
    tags = [tagged("network-interface", team="shop")]
    made = launch(ec2, 2, InstanceType="m5.large", NetworkInterfaces=two, TagSpecifications=tags)
    shown = [described(ec2, one["InstanceId"])["NetworkInterfaces"] for one in made]
    assert [[one["Description"] for one in each] for each in shown] == [["", "back"]] * 2
    addresses = {one["PrivateIpAddress"] for each in shown for one in each}
    assert len(addresses) == 4
    assert shown[0][1]["Attachment"]["DeleteOnTermination"] is True
    [itself] = ec2.describe_network_interfaces(
        NetworkInterfaceIds=[shown[0][1]["NetworkInterfaceId"]]
    )["NetworkInterfaces"]
    assert itself["TagSet"] == [{"Key": "team", "Value": "shop"}]
    same = [{"DeviceIndex": 0}, {"DeviceIndex": 1}, {"DeviceIndex": 1}]
    assert refused_launch(ec2, NetworkInterfaces=same) == (
        "InvalidParameterValue",
        "Each network interface requires a unique device index.",
    )
    three = [{"DeviceIndex": at} for at in range(3)]
    assert refused_launch(ec2, NetworkInterfaces=three)[0] == "AttachmentLimitExceeded"
    named = shown[0][1]["NetworkInterfaceId"]
    existing = [{"DeviceIndex": 0, "NetworkInterfaceId": named}]
    assert refused_launch(ec2, NetworkInterfaces=existing)[0] == "UnsupportedOperation"


def test_interfaces_beside_the_first_are_listed(cloud: Cloud, ec2: Any) -> None:
    instance_id = launch_one(ec2, InstanceType="m5.large")

    def interfaces() -> list[dict[str, Any]]:
        return list(described(ec2, instance_id)["NetworkInterfaces"])

    [first] = interfaces()
    assert first["Association"]["IpOwnerId"] == "amazon"
    group = ec2.create_security_group(GroupName="back", Description="b", VpcId=first["VpcId"])
    second = ec2.create_network_interface(
        SubnetId=first["SubnetId"], Groups=[group["GroupId"]], Description="back"
    )["NetworkInterface"]
    named = second["NetworkInterfaceId"]
    attachment = ec2.attach_network_interface(
        NetworkInterfaceId=named, InstanceId=instance_id, DeviceIndex=1
    )["AttachmentId"]
    assert interfaces()[0] == first
    shown = interfaces()[1]
    assert (shown["NetworkInterfaceId"], shown["Description"]) == (named, "back")
    assert shown["PrivateIpAddress"] == second["PrivateIpAddress"]
    assert shown["Groups"] == [{"GroupId": group["GroupId"], "GroupName": "back"}]
    assert (shown["Attachment"]["AttachmentId"], shown["Attachment"]["DeviceIndex"]) == (
        attachment,
        1,
    )
    assert shown["Attachment"]["DeleteOnTermination"] is False
    assert found(ec2, "network-interface.network-interface-id", named) == [instance_id]
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=named,
        Attachment={"AttachmentId": attachment, "DeleteOnTermination": True},
    )
    assert interfaces()[1]["Attachment"]["DeleteOnTermination"] is True
    address = ec2.allocate_address()
    association = ec2.associate_address(
        AllocationId=address["AllocationId"], InstanceId=instance_id
    )["AssociationId"]
    assert interfaces()[0]["Association"]["IpOwnerId"] == cloud.account.number
    own = "network-interface.association.ip-owner-id"
    assert found(ec2, own, cloud.account.number) == [instance_id]
    assert found(ec2, own, "amazon") == []
    ec2.disassociate_address(AssociationId=association)
    ec2.detach_network_interface(AttachmentId=attachment)
    assert len(interfaces()) == 1
    assert "Association" not in interfaces()[0]


def test_a_zone_may_be_named_by_the_id_that_all_accounts_share(ec2: Any) -> None:
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    names = {zone["ZoneId"]: zone["ZoneName"] for zone in zones}
    zone_id, name = list(names.items())[1]
    volume = ec2.create_volume(AvailabilityZoneId=zone_id, Size=1)
    assert volume["AvailabilityZone"] == name
    [made] = launch(ec2, Placement={"AvailabilityZoneId": zone_id})
    own = made["InstanceId"]
    filters = [{"Name": "attachment.instance-id", "Values": [own]}]
    volume = ec2.describe_volumes(Filters=filters)["Volumes"][0]
    shown = [
        described(ec2, own)["Placement"],
        ec2.describe_instance_status(InstanceIds=[own])["InstanceStatuses"][0],
        ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"][0],
        ec2.describe_subnets(SubnetIds=[made["SubnetId"]])["Subnets"][0],
        volume,
        ec2.describe_volume_status(VolumeIds=[volume["VolumeId"]])["VolumeStatuses"][0],
    ]
    assert [(one["AvailabilityZone"], one["AvailabilityZoneId"]) for one in shown] == [
        (name, zone_id)
    ] * 6
    unknown = refusal(ec2.create_volume, AvailabilityZoneId="use9-az9", Size=1)
    assert unknown == ("InvalidZone.NotFound", "The zone 'use9-az9' does not exist.")
    both = {"AvailabilityZone": name, "AvailabilityZoneId": zone_id}
    assert refusal(ec2.create_volume, **both, Size=1)[0] == "InvalidParameterCombination"
    assert refused_launch(ec2, Placement=both)[0] == "InvalidParameterCombination"
