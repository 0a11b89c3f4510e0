"""Rules of security groups: made, told one by one, refused, and taken back."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal

HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
EVERYWHERE = {"IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}]}


@pytest.fixture
def group(ec2: Any) -> str:
    """A group of a VPC that is not the default one."""
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)
    return str(made["GroupId"])


def shown(ec2: Any, group: str) -> list[dict[str, Any]]:
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    permissions: list[dict[str, Any]] = found["IpPermissions"]
    return permissions


def test_a_rule_comes_and_goes(cloud: Cloud, ec2: Any, group: str) -> None:
    allow = ec2.authorize_security_group_ingress
    made = allow(GroupId=group, IpPermissions=[HTTPS | EVERYWHERE])["SecurityGroupRules"]
    [rule] = made
    rule_id = rule["SecurityGroupRuleId"]
    assert rule == {
        "SecurityGroupRuleId": rule_id, "GroupId": group, "GroupOwnerId": cloud.account.number,
        "IsEgress": False, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
        "CidrIpv4": "0.0.0.0/0", "Description": "all", "Tags": [],
        "SecurityGroupRuleArn":
            f"arn:aws:ec2:us-east-1:{cloud.account.number}:security-group-rule/{rule_id}",
    }  # fmt: skip
    assert refusal(allow, GroupId=group, IpPermissions=[HTTPS | EVERYWHERE]) == (
        "InvalidPermission.Duplicate",
        'the specified rule "peer: 0.0.0.0/0, TCP, from port: 443, to port: 443, ALLOW" already'
        " exists",
    )
    allow(GroupId=group, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="10.1.2.3/16")
    allow(GroupId=group, IpPermissions=[
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}])  # fmt: skip
    https, own = shown(ec2, group)
    assert [one["CidrIp"] for one in https["IpRanges"]] == ["0.0.0.0/0", "10.1.0.0/16"]
    assert own["UserIdGroupPairs"] == [{"GroupId": group, "UserId": cloud.account.number}]
    assert "FromPort" not in own
    describe = ec2.describe_security_group_rules
    here = [{"Name": "group-id", "Values": [group]}]
    found = describe(Filters=here)["SecurityGroupRules"]
    assert sorted(one["IsEgress"] for one in found) == [False, False, False, True]
    assert describe(SecurityGroupRuleIds=[rule_id])["SecurityGroupRules"] == made
    ports = {"IpRanges": [{"CidrIp": f"10.{at}.0.0/16"} for at in range(2, 5)]}
    allow(GroupId=group, IpPermissions=[HTTPS | {"IpProtocol": "udp"} | ports])
    first = describe(Filters=here, MaxResults=5)
    rest = describe(Filters=here, MaxResults=5, NextToken=first["NextToken"])
    both = first["SecurityGroupRules"] + rest["SecurityGroupRules"]
    assert len({one["SecurityGroupRuleId"] for one in both}) == len(both) == 7
    ec2.revoke_security_group_ingress(
        GroupId=group, IpPermissions=[HTTPS | {"IpProtocol": "17"} | ports]
    )
    revoked = ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule_id])
    assert revoked["RevokedSecurityGroupRules"][0]["CidrIpv4"] == "0.0.0.0/0"
    ec2.revoke_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="10.1.0.0/16"
    )
    assert [one["IpProtocol"] for one in shown(ec2, group)] == ["-1"]
    out = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=out["IpPermissionsEgress"])
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[
        HTTPS | {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])  # fmt: skip
    out = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert [one["Ipv6Ranges"] for one in out["IpPermissionsEgress"]] == [[{"CidrIpv6": "::/0"}]]


def test_a_group_that_another_trusts_stays(ec2: Any, group: str) -> None:
    vpc = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["VpcId"]
    other = ec2.create_security_group(GroupName="db", Description="db", VpcId=vpc)["GroupId"]
    trust = {"IpProtocol": "17", "FromPort": 53, "ToPort": 53,
             "UserIdGroupPairs": [{"GroupId": group}]}  # fmt: skip
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[trust])
    assert shown(ec2, other)[0]["IpProtocol"] == "udp"
    assert refusal(ec2.delete_security_group, GroupId=group)[0] == "DependencyViolation"
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[trust])
    ec2.delete_security_group(GroupId=group)


def test_what_is_refused(ec2: Any, other_cloud: Cloud, group: str) -> None:
    allow, revoke = ec2.authorize_security_group_ingress, ec2.revoke_security_group_ingress
    theirs = other_cloud.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    here = ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"][0]["GroupId"]
    for permission, code in (
        (HTTPS | {"IpRanges": [{"CidrIp": "10.0.0.0/33"}]}, "InvalidParameterValue"),
        (HTTPS | {"ToPort": 70000} | EVERYWHERE, "InvalidParameterValue"),
        (HTTPS | {"IpProtocol": "tpc"} | EVERYWHERE, "InvalidParameterValue"),
        ({"IpProtocol": "tcp"} | EVERYWHERE, "MissingParameter"),
        (HTTPS | {"UserIdGroupPairs": [{"GroupId": theirs}]}, "InvalidGroup.NotFound"),
        (HTTPS | {"UserIdGroupPairs": [{"GroupId": here}]}, "InvalidGroup.NotFound"),
    ):
        assert refusal(allow, GroupId=group, IpPermissions=[permission])[0] == code
    assert refusal(allow, GroupId=theirs, IpPermissions=[HTTPS | EVERYWHERE])[0] == (
        "InvalidGroup.NotFound"
    )
    many = HTTPS | {"IpRanges": [{"CidrIp": f"10.0.{at}.0/24"} for at in range(61)]}
    assert refusal(allow, GroupId=group, IpPermissions=[many])[0] == (
        "RulesPerSecurityGroupLimitExceeded"
    )
    assert refusal(revoke, GroupId=group, IpPermissions=[HTTPS | EVERYWHERE])[0] == (
        "InvalidPermission.NotFound"
    )
    gone = refusal(revoke, GroupId=group, SecurityGroupRuleIds=["sgr-0123456789abcdef0"])
    assert gone[0] == "InvalidSecurityGroupRuleId.NotFound"
    # of a group of the default VPC, what was not there is told
    unknown = revoke(GroupId=here, IpPermissions=[HTTPS | EVERYWHERE])["UnknownIpPermissions"]
    assert unknown[0]["FromPort"] == 443
    assert shown(ec2, group) == []


def test_rules_have_tags_and_change(ec2: Any, cloud: Cloud, group: str) -> None:
    kind = "security-group-rule"
    told = [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": "web"}]}]
    [rule] = ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[HTTPS | EVERYWHERE], TagSpecifications=told
    )["SecurityGroupRules"]
    rule_id = rule["SecurityGroupRuleId"]
    assert rule["Tags"] == told[0]["Tags"]
    ec2.create_tags(Resources=[rule_id], Tags=[{"Key": "team", "Value": "net"}])
    ec2.delete_tags(Resources=[rule_id], Tags=[{"Key": "Name"}])
    describe = ec2.describe_security_group_rules
    for name, value in (
        ("tag:team", "net"),
        ("tag-key", "te*"),
        ("security-group-rule-id", rule_id),
    ):
        found = describe(Filters=[{"Name": name, "Values": [value]}])["SecurityGroupRules"]
        assert [one["SecurityGroupRuleId"] for one in found] == [rule_id], name
    [tag] = ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": [kind]}])["Tags"]
    assert (tag["ResourceId"], tag["Key"]) == (rule_id, "team")
    tagging = cloud.client("resourcegroupstaggingapi")
    [row] = tagging.get_resources(ResourceTypeFilters=[f"ec2:{kind}"])["ResourceTagMappingList"]
    assert row["ResourceARN"] == rule["SecurityGroupRuleArn"]
    # a rule keeps its id, whatever it says
    change = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8443, "CidrIpv4": "10.0.0.0/8"}
    modify = ec2.modify_security_group_rules
    modify(GroupId=group, SecurityGroupRules=[
        {"SecurityGroupRuleId": rule_id, "SecurityGroupRule": change}])  # fmt: skip
    [now] = describe(SecurityGroupRuleIds=[rule_id])["SecurityGroupRules"]
    assert (now["FromPort"], now["ToPort"], now["CidrIpv4"]) == (8080, 8443, "10.0.0.0/8")
    assert "Description" not in now
    assert [one["ToPort"] for one in shown(ec2, group)] == [8443]
    update = ec2.update_security_group_rule_descriptions_ingress
    update(GroupId=group, SecurityGroupRuleDescriptions=[
        {"SecurityGroupRuleId": rule_id, "Description": "from inside"}])  # fmt: skip
    assert shown(ec2, group)[0]["IpRanges"][0]["Description"] == "from inside"
    same = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8443,
            "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "again"}]}  # fmt: skip
    update(GroupId=group, IpPermissions=[same])
    assert describe(SecurityGroupRuleIds=[rule_id])["SecurityGroupRules"][0]["Description"] == (
        "again"
    )
    assert refusal(update, GroupId=group, IpPermissions=[HTTPS | EVERYWHERE])[0] == (
        "InvalidPermission.NotFound"
    )
    assert refusal(update, GroupId=group, IpPermissions=[
        HTTPS | {"IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "ä"}]}])[1].startswith(
        "Invalid rule description."
    )  # fmt: skip
    absent = "sgr-0123456789abcdef0"
    gone = {"SecurityGroupRuleId": absent, "SecurityGroupRule": change}
    assert refusal(modify, GroupId=group, SecurityGroupRules=[gone]) == (
        "InvalidSecurityGroupRuleId.NotFound",
        f"The security group rule ID '{absent}' does not exist",
    )
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[HTTPS | EVERYWHERE])
    twice = {"SecurityGroupRuleId": rule_id,
             "SecurityGroupRule": HTTPS | {"CidrIpv4": "0.0.0.0/0"}}  # fmt: skip
    assert refusal(modify, GroupId=group, SecurityGroupRules=[twice])[0] == (
        "InvalidPermission.Duplicate"
    )


def test_rules_and_groups_agree_whichever_is_written(ec2: Any, group: str, sql: Sql) -> None:
    permissions = [
        HTTPS | {"IpRanges": [{"CidrIp": f"10.{at}.0.0/16"} for at in range(2)]},
        {"IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.9.0.0/16"}]},
    ]
    sql("update security_groups set ingress = $2 where group_id = $1", group, permissions)
    here = [{"Name": "group-id", "Values": [group]}]

    def rules() -> dict[str, dict[str, Any]]:
        found = ec2.describe_security_group_rules(Filters=here)["SecurityGroupRules"]
        return {one["CidrIpv4"]: one for one in found if not one["IsEgress"]}

    before = rules()
    assert {cidr: one["FromPort"] for cidr, one in before.items()} == {
        "10.0.0.0/16": 443, "10.1.0.0/16": 443, "10.9.0.0/16": -1,
    }  # fmt: skip
    sql("update security_groups set ingress = ingress - 1 where group_id = $1", group)
    kept = rules()
    assert kept == {cidr: one for cidr, one in before.items() if cidr != "10.9.0.0/16"}
    sql("update security_group_rules set from_port = 1, to_port = 2 where rule_id = $1",
        kept["10.0.0.0/16"]["SecurityGroupRuleId"])  # fmt: skip
    assert [one["FromPort"] for one in shown(ec2, group)] == [1, 443]
    sql("delete from security_group_rules where group_id = $1 and not is_egress", group)
    assert shown(ec2, group) == []
    # whoever says again what a rule said once, gets a rule of its own
    ids = "select rule_id from security_group_rules where group_id = $1 and cidr_ipv4 = $2"
    sql("update security_groups set ingress = $2 where group_id = $1", group, permissions)
    [old] = sql(ids, group, "10.0.0.0/16")
    sql("update security_group_rules set cidr_ipv4 = '10.7.0.0/16' where rule_id = $1",
        old["rule_id"])  # fmt: skip
    sql("update security_groups set ingress = ingress || $2 where group_id = $1", group,
        permissions[:1])  # fmt: skip
    [new] = sql(ids, group, "10.0.0.0/16")
    assert new != old == sql(ids, group, "10.7.0.0/16")[0]
    events = sql(
        "select new_value from resource_change_events where resource_id = $1"
        " and field_name in ('cidr_ipv4', 'lifecycle') order by changed_at, new_value",
        old["rule_id"],
    )  # fmt: skip
    assert "10.7.0.0/16" in [one["new_value"] for one in events]
