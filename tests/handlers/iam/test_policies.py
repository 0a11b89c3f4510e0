"""Policies: their life, and that what they say is what happens."""

import json
from typing import Any

import pytest
from botocore.config import Config

from tests.fixtures.server import Cloud
from tests.handlers.iam.acting import allow, as_user, deny, document, refusal

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def volume(cloud: Cloud, **tags: str) -> str:
    """The id of a new volume."""
    given = {}
    if tags:
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        given = {"TagSpecifications": [{"ResourceType": "volume", "Tags": listed}]}
    made = cloud.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=8, **given)
    return str(made["VolumeId"])


def test_a_policys_whole_life(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    text = '{\n  "Version": "2012-10-17",\n  "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}\n}'  # noqa: E501
    made = iam.create_policy(PolicyName="s3", PolicyDocument=text, Description="all of S3")[
        "Policy"
    ]
    arn = f"arn:aws:iam::{cloud.account.number}:policy/s3"
    assert (made["Arn"], made["DefaultVersionId"], made["AttachmentCount"]) == (arn, "v1", 0)
    assert refusal(iam.create_policy, PolicyName="s3", PolicyDocument=text) == (
        "EntityAlreadyExists",
        "A policy called s3 already exists. Duplicate names are not allowed.",
    )
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert version["Document"] == json.loads(text)
    second = iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=document(allow("sqs:*")), SetAsDefault=True
    )["PolicyVersion"]
    assert (second["VersionId"], second["IsDefaultVersion"]) == ("v2", True)
    listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [(one["VersionId"], one["IsDefaultVersion"]) for one in listed] == [
        ("v2", True), ("v1", False),
    ]  # fmt: skip
    assert refusal(iam.delete_policy_version, PolicyArn=arn, VersionId="v2") == (
        "DeleteConflict", "Cannot delete the default version of a policy.",
    )  # fmt: skip
    ada = as_user(cloud, "ada")
    iam.attach_user_policy(UserName="ada", PolicyArn=arn)
    ada.client("sqs").list_queues()
    assert refusal(ada.client("s3").list_buckets)[0] == "AccessDenied"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    ada.client("s3").list_buckets()
    assert refusal(ada.client("sqs").list_queues)[0] == "AccessDeniedException"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    assert [one["UserName"] for one in entities["PolicyUsers"]] == ["ada"]
    assert refusal(iam.delete_policy, PolicyArn=arn) == (
        "DeleteConflict", "Cannot delete a policy attached to entities.",
    )  # fmt: skip
    iam.detach_user_policy(UserName="ada", PolicyArn=arn)
    assert refusal(iam.detach_user_policy, UserName="ada", PolicyArn=arn) == (
        "NoSuchEntity", f"Policy {arn} was not found.",
    )  # fmt: skip
    assert "more than one version" in refusal(iam.delete_policy, PolicyArn=arn)[1]
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    assert refusal(iam.get_policy, PolicyArn=arn) == (
        "NoSuchEntity", f"Policy {arn} was not found.",
    )  # fmt: skip
    missing = "arn:aws:iam::aws:policy/AdministratorAccessDoesNotExist"
    assert refusal(iam.get_policy, PolicyArn=missing)[1] == f"Policy {missing} was not found."


