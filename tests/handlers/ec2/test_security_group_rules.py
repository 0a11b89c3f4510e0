"""Rules of security groups: made, told one by one, refused, and taken back."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal

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
