"""Organizations: accounts, units, policies, and who pays for whom."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import control
from models import org_policies, organizations
from tests.fixtures.server import Cloud, RunningServer

Sql = Callable[..., list[dict[str, Any]]]
DENY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"}],
}


@pytest.fixture
def org(cloud: Cloud) -> Any:
    """A client of an account that manages an organization."""
    client = cloud.client("organizations")
    client.create_organization(FeatureSet="ALL")
    return client


def member(cloud: Cloud, org: Any, name: str = "sandbox") -> str:
    """The number of a new member account."""
    asked = org.create_account(AccountName=name, Email=f"{name}+{cloud.account.number}@example.com")
    assert asked["CreateAccountStatus"]["State"] == "IN_PROGRESS"
    status = org.describe_create_account_status(
        CreateAccountRequestId=asked["CreateAccountStatus"]["Id"]
    )["CreateAccountStatus"]
    assert (status["State"], status["AccountName"]) == ("SUCCEEDED", name)
    return str(status["AccountId"])


def as_member(cloud: Cloud, number: str, service: str) -> Any:
    """A client that has assumed the organization's role in a member."""
    made = cloud.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{number}:role/OrganizationAccountAccessRole",
        RoleSessionName="manager",
    )["Credentials"]
    return cloud.client(
        service,
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
        aws_session_token=made["SessionToken"],
    )


def test_an_account_on_its_own_has_none(cloud: Cloud) -> None:
    client = cloud.client("organizations")
    for call in (client.describe_organization, client.list_accounts, client.list_roots):
        with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
            call()


