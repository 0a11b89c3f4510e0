"""What is simulated is what happens: random policies, simulated and then called, by thousands."""

import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.iam.acting import allow, as_user, deny, document
from tests.journeys.wire import FORM, Answer, Call, Wire, ec2, form

IDS = ("i-0123456789abcdef0", "i-0123456789abcdef1", "i-1111111111111111a", "i-2222222222222222b")
PRINCIPALS = 32


def query(service: str, version: str, action: str, **values: str) -> Call:
    """A call in the query protocol."""
    body = form(Action=action, Version=version, **values)
    return Call(service, headers={"content-type": FORM}, body=body)


def sqs(action: str, **values: Any) -> Call:
    """A call of SQS in its JSON protocol."""
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"AmazonSQS.{action}"}
    return Call("sqs", headers=headers, body=json.dumps(values).encode())


def logs(action: str) -> Call:
    """A call of CloudWatch Logs."""
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": f"Logs_20140328.{action}",
    }
    return Call("logs", headers=headers, body=b"{}")


def function(method: str, suffix: str = "") -> Callable[[str, str], Call]:
    """A call about a function."""
    return lambda name, _: Call("lambda", method, f"/2015-03-31/functions/{name}{suffix}")


def queue(action: str, **more: Any) -> Callable[[str, str], Call]:
    """A call about a queue."""
    return lambda name, number: sqs(action, QueueUrl=f"http://sqs/{number}/{name}", **more)


def dry(action: str, member: str) -> Callable[[str, str], Call]:
    """A dry run of EC2."""
    return lambda name, _: ec2(action, DryRun="true", **{member: name})


def database(action: str) -> Callable[[str, str], Call]:
    """A call about a database."""
    return lambda name, _: query("rds", "2014-10-31", action, DBInstanceIdentifier=name)


def stored(method: str) -> Callable[[str, str], Call]:
    """A call about an object or bucket."""
    return lambda name, _: Call("s3", method, f"/{name}")


def user(action: str) -> Callable[[str, str], Call]:
    """A call about a user."""
    return lambda name, _: query("iam", "2010-05-08", action, UserName=name)


@dataclass(frozen=True, slots=True)
class Group:
    """Actions on resources: how a resource's ARN is written, and how each is called."""

    arn: str
    names: tuple[str, ...]
    calls: dict[str, Callable[[str, str], Call]]


