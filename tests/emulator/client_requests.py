"""Requests as clients of AWS make them, and values of shapes to fill them with."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import boto3
import botocore.awsrequest
import botocore.serialize
import pytest
from botocore.utils import percent_encode_sequence

NAMES = """
account application-autoscaling athena autoscaling backup batch bcm-data-exports
bcm-pricing-calculator bcm-recommended-actions billing budgets ce cloudtrail cloudwatch codebuild
compute-optimizer compute-optimizer-automation config cost-optimization-hub cur dlm ebs ec2 ecs eks
elasticache elb elbv2 es events firehose freetier health iam invoicing kafka kinesis kms lambda logs
opensearch organizations pi pricing rds resource-explorer-2 resource-groups
resourcegroupstaggingapi s3 s3control sagemaker savingsplans service-quotas sns sqs ssm sts support
trustedadvisor
"""


SERVICES = NAMES.split()


@dataclass
class Request:
    method: str = "POST"
    path: str = "/"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def signed(name: str, **headers: str) -> dict[str, str]:
    scope = f"AKIDEXAMPLE/20260630/us-east-1/{name}/aws4_request"
    found = {key.replace("_", "-"): value for key, value in headers.items()}
    found.setdefault("host", "localhost:4566")
    found["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=00"
    )
    return found


def form(name: str, body: bytes, **headers: str) -> Request:
    content_type = "application/x-www-form-urlencoded; charset=utf-8"
    return Request(headers=signed(name, content_type=content_type, **headers), body=body)


def sample(shape: Any, depth: int = 0) -> Any:
    """A value of a botocore shape with its required members."""
    kind = shape.type_name
    if kind == "structure":
        needed = shape.required_members if depth < 6 else ()
        return {name: sample(shape.members[name], depth + 1) for name in needed}
    if kind == "list":
        return [sample(shape.member, depth + 1)]
    if kind == "map":
        return {sample(shape.key, depth + 1): sample(shape.value, depth + 1)}
    scalars = {
        "timestamp": 1_750_000_000,
        "blob": b"x",
        "boolean": True,
        "integer": 1,
        "long": 1,
        "float": 1.5,
        "double": 1.5,
    }
    return scalars.get(kind, (shape.enum if kind == "string" and shape.enum else ["abc"])[0])


def serialized(model: Any, operation: Any, protocol: str) -> Request:
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    params = sample(operation.input_shape) if operation.input_shape else {}
    made = serializer.serialize_to_request(params, operation)
    path, _, query = made["url_path"].partition("?")
    extra = made["query_string"]
    if extra:
        extra = extra if isinstance(extra, str) else percent_encode_sequence(extra)
        query = f"{query}&{extra}" if query else extra
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body).encode()
    headers = {key.lower(): value for key, value in made["headers"].items()}
    if operation.auth_type != "none":
        headers |= signed(model.signing_name)
    headers["host"] = "localhost:4566"
    return Request(made["method"], path, query, headers, body if isinstance(body, bytes) else b"")


class SentError(Exception):
    """Carries the request that a client was about to send."""

    def __init__(self, request: botocore.awsrequest.AWSPreparedRequest) -> None:
        super().__init__(request.url)
        self.request = request


def sent(client: Any, method: str, **params: Any) -> Request:
    """The request that a boto3 client makes, as it would arrive."""

    def stop(request: botocore.awsrequest.AWSPreparedRequest, **_: Any) -> None:
        raise SentError(request)

    client.meta.events.register("before-send", stop)
    with pytest.raises(SentError) as caught:
        getattr(client, method)(**params)
    request = caught.value.request
    address, _, query = request.url.partition("?")
    host, _, path = address.partition("://")[2].partition("/")
    headers = {}
    for key, value in request.headers.items():
        headers[key.lower()] = value.decode() if isinstance(value, bytes) else value
    headers["host"] = host
    body = request.body
    if isinstance(body, str):
        body = body.encode()
    return Request(
        request.method, f"/{path}", query, headers, body if isinstance(body, bytes) else b""
    )


def client(service: str, **options: Any) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        **options,
    )
