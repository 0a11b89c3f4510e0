"""Attributes against what the API model documents, and what cannot be had together."""

import json
import re
from typing import Any

import botocore.session
import pytest

from handlers.elbv2 import attribute_tables
from tests.fixtures.server import Cloud
from tests.handlers.elbv2.conftest import Site
from tests.handlers.elbv2.test_load_balancers import refused

WRONG, NOT_HERE = "ValidationError", "InvalidConfigurationRequest"


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("Load balancer", "LoadBalancerAttribute"),
        ("Target group", "TargetGroupAttribute"),
        ("Listener", "ListenerAttribute"),
    ],
)
def test_every_documented_attribute_is_known(kind: str, shape: str) -> None:
    model = botocore.session.get_session().get_service_model("elbv2")
    told = model.shape_for(shape).members["Key"].documentation  # type: ignore[attr-defined]
    keys = set(re.findall(r"<li> *<p> *<code>([a-z0-9_]+(?:\.[a-z0-9_]+)+)</code>", told))
    assert len(keys) > 15
    assert keys == set(attribute_tables.EVERYWHERE[kind])


# type of load balancer, key, value that is taken (None: none), value that is not, refusal
BALANCERS: list[tuple[str, str, str | None, str, tuple[str, str]]] = [
    ("application", "client_keep_alive.seconds", "60", "59",
     (WRONG, "'client_keep_alive.seconds' value '59' must be between '60-604800' inclusive")),
    ("application", "load_balancing.cross_zone.enabled", "true", "false",
     (WRONG, "'load_balancing.cross_zone.enabled' value 'false' must be one of [true]")),
    ("application", "routing.http.desync_mitigation_mode", "strictest", "off",
     (WRONG, "'routing.http.desync_mitigation_mode' value 'off' must be one of"
             " [monitor, defensive, strictest]")),
    ("application", "dns_record.client_routing_policy", None, "any_availability_zone",
     (NOT_HERE, "Load balancer attribute key 'dns_record.client_routing_policy' is not supported"
                " on load balancers with type 'application'")),
    ("application", "access_logs.s3.enabled", None, "true",
     (WRONG, "The value of 'access_logs.s3.bucket' cannot be empty")),
    ("network", "idle_timeout.timeout_seconds", None, "120",
     (NOT_HERE, "Load balancer attribute key 'idle_timeout.timeout_seconds' is not supported on"
                " load balancers with type 'network'")),
    ("network", "secondary_ips.auto_assigned.per_subnet", "3", "2",
     (NOT_HERE, "The value of 'secondary_ips.auto_assigned.per_subnet' cannot be decreased")),
    ("network", "load_balancing.cross_zone.enabled", "true", "on",
     (WRONG, "'load_balancing.cross_zone.enabled' value 'on' must be one of [true, false]")),
    ("gateway", "access_logs.s3.enabled", None, "false",
     (NOT_HERE, "Load balancer attribute key 'access_logs.s3.enabled' is not supported on load"
                " balancers with type 'gateway'")),
    ("gateway", "load_balancing.cross_zone.enabled", "true", "",
     (WRONG, "'load_balancing.cross_zone.enabled' value '' must be one of [true, false]")),
]  # fmt: skip


def pair(key: str, value: str) -> list[dict[str, str]]:
    """One attribute as a request has it."""
    return [{"Key": key, "Value": value}]


def values(answer: dict[str, Any]) -> dict[str, str]:
    """The attributes of an answer by their keys."""
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}


def test_load_balancers_by_type(site: Site) -> None:
    kinds = ("application", "network", "gateway")
    arns = {kind: site.balancer(kind, Type=kind) for kind in kinds}
    modify, describe = (
        site.elbv2.modify_load_balancer_attributes,
        site.elbv2.describe_load_balancer_attributes,
    )
    counts = {kind: len(values(describe(LoadBalancerArn=arns[kind]))) for kind in kinds}
    assert counts == {"application": 22, "network": 8, "gateway": 2}
    for kind, key, good, bad, refusal in BALANCERS:
        arn = arns[kind]
        if good is not None:
            assert values(modify(LoadBalancerArn=arn, Attributes=pair(key, good)))[key] == good
        assert refused(modify, LoadBalancerArn=arn, Attributes=pair(key, bad)) == refusal
        assert values(describe(LoadBalancerArn=arn)).get(key) == (
            good or attribute_tables.of_balancer(kind, None, None).get(key, (None,))[0]
        )


def test_logs_go_where_they_may(cloud: Cloud, site: Site) -> None:
    """Into a bucket of the region that lets the service write."""
    arn, bucket = site.balancer(), f"logs-{cloud.account.number}"
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=bucket)
    modify = site.elbv2.modify_load_balancer_attributes
    logs = [*pair("access_logs.s3.enabled", "true"), *pair("access_logs.s3.bucket", bucket)]
    denied = (NOT_HERE, f"Access Denied for bucket: {bucket}. Please check S3bucket permission")
    assert refused(modify, LoadBalancerArn=arn, Attributes=logs) == denied
    statement = {
        "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*",
    }  # fmt: skip
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert values(modify(LoadBalancerArn=arn, Attributes=logs))["access_logs.s3.bucket"] == bucket


