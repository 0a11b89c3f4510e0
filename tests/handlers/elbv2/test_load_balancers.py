"""Tests of application, network and gateway load balancers."""

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud
from tests.handlers.elbv2.conftest import Site


def refused(call: Any, **params: Any) -> tuple[str, str]:
    """Code and message of the error that a call ends with."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_new_one_is_described(site: Site, cloud: Cloud) -> None:
    made = site.elbv2.create_load_balancer(
        Name="web", Subnets=site.subnets[:2], Tags=[{"Key": "Environment", "Value": "prod"}]
    )["LoadBalancers"][0]
    assert made["State"] == {"Code": "provisioning"}
    [found] = site.elbv2.describe_load_balancers(Names=["web"])["LoadBalancers"]
    assert found == made | {"State": {"Code": "active"}}
    arn = f"arn:aws:elasticloadbalancing:us-east-1:{cloud.account.number}:loadbalancer/app/web/"
    assert re.fullmatch(re.escape(arn) + "[0-9a-f]{16}", found["LoadBalancerArn"])
    assert re.fullmatch(r"web-\d+\.us-east-1\.elb\.amazonaws\.com", found["DNSName"])
    assert found["CanonicalHostedZoneId"] == "Z35SXDOTRQ7X7K"
    assert found["AvailabilityZones"] == [
        {"ZoneName": zone, "SubnetId": subnet, "LoadBalancerAddresses": []}
        for zone, subnet in zip(site.zones[:2], site.subnets[:2], strict=True)
    ]
    assert (found["Scheme"], found["Type"], found["IpAddressType"]) == (
        "internet-facing",
        "application",
        "ipv4",
    )
    assert found["VpcId"] == site.vpc_id
    own = {"LoadBalancerArn": found["LoadBalancerArn"]}
    reserved = site.elbv2.describe_capacity_reservation(**own)
    assert "MinimumLoadBalancerCapacity" not in reserved
    [default] = site.ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [site.vpc_id]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    assert found["SecurityGroups"] == [default["GroupId"]]
    [row] = cloud.running.rows(
        "SELECT hourly_cost::text, env FROM load_balancers WHERE account_id = $1", cloud.account.id
    )
    assert row == {"hourly_cost": "0.0225", "env": "prod"}


def test_the_same_again_is_the_same(site: Site) -> None:
    first = site.balancer()
    assert site.balancer() == first
    create = site.elbv2.create_load_balancer
    code, message = refused(create, Name="web", Subnets=site.subnets[1:3])
    assert code == "DuplicateLoadBalancerName"
    assert message == (
        "A load balancer with the same name 'web' exists, but with different settings"
    )
    assert len(site.elbv2.describe_load_balancers()["LoadBalancers"]) == 1


def test_other_types(site: Site, cloud: Cloud) -> None:
    address = site.ec2.allocate_address(Domain="vpc")
    network = site.elbv2.create_load_balancer(
        Name="net", Type="network",
        SubnetMappings=[{"SubnetId": site.subnets[0], "AllocationId": address["AllocationId"]}],
    )["LoadBalancers"][0]  # fmt: skip
    assert network["DNSName"].endswith(".elb.us-east-1.amazonaws.com")
    assert network["CanonicalHostedZoneId"] == "Z26RNL4JYFTOTI"
    assert "SecurityGroups" not in network
    assert network["AvailabilityZones"][0]["LoadBalancerAddresses"] == [
        {"IpAddress": address["PublicIp"], "AllocationId": address["AllocationId"]}
    ]
    bound = "SELECT state, associated_lb_arn FROM elastic_ips WHERE allocation_id = $1"
    [row] = cloud.running.rows(bound, address["AllocationId"])
    assert row == {"state": "associated", "associated_lb_arn": network["LoadBalancerArn"]}
    taken = [{"SubnetId": site.subnets[1], "AllocationId": address["AllocationId"]}]
    code, _ = refused(
        site.elbv2.create_load_balancer, Name="two", Type="network", SubnetMappings=taken
    )
    assert code == "AllocationIdNotFound"
    site.elbv2.delete_load_balancer(LoadBalancerArn=network["LoadBalancerArn"])
    [row] = cloud.running.rows(bound, address["AllocationId"])
    assert row == {"state": "unassociated", "associated_lb_arn": None}

    gateway = site.elbv2.create_load_balancer(Name="gwy", Type="gateway", Subnets=site.subnets[:1])[
        "LoadBalancers"
    ][0]
    assert "/gwy/gwy/" in gateway["LoadBalancerArn"]
    assert "DNSName" not in gateway


def test_what_cannot_be_made(site: Site) -> None:
    other = site.ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    foreign = site.ec2.create_security_group(GroupName="g", Description="d", VpcId=other)["GroupId"]
    create = site.elbv2.create_load_balancer
    two, absent = site.subnets[:2], "subnet-0123456789abcdef0"
    for params, code, words in (
        ({"Subnets": two[:1]}, "ValidationError", "At least two subnets in two different"),
        ({"Subnets": [two[0], absent]}, "SubnetNotFound", f"'{absent}' does not exist"),
        ({"Subnets": two, "SecurityGroups": [foreign]}, "InvalidSecurityGroup", foreign),
        ({}, "ValidationError", "At least two subnets"),
        ({"Subnets": two, "Name": "x" * 33}, "ValidationError", "longer than '32' characters"),
        ({"Subnets": two, "Name": "a_b"}, "ValidationError", "alphanumeric"),
        ({"Subnets": two, "Name": "internal-a"}, "ValidationError", "begin with 'internal-'"),
        (
            {"Subnets": two, "CustomerOwnedIpv4Pool": "ipv4pool-coip-1"},
            "ValidationError",
            "not supported here",
        ),
    ):
        told = refused(create, **{"Name": "web", **params})
        assert told[0] == code
        assert words in told[1]
    assert site.elbv2.describe_load_balancers()["LoadBalancers"] == []


def test_names_and_arns_that_are_not_there(site: Site) -> None:
    arn = site.balancer()
    gone = arn[:-4] + "0000"
    describe = site.elbv2.describe_load_balancers
    assert refused(describe, Names=["absent"]) == (
        "LoadBalancerNotFound",
        "Load balancers '[absent]' not found",
    )
    assert refused(describe, LoadBalancerArns=[gone])[0] == "LoadBalancerNotFound"
    assert refused(describe, LoadBalancerArns=["x"]) == (
        "ValidationError",
        "'x' is not a valid load balancer ARN",
    )
    assert refused(describe, LoadBalancerArns=[arn], Names=["web"])[0] == "ValidationError"
    attributes = site.elbv2.describe_load_balancer_attributes
    assert refused(attributes, LoadBalancerArn=gone) == (
        "LoadBalancerNotFound",
        f"Load balancer '{gone}' not found",
    )
    site.elbv2.delete_load_balancer(LoadBalancerArn=gone)


def test_pages(site: Site) -> None:
    arns = sorted(site.balancer(name) for name in ("b", "a", "c"))
    first = site.elbv2.describe_load_balancers(PageSize=2)
    rest = site.elbv2.describe_load_balancers(PageSize=2, Marker=first["NextMarker"])
    assert "NextMarker" not in rest
    shown = first["LoadBalancers"] + rest["LoadBalancers"]
    assert [one["LoadBalancerArn"] for one in shown] == arns
    assert refused(site.elbv2.describe_load_balancers, Marker="x")[0] == "ValidationError"


def test_deletion_protection(site: Site) -> None:
    arn = site.balancer()
    key = "deletion_protection.enabled"
    changed = site.elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": "true"}]
    )["Attributes"]
    assert {"Key": key, "Value": "true"} in changed
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "60"} in changed
    assert refused(site.elbv2.delete_load_balancer, LoadBalancerArn=arn) == (
        "OperationNotPermitted",
        f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
    )
    site.elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": "false"}]
    )
    site.elbv2.delete_load_balancer(LoadBalancerArn=arn)
    assert site.elbv2.describe_load_balancers()["LoadBalancers"] == []


def test_attributes_are_checked(site: Site) -> None:
    modify, arn = site.elbv2.modify_load_balancer_attributes, site.balancer()
    for key, value, words in (
        ("absent", "1", "'absent' is not recognized"),
        ("idle_timeout.timeout_seconds", "4001", "'4001' must be between '1-4000' inclusive"),
        ("deletion_protection.enabled", "yes", "'yes' must be one of [true, false]"),
        ("access_logs.s3.enabled", "true", "'access_logs.s3.bucket' cannot be empty"),
    ):
        told = refused(modify, LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": value}])
        assert told[0] == "ValidationError"
        assert words in told[1]


def test_other_places_and_groups(site: Site) -> None:
    arn = site.balancer()
    group = site.ec2.create_security_group(GroupName="g", Description="d", VpcId=site.vpc_id)
    set_groups = site.elbv2.set_security_groups
    made = set_groups(LoadBalancerArn=arn, SecurityGroups=[group["GroupId"]])
    assert made["SecurityGroupIds"] == [group["GroupId"]]
    code, _ = refused(set_groups, LoadBalancerArn=arn, SecurityGroups=["sg-0123456789abcdef0"])
    assert code == "InvalidSecurityGroup"
    # in use by the load balancer
    assert refused(site.ec2.delete_security_group, GroupId=group["GroupId"])[0] == (
        "DependencyViolation"
    )
    assert refused(site.ec2.delete_subnet, SubnetId=site.subnets[0])[0] == "DependencyViolation"
    moved = site.elbv2.set_subnets(LoadBalancerArn=arn, Subnets=site.subnets[1:4])
    assert [one["ZoneName"] for one in moved["AvailabilityZones"]] == site.zones[1:4]
    assert moved["IpAddressType"] == "ipv4"
    [found] = site.elbv2.describe_load_balancers()["LoadBalancers"]
    assert found["SecurityGroups"] == [group["GroupId"]]
    assert [one["SubnetId"] for one in found["AvailabilityZones"]] == site.subnets[1:4]
    site.elbv2.set_ip_address_type(LoadBalancerArn=arn, IpAddressType="dualstack")
    [found] = site.elbv2.describe_load_balancers()["LoadBalancers"]
    assert found["IpAddressType"] == "dualstack"
    network = site.balancer("net", Type="network")
    code, _ = refused(set_groups, LoadBalancerArn=network, SecurityGroups=[group["GroupId"]])
    assert code == "InvalidConfigurationRequest"


def test_quotas_and_security_policies(site: Site) -> None:
    limits = {one["Name"]: one["Max"] for one in site.elbv2.describe_account_limits()["Limits"]}
    assert limits["application-load-balancers"] == "50"
    first = site.elbv2.describe_account_limits(PageSize=3)
    assert len(first["Limits"]) == 3
    assert first["NextMarker"]
    [policy] = site.elbv2.describe_ssl_policies(Names=["ELBSecurityPolicy-TLS13-1-3-2021-06"])[
        "SslPolicies"
    ]
    assert policy["SslProtocols"] == ["TLSv1.3"]
    assert policy["Ciphers"][0] == {"Name": "TLS_AES_128_GCM_SHA256", "Priority": 1}
    assert refused(site.elbv2.describe_ssl_policies, Names=["x"]) == (
        "SSLPolicyNotFound",
        "SSL policy 'x' not found",
    )


def test_tags(site: Site) -> None:
    balancer, group = site.balancer(), site.group()
    listener = site.listener(balancer, group)
    arns = [balancer, group, listener]
    site.elbv2.add_tags(ResourceArns=arns, Tags=[{"Key": "team", "Value": "a"}])
    found = site.elbv2.describe_tags(ResourceArns=arns)["TagDescriptions"]
    assert found == [{"ResourceArn": arn, "Tags": [{"Key": "team", "Value": "a"}]} for arn in arns]
    site.elbv2.remove_tags(ResourceArns=[group], TagKeys=["team"])
    [one] = site.elbv2.describe_tags(ResourceArns=[group])["TagDescriptions"]
    assert one["Tags"] == []
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert refused(site.elbv2.add_tags, ResourceArns=[group], Tags=twice)[0] == "DuplicateTagKeys"
    gone = balancer[:-4] + "0000"
    assert refused(site.elbv2.describe_tags, ResourceArns=[gone])[0] == "LoadBalancerNotFound"
    assert refused(site.elbv2.describe_tags, ResourceArns=[group[:-4] + "0000"]) == (
        "TargetGroupNotFound",
        "One or more target groups not found",
    )


def test_another_account_sees_nothing(site: Site, other_cloud: Cloud) -> None:
    balancer, group = site.balancer(), site.group()
    site.listener(balancer, group)
    theirs = other_cloud.client("elbv2")
    assert theirs.describe_load_balancers()["LoadBalancers"] == []
    assert refused(theirs.describe_listeners, LoadBalancerArn=balancer)[0] == "LoadBalancerNotFound"
    assert refused(theirs.describe_target_health, TargetGroupArn=group)[0] == "TargetGroupNotFound"
    theirs.delete_load_balancer(LoadBalancerArn=balancer)
    assert len(site.elbv2.describe_load_balancers()["LoadBalancers"]) == 1
