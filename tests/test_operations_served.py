"""Every operation that is served, called with as little as its model allows."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import Shape

from emulator import operations
from tests.fixtures.server import RunningServer, new_cloud

# What an id that belongs to nothing looks like, by what its member's name ends with.
ABSENT = {
    "instanceid": "i-0123456789abcdef0",
    "volumeid": "vol-0123456789abcdef0",
    "snapshotid": "snap-0123456789abcdef0",
    "imageid": "ami-0123456789abcdef0",
    "vpcid": "vpc-0123456789abcdef0",
    "subnetid": "subnet-0123456789abcdef0",
    "groupid": "sg-0123456789abcdef0",
    "allocationid": "eipalloc-0123456789abcdef0",
    "associationid": "eipassoc-0123456789abcdef0",
    "natgatewayid": "nat-0123456789abcdef0",
    "vpcendpointid": "vpce-0123456789abcdef0",
    "launchtemplateid": "lt-0123456789abcdef0",
    "resourceid": "vol-0123456789abcdef0",
    "rolearn": "arn:aws:iam::123456789012:role/absent",
    "availabilityzone": "us-east-1a",
    "cidrblock": "10.99.0.0/16",
}
# Into these requests botocore signs something of its own, and misses it.
SIGNED = {("ec2", "CopySnapshot")}
# With these AWS says nothing more.
WORDLESS = {"ParameterNotFound", "InvalidResourceId", "InvalidResourceType"}
CONFIG = Config(parameter_validation=False, retries={"total_max_attempts": 1})


def minimal(shape: Any, name: str = "", depth: int = 0) -> Any:
    """The least value of a shape: required members alone, one element a list."""
    kind = shape.type_name
    if kind == "structure":
        return {
            member: minimal(shape.members[member], member, depth + 1)
            for member in shape.required_members
        }
    if kind == "list":
        return [minimal(shape.member, name.removesuffix("s"), depth + 1)]
    if kind == "map":
        return {}
    if kind == "string":
        return text(shape, name)
    least = shape.metadata.get("min", 1)
    return {
        "integer": least,
        "long": least,
        "float": float(least),
        "double": float(least),
        "boolean": False,
        "blob": b"x",
        "timestamp": "2026-06-01T00:00:00Z",
    }[kind]


def text(shape: Shape, name: str) -> str:
    """A string that the shape allows; where the name says what is meant, one that is absent."""
    allowed = getattr(shape, "enum", None)
    if allowed:
        return str(allowed[0])
    for ending, value in ABSENT.items():
        if name.lower().removesuffix("s").endswith(ending):
            return value
    return "absent".ljust(int(shape.metadata.get("min", 0)), "x")


def call(client: Any, name: str, params: dict[str, Any]) -> tuple[int, str, Any]:
    """Status, error code and answer of a call."""
    try:
        answer = getattr(client, xform_name(name))(**params)
    except ClientError as error:
        told = error.response
        return told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"], told
    return answer["ResponseMetadata"]["HTTPStatusCode"], "", answer


def wrong(status: int, code: str, answer: Any) -> str:
    """What is wrong with an answer, if anything."""
    if status >= 500:
        return f"{status} {code}: {answer}"
    # an answer to HEAD has no body to say more than the status
    if code and not (code[:1].isupper() or code == str(status)):
        return f"{code} is no error code of AWS"
    if code and not answer["Error"]["Message"] and code not in WORDLESS:
        return f"{code} says nothing"
    return ""


@pytest.fixture(scope="module")
def client(running: RunningServer) -> Callable[[str], Any]:
    """A client of a service: each service has an account of its own, so that what one makes or
    deletes is not in another's way."""
    return cache(lambda service: new_cloud(running).client(service, config=CONFIG))


def callable_names(client: Any, service: str) -> Iterator[tuple[str, Any]]:
    """The served operations, and their input shapes."""
    for name in operations.served()[service]:
        model = client.meta.service_model.operation_model(name)
        # botocore writes the account before a host that is an address
        if "hostPrefix" not in (model.endpoint or {}):
            yield name, model.input_shape


@pytest.mark.parametrize("service", sorted(operations.served()))
def test_the_least_request_is_answered_in_aws_words(
    client: Callable[[str], Any], service: str
) -> None:
    found = {
        name: wrong(*call(client(service), name, minimal(shape) if shape is not None else {}))
        for name, shape in callable_names(client(service), service)
    }
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("service", sorted(operations.served()))
def test_nothing_at_all_is_answered_too(client: Callable[[str], Any], service: str) -> None:
    found = {
        name: wrong(*call(client(service), name, {}))
        for name, shape in callable_names(client(service), service)
        if can_be_left_out(shape) and (service, name) not in SIGNED
    }
    assert {name: what for name, what in found.items() if what} == {}


def can_be_left_out(shape: Any) -> bool:
    """Whether the least request has what a client can leave out.

    Where it has nothing both requests are the same; what stands in a path botocore cannot leave
    out.
    """
    places = [
        shape.members[member].serialization.get("location")
        for member in (shape.required_members if shape is not None else ())
    ]
    return bool(places) and "uri" not in places
