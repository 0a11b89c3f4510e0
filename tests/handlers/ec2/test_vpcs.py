"""VPCs, subnets and security groups through boto3, held against SQL."""

from typing import Any

import pytest

from tests.handlers.ec2.answers import Sql, make_instance, refusal


@pytest.fixture
def vpc(ec2: Any) -> str:
    return str(ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"])


def test_the_default_network(ec2: Any, cloud: Any) -> None:
    [default] = ec2.describe_vpcs()["Vpcs"]
    assert (default["IsDefault"], default["CidrBlock"]) == (True, "172.31.0.0/16")
    assert default["OwnerId"] == cloud.account.number
    assert default["DhcpOptionsId"].startswith("dopt-")
    assert default["CidrBlockAssociationSet"][0]["CidrBlockState"] == {"State": "associated"}
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [default["VpcId"]]}])
    zones = [one["AvailabilityZone"] for one in subnets["Subnets"]]
    assert sorted(zones) == [f"us-east-1{letter}" for letter in "abcdef"]
    first = subnets["Subnets"][0]
    assert (first["DefaultForAz"], first["MapPublicIpOnLaunch"]) == (True, True)
    assert first["SubnetArn"].endswith(f":{cloud.account.number}:subnet/{first['SubnetId']}")
    [group] = ec2.describe_security_groups()["SecurityGroups"]
    assert group["GroupName"] == "default"
    assert group["IpPermissions"] == [
        {
            "IpProtocol": "-1",
            "IpRanges": [],
            "Ipv6Ranges": [],
            "PrefixListIds": [],
            "UserIdGroupPairs": [{"GroupId": group["GroupId"], "UserId": cloud.account.number}],
        }
    ]
    for attribute, member in (
        ("enableDnsSupport", "EnableDnsSupport"),
        ("enableDnsHostnames", "EnableDnsHostnames"),
    ):
        told = ec2.describe_vpc_attribute(VpcId=default["VpcId"], Attribute=attribute)
        assert told[member] == {"Value": True}


def test_a_network_from_making_to_deletion(ec2: Any, cloud: Any, sql: Sql) -> None:
    made = ec2.create_vpc(
        CidrBlock="10.9.3.7/16",
        TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "env", "Value": "dev"}]}],
    )["Vpc"]
    vpc = made["VpcId"]
    assert (made["State"], made["CidrBlock"], made["IsDefault"]) == (
        "pending",
        "10.9.0.0/16",
        False,
    )
    assert made["Tags"] == [{"Key": "env", "Value": "dev"}]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24", AvailabilityZone="us-east-1b")[
        "Subnet"
    ]
    assert (subnet["AvailableIpAddressCount"], subnet["AvailabilityZone"]) == (251, "us-east-1b")
    [row] = sql("select * from subnets where subnet_id = $1", subnet["SubnetId"])
    assert row["availability_zone_id"] == subnet["AvailabilityZoneId"]
    assert refusal(ec2.create_subnet, VpcId=vpc, CidrBlock="10.9.1.128/25") == (
        "InvalidSubnet.Conflict",
        "The CIDR '10.9.1.128/25' conflicts with another subnet",
    )
    assert refusal(ec2.create_subnet, VpcId=vpc, CidrBlock="10.10.1.0/24") == (
        "InvalidSubnet.Range",
        "The CIDR '10.10.1.0/24' is invalid.",
    )
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    in_use = ("DependencyViolation", f"The vpc '{vpc}' has dependencies and cannot be deleted.")
    assert refusal(ec2.delete_vpc, VpcId=vpc) == in_use
    instance = make_instance(
        sql, cloud, vpc_id=vpc, subnet_id=subnet["SubnetId"], security_group_ids=[group]
    )
    assert refusal(ec2.delete_subnet, SubnetId=subnet["SubnetId"]) == (
        "DependencyViolation",
        f"The subnet '{subnet['SubnetId']}' has dependencies and cannot be deleted.",
    )
    assert refusal(ec2.delete_security_group, GroupId=group) == (
        "DependencyViolation",
        f"resource {group} has a dependent object",
    )
    sql("delete from instances where instance_id = $1", instance)
    ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    assert refusal(ec2.delete_vpc, VpcId=vpc) == in_use
    answer = ec2.delete_security_group(GroupId=group)
    assert answer["GroupId"] == group
    ec2.delete_vpc(VpcId=vpc)
    assert sql("select 1 from security_groups where vpc_id = $1", vpc) == []
    assert refusal(ec2.delete_vpc, VpcId=vpc) == (
        "InvalidVpcID.NotFound",
        f"The vpc ID '{vpc}' does not exist",
    )