def test_aws_policies_are_there(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    pages = iam.get_paginator("list_policies").paginate(
        Scope="AWS", PaginationConfig={"PageSize": 20}
    )
    names = [one["PolicyName"] for page in pages for one in page["Policies"]]
    assert {"AdministratorAccess", "PowerUserAccess", "ViewOnlyAccess", "Billing"} <= set(names)
    assert len(names) == len(set(names)) > 50
    used = iam.list_policies(OnlyAttached=True)["Policies"]
    assert {one["PolicyName"] for one in used} == {"AdministratorAccess", "ReadOnlyAccess"}
    assert refusal(iam.delete_policy, PolicyArn=ADMIN)[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "This policy contains invalid Json"),
        ('{"Version": "2012-10-17"}', "Syntax errors in policy."),
        (document(allow("s3:*") | {"Principal": "*"}),
         "Policy document should not specify a principal."),
        (document({"Effect": "Allow", "Resource": "*"}), "Policy statement must contain actions."),
        (document({"Effect": "Allow", "Action": "s3:*"}),
         "Policy statement must contain resources."),
        (document(allow("s3")),
         "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        (document(allow("s3:a:b")), "Actions/Condition can contain only one colon."),
        (document(allow("s 3:a")), "Vendor s 3 is not valid"),
        (document(allow("s3:*", "bucket")), 'Resource bucket must be in ARN format or "*".'),
        (document(allow("s3:*", "arn:bad:s3:::x")),
         'Partition "bad" is not valid for resource "arn:bad:s3:::x".'),
        (document(allow("s3:*") | {"Sid": "a"}, deny("s3:*") | {"Sid": "a"}),
         "Statement IDs (SID) in a single policy must be unique."),
        (document(allow("s3:*", StringEqual={"aws:username": "x"})),
         "Invalid Condition type : StringEqual."),
        (document(allow("s3:*")).replace("2012-10-17", "2008-10-17"),
         "Policy document must be version 2012-10-17 or greater."),
    ],
)  # fmt: skip
def test_malformed_documents(cloud: Cloud, text: str, message: str) -> None:
    call = cloud.client("iam").put_user_policy
    told = refusal(call, UserName="tester", PolicyName="p", PolicyDocument=text)
    assert told == ("MalformedPolicyDocument", message)


