"""Roles, instance profiles and what the account as a whole tells."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator import operations
from tests.fixtures.server import Cloud
from tests.handlers.iam.acting import allow, as_user, document, refusal

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def trusting(principal: Any, **condition: Any) -> str:
    """A trust policy."""
    one = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return document(one | ({"Condition": condition} if condition else {}))


def session(cloud: Cloud, service: str, credentials: dict[str, Any]) -> Any:
    """A client of a session."""
    return cloud.client(
        service,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def test_a_roles_whole_life(cloud: Cloud) -> None:
    iam, number = cloud.client("iam"), cloud.account.number
    trust = trusting({"AWS": number}, StringEquals={"sts:ExternalId": "x1"})
    made = iam.create_role(
        RoleName="deploy", Path="/ci/", AssumeRolePolicyDocument=trust, MaxSessionDuration=7200,
        Description="deploys", Tags=[{"Key": "team", "Value": "core"}],
    )["Role"]  # fmt: skip
    arn = f"arn:aws:iam::{number}:role/ci/deploy"
    assert made["Arn"] == arn
    assert made["RoleId"].startswith("AROA")
    shown = iam.get_role(RoleName="deploy")["Role"]
    assert shown["AssumeRolePolicyDocument"] == json.loads(trust)
    assert (shown["MaxSessionDuration"], shown["Description"]) == (7200, "deploys")
    assert shown["RoleLastUsed"] == {}
    assert [one["RoleName"] for one in iam.list_roles(PathPrefix="/ci/")["Roles"]] == ["deploy"]
    iam.put_role_policy(
        RoleName="deploy", PolicyName="p", PolicyDocument=document(allow("ec2:Describe*"))
    )
    sts = cloud.client("sts")
    given = {"RoleArn": arn, "RoleSessionName": "ses"}
    assert refusal(sts.assume_role, **given) == (
        "AccessDenied",
        f"User: arn:aws:iam::{number}:user/tester is not authorized to perform: sts:AssumeRole on"
        f" resource: {arn}",
    )
    told = sts.assume_role(**given, ExternalId="x1")
    assert told["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{number}:assumed-role/deploy/ses"
    ec2 = session(cloud, "ec2", told["Credentials"])
    ec2.describe_instances()
    code, message = refusal(ec2.create_vpc, CidrBlock="10.0.0.0/16")
    assert code == "UnauthorizedOperation"
    assert f"User: arn:aws:sts::{number}:assumed-role/deploy/ses is not authorized" in message
    cloud.running.run(cloud.running.server._flush_used_keys())
    used = iam.get_role(RoleName="deploy")["Role"]["RoleLastUsed"]
    assert used["Region"] == "us-east-1"
    assert abs(used["LastUsedDate"] - datetime.now(UTC)) < timedelta(minutes=1)
    iam.update_assume_role_policy(RoleName="deploy", PolicyDocument=trusting({"AWS": "*"}))
    sts.assume_role(**given)
    assert "must delete policies first" in refusal(iam.delete_role, RoleName="deploy")[1]
    iam.delete_role_policy(RoleName="deploy", PolicyName="p")
    assert refusal(ec2.describe_instances)[0] == "UnauthorizedOperation"
    iam.delete_role(RoleName="deploy")
    assert refusal(iam.get_role, RoleName="deploy") == (
        "NoSuchEntity", "The role with name deploy cannot be found.",
    )  # fmt: skip


def test_trust_names_whom_it_means(cloud: Cloud, other_cloud: Cloud) -> None:
    iam, number = cloud.client("iam"), cloud.account.number
    ada = as_user(cloud, "ada")
    bob = as_user(cloud, "bob", allow("sts:AssumeRole"))
    stranger = as_user(other_cloud, "eve", allow("sts:*"))
    powerless = as_user(other_cloud, "mallory")
    arn = f"arn:aws:iam::{number}:role/r"
    user, theirs = f"arn:aws:iam::{number}:user/", other_cloud.account.number

    def may(trust: str) -> list[bool]:
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust)
        return [
            refusal(one.client("sts").assume_role, RoleArn=arn, RoleSessionName="ses")[0] == ""
            for one in (ada, bob, stranger, powerless)
        ]

    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trusting({"AWS": number}))
    assert may(trusting({"AWS": number})) == [False, True, False, False]
    assert may(trusting({"AWS": f"{user}ada"})) == [True, False, False, False]
    assert may(trusting({"AWS": [number, theirs]})) == [False, True, True, False]
    assert may(trusting("*")) == [True, True, True, False]
    assert may(trusting({"Service": "ec2.amazonaws.com"})) == [False] * 4
    nobody = json.loads(trusting("*"))
    nobody["Statement"].append(
        {"Effect": "Deny", "Principal": {"AWS": f"{user}bob"}, "Action": "sts:*"}
    )
    assert may(json.dumps(nobody)) == [True, False, True, False]
    assert may(trusting("*", StringLike={"aws:PrincipalArn": f"{user}a*"})) == [
        True, False, False, False,
    ]  # fmt: skip


def test_session_policies_tags_and_chains(cloud: Cloud) -> None:
    iam, number = cloud.client("iam"), cloud.account.number
    trust = json.loads(trusting({"AWS": number}))
    trust["Statement"][0]["Action"] = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    for name in ("first", "second"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    iam.attach_role_policy(
        RoleName="second", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    iam.put_role_policy(
        RoleName="first", PolicyName="p",
        PolicyDocument=document(allow("*", StringEquals={"aws:PrincipalTag/team": "core"})),
    )  # fmt: skip
    sts, arn = cloud.client("sts"), f"arn:aws:iam::{number}:role/"
    given = {"RoleArn": arn + "first", "RoleSessionName": "ses"}
    plain = sts.assume_role(**given)["Credentials"]
    assert refusal(session(cloud, "s3", plain).list_buckets)[0] == "AccessDenied"
    tagged = sts.assume_role(
        **given, Tags=[{"Key": "team", "Value": "core"}], TransitiveTagKeys=["team"],
        SourceIdentity="ada",
    )  # fmt: skip
    assert tagged["SourceIdentity"] == "ada"
    assert 0 < tagged["PackedPolicySize"] <= 100
    session(cloud, "s3", tagged["Credentials"]).list_buckets()
    chained = session(cloud, "sts", tagged["Credentials"])
    on = {"RoleArn": arn + "second", "RoleSessionName": "two"}
    assert refusal(chained.assume_role, **on, DurationSeconds=7200)[0] == "ValidationError"
    assert "transitive" in refusal(
        chained.assume_role, **on, Tags=[{"Key": "Team", "Value": "x"}]
    )[1]  # fmt: skip
    bounded = chained.assume_role(
        **on, Policy=document(allow("ec2:*")),
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}],
    )["Credentials"]  # fmt: skip
    session(cloud, "s3", bounded).list_buckets()
    session(cloud, "ec2", bounded).describe_vpcs()
    message = refusal(session(cloud, "sqs", bounded).list_queues)[1]
    assert "because no session policy allows the sqs:ListQueues action" in message
    assert refusal(sts.assume_role, **given, Policy="{")[0] == "MalformedPolicyDocument"
    assert refusal(sts.assume_role, **given, TransitiveTagKeys=["x"]) == (
        "InvalidParameterValue",
        "The specified transitive tag key must be included in the requested tags.",
    )
    assert refusal(sts.assume_role, **given, DurationSeconds=7200)[1] == (
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    )


def test_a_session_stays_under_the_scopes_of_its_key(cloud: Cloud) -> None:
    few = cloud.with_scopes("read:*")
    told = few.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{cloud.account.number}:role/OrganizationAccountAccessRole",
        RoleSessionName="ses",
    )
    ec2 = session(cloud, "ec2", told["Credentials"])
    ec2.describe_vpcs()
    assert refusal(ec2.create_vpc, CidrBlock="10.0.0.0/16")[0] == "UnauthorizedOperation"


def test_federated_users_and_keys_by_their_id(cloud: Cloud, other_cloud: Cloud) -> None:
    sts = cloud.client("sts")
    told = sts.get_federation_token(Name="guest", Policy=document(allow("s3:List*")))
    arn = f"arn:aws:sts::{cloud.account.number}:federated-user/guest"
    assert told["FederatedUser"]["Arn"] == arn
    assert session(cloud, "sts", told["Credentials"]).get_caller_identity()["Arn"] == arn
    session(cloud, "s3", told["Credentials"]).list_buckets()
    assert refusal(session(cloud, "ec2", told["Credentials"]).describe_vpcs)[0] != ""
    bare = sts.get_federation_token(Name="guest")["Credentials"]
    assert refusal(session(cloud, "s3", bare).list_buckets)[0] == "AccessDenied"
    theirs = sts.get_access_key_info(AccessKeyId=other_cloud.access_key_id)
    assert theirs["Account"] == other_cloud.account.number
    assert refusal(sts.get_access_key_info, AccessKeyId="AKIAIOSFODNN7EXAMPLE")[0] == (
        "ValidationError"
    )


def test_service_linked_roles_are_the_services(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    role = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]
    assert role["RoleName"] == "AWSServiceRoleForAutoScaling"
    assert role["Path"] == "/aws-service-role/autoscaling.amazonaws.com/"
    assert refusal(iam.delete_role, RoleName=role["RoleName"]) == (
        "UnmodifiableEntity",
        "Cannot perform the operation on the protected role 'AWSServiceRoleForAutoScaling' - this"
        " role is only modifiable by AWS",
    )
    assert refusal(iam.create_service_linked_role, AWSServiceName="ecs.amazonaws.com",
                   CustomSuffix="x") == (
        "InvalidInput", "Custom suffix is not allowed for ecs.amazonaws.com",
    )  # fmt: skip
    task = iam.delete_service_linked_role(RoleName=role["RoleName"])["DeletionTaskId"]
    done = iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
    assert done["Status"] == "SUCCEEDED"


def test_instance_profiles(cloud: Cloud) -> None:
    iam, number = cloud.client("iam"), cloud.account.number
    made = iam.create_instance_profile(InstanceProfileName="web")["InstanceProfile"]
    assert (made["Arn"], made["Roles"]) == (f"arn:aws:iam::{number}:instance-profile/web", [])
    given = {"InstanceProfileName": "web", "RoleName": "FinOpsReadOnly"}
    iam.add_role_to_instance_profile(**given)
    assert refusal(iam.add_role_to_instance_profile, **given)[0] == "LimitExceeded"
    [one] = iam.list_instance_profiles_for_role(RoleName="FinOpsReadOnly")["InstanceProfiles"]
    assert one["Roles"][0]["Arn"] == f"arn:aws:iam::{number}:role/FinOpsReadOnly"
    assert [p["InstanceProfileName"] for p in iam.list_instance_profiles()["InstanceProfiles"]] == [
        "web"
    ]
    assert refusal(iam.delete_instance_profile, InstanceProfileName="web")[0] == "DeleteConflict"
    iam.remove_role_from_instance_profile(**given)
    iam.delete_instance_profile(InstanceProfileName="web")
    assert refusal(iam.delete_instance_profile, InstanceProfileName="web") == (
        "NoSuchEntity", "Instance Profile web cannot be found.",
    )  # fmt: skip


def test_alias_and_password_policy(cloud: Cloud, other_cloud: Cloud) -> None:
    iam, number = cloud.client("iam"), cloud.account.number
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.create_account_alias(AccountAlias=f"acme-{number}")
    assert iam.list_account_aliases()["AccountAliases"] == [f"acme-{number}"]
    theirs = other_cloud.client("iam").create_account_alias
    assert refusal(theirs, AccountAlias=f"acme-{number}")[0] == "EntityAlreadyExists"
    iam.delete_account_alias(AccountAlias=f"acme-{number}")
    assert refusal(iam.get_account_password_policy) == (
        "NoSuchEntity", f"The Password Policy with domain name {number} cannot be found.",
    )  # fmt: skip
    iam.update_account_password_policy(MinimumPasswordLength=14, MaxPasswordAge=90)
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["ExpirePasswords"]) == (14, True)
    assert policy["RequireSymbols"] is False
    iam.delete_account_password_policy()
    assert refusal(iam.get_account_password_policy)[0] == "NoSuchEntity"


def test_the_credential_report(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    assert refusal(iam.get_credential_report)[0] == "ReportNotPresent"
    ada = as_user(cloud, "ada", allow("s3:*"))
    ada.client("s3", "eu-west-1").list_buckets()
    iam.create_user(UserName="idle")
    cloud.running.run(cloud.running.server._flush_used_keys())
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    report = iam.get_credential_report()
    assert report["ReportFormat"] == "text/csv"
    lines = {one["user"]: one for one in csv.DictReader(io.StringIO(report["Content"].decode()))}
    assert set(lines) == {"<root_account>", "tester", "ada", "idle"}
    assert (lines["ada"]["access_key_1_active"], lines["ada"]["access_key_1_last_used_service"],
            lines["ada"]["access_key_1_last_used_region"]) == ("true", "s3", "eu-west-1")  # fmt: skip  # noqa: E501
    used = datetime.fromisoformat(lines["ada"]["access_key_1_last_used_date"])
    assert abs(used - datetime.now(UTC)) < timedelta(minutes=1)
    assert lines["idle"]["access_key_1_active"] == "false"


def test_last_accesses(cloud: Cloud) -> None:
    iam, number = cloud.client("iam"), cloud.account.number
    ada = as_user(cloud, "ada", allow(["s3:*", "sqs:*"]))
    ada.client("s3").list_buckets()
    cloud.running.run(cloud.running.server._flush_used_keys())
    arn = f"arn:aws:iam::{number}:user/ada"
    job = iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
    told = iam.get_service_last_accessed_details(JobId=job)
    assert told["JobStatus"] == "COMPLETED"
    found = {one["ServiceNamespace"]: one for one in told["ServicesLastAccessed"]}
    assert set(found) == {"s3", "sqs"}
    assert found["s3"]["LastAuthenticatedEntity"] == arn
    assert found["s3"]["TotalAuthenticatedEntities"] == 1
    assert "LastAuthenticated" not in found["sqs"]
    iam.attach_user_policy(UserName="ada", PolicyArn=READ)
    job = iam.generate_service_last_accessed_details(Arn=READ)["JobId"]
    who = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="s3")
    used = {one["EntityInfo"]["Name"]: "LastAuthenticated" in one
            for one in who["EntityDetailsList"]}  # fmt: skip
    assert used == {"FinOpsReadOnly": False, "ada": True}


def test_read_only_access_reads_whatever_is_served(cloud: Cloud) -> None:
    """Every reading operation is simulated; what changes anything is refused."""
    from emulator import api
    from emulator.policies.actions import action

    iam = cloud.client("iam")
    reads, writes = set(), set()
    for service, names in operations.served().items():
        signing = api.service(service).signing_name
        for name in names:
            if name.startswith(("Describe", "List", "Get", "BatchGet")):
                reads.add(action(service, signing, name))
            elif name.startswith(("Create", "Delete", "Terminate", "Modify", "Run")):
                writes.add(action(service, signing, name))
    role = f"arn:aws:iam::{cloud.account.number}:role/FinOpsReadOnly"

    def decisions(names: set[str]) -> dict[str, str]:
        pages = iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=role, ActionNames=sorted(names), PaginationConfig={"PageSize": 1000}
        )
        results = [one for page in pages for one in page["EvaluationResults"]]
        assert len(results) == len(names) > 100
        return {one["EvalActionName"]: one["EvalDecision"] for one in results}

    refused = [name for name, word in decisions(reads).items() if word != "allowed"]
    assert refused == []
    assert [name for name, word in decisions(writes).items() if word == "allowed"] == []