GROUPS = (
    Group("arn:aws:ec2:us-east-1:{number}:instance/{name}", IDS, {
        "ec2:StopInstances": dry("StopInstances", "InstanceId.1"),
        "ec2:StartInstances": dry("StartInstances", "InstanceId.1"),
        "ec2:RebootInstances": dry("RebootInstances", "InstanceId.1"),
        "ec2:TerminateInstances": dry("TerminateInstances", "InstanceId.1"),
    }),
    Group("arn:aws:ec2:us-east-1:{number}:volume/{name}",
          ("vol-0123456789abcdef0", "vol-2222222222222222b"), {
        "ec2:DeleteVolume": dry("DeleteVolume", "VolumeId"),
        "ec2:DetachVolume": dry("DetachVolume", "VolumeId"),
    }),
    Group("arn:aws:rds:us-east-1:{number}:db:{name}", ("main", "legacy-1", "legacy-2"), {
        "rds:StopDBInstance": database("StopDBInstance"),
        "rds:StartDBInstance": database("StartDBInstance"),
        "rds:DeleteDBInstance": database("DeleteDBInstance"),
    }),
    Group("arn:aws:lambda:us-east-1:{number}:function:{name}", ("fn-a", "fn-b", "other"), {
        "lambda:GetFunction": function("GET"),
        "lambda:GetPolicy": function("GET", "/policy"),
        "lambda:DeleteFunction": function("DELETE"),
    }),
    Group("arn:aws:sqs:us-east-1:{number}:{name}", ("orders", "dead"), {
        "sqs:SendMessage": queue("SendMessage", MessageBody="x"),
        "sqs:ReceiveMessage": queue("ReceiveMessage"),
        "sqs:PurgeQueue": queue("PurgeQueue"),
    }),
    Group("arn:aws:s3:::{name}", ("nobodys-own/a", "nobodys-own/logs/b", "nobodys-log/a"), {
        "s3:GetObject": stored("GET"),
        "s3:PutObject": stored("PUT"),
        "s3:DeleteObject": stored("DELETE"),
    }),
    Group("arn:aws:s3:::{name}", ("nobodys-own", "nobodys-log"), {"s3:ListBucket": stored("GET")}),
    Group("arn:aws:iam::{number}:user/{name}", ("ghost-1", "ghost-2"), {
        "iam:GetUser": user("GetUser"),
        "iam:DeleteUser": user("DeleteUser"),
    }),
    Group("*", ("*",), {
        "ec2:DescribeInstances": lambda *_: ec2("DescribeInstances"),
        "ec2:DescribeVolumes": lambda *_: ec2("DescribeVolumes"),
        "rds:DescribeDBInstances": lambda *_: query("rds", "2014-10-31", "DescribeDBInstances"),
        "lambda:ListFunctions": lambda *_: Call("lambda", "GET", "/2015-03-31/functions/"),
        "sqs:ListQueues": lambda *_: sqs("ListQueues"),
        "iam:ListUsers": lambda *_: query("iam", "2010-05-08", "ListUsers"),
        "s3:ListAllMyBuckets": lambda *_: Call("s3", "GET", "/"),
        "logs:DescribeLogGroups": lambda *_: logs("DescribeLogGroups"),
    }),
)  # fmt: skip
EVERY = [name for group in GROUPS for name in group.calls]
# The keys of the requests here that simulations are not told by themselves.
CONTEXT = [
    {"ContextKeyName": name, "ContextKeyValues": [value], "ContextKeyType": kind}
    for name, value, kind in (
        ("aws:SourceIp", "127.0.0.1", "ip"),
        ("aws:SecureTransport", "true", "boolean"),
        ("aws:RequestedRegion", "us-east-1", "string"),
    )
]
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"StringLike": {"aws:username": "sim-?"}},
    {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-west-2"]}},
    {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
    {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/sim-1*"}},
    {"Null": {"aws:username": "true"}},
    {"StringEqualsIfExists": {"ec2:InstanceType": "t3.micro"}},
)
PATTERNS = (
    "*", "arn:aws:ec2:*:*:instance/i-0*", "arn:aws:ec2:*:*:*/*b", "arn:aws:rds:*:*:db:legacy-?",
    "arn:aws:lambda:*:*:function:fn-*", "arn:aws:sqs:*:*:o*", "arn:aws:s3:::nobodys-own*",
    "arn:aws:s3:::*/logs/*", "arn:aws:iam::*:user/ghost-1", "arn:aws:*:us-east-1:*:*",
    "arn:aws:iam::*:user/${aws:username}", "arn:aws:s3:::nobodys-${aws:username, 'log'}/*",
)  # fmt: skip


def patterned(dice: random.Random) -> list[str]:
    """Actions as a policy might name them."""
    found = []
    for one in dice.sample(EVERY, dice.randint(1, 6)):
        service, _, name = one.partition(":")
        found.append(dice.choice((one, one, f"{service}:*", f"{service}:{name[:4]}*",
                                  f"{service}:?{name[1:]}", one.lower(), "*")))  # fmt: skip
    return found


def statement(dice: random.Random) -> dict[str, Any]:
    """A random statement."""
    make = deny if dice.random() < 0.3 else allow
    resources = dice.sample(PATTERNS, dice.randint(1, 4)) if dice.random() < 0.6 else "*"
    condition = dice.choice(CONDITIONS) if dice.random() < 0.35 else {}
    made = make(patterned(dice), resources, **condition)
    if dice.random() < 0.12:
        made["NotAction"] = made.pop("Action")
    if dice.random() < 0.12:
        made["NotResource"] = made.pop("Resource")
    return made


def policy(dice: random.Random, most: int = 4) -> str:
    """A random policy."""
    return document(*(statement(dice) for _ in range(dice.randint(1, most))))


def outcome(answer: Answer) -> str:
    """What was said of permission."""
    if b"is not authorized to perform" not in answer.body:
        return "allowed"
    return "explicitDeny" if b"explicit deny" in answer.body else "implicitDeny"


def principal(cloud: Cloud, number: int) -> tuple[str, Cloud, str]:
    """A user or role with random policies: its ARN, and what it signs with."""
    dice, iam = random.Random(number), cloud.client("iam")
    name = f"sim-{number}"
    whole = document(allow("*")) if number % 4 == 1 else policy(dice)
    bound: dict[str, str] = {}
    if number % 3 == 0:
        made = iam.create_policy(PolicyName=f"bound-{number}", PolicyDocument=policy(dice, 2))
        bound = {"PermissionsBoundary": made["Policy"]["Arn"]}
    if number % 5 == 4:
        trust = document({"Effect": "Allow", "Action": "sts:AssumeRole",
                          "Principal": {"AWS": cloud.account.number}})  # fmt: skip
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **bound)["Role"]
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=whole)
        got = cloud.client("sts").assume_role(RoleArn=made["Arn"], RoleSessionName="simulated")
        keys = got["Credentials"]
        signer = Cloud(cloud.running, cloud.account, keys["AccessKeyId"], keys["SecretAccessKey"])
        return made["Arn"], signer, keys["SessionToken"]
    signer = as_user(cloud, name)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=whole)
    if bound:
        iam.put_user_permissions_boundary(UserName=name, **bound)
    if number % 2:
        iam.create_group(GroupName=name)
        iam.put_group_policy(GroupName=name, PolicyName="more", PolicyDocument=policy(dice, 2))
        iam.add_user_to_group(GroupName=name, UserName=name)
    return f"arn:aws:iam::{cloud.account.number}:user/{name}", signer, ""