def test_an_organization_is_made_described_and_ended(cloud: Cloud, org: Any) -> None:
    number = cloud.account.number
    told = org.describe_organization()["Organization"]
    assert told["Arn"] == f"arn:aws:organizations::{number}:organization/{told['Id']}"
    assert (told["MasterAccountId"], told["FeatureSet"]) == (number, "ALL")
    assert told["MasterAccountArn"].endswith(f":account/{told['Id']}/{number}")
    [root] = org.list_roots()["Roots"]
    assert root["PolicyTypes"] == [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    [account] = org.list_accounts()["Accounts"]
    assert (account["Id"], account["Status"], account["JoinedMethod"]) == (
        number, "ACTIVE", "INVITED",
    )  # fmt: skip
    assert account["Paths"] == [f"{told['Id']}/{root['Id']}/{number}/"]
    with pytest.raises(ClientError, match="AlreadyInOrganizationException"):
        org.create_organization()
    member(cloud, org)
    with pytest.raises(ClientError, match="OrganizationNotEmptyException"):
        org.delete_organization()
    for one in org.list_accounts()["Accounts"]:
        if one["Id"] != number:
            org.remove_account_from_organization(AccountId=one["Id"])
    org.delete_organization()
    with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        org.describe_organization()


def test_a_created_account_is_real(cloud: Cloud, org: Any) -> None:
    number = member(cloud, org)
    described = org.describe_account(AccountId=number)["Account"]
    assert (described["Name"], described["JoinedMethod"]) == ("sandbox", "CREATED")
    ec2 = as_member(cloud, number, "ec2")
    assert ec2.describe_vpcs()["Vpcs"][0]["OwnerId"] == number
    ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)
    assert cloud.client("ec2").describe_volumes()["Volumes"] == []
    inside = as_member(cloud, number, "organizations")
    assert inside.describe_organization()["Organization"]["MasterAccountId"] == cloud.account.number
    for refused in (inside.list_accounts, inside.list_roots):
        with pytest.raises(ClientError, match="AccessDeniedException"):
            refused()
    again = org.create_account(AccountName="twin", Email=described["Email"])
    status = org.describe_create_account_status(
        CreateAccountRequestId=again["CreateAccountStatus"]["Id"]
    )["CreateAccountStatus"]
    assert (status["State"], status["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert len(org.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]) == 1
    org.close_account(AccountId=number)
    assert org.describe_account(AccountId=number)["Account"]["Status"] == "SUSPENDED"
    with pytest.raises(ClientError, match="AccountNotFoundException"):
        org.describe_account(AccountId="000000000000")


def test_units_and_what_is_in_them(cloud: Cloud, org: Any) -> None:
    root, number = org.list_roots()["Roots"][0]["Id"], member(cloud, org)
    make = org.create_organizational_unit
    unit = make(ParentId=root, Name="Workloads")["OrganizationalUnit"]
    inner = make(ParentId=unit["Id"], Name="Dev")["OrganizationalUnit"]
    with pytest.raises(ClientError, match="DuplicateOrganizationalUnitException"):
        make(ParentId=root, Name="Workloads")
    with pytest.raises(ClientError, match="ParentNotFoundException"):
        make(ParentId="ou-abcd-12345678", Name="x")
    assert org.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"] == [unit]
    org.move_account(AccountId=number, SourceParentId=root, DestinationParentId=inner["Id"])
    with pytest.raises(ClientError, match="SourceParentNotFoundException"):
        org.move_account(AccountId=number, SourceParentId=root, DestinationParentId=unit["Id"])
    assert org.list_parents(ChildId=number)["Parents"] == [
        {"Id": inner["Id"], "Type": "ORGANIZATIONAL_UNIT"}
    ]
    assert org.list_parents(ChildId=unit["Id"])["Parents"] == [{"Id": root, "Type": "ROOT"}]
    children = org.list_children(ParentId=inner["Id"], ChildType="ACCOUNT")["Children"]
    assert children == [{"Id": number, "Type": "ACCOUNT"}]
    [listed] = org.list_accounts_for_parent(ParentId=inner["Id"])["Accounts"]
    assert listed["Paths"][0].endswith(f"{root}/{unit['Id']}/{inner['Id']}/{number}/")
    for one in (unit, inner):
        with pytest.raises(ClientError, match="OrganizationalUnitNotEmptyException"):
            org.delete_organizational_unit(OrganizationalUnitId=one["Id"])
    org.move_account(AccountId=number, SourceParentId=inner["Id"], DestinationParentId=root)
    renamed = org.update_organizational_unit(OrganizationalUnitId=inner["Id"], Name="Test")
    assert renamed["OrganizationalUnit"]["Name"] == "Test"
    org.delete_organizational_unit(OrganizationalUnitId=inner["Id"])
    with pytest.raises(ClientError, match="OrganizationalUnitNotFoundException"):
        org.describe_organizational_unit(OrganizationalUnitId=inner["Id"])


def test_pages(cloud: Cloud, org: Any) -> None:
    root = org.list_roots()["Roots"][0]["Id"]
    for n in range(5):
        org.create_organizational_unit(ParentId=root, Name=f"unit {n}")
    pages = org.get_paginator("list_organizational_units_for_parent").paginate(
        ParentId=root, PaginationConfig={"PageSize": 2}
    )
    found = [[one["Name"] for one in page["OrganizationalUnits"]] for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert sorted(name for page in found for name in page) == [f"unit {n}" for n in range(5)]
    with pytest.raises(ClientError, match="InvalidInputException"):
        org.list_accounts(NextToken="x")


def test_policies_are_kept_attached_and_detached(cloud: Cloud, org: Any) -> None:
    root, number = org.list_roots()["Roots"][0]["Id"], member(cloud, org)
    kind = {"Filter": "SERVICE_CONTROL_POLICY"}
    made = org.create_policy(Content=json.dumps(DENY), Description="no", Name="deny",
                             Type="SERVICE_CONTROL_POLICY")["Policy"]["PolicySummary"]  # fmt: skip
    assert made["Arn"].endswith(f"/service_control_policy/{made['Id']}")
    assert json.loads(org.describe_policy(PolicyId=made["Id"])["Policy"]["Content"]) == DENY
    assert {one["Name"] for one in org.list_policies(**kind)["Policies"]} == {
        "FullAWSAccess", "deny",
    }  # fmt: skip
    here = {"PolicyId": made["Id"], "TargetId": number}
    org.attach_policy(**here)
    with pytest.raises(ClientError, match="DuplicatePolicyAttachmentException"):
        org.attach_policy(**here)
    assert {one["Name"] for one in org.list_policies_for_target(TargetId=number, **kind)["Policies"]
            } == {"FullAWSAccess", "deny"}  # fmt: skip
    [target] = org.list_targets_for_policy(PolicyId=made["Id"])["Targets"]
    assert (target["TargetId"], target["Type"], target["Name"]) == (number, "ACCOUNT", "sandbox")
    with pytest.raises(ClientError, match="PolicyInUseException"):
        org.delete_policy(PolicyId=made["Id"])
    org.detach_policy(PolicyId="p-FullAWSAccess", TargetId=number)
    with pytest.raises(ClientError, match="ConstraintViolationException"):
        org.detach_policy(**here)
    org.attach_policy(PolicyId="p-FullAWSAccess", TargetId=number)
    org.detach_policy(**here)
    with pytest.raises(ClientError, match="PolicyNotAttachedException"):
        org.detach_policy(**here)
    org.delete_policy(PolicyId=made["Id"])
    with pytest.raises(ClientError, match="PolicyNotFoundException"):
        org.describe_policy(PolicyId=made["Id"])
    with pytest.raises(ClientError, match="MalformedPolicyDocumentException"):
        org.create_policy(Content="{}", Description="", Name="x", Type="SERVICE_CONTROL_POLICY")
    policy = org.create_policy(Content='{"tags": {}}', Description="", Name="t", Type="TAG_POLICY")[
        "Policy"
    ]["PolicySummary"]
    with pytest.raises(ClientError, match="PolicyTypeNotEnabledException"):
        org.attach_policy(PolicyId=policy["Id"], TargetId=root)


def test_effective_policies_are_inherited(cloud: Cloud, org: Any) -> None:
    root, number = org.list_roots()["Roots"][0]["Id"], member(cloud, org)
    org.enable_policy_type(RootId=root, PolicyType="TAG_POLICY")
    above = {"tags": {"env": {"tag_key": {"@@assign": "env"},
                              "tag_value": {"@@assign": ["prod", "dev"]}}}}  # fmt: skip
    below = {"tags": {"env": {"tag_value": {"@@append": ["test"], "@@remove": ["dev"]}}}}
    for target, content in ((root, above), (number, below)):
        made = org.create_policy(Content=json.dumps(content), Description="", Name=target,
                                 Type="TAG_POLICY")["Policy"]["PolicySummary"]  # fmt: skip
        org.attach_policy(PolicyId=made["Id"], TargetId=target)
    told = org.describe_effective_policy(PolicyType="TAG_POLICY", TargetId=number)
    assert json.loads(told["EffectivePolicy"]["PolicyContent"]) == {
        "tags": {"env": {"tag_key": "env", "tag_value": ["prod", "test"]}}
    }
    with pytest.raises(ClientError, match="EffectivePolicyNotFoundException"):
        org.describe_effective_policy(PolicyType="BACKUP_POLICY", TargetId=number)


def test_what_holds_for_an_account_is_told_level_by_level(
    cloud: Cloud, org: Any, running: RunningServer
) -> None:
    root, number = org.list_roots()["Roots"][0]["Id"], member(cloud, org)
    unit = org.create_organizational_unit(ParentId=root, Name="u")["OrganizationalUnit"]["Id"]
    org.move_account(AccountId=number, SourceParentId=root, DestinationParentId=unit)
    made = org.create_policy(Content=json.dumps(DENY), Description="", Name="deny",
                             Type="SERVICE_CONTROL_POLICY")["Policy"]["PolicySummary"]  # fmt: skip
    org.attach_policy(PolicyId=made["Id"], TargetId=unit)
    account = running.value("select id from cloud_accounts where account_number = $1", number)
    full = org_policies.FULL_ACCESS_DOCUMENT

    async def holds(viewer: Any, of: Any) -> Any:
        return await org_policies.applicable(running.server.database.session(viewer), of)

    levels = running.run(holds(account, account))
    assert [sorted(map(str, level)) for level in levels] == [
        [str(full)], sorted([str(full), str(DENY)]), [str(full)],
    ]  # fmt: skip
    assert running.run(holds(cloud.account.id, account)) == levels
    assert running.run(holds(cloud.account.id, cloud.account.id)) == []
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        as_member(cloud, number, "ec2").run_instances(
            ImageId="ami-0123456789abcdef0", MinCount=1, MaxCount=1
        )


def test_tags_and_services(cloud: Cloud, org: Any) -> None:
    root, number = org.list_roots()["Roots"][0]["Id"], member(cloud, org)
    unit = org.create_organizational_unit(
        ParentId=root, Name="u", Tags=[{"Key": "a", "Value": "b"}]
    )["OrganizationalUnit"]["Id"]
    for one in (root, number, unit):
        org.tag_resource(ResourceId=one, Tags=[{"Key": "team", "Value": "x"}])
        org.untag_resource(ResourceId=one, TagKeys=["a"])
        tags = org.list_tags_for_resource(ResourceId=one)["Tags"]
        assert tags == [{"Key": "team", "Value": "x"}]
    with pytest.raises(ClientError, match="TargetNotFoundException"):
        org.list_tags_for_resource(ResourceId="000000000000")
    service = {"ServicePrincipal": "config.amazonaws.com"}
    with pytest.raises(ClientError, match="ConstraintViolationException"):
        org.register_delegated_administrator(AccountId=number, **service)
    org.enable_aws_service_access(**service)
    enabled = org.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [one["ServicePrincipal"] for one in enabled] == ["config.amazonaws.com"]
    org.register_delegated_administrator(AccountId=number, **service)
    assert [
        one["Id"] for one in org.list_delegated_administrators()["DelegatedAdministrators"]
    ] == [number]
    services = org.list_delegated_services_for_account(AccountId=number)["DelegatedServices"]
    assert [one["ServicePrincipal"] for one in services] == ["config.amazonaws.com"]
    org.deregister_delegated_administrator(AccountId=number, **service)
    with pytest.raises(ClientError, match="AccountNotRegisteredException"):
        org.list_delegated_services_for_account(AccountId=number)


def test_a_management_account_reads_its_members_costs_and_nothing_else(
    cloud: Cloud, other_cloud: Cloud, org: Any, running: RunningServer, sql: Sql
) -> None:
    number = member(cloud, org)
    account = running.value("select id from cloud_accounts where account_number = $1", number)
    for one in (account, cloud.account.id, other_cloud.account.id):
        sql(
            """insert into cost_daily (account_id, date, region, service, usage_type, operation,
                      record_type, usage_amount, on_demand_cost, unblended_cost, amortized_cost,
                      resources)
               values ($1, '2026-06-30', 'us-east-1', 's', 'u', 'o', 'Usage', 1, 1, 1, 1, 1)
               returning id""",
            one,
        )
    as_member(cloud, number, "ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)

    async def seen(viewer: Any, table: str) -> set[Any]:
        session = running.server.database.session(viewer)
        return {row["account_id"] for row in await session.fetch(f"select account_id from {table}")}

    assert running.run(seen(cloud.account.id, "cost_daily")) == {cloud.account.id, account}
    assert running.run(seen(account, "cost_daily")) == {account}
    assert running.run(seen(other_cloud.account.id, "cost_daily")) == {other_cloud.account.id}
    tables = sql(
        """select c.relname as table_name from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
              and a.attname = 'account_id'
              and has_table_privilege('driftcloud_api', c.oid, 'select')"""
    )
    shared = {"cost_daily", "cost_lines_daily", "cost_tag_sets", "cost_allocation_tags",
              "org_members"}  # fmt: skip
    leaks = {
        row["table_name"]
        for row in tables
        if account in running.run(seen(cloud.account.id, row["table_name"]))
    }
    assert {one for one in leaks - shared if not one.startswith("cost_")} == set()
    assert {"cost_daily", "org_members"} <= leaks


def test_the_operator_opens_members(cloud: Cloud, org: Any, running: RunningServer) -> None:
    made = running.run(
        control.accounts_create(running.server.world, "tools", management=cloud.account.number)
    )
    assert isinstance(made, dict)
    assert made["organization"] == org.describe_organization()["Organization"]["Id"]
    assert org.describe_account(AccountId=made["account"])["Account"]["Name"] == "tools"
    assert as_member(cloud, made["account"], "sts").get_caller_identity()["Account"] == made[
        "account"
    ]  # fmt: skip
    with pytest.raises(control.ControlError, match="manages no organization"):
        running.run(control.accounts_create(running.server.world, "x", management="000000000000"))


def test_ids_follow_from_the_accounts_number() -> None:
    assert organizations.derived(10, "o", "123456789012") == organizations.derived(
        10, "o", "123456789012"
    )
    assert len(organizations.derived(10, "o", "1")) == 10
