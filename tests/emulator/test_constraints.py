"""Input is held against its shape: what is refused, in which words, and what passes."""

from typing import Any
from urllib.parse import urlencode

import botocore.exceptions
import botocore.serialize
import botocore.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import api, constraints, operations
from emulator.api import Shape
from emulator.errors import AwsError
from tests.emulator.client_requests import SERVICES, sample


def refusal(service: str, operation: str, params: dict[str, Any], form: bytes = b"") -> AwsError:
    with pytest.raises(AwsError) as caught:
        operations.check(api.service(service).operations[operation], params, form)
    return caught.value


@pytest.mark.parametrize(
    ("service", "operation", "params", "code", "message"),
    [
        (
            "sts",
            "AssumeRole",
            {"RoleArn": "arn:aws:iam::123456789012:role/x", "RoleSessionName": "a:b"},
            "ValidationError",
            "1 validation error detected: Value 'a:b' at 'roleSessionName' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*",
        ),
        (
            "iam",
            "GetRole",
            {},
            "ValidationError",
            "1 validation error detected: Value null at 'roleName' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            "cloudwatch",
            "SetAlarmState",
            {"AlarmName": "a", "StateValue": "bad", "StateReason": "r"},
            "ValidationError",
            "1 validation error detected: Value 'bad' at 'stateValue' failed to satisfy "
            "constraint: Member must satisfy enum value set: [OK, ALARM, INSUFFICIENT_DATA]",
        ),
        (
            "kms",
            "ListKeys",
            {"Limit": 0},
            "ValidationException",
            "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        (
            "events",
            "PutTargets",
            {"Rule": "r", "Targets": [{"Id": "!", "Arn": "a"}]},
            "ValidationException",
            "1 validation error detected: Value '!' at 'targets.1.member.id' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+",
        ),
        (
            "kinesis",
            "CreateStream",
            {"StreamName": "s", "ShardCount": 0},
            "ValidationException",
            "1 validation error detected: Value '0' at 'shardCount' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        (
            "logs",
            "PutRetentionPolicy",
            {"logGroupName": "a b", "retentionInDays": 7},
            "InvalidParameterException",
            "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+",
        ),
        (
            "ce",
            "GetCostAndUsage",
            {"Granularity": "YEARLY", "Metrics": []},
            "ValidationException",
            "2 validation errors detected: Value null at 'timePeriod' failed to satisfy "
            "constraint: Member must not be null; Value 'YEARLY' at 'granularity' failed to "
            "satisfy constraint: Member must satisfy enum value set: [DAILY, MONTHLY, HOURLY]",
        ),
        (
            "rds",
            "StopDBInstance",
            {},
            "MissingParameter",
            "The request must contain the parameter DBInstanceIdentifier",
        ),
        (
            "ec2",
            "StopInstances",
            {},
            "MissingParameter",
            "The request must contain the parameter InstanceId",
        ),
        (
            "ec2",
            "DescribeInternetGateways",
            {"MaxResults": 3},
            "InvalidParameterValue",
            "Value ( 3 ) for parameter maxResults is invalid. Expecting a value greater than 5.",
        ),
        (
            "ec2",
            "CreateVolume",
            {"AvailabilityZone": "us-east-1a", "Size": 1, "VolumeType": "gp9"},
            "InvalidParameterValue",
            "Value (gp9) for parameter volumeType is invalid.",
        ),
        ("s3", "PutObject", {"Bucket": "b", "Key": "k", "StorageClass": "COLD"},
         "InvalidStorageClass", "The storage class you specified is not valid"),
        ("s3", "PutBucketAcl", {"Bucket": "b", "ACL": "everybody"},
         "InvalidArgument", "Invalid Argument"),
    ],
)  # fmt: skip
def test_wordings(
    service: str, operation: str, params: dict[str, Any], code: str, message: str
) -> None:
    error = refusal(service, operation, params)
    assert (error.code, error.message) == (code, message)
    assert error.status == 400


