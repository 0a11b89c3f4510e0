"""Trails: their lives, and the files that they put into buckets."""

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import trail_files
from tests.fixtures.server import Cloud


@pytest.fixture
def bucket(cloud: Cloud) -> str:
    """A bucket for files."""
    name = f"trail-{cloud.account.number}"
    cloud.client("s3").create_bucket(Bucket=name)
    return name


def test_a_trail_from_its_making_to_its_end(cloud: Cloud, bucket: str) -> None:
    client = cloud.client("cloudtrail")
    made = client.create_trail(Name="audit", S3BucketName=bucket, IsMultiRegionTrail=True,
                               TagsList=[{"Key": "a", "Value": "b"}])  # fmt: skip
    arn = f"arn:aws:cloudtrail:us-east-1:{cloud.account.number}:trail/audit"
    assert made["TrailARN"] == arn
    with pytest.raises(ClientError, match="TrailAlreadyExistsException"):
        client.create_trail(Name="audit", S3BucketName=bucket)
    with pytest.raises(ClientError, match="S3BucketDoesNotExistException"):
        client.create_trail(Name="other", S3BucketName="no-bucket-of-mine")
    with pytest.raises(ClientError, match="InvalidTrailNameException"):
        client.create_trail(Name="a..b", S3BucketName=bucket)
    [shown] = client.describe_trails()["trailList"]
    assert (shown["HomeRegion"], shown["IsMultiRegionTrail"]) == ("us-east-1", True)
    elsewhere = cloud.client("cloudtrail", "eu-west-1")
    assert [one["TrailARN"] for one in elsewhere.describe_trails()["trailList"]] == [arn]
    assert elsewhere.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert client.get_trail_status(Name="audit")["IsLogging"] is False
    client.start_logging(Name="audit")
    status = client.get_trail_status(Name=arn)
    assert status["IsLogging"] is True
    assert "StopLoggingTime" not in status
    [selector] = client.get_event_selectors(TrailName="audit")["EventSelectors"]
    assert (selector["ReadWriteType"], selector["IncludeManagementEvents"]) == ("All", True)
    client.put_event_selectors(TrailName="audit", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    [selector] = client.get_event_selectors(TrailName="audit")["EventSelectors"]
    assert selector["ReadWriteType"] == "WriteOnly"
    client.add_tags(ResourceId=arn, TagsList=[{"Key": "c", "Value": "d"}])
    client.remove_tags(ResourceId=arn, TagsList=[{"Key": "a"}])
    [tags] = client.list_tags(ResourceIdList=[arn])["ResourceTagList"]
    assert tags["TagsList"] == [{"Key": "c", "Value": "d"}]
    client.update_trail(Name="audit", IsMultiRegionTrail=False)
    assert client.get_trail(Name="audit")["Trail"]["IsMultiRegionTrail"] is False
    client.stop_logging(Name="audit")
    assert client.get_trail_status(Name="audit")["IsLogging"] is False
    client.delete_trail(Name="audit")
    with pytest.raises(ClientError, match="TrailNotFoundException"):
        client.get_trail(Name="audit")
    assert client.list_trails()["Trails"] == []


def test_files_hold_the_calls_since_logging_began(cloud: Cloud, bucket: str) -> None:
    client, s3, server = cloud.client("cloudtrail"), cloud.client("s3"), cloud.running.server
    cloud.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)
    client.create_trail(Name="audit", S3BucketName=bucket, S3KeyPrefix="logs")
    client.start_logging(Name="audit")
    cloud.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=2)
    cloud.client("ec2", "eu-west-1").create_volume(AvailabilityZone="eu-west-1a", Size=3)
    cloud.running.run(trail_files.deliver(server))

    def records() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for one in s3.list_objects_v2(Bucket=bucket, Prefix="logs/").get("Contents", ()):
            assert f"AWSLogs/{cloud.account.number}/CloudTrail/us-east-1/" in one["Key"]
            body = s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
            found += json.loads(gzip.decompress(body))["Records"]
        return found

    sizes = [one["requestParameters"].get("size") for one in records()
             if one["eventName"] == "CreateVolume"]  # fmt: skip
    assert sizes == [2]
    assert client.get_trail_status(Name="audit")["LatestDeliveryTime"]
    before = len(records())
    cloud.running.run(trail_files.deliver(server))
    assert len(records()) == before, "no call is told twice"
