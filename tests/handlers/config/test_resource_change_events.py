"""What AWS Config tells of resources and of their past."""

import json
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal


@pytest.fixture
def config(cloud: Cloud) -> Any:
    return cloud.client("config")


def test_the_past_of_a_volume_is_told(cloud: Cloud, config: Any, ec2: Any) -> None:
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]
    ec2.modify_volume(VolumeId=volume, Size=20)
    ec2.create_tags(Resources=[volume], Tags=[{"Key": "team", "Value": "shop"}])
    named = {"resourceType": "AWS::EC2::Volume", "resourceId": volume}
    items = config.get_resource_config_history(**named)["configurationItems"]
    times = [one["configurationItemCaptureTime"] for one in items]
    assert times == sorted(times, reverse=True)
    assert items[-1]["configurationItemStatus"] == "ResourceDiscovered"
    assert json.loads(items[0]["configuration"])["size_gib"] == "20"
    assert items[0]["tags"] == {"team": "shop"}
    forward = config.get_resource_config_history(**named, chronologicalOrder="Forward", limit=1)
    assert forward["configurationItems"][0]["configurationItemStatus"] == "ResourceDiscovered"
    following = config.get_resource_config_history(
        **named, chronologicalOrder="Forward", limit=1, nextToken=forward["nextToken"]
    )
    assert following["configurationItems"] == [items[-2]]
    ec2.delete_volume(VolumeId=volume)
    items = config.get_resource_config_history(**named)["configurationItems"]
    assert items[0]["configurationItemStatus"] == "ResourceDeleted"
    absent = {**named, "resourceId": "vol-0123456789abcdef0"}
    assert refusal(config.get_resource_config_history, **absent) == (
        "ResourceNotDiscoveredException",
        "Resource vol-0123456789abcdef0 of resourceType:AWS::EC2::Volume is unknown or has not"
        " been discovered",
    )


def test_several_resources_at_once(config: Any, ec2: Any) -> None:
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]
    ec2.create_tags(Resources=[volume], Tags=[{"Key": "team", "Value": "shop"}])
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    keys = [
        {"resourceType": "AWS::EC2::VPC", "resourceId": vpc},
        {"resourceType": "AWS::EC2::Volume", "resourceId": volume},
        {"resourceType": "AWS::EC2::Volume", "resourceId": vpc},
        {"resourceType": "AWS::SNS::Topic", "resourceId": volume},
    ]
    answer = config.batch_get_resource_config(resourceKeys=keys)
    items = answer["baseConfigurationItems"]
    assert [one["resourceId"] for one in items] == [vpc, volume]
    assert json.loads(items[1]["configuration"])["size_gib"] == 8
    assert json.loads(items[1]["supplementaryConfiguration"]["Tags"]) == {"team": "shop"}
    assert items[1]["availabilityZone"] == "us-east-1a"
    assert answer["unprocessedResourceKeys"] == keys[2:]


def test_resources_are_listed_and_counted(config: Any, ec2: Any) -> None:
    made = sorted(
        ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"] for _ in range(3)
    )
    seen = [
        one["resourceId"]
        for page in config.get_paginator("list_discovered_resources").paginate(
            resourceType="AWS::EC2::Volume", PaginationConfig={"PageSize": 2}
        )
        for one in page["resourceIdentifiers"]
    ]
    assert seen == made
    counted = config.get_discovered_resource_counts(
        resourceTypes=["AWS::EC2::Volume", "AWS::EC2::VPC"]
    )
    counts = {one["resourceType"]: one["count"] for one in counted["resourceCounts"]}
    assert counts == {"AWS::EC2::Volume": 3, "AWS::EC2::VPC": 1}
    assert counted["totalDiscoveredResources"] == 4
    code, _ = refusal(config.list_discovered_resources, resourceType="AWS::EC2::VPC", nextToken="x")
    assert code == "InvalidNextTokenException"