def test_vpc_and_subnet_filters(ec2: Any, cloud: Any, vpc: str) -> None:
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.4.0/22")["Subnet"]["SubnetId"]

    def vpcs(name: str, *values: str) -> set[str]:
        found = ec2.describe_vpcs(Filters=[{"Name": name, "Values": list(values)}])["Vpcs"]
        return {one["VpcId"] for one in found}

    assert vpcs("cidr", "10.7.*") == {vpc}
    assert vpcs("is-default", "false") == {vpc}
    assert vpcs("owner-id", "1*") <= vpcs("state", "available")
    assert vpcs("cidr-block-association.cidr-block", "10.7.0.0/16") == {vpc}
    assert len(vpcs("owner-id", cloud.account.number)) == 2
    assert vpcs("ipv6-cidr-block-association.state", "associated") == set()
    dhcp = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["DhcpOptionsId"]
    assert len(vpcs("dhcp-options-id", dhcp)) == 2

    def subnets(name: str, *values: str) -> set[str]:
        found = ec2.describe_subnets(Filters=[{"Name": name, "Values": list(values)}])["Subnets"]
        return {one["SubnetId"] for one in found}

    assert subnets("vpc-id", vpc) == {subnet}
    assert subnets("cidr-block", "10.7.4.0/22") == {subnet}
    assert subnets("available-ip-address-count", "1019") == {subnet}
    assert subnets("default-for-az", "false") == {subnet}
    assert subnets("map-public-ip-on-launch", "false") == {subnet}
    assert subnets("subnet-arn", f"*{subnet}") == {subnet}
    assert subnets("ipv6-native", "true") == set()
    pages = ec2.get_paginator("describe_subnets").paginate(PaginationConfig={"PageSize": 5})
    assert [len(page["Subnets"]) for page in pages] == [5, 2]


def test_security_group_rules_and_filters(ec2: Any, vpc: str, sql: Sql) -> None:
    other = ec2.create_security_group(GroupName="lb", Description="front", VpcId=vpc)["GroupId"]
    group = ec2.create_security_group(GroupName="web", Description="back", VpcId=vpc)["GroupId"]
    sql(
        "update security_groups set ingress = $2 where group_id = $1",
        group,
        [
            {
                "IpProtocol": "tcp",
                "FromPort": 8080,
                "ToPort": 8081,
                "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "office"}],
                "Ipv6Ranges": [],
                "PrefixListIds": [],
                "UserIdGroupPairs": [{"GroupId": other, "UserId": "123456789012"}],
            }
        ],
    )
    [shown] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert shown["IpPermissions"][0]["FromPort"] == 8080
    assert shown["IpPermissions"][0]["IpRanges"] == [
        {"CidrIp": "10.0.0.0/8", "Description": "office"}
    ]
    assert shown["IpPermissionsEgress"][0]["IpProtocol"] == "-1"
    assert "FromPort" not in shown["IpPermissionsEgress"][0]

    def by(name: str, *values: str) -> set[str]:
        filters = [
            {"Name": name, "Values": list(values)},
            {"Name": "vpc-id", "Values": [vpc]},
        ]
        found = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
        return {one["GroupId"] for one in found}

    assert by("ip-permission.cidr", "10.*") == {group}
    assert by("ip-permission.from-port", "8080") == {group}
    assert by("ip-permission.to-port", "8081") == {group}
    assert by("ip-permission.protocol", "tcp") == {group}
    assert by("ip-permission.group-id", other) == {group}
    assert by("ip-permission.group-name", "lb") == {group}
    assert group in by("ip-permission.user-id", "123456789012")
    assert by("ip-permission.ipv6-cidr", "*") == set()
    assert by("egress.ip-permission.cidr", "0.0.0.0/0") >= {group, other}
    assert by("group-name", "w?b") == {group}
    assert by("description", "front") == {other}
    # A group that another one's rules name stays.
    assert refusal(ec2.delete_security_group, GroupId=other)[0] == "DependencyViolation"
    ec2.delete_security_group(GroupId=group)
    ec2.delete_security_group(GroupId=other)
    told = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    [default] = told["SecurityGroups"]
    assert refusal(ec2.delete_security_group, GroupId=default["GroupId"])[0] == "CannotDelete"
    references = ec2.describe_security_group_references(GroupId=[default["GroupId"]])
    assert references["SecurityGroupReferenceSet"] == []


