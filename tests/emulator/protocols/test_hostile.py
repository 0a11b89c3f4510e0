"""Requests that are no requests: whatever arrives, only AWS's errors come of it."""

import random
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import api, protocols
from emulator.errors import AwsError, Fault
from tests.emulator.protocols.test_roundtrip import botocore_service, seed
from tests.emulator.protocols.values import Generator, Request, request_of

CASES = (
    ("ec2", "ec2", "RunInstances"),
    ("ec2", "ec2", "DescribeInstances"),
    ("query", "rds", "CreateDBInstance"),
    ("query", "cloudwatch", "PutMetricData"),
    ("json", "ce", "GetCostAndUsage"),
    ("json", "ecs", "RegisterTaskDefinition"),
    ("rest-json", "lambda", "CreateFunction"),
    ("rest-json", "backup", "CreateBackupPlan"),
    ("rest-xml", "s3", "PutBucketLifecycleConfiguration"),
    ("rest-xml", "s3", "PutObject"),
    ("smithy-rpc-v2-cbor", "cloudwatch", "PutMetricData"),
    ("smithy-rpc-v2-cbor", "health", "DescribeEvents"),
)


def attempt(protocol: str, service: str, name: str, request: Request) -> Any:
    """Parses, and writes the error if it is refused; any other exception fails the test."""
    codec = protocols.by_name(protocol)
    model = api.service(service)
    try:
        return codec.parse(model.operations[name], request)
    except AwsError as error:
        written = codec.write_error(model, model.operations[name], error, request_id="id")
        assert 400 <= written.status < 500
        return error


@pytest.mark.parametrize(("protocol", "service", "name"), CASES)
def test_broken_requests_are_refused_politely(protocol: str, service: str, name: str) -> None:
    operation = botocore_service(service).operation_model(name)
    for number in range(40):
        dice = random.Random(seed(protocol, service, name, number))
        generator = Generator(seed(name, number), milliseconds=False)
        request = request_of(operation, protocol, generator.structure(operation.input_shape))
        for _ in range(25):
            body = bytearray(request.body)
            for _ in range(dice.randrange(1, 6)):
                if body:
                    at = dice.randrange(len(body))
                    kind = dice.randrange(4)
                    if kind == 0:
                        body[at] = dice.randrange(256)
                    elif kind == 1:
                        del body[at : at + dice.randrange(1, 9)]
                    elif kind == 2:
                        body[at:at] = dice.choice((b"\x00", b"{", b"<a>", b".1", b"\xff", b"[[["))
                    else:
                        del body[at:]
            query = request.query if dice.random() < 0.5 else request.query.replace("=", "=%zz%00")
            headers = {
                key: dice.choice((value, "", "\xff", "1e999", "99999999999999999999"))
                for key, value in request.headers.items()
            }
            attempt(
                protocol, service, name, Request("POST", request.path, query, headers, bytes(body))
            )


@pytest.mark.parametrize(("protocol", "service", "name"), CASES)
@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=200), query=st.text(st.characters(max_codepoint=255), max_size=60))
def test_noise_is_refused_politely(
    protocol: str, service: str, name: str, body: bytes, query: str
) -> None:
    attempt(protocol, service, name, Request("POST", "/a/b", query, {"x": query}, body))


def kind_of(protocol: str, service: str, name: str, body: bytes) -> str:
    found = attempt(protocol, service, name, Request(body=body))
    return found.kind if isinstance(found, Fault) else repr(found)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b'{"TimePeriod": []}',
        b'{"TimePeriod": {"Start": 1}}',
        b'{"Metrics": {}}',
        b'{"Metrics": [1]}',
        b'{"Filter": ' + b'{"Not": ' * 400 + b"{}" + b"}" * 401,
        b'{"Granularity": "a\\u0000b"}',
        b'{"Granularity": "\\ud800"}',
        b'{"Granularity": NaN}',
        b"\xff\xfe",
        b"{}{}",
    ],
)
def test_json_of_the_wrong_shape(body: bytes) -> None:
    assert kind_of("json", "ce", "GetCostAndUsage", body) == "serialization"


