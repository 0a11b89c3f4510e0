"""Tests of target groups: their health checks, attributes and end."""

from typing import Any

import pytest

from tests.handlers.elbv2.conftest import Site
from tests.handlers.elbv2.test_load_balancers import refused


def described(site: Site, arn: str) -> Any:
    return site.elbv2.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]


def test_a_new_one(site: Site) -> None:
    arn = site.group(Port=8080, HealthCheckPath="/ok", Matcher={"HttpCode": "200-299"})
    assert described(site, arn) == {
        "TargetGroupArn": arn,
        "TargetGroupName": "app",
        "Protocol": "HTTP",
        "Port": 8080,
        "VpcId": site.vpc_id,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "HealthCheckPath": "/ok",
        "Matcher": {"HttpCode": "200-299"},
        "LoadBalancerArns": [],
        "TargetType": "instance",
        "ProtocolVersion": "HTTP1",
        "IpAddressType": "ipv4",
    }
    again: dict[str, Any] = {
        "Port": 8080,
        "HealthCheckPath": "/ok",
        "Matcher": {"HttpCode": "200-299"},
    }
    assert site.group(**again) == arn
    create = site.elbv2.create_target_group
    other = {"Name": "app", "Protocol": "HTTP", "Port": 81, "VpcId": site.vpc_id}
    assert refused(create, **other)[0] == "DuplicateTargetGroupName"


@pytest.mark.parametrize(
    ("protocol", "port", "path", "codes", "timeout"),
    [("TCP", 443, None, None, 10), ("GENEVE", 6081, None, None, 5), ("HTTPS", 443, "/", "200", 5)],
)
def test_health_checks_by_protocol(
    site: Site, protocol: str, port: int, path: str | None, codes: str | None, timeout: int
) -> None:
    found = described(site, site.group(Protocol=protocol, Port=port))
    assert found.get("HealthCheckPath") == path
    assert (found.get("Matcher") or {}).get("HttpCode") == codes
    assert found["HealthCheckTimeoutSeconds"] == timeout


def test_functions_as_targets(site: Site) -> None:
    made = site.elbv2.create_target_group(Name="f", TargetType="lambda")["TargetGroups"][0]
    assert "Port" not in made
    assert made["HealthCheckEnabled"] is False
    assert made["HealthCheckIntervalSeconds"] == 35
    arn = made["TargetGroupArn"]
    absent = "arn:aws:lambda:us-east-1:123456789012:function:absent"
    register = site.elbv2.register_targets
    assert refused(register, TargetGroupArn=arn, Targets=[{"Id": absent}])[0] == "InvalidTarget"
    create = site.elbv2.create_target_group
    assert refused(create, Name="g", TargetType="lambda", Port=80)[0] == "ValidationError"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"Protocol": None}, "A protocol must be specified"),
        ({"Port": None}, "A port must be specified"),
        ({"VpcId": None}, "A VPC ID must be specified"),
        ({"VpcId": "vpc-0123456789abcdef0"}, "The VPC ID 'vpc-0123456789abcdef0' is not found"),
        ({"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 5}, "must be smaller"),
        ({"HealthCheckProtocol": "TCP"}, "must be one of 'HTTP, HTTPS'"),
        ({"Matcher": {"HttpCode": "ok"}}, "'ok' is not valid"),
        ({"HealthCheckPath": "ok"}, "must begin with a '/'"),
        ({"Name": "-a"}, "begin or end with '-'"),
    ],
)
def test_what_cannot_be_made(site: Site, params: dict[str, Any], words: str) -> None:
    given = {"Name": "app", "Protocol": "HTTP", "Port": 80, "VpcId": site.vpc_id} | params
    wanted = {name: value for name, value in given.items() if value is not None}
    code, message = refused(site.elbv2.create_target_group, **wanted)
    assert code == "ValidationError"
    assert words in message


def test_changes(site: Site) -> None:
    arn = site.group()
    site.elbv2.modify_target_group(
        TargetGroupArn=arn, HealthCheckPath="/new", HealthyThresholdCount=3
    )
    found = described(site, arn)
    assert (found["HealthCheckPath"], found["HealthyThresholdCount"]) == ("/new", 3)
    modify = site.elbv2.modify_target_group
    wrong = {"TargetGroupArn": arn, "HealthyThresholdCount": 11}
    assert refused(modify, **wrong)[0] == "ValidationError"


def test_attributes(site: Site) -> None:
    arn = site.group()
    key = "deregistration_delay.timeout_seconds"
    modify = site.elbv2.modify_target_group_attributes
    modify(TargetGroupArn=arn, Attributes=[{"Key": key, "Value": "30"}])
    found = {
        one["Key"]: one["Value"]
        for one in site.elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    }
    assert found[key] == "30"
    assert found["stickiness.type"] == "lb_cookie"
    assert found["load_balancing.algorithm.type"] == "round_robin"
    told = refused(modify, TargetGroupArn=arn, Attributes=[{"Key": key, "Value": "3601"}])
    assert told == ("ValidationError", f"'{key}' value '3601' must be between '0-3600' inclusive")


def test_the_end(site: Site) -> None:
    balancer, arn = site.balancer(), site.group()
    site.listener(balancer, arn)
    delete = site.elbv2.delete_target_group
    assert refused(delete, TargetGroupArn=arn) == (
        "ResourceInUse",
        f"Target group '{arn}' is currently in use by a listener or a rule",
    )
    site.elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    delete(TargetGroupArn=arn)
    delete(TargetGroupArn=arn)
    describe = site.elbv2.describe_target_groups
    assert refused(describe, TargetGroupArns=[arn])[0] == "TargetGroupNotFound"
    assert refused(describe, Names=["app"])[0] == "TargetGroupNotFound"


def test_pages(site: Site) -> None:
    arns = sorted(site.group(name) for name in ("b", "a", "c"))
    first = site.elbv2.describe_target_groups(PageSize=2)
    rest = site.elbv2.describe_target_groups(PageSize=2, Marker=first["NextMarker"])
    shown = first["TargetGroups"] + rest["TargetGroups"]
    assert [one["TargetGroupArn"] for one in shown] == arns