# target type and protocol, attributes that are set together, refusal
GROUPS: list[tuple[str, str | None, dict[str, str], tuple[str, str]]] = [
    ("lambda", None, {"deregistration_delay.timeout_seconds": "1"},
     (NOT_HERE, "A target group with target type 'lambda' does not support the attribute"
                " deregistration_delay.timeout_seconds")),
    ("instance", "HTTP", {"proxy_protocol_v2.enabled": "true"},
     (NOT_HERE, "The provided target group attribute is not supported")),
    ("instance", "HTTP", {"stickiness.type": "source_ip"},
     (NOT_HERE, "Stickiness type 'source_ip' is not supported for target groups with the HTTP"
                " protocol")),
    ("instance", "HTTP", {"stickiness.type": "app_cookie", "stickiness.enabled": "true"},
     (NOT_HERE, "You must set an application cookie name to enable stickiness of type"
                " 'app_cookie'")),
    ("instance", "HTTP", {"stickiness.app_cookie.cookie_name": "AWSALBTG"},
     (WRONG, "'stickiness.app_cookie.cookie_name' value 'AWSALBTG' is not valid")),
    ("instance", "HTTP",
     {"stickiness.enabled": "true", "load_balancing.algorithm.type": "weighted_random"},
     (NOT_HERE, "You cannot have both stickiness and weighted random algorithm enabled on the same"
                " target group.")),
    ("instance", "HTTP",
     {"slow_start.duration_seconds": "30", "load_balancing.algorithm.type": "weighted_random"},
     (NOT_HERE, "You cannot enable both slow start and weighted random algorithm on a target"
                " group")),
    ("instance", "HTTP", {"slow_start.duration_seconds": "29"},
     (WRONG, "'slow_start.duration_seconds' value '29' must be between '30-900' inclusive or"
             " '0'")),
    ("ip", "TCP", {"stickiness.type": "lb_cookie"},
     (NOT_HERE, "Stickiness type 'lb_cookie' is not supported for target groups with the TCP"
                " protocol")),
    ("ip", "TCP", {"target_health_state.unhealthy.draining_interval_seconds": "60"},
     (NOT_HERE, "target_health_state.unhealthy.draining_interval_seconds can only be set if"
                " target_health_state.unhealthy.connection_termination.enabled is false")),
    ("instance", "TLS", {"stickiness.enabled": "true"},
     (NOT_HERE, "You cannot enable stickiness on target groups with the TLS protocol")),
    ("instance", "UDP", {"preserve_client_ip.enabled": "false"},
     (NOT_HERE, "preserve_client_ip.enabled cannot be false if the target group protocol is UDP or"
                " TCP_UDP")),
    ("alb", "TCP", {"deregistration_delay.timeout_seconds": "1"},
     (NOT_HERE, "A target group with target type 'alb' does not support the attribute"
                " deregistration_delay.timeout_seconds")),
    ("instance", "GENEVE", {"stickiness.type": "lb_cookie"},
     (WRONG, "'lb_cookie' must be one of [source_ip_dest_ip_proto, source_ip_dest_ip]")),
    ("instance", "GENEVE", {"target_failover.on_unhealthy": "rebalance"},
     (NOT_HERE, "The values of target_failover.on_deregistration and target_failover.on_unhealthy"
                " must be the same")),
]  # fmt: skip
# What differs between protocols and target types, beside the keys.
DEFAULTS = {
    ("instance", "TCP"): ("true", "false", "true"),
    ("ip", "TCP"): ("false", "false", "true"),
    ("instance", "UDP"): ("true", "true", "false"),
    ("alb", "TCP"): ("true", "false", "true"),
}


def test_target_groups_by_type_and_protocol(site: Site) -> None:
    arns: dict[tuple[str, str | None], str] = {}

    def arn(kind: str, protocol: str | None) -> str:
        if (kind, protocol) not in arns:
            place: dict[str, Any] = {"Protocol": protocol, "Port": 6081, "VpcId": site.vpc_id}
            arns[kind, protocol] = site.elbv2.create_target_group(
                Name=f"{kind}-{protocol or 'none'}".replace("_", "-"),
                TargetType=kind,
                **(place if protocol else {}),
            )["TargetGroups"][0]["TargetGroupArn"]
        return arns[kind, protocol]

    modify = site.elbv2.modify_target_group_attributes
    for kind, protocol, wanted, refusal in GROUPS:
        given = [one for key, value in wanted.items() for one in pair(key, value)]
        assert refused(modify, TargetGroupArn=arn(kind, protocol), Attributes=given) == refusal
    for (kind, protocol), expected in DEFAULTS.items():
        found = values(
            site.elbv2.describe_target_group_attributes(TargetGroupArn=arn(kind, protocol))
        )
        assert expected == tuple(
            found[key]
            for key in (
                "preserve_client_ip.enabled",
                "deregistration_delay.connection_termination.enabled",
                "target_health_state.unhealthy.connection_termination.enabled",
            )
        )
    both = [*pair("target_failover.on_unhealthy", "rebalance"),
            *pair("target_failover.on_deregistration", "rebalance")]  # fmt: skip
    changed = values(modify(TargetGroupArn=arn("instance", "GENEVE"), Attributes=both))
    assert changed["target_failover.on_deregistration"] == "rebalance"