def test_refusals_in_each_services_words(cloud: Cloud) -> None:
    number = cloud.account.number
    ada = as_user(cloud, "ada", deny("rds:*"))
    user = f"arn:aws:iam::{number}:user/ada"
    plain = f"User: {user} is not authorized to perform: "
    ec2, iam = ada.client("ec2"), ada.client("iam")
    code, message = refusal(ec2.stop_instances, InstanceIds=["i-0123456789abcdef0"])
    assert code == "UnauthorizedOperation"
    head, _, encoded = message.partition(". Encoded authorization failure message: ")
    assert head == (
        "You are not authorized to perform this operation. "
        f"{plain}ec2:StopInstances on resource:"
        f" arn:aws:ec2:us-east-1:{number}:instance/i-0123456789abcdef0"
        " because no identity-based policy allows the ec2:StopInstances action"
    )
    sts = cloud.client("sts")
    story = json.loads(sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert (story["allowed"], story["explicitDeny"]) == (False, False)
    assert story["context"]["principal"]["arn"] == user
    assert story["context"]["action"] == "ec2:StopInstances"
    assert refusal(sts.decode_authorization_message, EncodedMessage=encoded[:-4] + "AAAA")[0] == (
        "InvalidAuthorizationMessageException"
    )
    assert refusal(iam.get_user, UserName="tester") == (
        "AccessDenied",
        f"{plain}iam:GetUser on resource: arn:aws:iam::{number}:user/tester because no"
        " identity-based policy allows the iam:GetUser action",
    )
    assert refusal(ada.client("rds").describe_db_instances) == (
        "AccessDenied",
        f"{plain}rds:DescribeDBInstances on resource: * with an explicit deny in an"
        " identity-based policy",
    )
    assert refusal(ada.client("logs").describe_log_groups)[0] == "AccessDeniedException"
    assert refusal(ada.client("s3").get_object, Bucket="b", Key="k") == (
        "AccessDenied",
        f'{plain}s3:GetObject on resource: "arn:aws:s3:::b/k" because no identity-based policy'
        " allows the s3:GetObject action",
    )


def test_boundaries_bound(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    ada = as_user(cloud, "ada", allow("*"))
    iam.put_user_permissions_boundary(UserName="ada", PermissionsBoundary=READ)
    assert iam.get_user(UserName="ada")["User"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": READ,
    }  # fmt: skip
    ec2 = ada.client("ec2")
    ec2.describe_volumes()
    code, message = refusal(ec2.create_volume, AvailabilityZone="us-east-1a", Size=1)
    assert code == "UnauthorizedOperation"
    assert "because no permissions boundary allows the ec2:CreateVolume action" in message
    iam.delete_user_permissions_boundary(UserName="ada")
    ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)


def test_conditions_on_what_is_there_and_what_is_asked(cloud: Cloud) -> None:
    dev, prod = volume(cloud, env="dev"), volume(cloud, env="prod")
    ada = as_user(
        cloud, "ada",
        allow("ec2:DeleteVolume", StringEquals={"aws:ResourceTag/env": "dev"}),
        allow(["ec2:CreateVolume", "ec2:CreateTags"], NumericLessThanEquals={"ec2:VolumeSize": "10"},  # noqa: E501
              StringEquals={"aws:RequestTag/env": ["dev", "test"]},
              **{"ForAllValues:StringEquals": {"aws:TagKeys": ["env"]}}),
        allow("rds:Describe*", StringEquals={"aws:RequestedRegion": "eu-west-1"}),
    )  # fmt: skip
    ec2 = ada.client("ec2")
    assert refusal(ec2.delete_volume, VolumeId=prod)[0] == "UnauthorizedOperation"
    ec2.delete_volume(VolumeId=dev)

    def create(size: int, **tags: str) -> str:
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        given = {"TagSpecifications": [{"ResourceType": "volume", "Tags": listed}]} if tags else {}
        zone = {"AvailabilityZone": "us-east-1a"}
        return refusal(ec2.create_volume, Size=size, **zone, **given)[0]

    assert create(8, env="dev") == ""
    refused = "UnauthorizedOperation"
    assert create(8) == create(11, env="dev") == create(8, env="prod") == refused
    assert create(8, env="dev", owner="ada") == refused
    assert refusal(ada.client("rds").describe_db_instances)[0] == "AccessDenied"
    ada.client("rds", "eu-west-1").describe_db_instances()


def test_roles_are_passed_only_by_who_may(cloud: Cloud) -> None:
    ada = as_user(cloud, "ada", allow("iam:*InstanceProfile*"))
    iam = ada.client("iam")
    iam.create_instance_profile(InstanceProfileName="web")
    given = {"InstanceProfileName": "web", "RoleName": "FinOpsReadOnly"}
    code, message = refusal(iam.add_role_to_instance_profile, **given)
    assert code == "AccessDenied"
    assert "perform: iam:PassRole on resource: arn:aws:iam::" in message
    cloud.client("iam").add_role_to_instance_profile(**given)
    [role] = iam.get_instance_profile(InstanceProfileName="web")["InstanceProfile"]["Roles"]
    assert role["RoleName"] == "FinOpsReadOnly"


ACTIONS = {
    "ec2:DescribeInstances": lambda c, n: c.client("ec2").describe_instances(),
    "ec2:DescribeVolumes": lambda c, n: c.client("ec2").describe_volumes(),
    "ec2:DeleteVolume": lambda c, n: c.client("ec2").delete_volume(VolumeId="vol-0123456789abcdef0"),  # noqa: E501
    "s3:ListAllMyBuckets": lambda c, n: c.client("s3").list_buckets(),
    "s3:ListBucket": lambda c, n: c.client("s3").list_objects_v2(Bucket="nobody-has-this-one"),
    "rds:DescribeDBInstances": lambda c, n: c.client("rds").describe_db_instances(),
    "lambda:ListFunctions": lambda c, n: c.client("lambda").list_functions(),
    "lambda:GetFunction": lambda c, n: c.client("lambda").get_function(FunctionName="fn"),
    "logs:DescribeLogGroups": lambda c, n: c.client("logs").describe_log_groups(),
    "sqs:ListQueues": lambda c, n: c.client("sqs").list_queues(),
    "iam:ListUsers": lambda c, n: c.client("iam").list_users(),
    "iam:GetUser": lambda c, n: c.client("iam").get_user(UserName="tester"),
    "cloudwatch:ListMetrics": lambda c, n: c.client("cloudwatch").list_metrics(),
}  # fmt: skip
RESOURCES = {
    "ec2:DeleteVolume": "arn:aws:ec2:us-east-1:{}:volume/vol-0123456789abcdef0",
    "s3:ListBucket": "arn:aws:s3:::nobody-has-this-one",
    "lambda:GetFunction": "arn:aws:lambda:us-east-1:{}:function:fn",
    "iam:GetUser": "arn:aws:iam::{}:user/tester",
}
POLICIES = (
    (allow("*"),),
    (allow("ec2:*"), deny("ec2:Delete*")),
    (allow(["s3:List*", "iam:Get*"], ["arn:aws:s3:::*", "arn:aws:iam::*:user/tester"]),),
    ({"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"},),
    (allow("*"), deny("*", "arn:aws:lambda:*:*:function:f*")),
    ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:iam::*:user/t?ster"},),
    (allow("*", StringLike={"aws:username": "sim*"}), deny("rds:*", Bool={
        "aws:SecureTransport": "true"})),
    (allow("*", IpAddress={"aws:SourceIp": "127.0.0.0/8"}),),
    (allow("*", IpAddress={"aws:SourceIp": "10.0.0.0/8"}),),
    (allow("*", DateLessThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"}),),
    (allow("*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:user/sim*"}),),
    (allow("ec2:Describe?olumes"), allow("logs:*"), allow("sqs:listqueues")),
)  # fmt: skip
CONTEXT = [
    {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["127.0.0.1"], "ContextKeyType": "ip"},
    {"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"],
     "ContextKeyType": "boolean"},
]  # fmt: skip


def simulated(call: Any, account: str, **params: Any) -> dict[str, str]:
    """What a simulation says of each action on the resource that it is called with."""
    arns = {action: RESOURCES.get(action, "*").format(account) for action in ACTIONS}
    results = call(
        ActionNames=list(ACTIONS), ResourceArns=sorted(set(arns.values())), MaxItems=1000, **params
    )["EvaluationResults"]
    assert len(results) == len(ACTIONS) * len(set(arns.values()))
    return {
        one["EvalActionName"]: one["EvalDecision"]
        for one in results
        if one["EvalResourceName"] == arns[one["EvalActionName"]]
    }


@pytest.mark.parametrize("number", range(len(POLICIES)))
def test_what_is_simulated_is_what_happens(cloud: Cloud, number: int) -> None:
    name = f"sim{number}"
    user = as_user(cloud, name, *POLICIES[number])
    iam, account = cloud.client("iam"), cloud.account.number
    arn = f"arn:aws:iam::{account}:user/{name}"
    told = simulated(
        iam.simulate_principal_policy, account, PolicySourceArn=arn, ContextEntries=CONTEXT
    )
    who = [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in (("aws:username", name), ("aws:PrincipalArn", arn))
    ]
    assert told == simulated(
        iam.simulate_custom_policy, account, ContextEntries=[*CONTEXT, *who],
        PolicyInputList=[document(*POLICIES[number])],
    )  # fmt: skip
    for action, call in ACTIONS.items():
        _, message = refusal(call, c=user, n=account)
        denied = "is not authorized to perform" in message
        assert denied == (told[action] != "allowed"), (action, told[action], message)
        assert ("explicit deny" in message) == (told[action] == "explicitDeny")


@pytest.mark.parametrize("scopes", ["read:*", "write:volumes", "read:volumes,write:users", "*"])
def test_scopes_are_simulated_too(cloud: Cloud, scopes: str) -> None:
    few = cloud.with_scopes(scopes)
    iam = cloud.client("iam")
    arn = f"arn:aws:iam::{cloud.account.number}:user/tester"
    # the user's keys together may do everything; alone with this key it may do less
    iam.update_access_key(UserName="tester", AccessKeyId=cloud.access_key_id, Status="Inactive")
    admin = as_admin(few)
    results = admin.client("iam").simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=list(ACTIONS)
    )["EvaluationResults"]
    for one in results:
        call = ACTIONS[one["EvalActionName"]]
        _, message = refusal(call, c=few, n=cloud.account.number)
        denied = "is not authorized to perform" in message
        assert denied == (one["EvalDecision"] != "allowed"), one


