"""Filters: every one that AWS documents is known, and finds what the unfiltered list shows."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore import xform_name

from tests.handlers.ec2.launching import launch_one, tagged

LISTS = (
    "DescribeAddresses", "DescribeAvailabilityZones", "DescribeImages", "DescribeInstanceStatus",
    "DescribeInstanceTypes", "DescribeInstances", "DescribeLaunchTemplateVersions",
    "DescribeLaunchTemplates", "DescribeNatGateways", "DescribeRegions",
    "DescribeReservedInstances", "DescribeReservedInstancesOfferings", "DescribeSecurityGroups",
    "DescribeSnapshots", "DescribeSubnets", "DescribeTags", "DescribeVolumeStatus",
    "DescribeVolumes", "DescribeVolumesModifications", "DescribeVpcEndpoints", "DescribeVpcs",
)  # fmt: skip
# The values of one filter, which its text tells as an inner list.
SEVERITIES = {"informational", "low", "medium", "high", "critical"}


@pytest.mark.parametrize("operation", LISTS)
def test_every_documented_filter_is_known(ec2: Any, operation: str) -> None:
    members = ec2.meta.service_model.operation_model(operation).input_shape.members
    member = "Filters" if "Filters" in members else "Filter"
    names = re.findall(r"<li>\s*<p>\s*<code>([^<]+)</code>", members[member].documentation)
    asked = [
        {"Name": "tag:env" if name in ("tag", "tag:&lt;key&gt;") else name, "Values": ["~none~"]}
        for name in names
        if name not in SEVERITIES
    ]
    assert asked
    more = {"Versions": ["$Latest"]} if operation == "DescribeLaunchTemplateVersions" else {}
    told = getattr(ec2, xform_name(operation))(**{member: asked}, **more)
    told.pop("ResponseMetadata")
    assert not any(told.values())


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_what_is_shown_of_an_instance_finds_it(ec2: Any) -> None:
    profile = {"Arn": "arn:aws:iam::123456789012:instance-profile/web"}
    options = {"HttpTokens": "required", "HttpPutResponseHopLimit": 3}
    wanted = launch_one(
        ec2, IamInstanceProfile=profile, MetadataOptions=options, EbsOptimized=True,
        TagSpecifications=[tagged("instance", Name="wanted")],
    )  # fmt: skip
    launch_one(ec2)
    ec2.stop_instances(InstanceIds=[wanted])
    [shown] = ec2.describe_instances(InstanceIds=[wanted])["Reservations"][0]["Instances"]
    interface, device = shown["NetworkInterfaces"][0], shown["BlockDeviceMappings"][0]["Ebs"]
    for name, value in {
        "block-device-mapping.attach-time": device["AttachTime"],
        "ebs-optimized": shown["EbsOptimized"],
        "iam-instance-profile.id": shown["IamInstanceProfile"]["Id"],
        "metadata-options.http-put-response-hop-limit": 3,
        "network-interface.attachment.attachment-id": interface["Attachment"]["AttachmentId"],
        "network-interface.attachment.attach-time": interface["Attachment"]["AttachTime"],
        "network-interface.mac-address": interface["MacAddress"],
        "reason": shown["StateTransitionReason"],
        "usage-operation-update-time": shown["UsageOperationUpdateTime"],
    }.items():
        found = ec2.describe_instances(Filters=[{"Name": name, "Values": [_text(value)]}])
        ids = [one["InstanceId"] for of in found["Reservations"] for one in of["Instances"]]
        assert ids == [wanted], name


def test_what_all_tell_alike_leaves_all_or_none(ec2: Any) -> None:
    launch_one(ec2)
    [zone] = ec2.describe_availability_zones(ZoneNames=["us-east-1a"])["AvailabilityZones"]
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]

    def count(name: str, *values: str) -> int:
        filters = [{"Name": name, "Values": values}]
        return len(ec2.describe_instances(Filters=filters)["Reservations"])

    assert (count("hypervisor", "x?n"), count("hypervisor", "ovm")) == (1, 0)
    assert (count("affinity", "*"), count("launch-time"), count("ena-support", "no")) == (0, 0, 0)
    found = ec2.describe_volumes(
        Filters=[
            {"Name": "availability-zone-id", "Values": [zone["ZoneId"]]},
            {"Name": "status", "Values": ["available"]},
        ]
    )["Volumes"]
    assert [one["VolumeId"] for one in found] == [volume]