def test_scalars_in_lists_and_maps_are_reported_as_a_whole() -> None:
    listed = refusal(
        "cloudwatch",
        "GetMetricStatistics",
        {
            "Namespace": "AWS/EC2",
            "MetricName": "CPUUtilization",
            "StartTime": 0,
            "EndTime": 0,
            "Period": 60,
            "Statistics": ["Mean"],
        },
    )
    assert listed.message == (
        "1 validation error detected: Value '[Mean]' at 'statistics' failed to satisfy "
        "constraint: Member must satisfy constraint: [Member must satisfy enum value set: "
        "[SampleCount, Average, Sum, Minimum, Maximum]]"
    )
    mapped = refusal("logs", "TagLogGroup", {"logGroupName": "g", "tags": {"": "v"}})
    assert "Value '{=v}' at 'tags' failed to satisfy constraint: Map keys must" in mapped.message


def test_secrets_are_not_echoed() -> None:
    error = refusal("iam", "CreateLoginProfile", {"UserName": "u", "Password": "\u4e2d"})
    assert "\u4e2d" not in error.message
    assert "Value at 'password' failed" in error.message


# Examples of AWS's documentation that AWS itself would refuse: placeholders and a stray space.
UNTRUE_EXAMPLES = {
    ("ec2", "ModifySpotFleetRequest"),
    ("kms", "CreateCustomKeyStore"),
    ("kms", "UpdateCustomKeyStore"),
    ("lambda", "UpdateEventSourceMapping"),
    ("pricing", "GetProducts"),
}


def test_the_examples_of_the_documentation_pass() -> None:
    loader = botocore.session.get_session().get_component("data_loader")
    refused, count = set(), 0
    for service in SERVICES:
        try:
            examples = loader.load_service_model(service, "examples-1")["examples"]
        except botocore.exceptions.UnknownServiceError:
            continue
        for name, inputs in examples.items():
            for example in inputs if name in api.service(service).operations else ():
                count += 1
                try:
                    operation = api.service(service).operations[name]
                    operations.check(operation, example.get("input") or {})
                except AwsError:
                    refused.add((service, name))
    assert refused <= UNTRUE_EXAMPLES
    assert count > 500


def test_recursive_shapes() -> None:
    operation = api.service("ce").operations["GetCostAndUsage"]
    bad = {"Dimensions": {"Key": "NOTHING", "Values": ["x"]}}
    params: dict[str, Any] = {
        "TimePeriod": {"Start": "2026-01-01", "End": "2026-02-01"},
        "Granularity": "DAILY",
        "Metrics": ["UnblendedCost"],
        "Filter": {"And": [{"Not": {"Or": [bad, bad]}}]},
    }
    error = refusal("ce", "GetCostAndUsage", params)
    assert "at 'filter.and.1.member.not.or.1.member.dimensions.key'" in error.message
    assert error.message.startswith("2 validation errors detected: ")
    bad["Dimensions"]["Key"] = "SERVICE"
    operations.check(operation, params)


def test_ec2_refuses_parameters_that_it_does_not_know() -> None:
    stop = api.service("ec2").operations["StopInstances"]
    params = {"InstanceIds": ["i-1"]}
    form = b"Action=StopInstances&Version=2016-11-15&InstanceId.1=i-1&Force=true&DryRun=true"
    operations.check(stop, params, form)
    error = refusal("ec2", "StopInstances", params, form + b"&Colour=red")
    assert (error.code, error.message) == (
        "UnknownParameter",
        "The parameter Colour is not recognized",
    )


def test_ec2_knows_every_parameter_that_clients_write() -> None:
    model = botocore.session.get_session().get_service_model("ec2")
    serializer = botocore.serialize.create_serializer("ec2", include_validation=False)
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        params = {each: sample(member) for each, member in shape.members.items()} if shape else {}
        made = serializer.serialize_to_request(params, model.operation_model(name))
        form = urlencode(made["body"]).encode()
        operations._check_names(api.service("ec2").operations[name], form)