def as_admin(cloud: Cloud) -> Cloud:
    """Another user of the account, who may do everything."""
    from emulator import clients

    running = cloud.running
    key = running.run(
        clients.create(
            running.server.world, account=cloud.account.number, name="admin", scopes=["*"]
        )
    )
    return Cloud(running, cloud.account, key["access_key_id"], key["secret_access_key"])


def test_simulations_tell_why(cloud: Cloud) -> None:
    iam = cloud.client("iam", config=Config(parameter_validation=True))
    text = '{\n "Version": "2012-10-17",\n "Statement": [\n  {"Effect": "Allow",\n   "Action": "s3:*", "Resource": "*"}]}'  # noqa: E501
    [one] = iam.simulate_custom_policy(PolicyInputList=[text], ActionNames=["s3:GetObject"])[
        "EvaluationResults"
    ]
    [match] = one["MatchedStatements"]
    assert match["SourcePolicyId"] == "PolicyInputList.1"
    assert match["StartPosition"] == {"Line": 4, "Column": 3}
    assert match["EndPosition"]["Line"] == 5
    assert refusal(
        iam.simulate_principal_policy,
        PolicySourceArn=f"arn:aws:iam::{cloud.account.number}:user/nobody",
        ActionNames=["s3:GetObject"],
    ) == ("NoSuchEntity", "Unable to retrieve specified IAM entity.")
    keys = iam.get_context_keys_for_custom_policy(
        PolicyInputList=[
            document(
                allow("s3:*", "arn:aws:s3:::${aws:username}", Bool={"aws:SecureTransport": "true"})
            )
        ]
    )["ContextKeyNames"]
    assert keys == ["aws:SecureTransport", "aws:username"]
    [missing] = iam.simulate_custom_policy(
        PolicyInputList=[document(allow("s3:*", Bool={"aws:SecureTransport": "true"}))],
        ActionNames=["s3:GetObject"],
    )["EvaluationResults"]
    assert (missing["EvalDecision"], missing["MissingContextValues"]) == (
        "implicitDeny", ["aws:SecureTransport"],
    )  # fmt: skip


