"""Every operation of every service in scope is found again from the request that botocore makes."""

from typing import Any

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import api, route
from emulator.errors import Fault
from tests.emulator.client_requests import (
    SERVICES,
    Request,
    client,
    form,
    sent,
    serialized,
    signed,
)

PROTOCOLS = {"smithy-rpc-v2-cbor": "cbor", "rest-json": "rest_json", "rest-xml": "rest_xml"}


# Operations whose requests are the same, byte for byte, as those of their successors.
REPLACED = {
    ("s3", "GetBucketLifecycle"): "GetBucketLifecycleConfiguration",
    ("s3", "GetBucketNotification"): "GetBucketNotificationConfiguration",
    ("s3", "PutBucketLifecycle"): "PutBucketLifecycleConfiguration",
    ("s3", "PutBucketNotification"): "PutBucketNotificationConfiguration",
}


@pytest.fixture(scope="module")
def botocore_session() -> Any:
    return botocore.session.get_session()


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_in_every_protocol(service: str, botocore_session: Any) -> None:
    model = botocore_session.get_service_model(service)
    wrong = []
    for protocol in model.metadata.get("protocols") or [model.protocol]:
        for name in model.operation_names:
            operation = model.operation_model(name)
            if (service, name) == ("s3", "ListDirectoryBuckets"):
                continue  # told by its scope alone: see test_directory_buckets
            found = route.route(serialized(model, operation, protocol))
            wanted = (
                service,
                PROTOCOLS.get(protocol, protocol),
                REPLACED.get((service, name), name),
            )
            if (found.service, found.protocol, found.operation) != wanted:
                wrong.append((wanted, found))
    assert wrong == []


@pytest.mark.parametrize(
    ("service", "method", "params", "wanted"),
    [
        ("sts", "get_caller_identity", {}, ("sts", "query", "GetCallerIdentity")),
        ("ec2", "describe_instances", {}, ("ec2", "ec2", "DescribeInstances")),
        ("cloudwatch", "list_metrics", {}, ("cloudwatch", "json", "ListMetrics")),
        ("elb", "describe_load_balancers", {}, ("elb", "query", "DescribeLoadBalancers")),
        ("elbv2", "describe_load_balancers", {}, ("elbv2", "query", "DescribeLoadBalancers")),
        ("es", "list_domain_names", {}, ("es", "rest_json", "ListDomainNames")),
        ("opensearch", "list_domain_names", {}, ("opensearch", "rest_json", "ListDomainNames")),
        ("sqs", "list_queues", {}, ("sqs", "json", "ListQueues")),
        ("lambda", "list_functions", {}, ("lambda", "rest_json", "ListFunctions")),
        ("eks", "list_clusters", {}, ("eks", "rest_json", "ListClusters")),
        ("resourcegroupstaggingapi", "get_resources", {},
         ("resourcegroupstaggingapi", "json", "GetResources")),
    ],
)  # fmt: skip
def test_boto3_clients(
    service: str, method: str, params: dict[str, Any], wanted: tuple[str, str, str]
) -> None:
    request = sent(client(service, endpoint_url="http://127.0.0.1:4566"), method, **params)
    found = route.route(request)
    assert (found.service, found.protocol, found.operation) == wanted
    assert found.fault is None


def test_action_anywhere_in_the_form() -> None:
    body = b"Filter.1.Value=Action%3D1&Version=2016-11-15&Action=StopInstances&InstanceId.1=i-1"
    found = route.route(form("ec2", body))
    assert (found.service, found.protocol, found.operation) == ("ec2", "ec2", "StopInstances")


def test_first_action_wins() -> None:
    body = b"Action=StopInstances&Version=2016-11-15&Action=TerminateInstances"
    assert route.route(form("ec2", body)).operation == "StopInstances"


def test_query_on_a_url() -> None:
    query = "Action=GetCallerIdentity&Version=2011-06-15"
    found = route.route(Request("GET", "/", query, signed("sts")))
    assert (found.service, found.protocol, found.operation) == (
        "sts",
        "query",
        "GetCallerIdentity",
    )


def test_shared_signing_names_are_told_apart_by_version() -> None:
    for version, service in (("2012-06-01", "elb"), ("2015-12-01", "elbv2")):
        body = f"Action=DescribeLoadBalancers&Version={version}".encode()
        assert route.route(form("elasticloadbalancing", body)).service == service
    newer = b"Action=DescribeTargetGroups"
    assert route.route(form("elasticloadbalancing", newer)).service == "elbv2"


def test_sdks_of_smithy_models_name_the_service_by_its_shape() -> None:
    # the JavaScript SDK's target; botocore's begins with com.amazonaws.cloudtrail.v20131101
    target = "CloudTrail_20131101.LookupEvents"
    found = route.route(Request(headers=signed("cloudtrail", x_amz_target=target), body=b"{}"))
    assert (found.service, found.operation, found.fault) == ("cloudtrail", "LookupEvents", None)