def simulated(cloud: Cloud, arn: str, group: Group, **more: Any) -> dict[tuple[str, str], str]:
    """What a simulation says of each of a group's actions on each of its resources."""
    names = {group.arn.format(number=cloud.account.number, name=one): one for one in group.names}
    results = cloud.client("iam").simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=list(group.calls), ResourceArns=list(names),
        ContextEntries=CONTEXT, MaxItems=1000, **more,
    )["EvaluationResults"]  # fmt: skip
    assert len(results) == len(names) * len(group.calls)
    return {
        (one["EvalActionName"], names[one["EvalResourceName"]]): one["EvalDecision"]
        for one in results
    }


async def happened(wire: Wire, cloud: Cloud, group: Group, token: str) -> list[Any]:
    """What each of them is answered."""
    found = []
    for action, name in product(group.calls, group.names):
        call = group.calls[action](name, cloud.account.number)
        if token:
            call.headers["x-amz-security-token"] = token
        found.append(((action, name), outcome(await wire.call(call))))
    return found


@pytest.mark.parametrize("half", ["first", "second"])
async def test_what_is_simulated_is_what_happens(cloud: Cloud, half: str) -> None:
    start = 0 if half == "first" else PRINCIPALS // 2
    seen = {"allowed": 0, "explicitDeny": 0, "implicitDeny": 0}
    for number in range(start, start + PRINCIPALS // 2):
        arn, signer, token = principal(cloud, number)
        async with Wire(cloud.running.url, signer.access_key_id, signer.secret_access_key) as wire:
            for group in GROUPS:
                told = simulated(cloud, arn, group)
                for what, answered in await happened(wire, cloud, group, token):
                    assert answered == told[what], (number, what)
                    seen[answered] += 1
    assert sum(seen.values()) == PRINCIPALS // 2 * sum(
        len(group.calls) * len(group.names) for group in GROUPS
    )
    assert sum(seen.values()) > 1000
    assert min(seen.values()) > 100, seen


def resource_policy(dice: random.Random, who: list[str], resources: list[str]) -> str:
    """A random policy of a bucket."""
    names = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:Get*", "s3:*"]
    made = []
    for _ in range(dice.randint(1, 3)):
        make = deny if dice.random() < 0.25 else allow
        one = make(dice.sample(names, dice.randint(1, 2)), dice.sample(resources, 2))
        principal = {"AWS": dice.sample(who, dice.randint(1, 2))}
        made.append(one | {"Principal": "*" if dice.random() < 0.3 else principal})
        if dice.random() < 0.3:
            made[-1]["Condition"] = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/r*"}}
    return document(*made)


async def test_a_resources_own_policy_is_simulated_too(cloud: Cloud, other_cloud: Cloud) -> None:
    s3, bucket = cloud.client("s3"), f"sim-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket)
    s3.delete_public_access_block(Bucket=bucket)
    objects = Group("arn:aws:s3:::{name}", (f"{bucket}/a", f"{bucket}/logs/b"), GROUPS[5].calls)
    given = {"reader": [allow("s3:GetObject")], "rest": [], "all": [allow("s3:*")],
             "never": [allow("*"), deny("s3:Put*")]}  # fmt: skip
    users = [
        (place, as_user(place, name, *statements), name)
        for place in (cloud, other_cloud)
        for name, statements in given.items()
    ]
    arns = {f"{place.account.number}/{name}": f"arn:aws:iam::{place.account.number}:user/{name}"
            for place, _, name in users}  # fmt: skip
    who = [*arns.values(), f"arn:aws:iam::{other_cloud.account.number}:root"]
    resources = [f"arn:aws:s3:::{bucket}/*", f"arn:aws:s3:::{bucket}/logs/*", "arn:aws:s3:::*"]
    seen = {"allowed": 0, "explicitDeny": 0, "implicitDeny": 0}
    for number in range(12):
        text = resource_policy(random.Random(number), who, resources[:2] * 2)
        s3.put_bucket_policy(Bucket=bucket, Policy=text)
        for place, signer, name in users:
            told = simulated(
                place, arns[f"{place.account.number}/{name}"], objects, ResourcePolicy=text,
                ResourceOwner=f"arn:aws:iam::{cloud.account.number}:root",
            )  # fmt: skip
            async with Wire(
                cloud.running.url, signer.access_key_id, signer.secret_access_key
            ) as wire:
                for what, answered in await happened(wire, cloud, objects, ""):
                    assert answered == told[what], (number, name, what, text)
                    seen[answered] += 1
    assert sum(seen.values()) == 12 * 8 * 6
    assert min(seen.values()) > 50, seen
