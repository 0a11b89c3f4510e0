"""Every operation of every service, both directions, against botocore's own serializers."""

import zlib
from functools import cache
from typing import Any

import botocore.loaders
import botocore.model
import botocore.parsers
import pytest

from emulator import api, protocols, query_names
from emulator.errors import AwsError
from tests.emulator.protocols.values import Generator, request_of

SERVICES = """
account application-autoscaling athena autoscaling backup batch bcm-data-exports
bcm-pricing-calculator bcm-recommended-actions billing budgets ce cloudtrail cloudwatch
codebuild compute-optimizer compute-optimizer-automation config cost-optimization-hub cur dlm
ebs ec2 ecs eks elasticache elb elbv2 es events firehose freetier health iam invoicing kafka
kinesis kms lambda logs opensearch organizations pi pricing rds resource-explorer-2
resource-groups resourcegroupstaggingapi s3 s3control sagemaker savingsplans service-quotas sns
sqs ssm sts support trustedadvisor
"""
EXAMPLES = 4
# the first is read by a handler of botocore's (see test_wire), in the model of the others, which
# S3 replaced long ago, two members share one element
UNREADABLE = {
    ("s3", "GetBucketLocation"),
    ("s3", "GetBucketNotification"),
    ("s3", "PutBucketNotification"),
}


def spoken() -> list[tuple[str, str]]:
    """Every service with each protocol it lists."""
    return [(name, each) for name in SERVICES.split() for each in api.service(name).protocols]


@cache
def botocore_service(name: str) -> botocore.model.ServiceModel:
    loader = botocore.loaders.Loader()
    return botocore.model.ServiceModel(loader.load_service_model(name, "service-2"), name)


def seed(*words: object) -> int:
    return zlib.crc32(repr(words).encode())


def is_streamed(operation: Any) -> bool:
    return bool(operation.has_event_stream_input or operation.has_event_stream_output)


@pytest.mark.parametrize(("service", "protocol"), spoken())
def test_what_botocore_sends_is_what_we_parse(service: str, protocol: str) -> None:
    codec = protocols.by_name(protocol)
    model, ours = botocore_service(service), api.service(service)
    assert list(ours.operations) == model.operation_names
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.input_shape is None or is_streamed(operation):
            continue
        if (service, name) in UNREADABLE:
            continue
        for number in range(EXAMPLES):
            generator = Generator(
                seed(service, protocol, name, number),
                milliseconds=False,
                empties=protocol in ("json", "smithy-rpc-v2-cbor"),
            )
            params = generator.structure(operation.input_shape)
            if protocol == "rest-xml":
                params = without_carriage_returns(params)
            request = request_of(operation, protocol, params)
            found = codec.parse(ours.operations[name], request)
            if "ContentLength" not in params:
                found.pop("ContentLength", None)  # HTTP's own, which S3 models as a member
            assert found == params, (name, request)


@pytest.mark.parametrize(("service", "protocol"), spoken())
def test_what_we_write_is_what_botocore_reads(service: str, protocol: str) -> None:
    codec = protocols.by_name(protocol)
    model, ours = botocore_service(service), api.service(service)
    parser: Any = botocore.parsers.create_parser(protocol)
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.output_shape is None or is_streamed(operation):
            continue
        if (service, name) in UNREADABLE:
            continue
        for number in range(EXAMPLES):
            generator = Generator(
                seed(name, protocol, service, number),
                milliseconds=True,
                empties=protocol != "rest-xml",
            )
            result = generator.structure(operation.output_shape)
            payload = operation.output_shape.serialization.get("payload", "")
            if isinstance(result.get(payload), bytes):
                result[payload] = b"text"  # which is what botocore takes a bare body for
            written = codec.write(ours.operations[name], result, request_id="the-id")
            response = {
                "status_code": written.status,
                "headers": botocore_headers(written.headers),
                "body": written.body,
                "context": {"operation_name": name},
            }
            shape = wrapped(operation.output_shape, name, protocol)
            found = parser.parse(response, shape)
            metadata = found.pop("ResponseMetadata")
            assert metadata["RequestId"] == "the-id"
            assert comparable(found, result) == result, (name, written)


@pytest.mark.parametrize(("service", "protocol"), spoken())
def test_modelled_errors_are_what_botocore_reads(service: str, protocol: str) -> None:
    codec = protocols.by_name(protocol)
    model, ours = botocore_service(service), api.service(service)
    parser: Any = botocore.parsers.create_parser(protocol)
    shapes: list[Any] = model.error_shapes
    for shape in shapes:
        generator = Generator(seed(service, protocol, shape.name), milliseconds=True)
        fields = generator.structure(shape)
        message = next((each for each in shape.members if each.lower() == "message"), None)
        for each in ("Message", "message", "Code", "code", "Type", "type"):
            fields.pop(each, None)
        error = AwsError(shape.name, "the <message>", **fields)
        written = codec.write_error(ours, None, error, request_id="the-id")
        told = query_names.SHAPES.get(service, {}).get(shape.name, {}).get("error", {})
        assert written.status == {**told, **shape.metadata.get("error", {})}.get(
            "httpStatusCode", 500 if ours.errors[shape.name].traits.get("fault") else 400
        )
        response = {
            "status_code": written.status,
            "headers": botocore_headers(written.headers),
            "body": written.body,
        }
        outer = parser.parse(response, None)
        assert outer["Error"]["Message"] == "the <message>"
        assert outer["ResponseMetadata"]["RequestId"] == "the-id"
        # what a service was called by in query, its clients still know it by
        before = ours.errors[shape.name].traits.get("error", {}).get("code")
        codes = {shape.name, shape.error_code, before}
        assert outer["Error"]["Code"] in codes, shape
        inner = parser.parse(response, shape)
        for each in ("ResponseMetadata", "Code", "code", "Type", "type"):
            inner.pop(each, None)
        fields = {key: each for key, each in fields.items() if not names_the_error(shape, key)}
        inner = {key: each for key, each in inner.items() if not names_the_error(shape, key)}
        if message and not (protocol == "query" and message == "message"):
            assert inner.pop(message) == "the <message>"
        assert inner == fields, (shape, written)


def botocore_headers(headers: list[tuple[bytes, bytes]]) -> Any:
    from botocore.awsrequest import HeadersDict

    return HeadersDict({key.decode(): value.decode("latin-1") for key, value in headers})


def wrapped(shape: Any, name: str, protocol: str) -> Any:
    """CloudWatch's model no longer names the wrapper that its query protocol still has."""
    if protocol == "query" and "resultWrapper" not in shape.serialization:
        shape.serialization["resultWrapper"] = f"{name}Result"
    return shape


def names_the_error(shape: Any, member: str) -> bool:
    """Some models have a member for the header that carries the error's own name."""
    place = shape.members[member].serialization.get("name", "")
    return bool(place.lower() == "x-amzn-errortype")


def without_carriage_returns(value: Any) -> Any:
    """ElementTree, with which botocore writes, lets XML turn them into line feeds."""
    if isinstance(value, dict):
        return {key: without_carriage_returns(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_carriage_returns(each) for each in value]
    return value.replace("\r", "") if isinstance(value, str) else value


def comparable(found: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """What botocore reads, but for what it adds: a status, empty payloads, blobs as text."""
    shown = {}
    for name, value in found.items():
        wanted = result.get(name)
        if wanted is None and (value in ({}, "", []) or isinstance(value, int)):
            continue
        shown[name] = (
            value.encode() if isinstance(wanted, bytes) and value.__class__ is str else value
        )
    return shown
