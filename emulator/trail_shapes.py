"""What a call's values look like in the trail, and the resources they name: compiled per shape.

A structure becomes a dictionary of AWS's small names, secrets hidden, times as text. The names of
resources are noticed on the way, by how an id is spelled or by the member that holds it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

from emulator.api import Ref, Shape
from emulator.rows import Rows

HIDDEN: Final = "HIDDEN_DUE_TO_SECURITY_REASONS"
_DEEPEST: Final = 12
_MOST_ITEMS: Final = 1_000
_MOST_RESOURCES: Final = 50

_SECRET = re.compile(
    "password|secretaccesskey|secretkey|secretstring|secretbinary|sessiontoken|authtoken"
    "|privatekey|keymaterial|userdata|clientsecret|apikeyvalue|passphrase|plaintext|zipfile"
)
# EC2 tells lists in the words of its first API.
_EC2_LISTS = {
    "InstanceIds": ("instancesSet", "instanceId"),
    "ResourceIds": ("resourcesSet", "resourceId"),
}
_EC2_TYPES = {
    "i": "Instance", "vol": "Volume", "snap": "Snapshot", "ami": "Ami", "sg": "SecurityGroup",
    "vpc": "VPC", "subnet": "Subnet", "eni": "NetworkInterface", "eipalloc": "EIP",
    "nat": "NatGateway", "rtb": "RouteTable", "igw": "InternetGateway", "lt": "LaunchTemplate",
    "vpce": "VPCEndpoint", "tgw": "TransitGateway", "acl": "NetworkAcl", "dopt": "DHCPOptions",
    "eigw": "EgressOnlyInternetGateway", "fl": "FlowLog", "pcx": "VPCPeeringConnection",
    "pl": "PrefixList",
}  # fmt: skip
_EC2_ID = re.compile(rf"({'|'.join(_EC2_TYPES)})-[0-9a-f]{{8,17}}")
# Members that name a resource, by their letters in lower case.
_TYPES: Final[dict[str, str]] = {
    "bucket": "AWS::S3::Bucket",
    "dbinstanceidentifier": "AWS::RDS::DBInstance",
    "dbclusteridentifier": "AWS::RDS::DBCluster",
    "dbsnapshotidentifier": "AWS::RDS::DBSnapshot",
    "functionname": "AWS::Lambda::Function",
    "autoscalinggroupname": "AWS::AutoScaling::AutoScalingGroup",
    "launchconfigurationname": "AWS::AutoScaling::LaunchConfiguration",
    "rolename": "AWS::IAM::Role",
    "rolearn": "AWS::IAM::Role",
    "username": "AWS::IAM::User",
    "policyarn": "AWS::IAM::Policy",
    "instanceprofilename": "AWS::IAM::InstanceProfile",
    "accesskeyid": "AWS::IAM::AccessKey",
    "loadbalancerarn": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "loadbalancername": "AWS::ElasticLoadBalancing::LoadBalancer",
    "targetgrouparn": "AWS::ElasticLoadBalancingV2::TargetGroup",
    "loggroupname": "AWS::Logs::LogGroup",
    "keyname": "AWS::EC2::KeyPair",
    "cacheclusterid": "AWS::ElastiCache::CacheCluster",
    "replicationgroupid": "AWS::ElastiCache::ReplicationGroup",
    "streamname": "AWS::Kinesis::Stream",
    "queueurl": "AWS::SQS::Queue",
    "queuename": "AWS::SQS::Queue",
    "domainname": "AWS::OpenSearchService::Domain",
    "clustername": "AWS::ECS::Cluster",
    "policyid": "AWS::Organizations::Policy",
    "alarmname": "AWS::CloudWatch::Alarm",
    "trailname": "AWS::CloudTrail::Trail",
    "publicip": "AWS::EC2::EIP",
}

# Given a value, how deep it stands, the way to the client's times, and the resources found so far
# (name → type): how it is told. Functions and not an object: half the price per value.
Tell = Callable[[Any, int, timedelta, dict[str, str]], Any]


class Style(NamedTuple):
    """Whose words a structure is told in: EC2 has its own, other ones in its answers."""

    ec2: bool
    request: bool


@cache
def structure(shape: Shape, style: Style, named: str | None = None) -> Tell:
    """How a structure is told; `named` is the type of resource that its place is known to name.

    Members are compiled as they come: shapes may hold themselves, and have hundreds of members.
    """
    known: dict[str, tuple[str, Tell]] = {}
    scalar = _scalar(named)

    def tell(value: Any, depth: int, shift: timedelta, found: dict[str, str]) -> Any:
        if depth > _DEEPEST:
            return None
        if type(value) is not dict and not isinstance(value, Mapping):
            return scalar(value, depth, shift, found)
        told = {}
        for name, one in value.items():
            if one is None:
                continue
            try:
                key, inner = known[name]
            except KeyError:
                ref = shape.members.get(name)
                if ref is None:
                    continue
                key, inner = known[name] = _member(ref, name, style, named)
            told[key] = inner(one, depth + 1, shift, found)
        return told

    return tell


def _member(ref: Ref, name: str, style: Style, named: str | None) -> tuple[str, Tell]:
    if style.ec2 and style.request and name in _EC2_LISTS:
        told, inner = _EC2_LISTS[name]
        return told, _list_of_ids(inner)
    told = name[:1].lower() + name[1:]
    if style.ec2 and not style.request and ref.location_name:
        told = ref.location_name
    return told, _value(ref, name, style, _named(told, named))


def _named(told: str, above: str | None) -> str | None:
    """The type of resource that a member names; `items` is as what stands above it."""
    return above if told == "items" else _TYPES.get(told.lower())


def _value(ref: Ref, name: str, style: Style, named: str | None) -> Tell:
    """How a value is told that stands as `name`, of a member or of an entry in a map."""
    kind = ref.type
    if _SECRET.search(name.lower()) or (
        ref.traits.get("sensitive") and kind not in ("structure", "list")
    ):
        return _hidden
    if kind == "structure":
        return structure(ref.shape, style, named)
    if kind == "list":
        return _list(_value(ref.shape.member, name, style, named), in_items=style.ec2)
    if kind == "map":
        return _map(ref.shape.value, style, named)
    return _scalar(named)


def _hidden(_value: Any, _depth: int, _shift: timedelta, _found: dict[str, str]) -> str:
    return HIDDEN


def _list(inner: Tell, *, in_items: bool) -> Tell:
    def tell(value: Any, depth: int, shift: timedelta, found: dict[str, str]) -> Any:
        if depth > _DEEPEST:
            return None
        elements = value.plain() if isinstance(value, Rows) else list(value)
        told = [inner(one, depth + 1, shift, found) for one in elements[:_MOST_ITEMS]]
        return {"items": told} if in_items else told

    return tell


def _map(ref: Ref, style: Style, named: str | None) -> Tell:
    scalar = _scalar(named)

    def tell(value: Any, depth: int, shift: timedelta, found: dict[str, str]) -> Any:
        if depth > _DEEPEST:
            return None
        if not isinstance(value, Mapping):
            return scalar(value, depth, shift, found)
        told = {}
        for key, one in value.items():
            name = str(key)
            inner = _value(ref, name, style, _named(name, named))
            told[name] = inner(one, depth + 1, shift, found)
        return told

    return tell


def _list_of_ids(inner: str) -> Tell:
    scalar = _scalar(_TYPES.get(inner.lower()))

    def tell(value: Any, _depth: int, shift: timedelta, found: dict[str, str]) -> Any:
        return {"items": [{inner: scalar(one, 0, shift, found)} for one in value[:_MOST_ITEMS]]}

    return tell


@cache
def _scalar(named: str | None) -> Tell:
    """How a text, number or time is told; `named` is the type of resource that a text names."""

    def tell(value: Any, depth: int, shift: timedelta, found: dict[str, str]) -> Any:
        if depth > _DEEPEST:
            return None
        if type(value) is not str:
            value = _plain(value, shift)
            if not isinstance(value, str):
                return value
        if value and len(found) < _MOST_RESOURCES:
            match = _EC2_ID.fullmatch(value)
            if match is not None:
                found.setdefault(value, f"AWS::EC2::{_EC2_TYPES[match[1]]}")
            elif named is not None and value != HIDDEN:
                found.setdefault(value, named)
        return value

    return tell


def _plain(value: Any, shift: timedelta) -> Any:
    if isinstance(value, datetime):
        return (value + shift).strftime("%b %-d, %Y, %-I:%M:%S %p")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return None
    return str(value.plain() if isinstance(value, Rows) else value)
