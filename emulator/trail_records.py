"""What CloudTrail's record of a call says: who called, what was asked and answered, about what.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference.html
and the pages on userIdentity and on the record's contents.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from emulator.api import Ref, Shape
from emulator.context import Context, Principal
from emulator.rows import Rows

HIDDEN: Final = "HIDDEN_DUE_TO_SECURITY_REASONS"
# Larger parameters and answers CloudTrail leaves out.
LONGEST_BYTES: Final = 100 * 1024
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


def identity(principal: Principal) -> tuple[dict[str, Any], str]:
    """userIdentity, and the name that LookupEvents calls Username."""
    kind, _, name = principal.arn.rpartition(":")[2].partition("/")
    number = principal.home or principal.account_number
    found: dict[str, Any] = {
        "type": "IAMUser",
        "principalId": principal.user_id,
        "arn": principal.arn,
        "accountId": number,
        "accessKeyId": principal.access_key_id,
    }
    if kind == "assumed-role":
        role, _, session = name.rpartition("/")
        found["type"] = "AssumedRole"
        found["sessionContext"] = {
            "sessionIssuer": {
                "type": "Role",
                "principalId": principal.user_id.partition(":")[0],
                "arn": f"arn:aws:iam::{number}:role/{role}",
                "accountId": number,
                "userName": role.rpartition("/")[2],
            },
            "attributes": {"mfaAuthenticated": _mfa(principal)},
        }
        return found, session
    if kind == "federated-user":
        found["type"] = "FederatedUser"
    elif kind == "root":
        found["type"] = "Root"
        return found, principal.name
    shown = name.rpartition("/")[2]
    found["userName"] = shown
    if principal.root_key:
        found["sessionContext"] = {"attributes": {"mfaAuthenticated": _mfa(principal)}}
    return found, shown


def _mfa(principal: Principal) -> str:
    return "true" if principal.mfa_at else "false"


def request_parameters(ctx: Context) -> Any:
    """What was asked, without its secrets; None: nothing, or nothing that can be told."""
    shape = ctx.operation.input if ctx.operation else None
    if shape is None or not ctx.params:
        return None
    return _told(_Teller(ctx.service == "ec2", ctx.shift, request=True), shape, ctx.params)


def response_elements(ctx: Context, result: Any) -> Any:
    """What was answered, likewise."""
    shape = ctx.operation.output if ctx.operation else None
    found = None
    if shape is not None and result:
        found = _told(_Teller(ctx.service == "ec2", ctx.shift, request=False), shape, result)
    if ctx.service == "ec2":
        return {"requestId": ctx.request_id, **(found or {"_return": True})}
    return found or None


def resources(*told: Any) -> tuple[list[str], list[str]]:
    """Names and types of the resources that parameters and answers speak of."""
    found: dict[str, str] = {}
    for one in told:
        _collect(one, "", found)
    return list(found), list(found.values())


def _told(teller: "_Teller", shape: Shape, value: Any) -> Any:
    try:
        found = teller.structure(shape, value, 0)
        if len(orjson.dumps(found)) > LONGEST_BYTES:
            return None
    except (TypeError, ValueError):
        return None
    return found


class _Teller:
    """Walks a value along its shape: names begin small, secrets are hidden, times are text."""

    def __init__(self, ec2: bool, shift: timedelta, *, request: bool) -> None:
        self._ec2 = ec2
        self._shift = shift
        self._request = request

    def structure(self, shape: Shape, value: Mapping[str, Any], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, one in value.items():
            ref = shape.members.get(name)
            if ref is None or one is None:
                continue
            told = name[:1].lower() + name[1:]
            if self._ec2 and self._request and name in _EC2_LISTS:
                told, inner = _EC2_LISTS[name]
                found[told] = {"items": [{inner: each} for each in one[:_MOST_ITEMS]]}
                continue
            if self._ec2 and not self._request and ref.location_name:
                told = ref.location_name
            found[told] = self.value(ref, name, one, depth + 1)
        return found

    def value(self, ref: Ref, name: str, value: Any, depth: int) -> Any:
        kind = ref.type
        if _SECRET.search(name.lower()) or (
            ref.traits.get("sensitive") and kind not in ("structure", "list")
        ):
            return HIDDEN
        if depth > _DEEPEST:
            return None
        if isinstance(value, Rows):
            value = value.plain()
        if kind == "structure" and isinstance(value, Mapping):
            return self.structure(ref.shape, value, depth)
        if kind == "list":
            inner = ref.shape.member
            items = [self.value(inner, name, one, depth + 1) for one in list(value)[:_MOST_ITEMS]]
            return {"items": items} if self._ec2 else items
        if kind == "map" and isinstance(value, Mapping):
            inner = ref.shape.value
            return {str(key): self.value(inner, str(key), one, depth + 1)
                    for key, one in value.items()}  # fmt: skip
        return self.scalar(value)

    def scalar(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return (value + self._shift).strftime("%b %-d, %Y, %-I:%M:%S %p")
        if value is None or isinstance(value, str | int | float | bool):
            return value
        if isinstance(value, bytes | bytearray | memoryview):
            return None
        return str(value)


def _collect(value: Any, name: str, found: dict[str, str]) -> None:
    if len(found) >= _MOST_RESOURCES:
        return
    if isinstance(value, dict):
        for key, one in value.items():
            _collect(one, name if key == "items" else key.lower(), found)
    elif isinstance(value, list):
        for one in value:
            _collect(one, name, found)
    elif isinstance(value, str) and value and value != HIDDEN:
        match = _EC2_ID.fullmatch(value)
        if match is not None:
            found.setdefault(value, f"AWS::EC2::{_EC2_TYPES[match[1]]}")
        elif name in _TYPES:
            found.setdefault(value, _TYPES[name])