def test_everything_at_once(cloud: Cloud) -> None:
    iam: Any = cloud.client("iam")
    as_user(cloud, "ada", allow("s3:*"))
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="ada")
    iam.attach_group_policy(GroupName="g", PolicyArn=READ)
    found: dict[str, list[Any]] = {"UserDetailList": [], "RoleDetailList": [],
                                   "GroupDetailList": [], "Policies": []}  # fmt: skip
    pages = iam.get_paginator("get_account_authorization_details")
    for page in pages.paginate(PaginationConfig={"PageSize": 2}):
        for name in found:
            found[name] += page[name]
    [ada] = [one for one in found["UserDetailList"] if one["UserName"] == "ada"]
    assert ada["GroupList"] == ["g"]
    assert ada["UserPolicyList"][0]["PolicyDocument"] == json.loads(document(allow("s3:*")))
    assert found["GroupDetailList"][0]["AttachedManagedPolicies"] == [
        {"PolicyName": "ReadOnlyAccess", "PolicyArn": READ}
    ]
    assert len(found["RoleDetailList"]) == 2
    assert {one["PolicyName"] for one in found["Policies"]} == {
        "ReadOnlyAccess", "AdministratorAccess",
    }  # fmt: skip
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Users"], summary["Groups"], summary["Roles"]) == (2, 1, 2)
