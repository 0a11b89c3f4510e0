"""Tests of listeners, their rules and certificates."""

from typing import Any

import pytest

from tests.handlers.elbv2.conftest import Site
from tests.handlers.elbv2.test_load_balancers import refused

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/one"
OTHER = "arn:aws:acm:us-east-1:123456789012:certificate/two"
FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


def path(value: str) -> list[dict[str, Any]]:
    return [{"Field": "path-pattern", "Values": [value]}]


def forward(group: str) -> list[dict[str, Any]]:
    return [{"Type": "forward", "TargetGroupArn": group}]


def test_a_listener(site: Site) -> None:
    balancer, group = site.balancer(), site.group()
    listener = site.listener(balancer, group)
    [found] = site.elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    assert found == {
        "ListenerArn": listener,
        "LoadBalancerArn": balancer,
        "Port": 80,
        "Protocol": "HTTP",
        "DefaultActions": [
            {
                "Type": "forward",
                "TargetGroupArn": group,
                "ForwardConfig": {
                    "TargetGroups": [{"TargetGroupArn": group, "Weight": 1}],
                    "TargetGroupStickinessConfig": {"Enabled": False},
                },
            }
        ],
    }
    assert listener.startswith(balancer.replace(":loadbalancer/", ":listener/") + "/")
    [shown] = site.elbv2.describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"]
    assert shown["LoadBalancerArns"] == [balancer]
    create = site.elbv2.create_listener
    params = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80}
    assert refused(create, **params, DefaultActions=[FIXED]) == (
        "DuplicateListener",
        "A listener already exists on this port for this load balancer",
    )
    site.elbv2.modify_listener(ListenerArn=listener, Port=81, DefaultActions=[FIXED])
    [found] = site.elbv2.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert (found["Port"], found["DefaultActions"]) == (81, [FIXED])
    # nothing forwards to the group any more
    [shown] = site.elbv2.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
    assert shown["LoadBalancerArns"] == []
    site.elbv2.delete_listener(ListenerArn=listener)
    assert refused(site.elbv2.delete_listener, ListenerArn=listener) == (
        "ListenerNotFound",
        "One or more listeners not found",
    )


def test_redirects_are_filled_in(site: Site) -> None:
    balancer = site.balancer()
    action = {
        "Type": "redirect",
        "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
    }
    made = site.elbv2.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[action]
    )["Listeners"][0]
    assert made["DefaultActions"][0]["RedirectConfig"] == {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }


def test_secure_listeners(site: Site) -> None:
    balancer, create = site.balancer(), site.elbv2.create_listener
    params = {"LoadBalancerArn": balancer, "Protocol": "HTTPS", "Port": 443,
              "DefaultActions": [FIXED]}  # fmt: skip
    assert refused(create, **params)[0] == "CertificateNotFound"
    given = [{"CertificateArn": CERTIFICATE}]
    assert refused(create, **params, Certificates=given, SslPolicy="x")[0] == "SSLPolicyNotFound"
    made = create(**params, Certificates=given)["Listeners"][0]
    assert made["Certificates"] == given
    assert made["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    arn = made["ListenerArn"]
    site.elbv2.add_listener_certificates(ListenerArn=arn, Certificates=[{"CertificateArn": OTHER}])
    found = site.elbv2.describe_listener_certificates(ListenerArn=arn)["Certificates"]
    assert found == [
        {"CertificateArn": CERTIFICATE, "IsDefault": True},
        {"CertificateArn": OTHER, "IsDefault": False},
    ]
    remove = site.elbv2.remove_listener_certificates
    assert refused(remove, ListenerArn=arn, Certificates=given)[0] == "OperationNotPermitted"
    remove(ListenerArn=arn, Certificates=[{"CertificateArn": OTHER}])
    assert len(site.elbv2.describe_listener_certificates(ListenerArn=arn)["Certificates"]) == 1
    plain = site.elbv2.modify_listener(ListenerArn=arn, Protocol="HTTP")["Listeners"][0]
    assert "Certificates" not in plain
    assert "SslPolicy" not in plain


def test_attributes(site: Site) -> None:
    listener = site.listener(site.balancer(), site.group())
    key = "routing.http.response.server.enabled"
    modify = site.elbv2.modify_listener_attributes
    modify(ListenerArn=listener, Attributes=[{"Key": key, "Value": "false"}])
    found = site.elbv2.describe_listener_attributes(ListenerArn=listener)["Attributes"]
    assert {"Key": key, "Value": "false"} in found
    wrong = [{"Key": "tcp.idle_timeout.seconds", "Value": "60"}]
    assert refused(modify, ListenerArn=listener, Attributes=wrong)[0] == (
        "InvalidConfigurationRequest"
    )


def test_rules_in_their_order(site: Site) -> None:
    group = site.group()
    listener = site.listener(site.balancer(), group)
    create, describe = site.elbv2.create_rule, site.elbv2.describe_rules
    second = create(
        ListenerArn=listener, Priority=20, Conditions=path("/b"), Actions=forward(group)
    )["Rules"][0]
    first = create(ListenerArn=listener, Priority=10, Conditions=path("/a"), Actions=[FIXED])[
        "Rules"
    ][0]
    assert first["Priority"] == "10"
    assert first["Conditions"] == [
        {
            "Field": "path-pattern",
            "Values": ["/a"],
            "PathPatternConfig": {"Values": ["/a"]},
        }
    ]
    rules = describe(ListenerArn=listener)["Rules"]
    assert [one["Priority"] for one in rules] == ["10", "20", "default"]
    assert [one["IsDefault"] for one in rules] == [False, False, True]
    assert rules[:2] == [first, second]
    page = describe(ListenerArn=listener, PageSize=2)
    rest = describe(ListenerArn=listener, PageSize=2, Marker=page["NextMarker"])
    assert rest["Rules"] == rules[2:]

    taken = {"ListenerArn": listener, "Priority": 10, "Conditions": path("/c")}
    assert refused(create, **taken, Actions=[FIXED]) == (
        "PriorityInUse",
        "Priority '10' is currently in use",
    )
    arns = [one["RuleArn"] for one in rules]
    swapped = site.elbv2.set_rule_priorities(
        RulePriorities=[
            {"RuleArn": arns[0], "Priority": 20},
            {"RuleArn": arns[1], "Priority": 10},
        ]
    )["Rules"]
    assert [one["RuleArn"] for one in swapped] == [arns[1], arns[0]]
    assert [one["RuleArn"] for one in describe(ListenerArn=listener)["Rules"]] == [
        arns[1], arns[0], arns[2],
    ]  # fmt: skip
    clash = [{"RuleArn": arns[0], "Priority": 10}]
    assert refused(site.elbv2.set_rule_priorities, RulePriorities=clash)[0] == "PriorityInUse"
    changed = site.elbv2.modify_rule(
        RuleArn=arns[0],
        Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example.com"]}}],
    )["Rules"][0]
    assert changed["Conditions"][0]["HostHeaderConfig"] == {"Values": ["a.example.com"]}
    assert describe(RuleArns=[arns[0]])["Rules"] == [changed]
    assert refused(site.elbv2.delete_rule, RuleArn=arns[2]) == (
        "OperationNotPermitted",
        f"Default rule '{arns[2]}' cannot be deleted",
    )
    site.elbv2.delete_rule(RuleArn=arns[0])
    assert refused(describe, RuleArns=[arns[0]])[0] == "RuleNotFound"


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ([{"Field": "planet", "Values": ["x"]}], "Condition field 'planet' must be one of"),
        ([{"Field": "path-pattern"}], "A condition value must be specified"),
        ([{"Field": "source-ip", "SourceIpConfig": {"Values": ["x"]}}], "CIDR"),
        ([{"Field": "path-pattern", "Values": ["/a", "/b", "/c", "/d", "/e", "/f"]}], "'5'"),
        ([*path("/a"), *path("/b")], "only have one 'path-pattern' condition"),
    ],
)
def test_wrong_conditions(site: Site, conditions: list[dict[str, Any]], words: str) -> None:
    listener = site.listener(site.balancer(), site.group())
    code, message = refused(
        site.elbv2.create_rule, ListenerArn=listener, Priority=1, Conditions=conditions,
        Actions=[FIXED],
    )  # fmt: skip
    assert code == "ValidationError"
    assert words in message


def test_target_groups_serve_one_load_balancer(site: Site) -> None:
    group, network_group = site.group(), site.group("net", Protocol="TCP")
    site.listener(site.balancer(), group)
    other, create = site.balancer("other"), site.elbv2.create_listener
    params = {"LoadBalancerArn": other, "Protocol": "HTTP", "Port": 80}
    assert refused(create, **params, DefaultActions=forward(group))[0] == (
        "TargetGroupAssociationLimit"
    )
    assert refused(create, **params, DefaultActions=forward(network_group))[0] == (
        "InvalidConfigurationRequest"
    )
    absent = group[:-4] + "0000"
    assert refused(create, **params, DefaultActions=forward(absent)) == (
        "TargetGroupNotFound",
        "One or more target groups not found",
    )
    assert site.elbv2.describe_listeners(LoadBalancerArn=other)["Listeners"] == []
    wrong = {"LoadBalancerArn": other, "Protocol": "TCP", "Port": 80, "DefaultActions": [FIXED]}
    assert refused(create, **wrong)[0] == "ValidationError"