@pytest.mark.parametrize(
    "body",
    [
        b'{"limit": "5"}',
        b'{"limit": true}',
        b'{"limit": 1.5}',
        b'{"limit": 2147483648}',
        b'{"limit": 1e400}',
        b'{"limit": 99999999999999999999999}',
        b'{"logGroupNamePrefix": 7}',
        b'{"includeLinkedAccounts": "true"}',
    ],
)
def test_json_values_of_the_wrong_type(body: bytes) -> None:
    assert kind_of("json", "logs", "DescribeLogGroups", body) == "serialization"


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        (b"MaxResults=x", "serialization"),
        (b"MaxResults=2147483648", "serialization"),
        (b"MaxResults=" + b"9" * 5000, "serialization"),
        ("MaxResults=٣".encode(), "serialization"),
        (b"DryRun=maybe", "serialization"),
        (b"InstanceId.x=i-1", "malformed"),
        (b"InstanceId.10001=i-1", "malformed"),
        (b"InstanceId.99999999999=i-1", "malformed"),
        (b"InstanceId.1.2=i-1", "malformed"),
        (b"InstanceId=i-1", "serialization"),
        (b"Filter.1=x", "serialization"),
        (b"Filter.1.Name=%00", "serialization"),
        (b"Filter.1.Name=%ff", "serialization"),
        (b"Filter.1.Name=%ed%a0%80", "serialization"),
        (b"A." * 100 + b"B=1", "serialization"),
        (b"Filter.1.Name=a&Filter.1.Name.x=b", "malformed"),
        (b"&".join(b"a=b" for _ in range(20_001)), "too_large"),
    ],
)
def test_forms_of_the_wrong_shape(form: bytes, kind: str) -> None:
    assert kind_of("ec2", "ec2", "DescribeInstances", form) == kind


def test_ec2_names_the_parameter_that_it_does_not_know() -> None:
    found = attempt("ec2", "ec2", "DescribeInstances", Request(body=b"Action=x&Colour=red"))
    assert (found.code, found.message) == (
        "UnknownParameter",
        "The parameter Colour is not recognized",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"<a>",
        b"",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<a>" * 100 + b"</a>" * 100,
        b"<a>&undefined;</a>",
        b"<a>\x01</a>",
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
    ],
)
def test_xml_that_is_refused(body: bytes) -> None:
    request = Request("PUT", "/bucket", "tagging", {}, body)
    found = attempt("rest-xml", "s3", "PutBucketTagging", request)
    if body:
        assert isinstance(found, Fault)
        assert found.kind == "malformed"
    else:
        assert found == {"Bucket": "bucket"}


@pytest.mark.parametrize(
    "body",
    [
        b"\xa1",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xa1\x01\x02",
        b"\xa1\x61a\xc1\x61b",
        b"\xa1\x61a\xc1\xfb" + struct.pack(">d", float("nan")),
        b"\xa1\x61a\xc1\xfb" + struct.pack(">d", 1e300),
        b"\xa1\x61a\xc2\x41\x01",
        b"\xa1\x62\xff\xfe\x01",
        b"\xa1\x61a\x61\x00",
        b"\x81" * 100 + b"\x01",
        b"\xbf\x61a",
        b"\xff",
        b"\xa0\xa0",
        b"\x5f\x61a\xff",
        b"\x1c",
        b"\x80",
    ],
)
def test_cbor_that_is_refused(body: bytes) -> None:
    assert kind_of("smithy-rpc-v2-cbor", "cloudwatch", "ListMetrics", body) == "serialization"


def test_event_streams_are_refused_by_name() -> None:
    operation = api.service("logs").operations["StartLiveTail"]
    with pytest.raises(Fault, match="StartLiveTail"):
        protocols.by_name("json").parse(operation, Request(body=b"{}"))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_comes_back_from_xml(text: str) -> None:
    """What XML can hold comes back as it was, the rest as U+FFFD."""
    import xml.etree.ElementTree as ElementTree

    from emulator.protocols import xml

    escaped = xml.escape(text)
    root = ElementTree.fromstring(f'<a b="{xml.escape_attribute(text)}">{escaped}</a>')
    expected = "".join("\ufffd" if not_in_xml(each) else each for each in text)
    assert (root.text or "") == expected
    assert root.attrib["b"] == expected


def not_in_xml(character: str) -> bool:
    code = ord(character)
    return (code < 32 and character not in "\t\n\r") or code in (0xFFFE, 0xFFFF)
