"""Tests of classic load balancers: their whole life."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud
from tests.handlers.elbv2.conftest import Site, site  # noqa: F401 - a fixture

WEB = {"Protocol": "http", "LoadBalancerPort": 80, "InstancePort": 8080}
CERTIFICATE = "arn:aws:iam::123456789012:server-certificate/web"


@pytest.fixture
def elb(cloud: Cloud) -> Any:
    """A boto3 client of classic load balancing in us-east-1."""
    return cloud.client("elb")


def describe(elb: Any, name: str) -> Any:
    return elb.describe_load_balancers(LoadBalancerNames=[name])["LoadBalancerDescriptions"][0]


def error_of(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_a_new_one_is_described(elb: Any, site: Site, cloud: Cloud) -> None:  # noqa: F811
    made = elb.create_load_balancer(
        LoadBalancerName="old", Listeners=[WEB], AvailabilityZones=site.zones[:2],
        Tags=[{"Key": "env", "Value": "prod"}],
    )  # fmt: skip
    found = describe(elb, "old")
    assert found["DNSName"] == made["DNSName"]
    assert made["DNSName"].startswith("old-")
    assert made["DNSName"].endswith(".us-east-1.elb.amazonaws.com")
    assert found["CanonicalHostedZoneNameID"] == "Z35SXDOTRQ7X7K"
    assert found["ListenerDescriptions"] == [
        {
            "Listener": {
                "Protocol": "HTTP",
                "LoadBalancerPort": 80,
                "InstanceProtocol": "HTTP",
                "InstancePort": 8080,
            },
            "PolicyNames": [],
        }
    ]
    assert found["HealthCheck"] == {
        "Target": "TCP:8080", "Interval": 30, "Timeout": 5, "UnhealthyThreshold": 2,
        "HealthyThreshold": 10,
    }  # fmt: skip
    assert sorted(found["AvailabilityZones"]) == site.zones[:2]
    assert sorted(found["Subnets"]) == sorted(site.subnets[:2])
    assert found["VPCId"] == site.vpc_id
    assert found["Scheme"] == "internet-facing"
    assert found["SourceSecurityGroup"] == {
        "OwnerAlias": cloud.account.number,
        "GroupName": "default",
    }
    row = cloud.running.rows(
        "SELECT hourly_cost::text, env FROM load_balancers WHERE account_id = $1", cloud.account.id
    )
    assert row == [{"hourly_cost": "0.0250", "env": "prod"}]
    # the other service does not list it
    assert cloud.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    same = {"LoadBalancerName": "old", "Listeners": [WEB], "Subnets": site.subnets[:1]}
    assert error_of(elb.create_load_balancer, **same) == "DuplicateLoadBalancerName"
    elb.delete_load_balancer(LoadBalancerName="old")
    elb.delete_load_balancer(LoadBalancerName="old")
    gone = error_of(elb.describe_load_balancers, LoadBalancerNames=["old"])
    assert gone == "LoadBalancerNotFound"


def test_instances_are_in_service_while_they_run(elb: Any, site: Site, cloud: Cloud) -> None:  # noqa: F811
    elb.create_load_balancer(LoadBalancerName="old", Listeners=[WEB], Subnets=site.subnets[:1])
    first, second = sorted(site.machines(2))
    (elsewhere,) = site.machines(at=2)
    named = [{"InstanceId": one} for one in (first, second, elsewhere)]
    made = elb.register_instances_with_load_balancer(LoadBalancerName="old", Instances=named)
    assert sorted(one["InstanceId"] for one in made["Instances"]) == sorted(
        (first, second, elsewhere)
    )
    site.ec2.stop_instances(InstanceIds=[second])
    found = {
        one["InstanceId"]: (one["State"], one["ReasonCode"], one["Description"])
        for one in elb.describe_instance_health(LoadBalancerName="old")["InstanceStates"]
    }
    assert found == {
        first: ("InService", "N/A", "N/A"),
        second: ("OutOfService", "Instance", "Instance is in stopped state."),
        elsewhere: (
            "OutOfService",
            "ELB",
            "Instance is in an Availability Zone for which the LoadBalancer is not configured.",
        ),
    }
    counted = cloud.running.rows(
        "SELECT target_count, healthy_count FROM load_balancers WHERE account_id = $1",
        cloud.account.id,
    )
    assert counted == [{"target_count": 3, "healthy_count": 1}]
    elb.attach_load_balancer_to_subnets(LoadBalancerName="old", Subnets=[site.subnets[2]])
    site.ec2.terminate_instances(InstanceIds=[second])
    assert {one["InstanceId"] for one in describe(elb, "old")["Instances"]} == {first, elsewhere}
    left = elb.deregister_instances_from_load_balancer(
        LoadBalancerName="old", Instances=[{"InstanceId": first}]
    )
    assert left["Instances"] == [{"InstanceId": elsewhere}]
    asked = elb.describe_instance_health(LoadBalancerName="old", Instances=[{"InstanceId": first}])
    assert asked["InstanceStates"][0]["Description"].startswith("Instance is not currently reg")
    absent = [{"InstanceId": "i-0123456789abcdef0"}]
    for call in (elb.register_instances_with_load_balancer, elb.describe_instance_health):
        assert error_of(call, LoadBalancerName="old", Instances=absent) == "InvalidInstance"


def test_listeners_and_policies(elb: Any, site: Site) -> None:  # noqa: F811
    elb.create_load_balancer(LoadBalancerName="old", Listeners=[WEB], Subnets=site.subnets[:1])
    secure = {
        "Protocol": "HTTPS",
        "LoadBalancerPort": 443,
        "InstancePort": 8080,
        "InstanceProtocol": "HTTP",
    }
    add = elb.create_load_balancer_listeners
    assert error_of(add, LoadBalancerName="old", Listeners=[secure]) == "CertificateNotFound"
    add(LoadBalancerName="old", Listeners=[secure | {"SSLCertificateId": CERTIFICATE}, WEB])
    other = WEB | {"InstancePort": 81}
    assert error_of(add, LoadBalancerName="old", Listeners=[other]) == "DuplicateListener"
    found = describe(elb, "old")
    assert [one["PolicyNames"] for one in found["ListenerDescriptions"]] == [
        [],
        ["ELBSecurityPolicy-2016-08"],
    ]
    elb.create_load_balancer_policy(
        LoadBalancerName="old", PolicyName="strict", PolicyTypeName="SSLNegotiationPolicyType",
        PolicyAttributes=[
            {"AttributeName": "Reference-Security-Policy",
             "AttributeValue": "ELBSecurityPolicy-TLS-1-2-2017-01"}
        ],
    )  # fmt: skip
    choose = elb.set_load_balancer_policies_of_listener
    choose(LoadBalancerName="old", LoadBalancerPort=443, PolicyNames=["strict"])
    assert describe(elb, "old")["Policies"]["OtherPolicies"] == ["strict"]
    listed = elb.describe_load_balancer_policies(LoadBalancerName="old", PolicyNames=["strict"])
    values = {
        one["AttributeName"]: one["AttributeValue"]
        for one in listed["PolicyDescriptions"][0]["PolicyAttributeDescriptions"]
    }
    assert values["Protocol-TLSv1"] == "false"
    assert values["Protocol-TLSv1.2"] == "true"
    assert values["Reference-Security-Policy"] == "ELBSecurityPolicy-TLS-1-2-2017-01"
    wrong = {"LoadBalancerName": "old", "LoadBalancerPort": 443, "PolicyNames": ["absent"]}
    assert error_of(choose, **wrong) == "PolicyNotFound"
    wrong = {"LoadBalancerName": "old", "LoadBalancerPort": 444, "PolicyNames": []}
    assert error_of(choose, **wrong) == "ListenerNotFound"
    used = {"LoadBalancerName": "old", "PolicyName": "strict"}
    assert error_of(elb.delete_load_balancer_policy, **used) == "InvalidConfigurationRequest"
    elb.delete_load_balancer_listeners(LoadBalancerName="old", LoadBalancerPorts=[443])
    elb.delete_load_balancer_policy(**used)
    assert describe(elb, "old")["Policies"]["OtherPolicies"] == []
    names = [
        one["PolicyName"] for one in elb.describe_load_balancer_policies()["PolicyDescriptions"]
    ]
    assert "ELBSecurityPolicy-2016-08" in names


def test_attributes_tags_and_groups(elb: Any, site: Site) -> None:  # noqa: F811
    elb.create_load_balancer(LoadBalancerName="old", Listeners=[WEB], Subnets=site.subnets[:1])
    changed = elb.modify_load_balancer_attributes(
        LoadBalancerName="old",
        LoadBalancerAttributes={"CrossZoneLoadBalancing": {"Enabled": True}},
    )
    assert changed["LoadBalancerAttributes"] == {"CrossZoneLoadBalancing": {"Enabled": True}}
    found = elb.describe_load_balancer_attributes(LoadBalancerName="old")["LoadBalancerAttributes"]
    assert found["CrossZoneLoadBalancing"] == {"Enabled": True}
    assert found["ConnectionSettings"] == {"IdleTimeout": 60}
    assert found["ConnectionDraining"] == {"Enabled": False, "Timeout": 300}
    # an update that says nothing of the seconds leaves the usual ones
    given = {"ConnectionDraining": {"Enabled": False}}
    elb.modify_load_balancer_attributes(LoadBalancerName="old", LoadBalancerAttributes=given)
    found = elb.describe_load_balancer_attributes(LoadBalancerName="old")["LoadBalancerAttributes"]
    assert found["ConnectionDraining"] == {"Enabled": False, "Timeout": 300}

    elb.add_tags(LoadBalancerNames=["old"], Tags=[{"Key": "team", "Value": "a"}])
    told = elb.describe_tags(LoadBalancerNames=["old"])["TagDescriptions"]
    assert told == [{"LoadBalancerName": "old", "Tags": [{"Key": "team", "Value": "a"}]}]
    elb.remove_tags(LoadBalancerNames=["old"], Tags=[{"Key": "team"}])
    assert elb.describe_tags(LoadBalancerNames=["old"])["TagDescriptions"][0]["Tags"] == []
    assert error_of(elb.describe_tags, LoadBalancerNames=["absent"]) == "LoadBalancerNotFound"

    group = site.ec2.create_security_group(GroupName="lb", Description="d", VpcId=site.vpc_id)
    apply = elb.apply_security_groups_to_load_balancer
    made = apply(LoadBalancerName="old", SecurityGroups=[group["GroupId"]])
    assert made["SecurityGroups"] == [group["GroupId"]]
    assert describe(elb, "old")["SourceSecurityGroup"]["GroupName"] == "lb"
    wrong = {"LoadBalancerName": "old", "SecurityGroups": ["sg-0123456789abcdef0"]}
    assert error_of(apply, **wrong) == "InvalidSecurityGroup"
    check = {"Target": "HTTP:8080/ok", "Interval": 10, "Timeout": 3, "UnhealthyThreshold": 3,
             "HealthyThreshold": 2}  # fmt: skip
    elb.configure_health_check(LoadBalancerName="old", HealthCheck=check)
    assert describe(elb, "old")["HealthCheck"] == check
    limits = {one["Name"]: one["Max"] for one in elb.describe_account_limits()["Limits"]}
    assert limits["classic-load-balancers"] == "20"


def test_pages(elb: Any, site: Site) -> None:  # noqa: F811
    for name in ("c", "a", "b"):
        elb.create_load_balancer(LoadBalancerName=name, Listeners=[WEB], Subnets=site.subnets[:1])
    first = elb.describe_load_balancers(PageSize=2)
    assert [one["LoadBalancerName"] for one in first["LoadBalancerDescriptions"]] == ["a", "b"]
    rest = elb.describe_load_balancers(PageSize=2, Marker=first["NextMarker"])
    assert [one["LoadBalancerName"] for one in rest["LoadBalancerDescriptions"]] == ["c"]
    assert "NextMarker" not in rest
