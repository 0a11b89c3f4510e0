"""Verdicts: AWS's published examples, and random policies against the naive evaluator."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.policies.documents import Policy, read
from emulator.policies.evaluation import BOUNDARY, CONTROL, SESSION, Rules, judge
from emulator.policies.patterns import Glob
from tests.emulator.policies import naive


def policy(*statements: Any) -> Policy:
    """A compiled policy."""
    return read(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def word(rules: Rules, action: str, resource: str, **context: Any) -> str:
    """The verdict's word; keys are written with _ for : and / as they are."""
    keys = {key: value if isinstance(value, list) else [value] for key, value in context.items()}
    return judge(rules, action, resource, keys).word


def allow(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    """A statement that allows."""
    more = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    """A statement that denies."""
    return allow(action, resource, **condition) | {"Effect": "Deny"}


BOB = {"aws:username": ["bob"]}
# What IAM's user guide prints in reference_policies_examples_*.html, and what it says of them.
EXAMPLES: list[tuple[str, list[Any], str, str, dict[str, list[str]], str]] = [
    ("dates: inside",
     [allow("ec2:*", DateGreaterThan={"aws:CurrentTime": "2020-04-01T00:00:00Z"},
            DateLessThan={"aws:CurrentTime": "2020-06-30T23:59:59Z"})],
     "ec2:RunInstances", "*", {"aws:currenttime": ["2020-05-01T00:00:00Z"]}, "allowed"),
    ("dates: outside",
     [allow("ec2:*", DateGreaterThan={"aws:CurrentTime": "2020-04-01T00:00:00Z"},
            DateLessThan={"aws:CurrentTime": "2020-06-30T23:59:59Z"})],
     "ec2:RunInstances", "*", {"aws:currenttime": ["2020-07-01T00:00:00Z"]}, "implicitDeny"),
    ("requested region: another",
     [{"Effect": "Deny", "NotAction": ["iam:*", "route53:*", "support:*"], "Resource": "*",
       "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}},
      allow("*")],
     "ec2:RunInstances", "*", {"aws:requestedregion": ["us-east-1"]}, "explicitDeny"),
    ("requested region: a global service",
     [{"Effect": "Deny", "NotAction": ["iam:*", "route53:*", "support:*"], "Resource": "*",
       "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}},
      allow("*")],
     "iam:ListUsers", "*", {"aws:requestedregion": ["us-east-1"]}, "allowed"),
    ("source address: elsewhere",
     [deny("*", NotIpAddress={"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]},
           Bool={"aws:ViaAWSService": "false"}), allow("*")],
     "s3:GetObject", "*", {"aws:sourceip": ["198.51.100.7"], "aws:viaawsservice": ["false"]},
     "explicitDeny"),
    ("source address: at home",
     [deny("*", NotIpAddress={"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]},
           Bool={"aws:ViaAWSService": "false"}), allow("*")],
     "s3:GetObject", "*", {"aws:sourceip": ["203.0.113.9"], "aws:viaawsservice": ["false"]},
     "allowed"),
    ("own home directory", [allow("s3:*", "arn:aws:s3:::home/${aws:username}/*")],
     "s3:PutObject", "arn:aws:s3:::home/bob/x", BOB, "allowed"),
    ("another's home directory", [allow("s3:*", "arn:aws:s3:::home/${aws:username}/*")],
     "s3:PutObject", "arn:aws:s3:::home/eve/x", BOB, "implicitDeny"),
    ("a variable's star is a character", [allow("s3:*", "arn:aws:s3:::home/${aws:username}/*")],
     "s3:PutObject", "arn:aws:s3:::home/eve/x", {"aws:username": ["*"]}, "implicitDeny"),
    ("a variable without value", [allow("s3:*", "arn:aws:s3:::home/${aws:username}/*")],
     "s3:PutObject", "arn:aws:s3:::home//x", {}, "implicitDeny"),
    ("a variable's default",
     [allow("s3:*", "arn:aws:s3:::b/${aws:PrincipalTag/team, 'company-wide'}/*")],
     "s3:GetObject", "arn:aws:s3:::b/company-wide/x", {}, "allowed"),
    ("a literal star", [allow("s3:*", "arn:aws:s3:::b/${*}")],
     "s3:GetObject", "arn:aws:s3:::b/x", {}, "implicitDeny"),
    ("tags of instances: own",
     [allow(["ec2:StartInstances", "ec2:StopInstances"], "arn:aws:ec2:*:*:instance/*",
            StringEquals={"aws:ResourceTag/Owner": "${aws:username}"}),
      allow("ec2:DescribeInstances")],
     "ec2:StopInstances", "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
     BOB | {"aws:resourcetag/owner": ["bob"]}, "allowed"),
    ("tags of instances: another's",
     [allow(["ec2:StartInstances", "ec2:StopInstances"], "arn:aws:ec2:*:*:instance/*",
            StringEquals={"aws:ResourceTag/Owner": "${aws:username}"})],
     "ec2:StopInstances", "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
     BOB | {"aws:resourcetag/owner": ["eve"]}, "implicitDeny"),
    ("only these tag keys",
     [allow("ec2:CreateTags", **{"ForAllValues:StringEquals": {
         "aws:TagKeys": ["environment", "cost-center"]}})],
     "ec2:CreateTags", "*", {"aws:tagkeys": ["environment", "cost-center"]}, "allowed"),
    ("another tag key too",
     [allow("ec2:CreateTags", **{"ForAllValues:StringEquals": {
         "aws:TagKeys": ["environment", "cost-center"]}})],
     "ec2:CreateTags", "*", {"aws:tagkeys": ["environment", "owner"]}, "implicitDeny"),
    ("ForAnyValue without the key",
     [allow("ec2:CreateTags", **{"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}})],
     "ec2:CreateTags", "*", {}, "implicitDeny"),
    ("instance types, where there is one",
     [allow("ec2:RunInstances"), deny("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*",
            StringNotLikeIfExists={"ec2:InstanceType": ["t3.*", "m5.large"]})],
     "ec2:RunInstances", "arn:aws:ec2:us-east-1:1:instance/*",
     {"ec2:instancetype": ["m5.24xlarge"]}, "explicitDeny"),
    ("no second factor",
     [deny("*", BoolIfExists={"aws:MultiFactorAuthPresent": "false"}), allow("*")],
     "iam:ListUsers", "*", {"aws:multifactorauthpresent": ["false"]}, "explicitDeny"),
    ("a key that must be there", [allow("s3:*", Null={"aws:TokenIssueTime": "false"})],
     "s3:ListBucket", "*", {}, "implicitDeny"),
    ("ARNs part by part", [allow("*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/x*"})],
     "s3:ListBucket", "*", {"aws:principalarn": ["arn:aws:iam::1:2:role/xy"]}, "implicitDeny"),
    ("actions in any case of letters", [allow("EC2:describeinstances")],
     "ec2:DescribeInstances", "*", {}, "allowed"),
    ("resources in their own", [allow("*", "arn:aws:s3:::Bucket")],
     "s3:ListBucket", "arn:aws:s3:::bucket", {}, "implicitDeny"),
    ("deny wins", [allow("*"), deny("s3:*")], "s3:ListBucket", "*", {}, "explicitDeny"),
    ("NotAction allows nothing of its list",
     [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
     "iam:ListUsers", "*", {}, "implicitDeny"),
    ("NotResource",
     [{"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]},
      allow("s3:*")],
     "s3:GetObject", "arn:aws:s3:::c/x", {}, "explicitDeny"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "statements", "action", "resource", "context", "expected"),
    EXAMPLES,
    ids=[one[0] for one in EXAMPLES],
)
def test_published_examples(
    name: str, statements: list[Any], action: str, resource: str, context: Any, expected: str
) -> None:
    assert word(Rules((policy(*statements),)), action, resource, **context) == expected


def test_every_bound_must_allow() -> None:
    everything, s3, none = policy(allow("*")), policy(allow("s3:*")), policy()
    refusing = {
        BOUNDARY: Rules((everything,), (s3,)),
        SESSION: Rules((everything,), None, ((s3,),)),
        CONTROL: Rules((everything,), None, (), ((everything,), (s3,))),
    }
    for kind, rules in refusing.items():
        assert judge(rules, "s3:ListBucket", "*", {}).allowed
        verdict = judge(rules, "ec2:RunInstances", "*", {})
        assert (verdict.word, verdict.by) == ("implicitDeny", kind)
        assert verdict.reason("ec2:RunInstances") == (
            f"because no {kind} allows the ec2:RunInstances action"
        )
    assert not judge(Rules((everything,), (none,)), "s3:ListBucket", "*", {}).allowed
    assert not judge(Rules((everything,), ()), "s3:ListBucket", "*", {}).allowed
    denied = judge(Rules((everything,), (policy(allow("*"), deny("s3:*")),)), "s3:A", "*", {})
    assert denied.reason("s3:A") == "with an explicit deny in a permissions boundary"


def test_a_resources_own_policy_allows_within_the_account() -> None:
    own = (policy(allow("s3:*")),)
    rules = Rules((policy(allow("ec2:*")),), (policy(allow("ec2:*")),))
    assert not judge(rules, "s3:A", "*", {}, resource_policies=own).allowed
    assert judge(rules, "s3:A", "*", {}, resource_policies=own, granted=True).allowed
    refused = (policy(deny("ec2:*")),)
    assert judge(rules, "ec2:A", "*", {}, resource_policies=refused).word == "explicitDeny"


def test_globs_take_linear_time() -> None:
    import time

    started = time.thread_time()
    assert not Glob("*a" * 500 + "b").matches("a" * 50_000)
    assert not Glob("?*" * 200 + "b").matches("a" * 20_000)
    assert time.thread_time() - started < 1


ACTIONS = ["s3:GetObject", "s3:PutObject", "ec2:RunInstances", "iam:PassRole"]
RESOURCES = ["arn:aws:s3:::b/a", "arn:aws:s3:::b/ab", "arn:aws:ec2:r:1:instance/i-1", "*"]
ACTION_PATTERNS = st.sampled_from(["*", "s3:*", "S3:get*", "ec2:Run?nstances", "iam:*", *ACTIONS])
RESOURCE_PATTERNS = st.sampled_from(
    ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/?", "arn:aws:s3:::b/${k:name}", "arn:aws:ec2:*"]
)
NUMBERS, DATES = (
    st.sampled_from(["1", "2", "10"]),
    st.sampled_from(["2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
)
VALUES = {
    "k:name": st.lists(st.sampled_from(["a", "ab", "b", "A"]), min_size=1, max_size=1),
    "k:many": st.lists(st.sampled_from(["a", "ab", "b"]), min_size=1, max_size=3),
    "k:number": st.lists(NUMBERS, min_size=1, max_size=1),
    "k:date": st.lists(DATES, min_size=1, max_size=1),
    "k:ip": st.lists(st.sampled_from(["10.0.0.1", "192.168.0.9"]), min_size=1, max_size=1),
    "k:flag": st.lists(st.sampled_from(["true", "false"]), min_size=1, max_size=1),
}


@st.composite
def conditions(draw: Any) -> dict[str, Any]:
    """A condition block of one operator and key."""
    key = draw(st.sampled_from(list(VALUES)))
    if draw(st.integers(0, 9)) == 0:
        return {"Null": {key: draw(st.sampled_from(["true", "false"]))}}
    kinds: dict[str, tuple[Any, Any]] = {
        "k:number": ("Numeric", NUMBERS),
        "k:date": ("Date", DATES),
    }
    orders = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan",
              "GreaterThanEquals"]  # fmt: skip
    if key in kinds:
        kind, values = kinds[key]
        name = kind + draw(st.sampled_from(orders))
    elif key == "k:ip":
        name = draw(st.sampled_from(["IpAddress", "NotIpAddress"]))
        values = st.sampled_from(["10.0.0.0/8", "192.168.0.9/32", "0.0.0.0/0"])
    elif key == "k:flag":
        name, values = "Bool", st.sampled_from(["true", "false"])
    else:
        name = draw(st.sampled_from(
            ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike",
             "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"]))  # fmt: skip
        values = st.sampled_from(["a", "ab", "b", "A", "a*", "?", "${k:name}"])
    quantity = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]))
    suffix = draw(st.sampled_from(["", "", "IfExists"]))
    return {f"{quantity}{name}{suffix}": {key: draw(st.lists(values, min_size=1, max_size=3))}}


@st.composite
def statements(draw: Any) -> dict[str, Any]:
    """A statement."""
    made: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))}
    action = draw(st.sampled_from(["Action", "Action", "NotAction"]))
    resource = draw(st.sampled_from(["Resource", "Resource", "NotResource"]))
    made[action] = draw(st.lists(ACTION_PATTERNS, min_size=1, max_size=2))
    made[resource] = draw(st.lists(RESOURCE_PATTERNS, min_size=1, max_size=2))
    if draw(st.booleans()):
        made["Condition"] = draw(conditions())
    return made


BOUND = st.lists(statements(), max_size=4)


@settings(max_examples=300, deadline=None)
@given(
    identity=BOUND,
    boundary=st.none() | BOUND,
    sessions=st.lists(BOUND, max_size=2),
    controls=st.lists(BOUND, max_size=2),
    context=st.fixed_dictionaries({}, optional=VALUES),
)
def test_random_policies_against_a_naive_evaluator(
    identity: Any, boundary: Any, sessions: Any, controls: Any, context: Any
) -> None:
    rules = Rules(
        (policy(*identity),),
        None if boundary is None else (policy(*boundary),),
        tuple((policy(*one),) for one in sessions),
        tuple((policy(*one),) for one in controls),
    )
    for action in ACTIONS:
        plain = rules.plainly(action.lower())
        for resource in RESOURCES:
            expected = naive.verdict(
                identity, boundary, sessions, controls, action, resource, context
            )
            assert judge(rules, action, resource, context).word == expected
            assert plain is None or expected == "allowed"


@settings(max_examples=200, deadline=None)
@given(pattern=st.text("ab*?[", max_size=8), text=st.text("ab[", max_size=8))
def test_globs_against_fnmatch(pattern: str, text: str) -> None:
    assert Glob(pattern).matches(text) == naive._like(text, pattern)