def acceptable(shape: Shape, depth: int = 0) -> Any:
    """A value that keeps the constraints of a shape, but for patterns."""
    if shape.type == "structure":
        needed = shape.required if depth < 8 else ()
        return {name: acceptable(shape.members[name].shape, depth + 1) for name in needed}
    least = int(shape.min or 0)
    if shape.type == "list":
        return [acceptable(shape.member.shape, depth + 1)] * max(least, 1)
    if shape.type == "map":
        return {acceptable(shape.key.shape): acceptable(shape.value.shape, depth + 1)}
    if shape.type == "string":
        return shape.enum[0] if shape.enum else "a" * max(least, 1)
    if shape.type == "blob":
        return b"a" * max(least, 1)
    if shape.type == "boolean":
        return True
    return shape.min if shape.min is not None else min(1, shape.max or 1)


@pytest.mark.parametrize("service", SERVICES)
def test_good_input_passes_every_operation(service: str) -> None:
    for operation in api.service(service).operations.values():
        compiled = constraints.compile_input(operation)
        if compiled is None or operation.input is None:
            continue
        breaches: list[constraints.Breach] = []
        compiled(acceptable(operation.input), None, breaches)
        # Nothing is said of patterns, and a pattern's words may stand in those of a list.
        kinds = {(breach.kind, breach.path) for breach in breaches if breach.kind != "pattern"}
        kinds = {(kind, path) for kind, path in kinds if kind != "inner"}
        assert kinds == set(), operation.name


def values(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that keep all constraints of a shape."""
    if shape.type == "structure":
        kept = {name: ref.shape for name, ref in shape.members.items() if depth < 2}
        needed = {name: shape.members[name].shape for name in shape.required}
        free = {name: one for name, one in kept.items() if name not in needed}
        return st.fixed_dictionaries(
            {name: values(one, depth + 1) for name, one in needed.items()},
            optional={name: values(one, depth + 1) for name, one in free.items()},
        )
    least, most = shape.min, shape.max
    shortest = int(least or 0)
    longest = int(min(most or 3, shortest + 3))
    if shape.type == "list":
        return st.lists(values(shape.member.shape, depth + 1), min_size=shortest, max_size=longest)
    if shape.type == "map":
        return st.dictionaries(values(shape.key.shape), values(shape.value.shape, depth + 1))
    if shape.type == "string" and shape.enum:
        return st.sampled_from(shape.enum)
    if shape.type == "string":
        if shape.pattern:
            return st.just("a" * max(shortest, 1))
        return st.text(min_size=shortest, max_size=longest)
    if shape.type in ("integer", "long", "float", "double"):
        return st.integers(int(least or 0), int(most if most is not None else (least or 0) + 9))
    return st.booleans()


CALLS = [
    ("ec2", "DescribeInstances"),
    ("ec2", "StopInstances"),
    ("ec2", "CreateVolume"),
    ("ec2", "DescribeVolumes"),
    ("autoscaling", "SetDesiredCapacity"),
    ("elbv2", "DescribeLoadBalancers"),
    ("rds", "DescribeDBInstances"),
    ("ce", "GetReservationUtilization"),
    ("cloudwatch", "ListMetrics"),
    ("ecs", "DescribeClusters"),
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_input_within_its_constraints_passes(data: st.DataObject) -> None:
    service, name = data.draw(st.sampled_from(CALLS))
    operation = api.service(service).operations[name]
    assert operation.input is not None
    params = data.draw(values(operation.input))
    compiled = constraints.compile_input(operation)
    breaches: list[constraints.Breach] = []
    if compiled is not None:
        compiled(params, None, breaches)
    wrong = [breach for breach in breaches if "pattern" not in breach.text]
    assert wrong == []