def test_groups_by_name_live_in_the_default_vpc(ec2: Any, vpc: str) -> None:
    ec2.create_security_group(GroupName="app", Description="elsewhere", VpcId=vpc)
    assert refusal(ec2.describe_security_groups, GroupNames=["app"]) == (
        "InvalidGroup.NotFound",
        "The security group 'app' does not exist",
    )
    made = ec2.create_security_group(GroupName="app", Description="here")["GroupId"]
    [shown] = ec2.describe_security_groups(GroupNames=["app"])["SecurityGroups"]
    assert shown["GroupId"] == made
    assert refusal(ec2.create_security_group, GroupName="app", Description="again") == (
        "InvalidGroup.Duplicate",
        f"The security group 'app' already exists for VPC '{shown['VpcId']}'",
    )
    ec2.delete_security_group(GroupName="app")


@pytest.mark.parametrize(
    ("operation", "given", "code"),
    [
        ("create_vpc", {"CidrBlock": "10.0.0.0/8"}, "InvalidVpc.Range"),
        ("create_vpc", {"CidrBlock": "10.0.0.0/29"}, "InvalidVpc.Range"),
        ("create_vpc", {"CidrBlock": "ten"}, "InvalidParameterValue"),
        ("describe_vpcs", {"VpcIds": ["vpc-00000000000000000"]}, "InvalidVpcID.NotFound"),
        ("describe_vpcs", {"VpcIds": ["vpc-x"]}, "InvalidVpcID.Malformed"),
        ("describe_subnets", {"SubnetIds": ["subnet-00000000"]}, "InvalidSubnetID.NotFound"),
        ("describe_security_groups", {"GroupIds": ["sg-1"]}, "InvalidGroupId.Malformed"),
        ("describe_security_groups", {"GroupIds": ["sg-12345678"]}, "InvalidGroup.NotFound"),
        (
            "create_security_group",
            {"GroupName": "default", "Description": "x"},
            "InvalidParameterValue",
        ),
        (
            "create_security_group",
            {"GroupName": "a", "Description": "x", "VpcId": "vpc-12345678"},
            "InvalidVpcID.NotFound",
        ),
    ],
)
def test_what_is_refused(ec2: Any, operation: str, given: dict[str, Any], code: str) -> None:
    assert refusal(getattr(ec2, operation), **given)[0] == code


def test_a_zone_that_is_none(ec2: Any, vpc: str) -> None:
    code, message = refusal(
        ec2.create_subnet, VpcId=vpc, CidrBlock="10.7.0.0/24", AvailabilityZone="us-east-1z"
    )
    assert code == "InvalidParameterValue"
    assert message.endswith(
        "us-east-1a, us-east-1b, us-east-1c, us-east-1d, us-east-1e, us-east-1f."
    )


def test_machines_have_public_names_where_their_vpc_says_so(ec2: Any, cloud: Any, sql: Sql) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.61.0.0/16")["Vpc"]["VpcId"]
    address = {"vpc_id": vpc, "public_ip_address": "3.81.2.3"}
    machine = make_instance(sql, cloud, **address)

    def named() -> str:
        found = ec2.describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"][0]
        filtered = [{"Name": "dns-name", "Values": ["ec2-3-81-2-3.*"]}]
        assert bool(ec2.describe_instances(Filters=filtered)["Reservations"]) is bool(
            found["PublicDnsName"]
        )
        return str(found["PublicDnsName"])

    def said(attribute: str) -> bool:
        told = ec2.describe_vpc_attribute(VpcId=vpc, Attribute=attribute)
        return bool(told[attribute[0].upper() + attribute[1:]]["Value"])

    assert (named(), said("enableDnsHostnames"), said("enableDnsSupport")) == ("", False, True)
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert named() == "ec2-3-81-2-3.compute-1.amazonaws.com"
    assert said("enableDnsHostnames")
    for name in ("EnableDnsHostnames", "EnableDnsSupport"):
        ec2.modify_vpc_attribute(VpcId=vpc, **{name: {"Value": False}})
    refused = refusal(ec2.modify_vpc_attribute, VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert refused[0] == "InvalidParameterCombination"
    assert refusal(ec2.modify_vpc_attribute, VpcId=vpc)[0] == "MissingParameter"
