"""The event history: what is told of calls, and how it is looked up."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud

Sql = Callable[..., list[dict[str, Any]]]


def events(cloud: Cloud, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("cloudtrail").lookup_events(**params)["Events"]
    return found


def by(key: str, value: str) -> dict[str, Any]:
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


def told(event: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(event["CloudTrailEvent"])
    return record


def test_a_change_is_told_with_request_answer_and_caller(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=7)
    [event] = events(cloud)
    assert event["EventName"] == "CreateVolume"
    assert event["EventSource"] == "ec2.amazonaws.com"
    assert (event["ReadOnly"], event["Username"]) == ("false", "tester")
    assert event["AccessKeyId"] == cloud.access_key_id
    assert {"ResourceType": "AWS::EC2::Volume", "ResourceName": volume["VolumeId"]} in event[
        "Resources"
    ]
    assert abs(event["EventTime"] - datetime.now(UTC)) < timedelta(minutes=1)
    record = told(event)
    asked = record["requestParameters"]
    assert (asked["availabilityZone"], asked["size"]) == ("us-east-1a", 7)
    assert record["responseElements"]["volumeId"] == volume["VolumeId"]
    assert record["responseElements"]["requestId"] == volume["ResponseMetadata"]["RequestId"]
    assert record["requestID"] == volume["ResponseMetadata"]["RequestId"]
    assert record["eventID"] == event["EventId"]
    assert record["userIdentity"] == {
        "type": "IAMUser",
        "principalId": record["userIdentity"]["principalId"],
        "arn": f"arn:aws:iam::{cloud.account.number}:user/tester",
        "accountId": cloud.account.number,
        "accessKeyId": cloud.access_key_id,
        "userName": "tester",
    }
    assert record["sourceIPAddress"] == "127.0.0.1"
    assert record["userAgent"].startswith("Boto3/")
    assert record["awsRegion"] == "us-east-1"
    assert record["eventTime"].endswith("Z")
    assert "errorCode" not in record


def test_reads_leave_no_trace_unless_they_are_denied(cloud: Cloud) -> None:
    cloud.client("ec2").describe_volumes()
    cloud.client("sts").get_caller_identity()
    writer = cloud.with_scopes("write:volumes")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        writer.client("ec2").describe_instances()
    [event] = events(cloud)
    assert (event["EventName"], event["ReadOnly"]) == ("DescribeInstances", "true")
    assert told(event)["errorCode"] == "Client.UnauthorizedOperation"


def test_refusals_are_told_with_code_and_message(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    with pytest.raises(ClientError, match=r"InvalidVolume\.NotFound"):
        ec2.delete_volume(VolumeId="vol-0123456789abcdef0")
    reader = cloud.with_scopes("read:*").client("rds")
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.stop_db_instance(DBInstanceIdentifier="db-1")
    with pytest.raises(ClientError, match="DryRunOperation"):
        ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, DryRun=True)
    dry, denied, missing = map(told, events(cloud))
    assert missing["errorCode"] == "Client.InvalidVolume.NotFound"
    assert "vol-0123456789abcdef0" in missing["errorMessage"]
    assert missing["responseElements"] is None
    assert denied["errorCode"] == "AccessDenied"
    assert denied["requestParameters"] == {"dBInstanceIdentifier": "db-1"}
    assert dry["errorCode"] == "Client.DryRunOperation"


def test_secrets_are_left_out(cloud: Cloud, sql: Sql) -> None:
    cloud.client("rds").create_db_instance(
        DBInstanceIdentifier="db-1", DBInstanceClass="db.t3.micro", Engine="postgres",
        AllocatedStorage=20, MasterUsername="admin1", MasterUserPassword="very-secret-word",
    )  # fmt: skip
    role = f"arn:aws:iam::{cloud.account.number}:role/FinOpsReadOnly"
    session = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="agent")
    cloud.client("ssm").put_parameter(Name="p", Value="another-secret", Type="SecureString")
    assert len(events(cloud)) == 3
    text = str(sql("select event, response from trail_events where account_id = $1",
                   cloud.account.id))  # fmt: skip
    assert "HIDDEN_DUE_TO_SECURITY_REASONS" in text
    for secret in ("very-secret-word", "another-secret",
                   session["Credentials"]["SecretAccessKey"],
                   session["Credentials"]["SessionToken"], cloud.secret_access_key):  # fmt: skip
        assert secret not in text


def test_sessions_are_told_with_their_issuer(cloud: Cloud) -> None:
    role = f"arn:aws:iam::{cloud.account.number}:role/OrganizationAccountAccessRole"
    made = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="agent-7")["Credentials"]
    ec2 = cloud.client(
        "ec2",
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
        aws_session_token=made["SessionToken"],
    )
    ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)
    [event] = events(cloud, **by("Username", "agent-7"))
    assert event["AccessKeyId"] == made["AccessKeyId"]
    user = told(event)["userIdentity"]
    assert user["type"] == "AssumedRole"
    assert user["arn"].endswith("assumed-role/OrganizationAccountAccessRole/agent-7")
    issuer = user["sessionContext"]["sessionIssuer"]
    assert (issuer["type"], issuer["arn"]) == ("Role", role)
    assert issuer["principalId"] == user["principalId"].partition(":")[0]


def test_every_attribute_finds_its_events(cloud: Cloud, other_cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    ec2.create_tags(Resources=[volume], Tags=[{"Key": "a", "Value": "b"}])
    cloud.client("s3").create_bucket(Bucket=f"bucket-{cloud.account.number}")
    newest = events(cloud)[0]

    def names(key: str, value: str) -> list[str]:
        return [one["EventName"] for one in events(cloud, **by(key, value))]

    assert names("EventName", "CreateTags") == ["CreateTags"]
    assert names("EventId", newest["EventId"]) == ["CreateBucket"]
    assert names("EventId", "nothing") == []
    assert names("ReadOnly", "false") == ["CreateBucket", "CreateTags", "CreateVolume"]
    assert names("ReadOnly", "true") == []
    assert names("Username", "tester") == ["CreateBucket", "CreateTags", "CreateVolume"]
    assert names("ResourceName", volume) == ["CreateTags", "CreateVolume"]
    assert names("ResourceType", "AWS::S3::Bucket") == ["CreateBucket"]
    assert names("EventSource", "s3.amazonaws.com") == ["CreateBucket"]
    assert names("AccessKeyId", cloud.access_key_id) == ["CreateBucket", "CreateTags",
                                                         "CreateVolume"]  # fmt: skip
    assert events(other_cloud) == []
    assert cloud.client("cloudtrail", "eu-west-1").lookup_events()["Events"] == []
    with pytest.raises(ClientError, match="InvalidLookupAttributesException"):
        events(cloud, **by("ReadOnly", "perhaps"))


def test_pages_and_times(cloud: Cloud) -> None:
    ec2, trail = cloud.client("ec2"), cloud.client("cloudtrail")
    made = [ec2.create_volume(AvailabilityZone="us-east-1a", Size=n + 1)["VolumeId"]
            for n in range(7)]  # fmt: skip
    seen, sizes = [], []
    token: dict[str, str] = {}
    while True:
        answer = trail.lookup_events(MaxResults=3, **token)
        sizes.append(len(answer["Events"]))
        seen += [told(one)["responseElements"]["volumeId"] for one in answer["Events"]]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert (seen, sizes) == (made[::-1], [3, 3, 1])
    middle = events(cloud)[3]["EventTime"]
    ago = timedelta(hours=1)
    assert len(events(cloud, StartTime=middle - ago, EndTime=middle + ago)) == 7
    assert events(cloud, EndTime=middle - ago) == []
    assert events(cloud, StartTime=middle + ago) == []
    with pytest.raises(ClientError, match="InvalidTimeRangeException"):
        events(cloud, StartTime=middle, EndTime=middle - ago)
    with pytest.raises(ClientError, match="InvalidNextTokenException"):
        events(cloud, NextToken="x")
    with pytest.raises(ClientError, match="UnsupportedOperationException"):
        events(cloud, EventCategory="insight")


def test_an_entry_is_made_with_the_change_itself(cloud: Cloud, sql: Sql) -> None:
    """Before anything is flushed: statement and transaction each brought theirs along."""
    trail = cloud.running.server.trail

    async def held() -> None:
        await trail._flushing.acquire()

    cloud.running.run(held())
    try:
        ec2 = cloud.client("ec2")
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
        ec2.create_security_group(GroupName="g", Description="d")
        ec2.delete_volume(VolumeId=volume)
        rows = sql("select event_name from trail_events where account_id = $1 order by event_time",
                   cloud.account.id)  # fmt: skip
        assert [row["event_name"] for row in rows] == ["CreateVolume", "CreateSecurityGroup",
                                                       "DeleteVolume"]  # fmt: skip
    finally:

        async def let_go() -> None:
            trail._flushing.release()

        cloud.running.run(let_go())