def test_older_clients_of_services_that_left_query() -> None:
    for name, service, body in (
        ("monitoring", "cloudwatch", b"Action=ListMetrics&Version=2010-08-01"),
        ("sqs", "sqs", b"Action=ListQueues&Version=2012-11-05"),
    ):
        found = route.route(form(name, body))
        assert (found.service, found.protocol) == (service, "query")


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (
            Request(
                headers={
                    "host": "localhost",
                    "content-type": "application/x-www-form-urlencoded",
                },
                body=b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=x",
            ),
            ("sts", "query", "AssumeRoleWithWebIdentity"),
        ),
        (
            Request(
                headers={"host": "sts.amazonaws.com"}, body=b"Action=AssumeRoleWithWebIdentity"
            ),
            ("sts", "query", "AssumeRoleWithWebIdentity"),
        ),
        (
            Request(headers={"x-amz-target": "AWSInsightsIndexService.GetCostAndUsage"}),
            ("ce", "json", "GetCostAndUsage"),
        ),
        (
            Request("GET", "/2015-03-31/functions/", "", {"host": "localhost"}),
            ("lambda", "rest_json", "ListFunctions"),
        ),
        (Request("GET", "/bucket/key", "", {"host": "localhost"}), ("s3", "rest_xml", "GetObject")),
    ],
)
def test_unsigned(request_: Request, wanted: tuple[str, str, str]) -> None:
    found = route.route(request_)
    assert (found.service, found.protocol, found.operation) == wanted


@pytest.mark.parametrize(
    ("request_", "service", "protocol", "action"),
    [
        (form("ec2", b"Action=Nonsense&Version=2016-11-15"), "ec2", "ec2", "Nonsense"),
        (form("sts", b"Action=Nonsense&Version=2011-06-15"), "sts", "query", "Nonsense"),
        (form("nobody", b"Action=Nonsense"), None, "query", "Nonsense"),
        (
            Request(headers=signed("ce", x_amz_target="AWSInsightsIndexService.Nonsense")),
            "ce",
            "json",
            "Nonsense",
        ),
        (Request(headers=signed("ce", x_amz_target="Nobody.Nonsense")), "ce", "json", "Nonsense"),
        (
            Request(
                path="/service/GraniteServiceVersion20100801/operation/Nonsense",
                headers=signed("monitoring", smithy_protocol="rpc-v2-cbor"),
            ),
            "cloudwatch",
            "cbor",
            "Nonsense",
        ),
        (
            Request("GET", "/nonsense", "", signed("lambda")),
            "lambda",
            "rest_json",
            "GET /nonsense",
        ),
        (
            Request("PATCH", "/2015-03-31/functions/", "", signed("lambda")),
            "lambda",
            "rest_json",
            "PATCH /2015-03-31/functions/",
        ),
    ],
)
def test_unknown_operations_have_a_protocol(
    request_: Request, service: str | None, protocol: str, action: str
) -> None:
    found = route.route(request_)
    assert (found.service, found.protocol, found.operation) == (service, protocol, None)
    assert found.fault is not None
    assert found.fault.kind == "unknown_operation"
    assert found.fault.fields["action"] == action


def test_an_unsigned_action_without_version_speaks_query() -> None:
    found = route.route(Request(headers={"host": "localhost"}, body=b"Action=AssumeRole"))
    assert (found.service, found.protocol, found.operation) == (None, "query", None)


def test_a_form_without_action() -> None:
    found = route.route(form("ec2", b"Version=2016-11-15"))
    assert (found.service, found.protocol) == ("ec2", "ec2")
    assert found.fault is not None
    assert found.fault.kind == "missing_parameter"


def test_curl_calls_every_body_a_form() -> None:
    request = form("lambda", b'{"a": 1}')
    request.path = "/2015-03-31/functions/f/invocations"
    found = route.route(request)
    assert (found.service, found.protocol, found.operation) == ("lambda", "rest_json", "Invoke")


def test_the_body_is_needed_for_forms_only() -> None:
    assert route.needs_body(form("ec2", b""))
    assert not route.needs_body(Request("PUT", "/bucket/key", "", signed("s3")))
    assert not route.needs_body(Request(headers=signed("ce", x_amz_target="A.B")))


def test_the_scope_does_not_stay_in_remembered_routes() -> None:
    target = "AWSInsightsIndexService.GetTags"
    first = route.route(Request(headers=signed("elsewhere", x_amz_target=target)))
    second = route.route(Request(headers=signed("ce", x_amz_target=target)))
    assert first == second
    assert second.signing_name == api.service("ce").signing_name


text = st.text(max_size=60)


# Pieces that lead into the corners of the parser, and arbitrary text.
paths = st.lists(
    st.sampled_from(["", "bucket", "2015-03-31", "functions", "service", "operation", "%2F", "."])
    | text,
    max_size=6,
).map(lambda parts: "/" + "/".join(parts))


queries = st.lists(
    st.sampled_from(
        ["acl", "uploads", "list-type=2", "Action=X", "Version=2016-11-15", "X-Amz-Credential=a/b"]
    )
    | text,
    max_size=5,
).map("&".join)


headers = st.dictionaries(
    st.sampled_from(
        ["host", "authorization", "x-amz-target", "smithy-protocol", "content-type", "x-id"]
    ),
    st.sampled_from(
        [
            *(signed(name)["authorization"] for name in ("s3", "ec2", "lambda", "es", "zz", "")),
            "application/x-www-form-urlencoded",
            "application/x-amz-json-1.1",
            "AmazonSQS.ListQueues",
            "a.s3.localhost",
            "AWS4-HMAC-SHA256 Credential=",
        ]
    )
    | text,
)


@settings(max_examples=400, deadline=None)
@given(
    st.builds(
        Request,
        method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "x"]),
        path=paths,
        query=queries,
        headers=headers,
        body=st.binary(max_size=60) | queries.map(lambda q: q.encode("utf-8", "replace")),
    )
)
def test_no_request_makes_it_raise(request: Request) -> None:
    found = route.route(request)
    assert found.protocol in {"ec2", "query", "json", "rest_json", "rest_xml", "cbor"}
    assert (found.operation is None) == (found.fault is not None)
    assert found.fault is None or isinstance(found.fault, Fault)
    if found.operation is not None:
        assert found.service is not None
        assert found.operation in api.service(found.service).operations
