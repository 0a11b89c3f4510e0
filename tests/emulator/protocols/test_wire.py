"""Requests and answers as they stand on AWS's wire, one by one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator import api, protocols
from emulator.errors import AwsError, Fault
from emulator.protocols import timestamps
from tests.emulator.protocols.values import Request

NOON = datetime(2026, 6, 30, 12, 0, 0, 250_000, tzinfo=UTC)


def written(protocol: str, service: str, name: str, result: Any, **options: Any) -> bytes:
    operation = api.service(service).operations[name]
    codec = protocols.by_name(protocol)
    return bytes(codec.write(operation, result, request_id="the-id", **options).body)


def refused(protocol: str, service: str, error: AwsError, **options: Any) -> Any:
    codec = protocols.by_name(protocol)
    return codec.write_error(api.service(service), None, error, request_id="the-id", **options)


def parsed(protocol: str, service: str, name: str, request: Request, **options: Any) -> Any:
    operation = api.service(service).operations[name]
    return protocols.by_name(protocol).parse(operation, request, **options)


@pytest.mark.parametrize(
    ("protocol", "service", "name", "form", "expected"),
    [
        (
            "ec2", "ec2", "CreateTags",
            b"Action=CreateTags&Version=2016-11-15&ResourceId.1=i-1&Tag.1.Key=a&Tag.1.Value=b+c",
            {"Resources": ["i-1"], "Tags": [{"Key": "a", "Value": "b c"}]},
        ),
        (
            "ec2", "ec2", "DescribeInstances",
            b"InstanceId.2=i-2&InstanceId.10=i-10&InstanceId.1=i-1",
            {"InstanceIds": ["i-1", "i-2", "i-10"]},
        ),
        ("query", "iam", "ListUsers", b"MaxItems=5&Other=ignored", {"MaxItems": 5}),
        (
            "query", "autoscaling", "DescribeAutoScalingGroups",
            b"AutoScalingGroupNames.member.1=web&AutoScalingGroupNames.member.2=db",
            {"AutoScalingGroupNames": ["web", "db"]},
        ),
        (
            "query", "rds", "AddTagsToResource",
            b"ResourceName=r&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v",
            {"ResourceName": "r", "Tags": [{"Key": "k", "Value": "v"}]},
        ),
        (
            "query", "rds", "AddTagsToResource",
            b"ResourceName=r&Tags.member.1.Key=k",
            {"ResourceName": "r", "Tags": [{"Key": "k"}]},
        ),
        ("query", "rds", "AddTagsToResource", b"Tags=", {"Tags": []}),
        (
            "query", "sns", "CreateTopic",
            b"Name=n&Attributes.entry.1.key=a&Attributes.entry.1.value=b",
            {"Name": "n", "Attributes": {"a": "b"}},
        ),
        (
            "query", "cloudwatch", "GetMetricStatistics",
            b"StartTime=2026-06-30T12:00:00.250Z&EndTime=1782820800.25&Period=60",
            {"StartTime": NOON, "EndTime": NOON, "Period": 60},
        ),
    ],
)  # fmt: skip
def test_forms(
    protocol: str, service: str, name: str, form: bytes, expected: dict[str, Any]
) -> None:
    assert parsed(protocol, service, name, Request(body=form)) == expected
    assert parsed(protocol, service, name, Request("GET", query=form.decode())) == expected


@pytest.mark.parametrize(
    "spelling",
    [
        "2026-06-30T12:00:00.250Z", "2026-06-30T14:00:00.25+02:00", "1782820800.25",
        "2026-06-30 12:00:00.250", 1782820800.25,
    ],
)  # fmt: skip
def test_spellings_of_a_moment(spelling: Any) -> None:
    assert timestamps.read(spelling, timedelta(0)) == NOON


def test_http_dates() -> None:
    assert timestamps.rfc822(NOON, timedelta(0)) == "Tue, 30 Jun 2026 12:00:00 GMT"
    whole = NOON.replace(microsecond=0)
    assert timestamps.read("Tue, 30 Jun 2026 12:00:00 GMT", timedelta(0)) == whole


@pytest.mark.parametrize(
    "text", ["", "now", "2026-13-01", "1e99", "-999999999999", "٢٠٢٦-06-30", "Tue, 30 Foo 2026"]
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(Fault) as caught:
        timestamps.read(text, timedelta(days=-10))
    assert caught.value.kind == "serialization"


def test_the_worlds_time_is_moved_at_the_edge() -> None:
    shift = timedelta(days=3)
    request = Request(body=b'{"startTime": 0, "logGroupName": "g", "queryString": "q"}')
    form = Request(body=b"StartTime=2026-07-03T12:00:00.250Z")
    assert parsed("query", "cloudwatch", "GetMetricStatistics", form, shift=shift) == {
        "StartTime": NOON
    }
    # a member that the model calls a number stays one
    assert parsed("json", "logs", "StartQuery", request, shift=shift)["startTime"] == 0
    body = written(
        "ec2", "ec2", "CreateVolume", {"VolumeId": "vol-1", "CreateTime": NOON}, shift=shift
    )
    assert b"<createTime>2026-07-03T12:00:00.250Z</createTime>" in body
    body = written("json", "ecs", "DescribeClusters", {"failures": [{"arn": "a", "reason": None}]})
    assert body == b'{"failures":[{"arn":"a"}]}'


def test_ec2_answers() -> None:
    body = written("ec2", "ec2", "DescribeRegions", {"Regions": [{"RegionName": "eu-west-1"}]})
    assert body.decode().splitlines() == [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        "<requestId>the-id</requestId><regionInfo><item><regionName>eu-west-1</regionName></item>"
        "</regionInfo></DescribeRegionsResponse>",
    ]
    assert b"<return>true</return>" in written("ec2", "ec2", "DeleteVolume", None)


def test_query_answers() -> None:
    result = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/a&b"}
    assert written("query", "sts", "GetCallerIdentity", result).decode() == (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        "<GetCallerIdentityResult><Account>123456789012</Account>"
        "<Arn>arn:aws:iam::123456789012:user/a&amp;b</Arn></GetCallerIdentityResult>"
        "<ResponseMetadata><RequestId>the-id</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    )


@pytest.mark.parametrize(("region", "text"), [("eu-west-1", "eu-west-1"), (None, "")])
def test_s3s_bucket_location(region: str | None, text: str) -> None:
    body = written("rest-xml", "s3", "GetBucketLocation", {"LocationConstraint": region})
    assert body.decode().endswith(
        f'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{text}'
        "</LocationConstraint>"
    )


def test_the_errors_of_each_protocol() -> None:
    ec2 = refused("ec2", "ec2", AwsError("InvalidVolume.NotFound", "no \x00 <vol>"))
    assert ec2.status == 400
    assert ec2.body.endswith(
        "<Response><Errors><Error><Code>InvalidVolume.NotFound</Code>"
        "<Message>no \ufffd &lt;vol&gt;</Message></Error></Errors>"
        "<RequestID>the-id</RequestID></Response>".encode()
    )
    rds = refused("query", "rds", AwsError("DBInstanceNotFoundFault", "gone"))
    assert rds.status == 404
    assert rds.body == (
        b'<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><Error>'
        b"<Type>Sender</Type><Code>DBInstanceNotFound</Code><Message>gone</Message></Error>"
        b"<RequestId>the-id</RequestId></ErrorResponse>"
    )
    s3 = refused("rest-xml", "s3", AwsError("NoSuchBucket", "gone", BucketName="b&c"))
    assert (s3.status, b"<BucketName>b&amp;c</BucketName>" in s3.body) == (404, True)
    assert refused("rest-xml", "s3", AwsError("NoSuchBucket", "gone"), head=True).body == b""
    logs = refused("json", "logs", AwsError("ResourceNotFoundException", "gone"))
    assert logs.body == b'{"__type":"ResourceNotFoundException","message":"gone"}'
    functions = refused("rest-json", "lambda", AwsError("ResourceNotFoundException", "gone"))
    assert functions.status == 404
    assert (b"x-amzn-errortype", b"ResourceNotFoundException") in functions.headers
    assert functions.body == b'{"Message":"gone"}'


@pytest.mark.parametrize("code", ["ResourceNotFound", "DashboardNotFoundError"])
@pytest.mark.parametrize("protocol", ["json", "smithy-rpc-v2-cbor"])
def test_query_compatible_errors_keep_their_old_code(protocol: str, code: str) -> None:
    answer = refused(protocol, "cloudwatch", AwsError(code, "gone"))
    assert answer.status == 404
    assert (b"x-amzn-query-error", b"ResourceNotFound;Sender") in answer.headers
    assert f"com.amazonaws.cloudwatch#{code}".encode() in answer.body


def test_header_values_cannot_split_the_response() -> None:
    operation = api.service("s3").operations["HeadObject"]
    answer = protocols.by_name("rest-xml").write(
        operation, {"Metadata": {"a": "x\r\nset-cookie: y"}}, request_id="the-id"
    )
    assert (b"x-amz-meta-a", b"x  set-cookie: y") in answer.headers
    assert answer.body == b""


def test_protocols_are_found_by_both_spellings() -> None:
    assert protocols.by_name("rest_json") is not None
    assert protocols.by_name("cbor").parse is protocols.by_name("smithy-rpc-v2-cbor").parse
    with pytest.raises(KeyError):
        protocols.by_name("soap")


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_slash_at_the_end_may_stand_or_not(slash: str) -> None:
    """Python's URI of ListTags has one, Go's none."""
    arn = "arn:aws:backup:us-east-1:123456789012:backup-vault:main"
    request = Request(method="GET", path=f"/tags/{arn.replace(':', '%3A')}{slash}")
    assert parsed("rest-json", "backup", "ListTags", request)["ResourceArn"] == arn
