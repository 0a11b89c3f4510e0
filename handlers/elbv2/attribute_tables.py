"""Attributes that load balancers, target groups and listeners of each sort have: keys and values.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
API_LoadBalancerAttribute.html, API_TargetGroupAttribute.html, API_ListenerAttribute.html, and, of
defaults by protocol, …/latest/network/edit-target-group-attributes.html.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Attribute(NamedTuple):
    """A default, and what else may be set: choices, a range with what is besides it, or a pattern.

    A hidden one is not shown before it is set.
    """

    default: str
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    besides: tuple[str, ...] = ()
    pattern: str = ""
    hidden: bool = False


Table = Mapping[str, Attribute]


def _switch(default: str) -> Attribute:
    return Attribute(default, ("true", "false"))


def _range(default: str, least: int, most: int, *besides: str) -> Attribute:
    return Attribute(default, least=least, most=most, besides=besides)


_TEXT = Attribute("")


def _logs(kind: str) -> dict[str, Attribute]:
    return {
        f"{kind}.s3.enabled": _switch("false"),
        f"{kind}.s3.bucket": _TEXT,
        f"{kind}.s3.prefix": _TEXT,
    }


_ALL = {"deletion_protection.enabled": _switch("false")}
_IPV6 = "ipv6.deny_all_igw_traffic"
_APPLICATION_AND_NETWORK = {
    **_logs("access_logs"),
    _IPV6: _switch("false"),
    "zonal_shift.config.enabled": _switch("false"),
}
_BALANCERS: dict[str, Table] = {
    "application": {
        **_ALL,
        **_APPLICATION_AND_NETWORK,
        **_logs("connection_logs"),
        **_logs("health_check_logs"),
        "client_keep_alive.seconds": _range("3600", 60, 604_800),
        "idle_timeout.timeout_seconds": _range("60", 1, 4000),
        # the default is true and cannot be changed
        "load_balancing.cross_zone.enabled": Attribute("true", ("true",)),
        "routing.http.desync_mitigation_mode": Attribute(
            "defensive", ("monitor", "defensive", "strictest")
        ),
        "routing.http.drop_invalid_header_fields.enabled": _switch("false"),
        "routing.http.preserve_host_header.enabled": _switch("false"),
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": _switch("false"),
        "routing.http.xff_client_port.enabled": _switch("false"),
        "routing.http.xff_header_processing.mode": Attribute(
            "append", ("append", "preserve", "remove")
        ),
        "routing.http2.enabled": _switch("true"),
        "waf.fail_open.enabled": _switch("false"),
    },
    "network": {
        **_ALL,
        **_APPLICATION_AND_NETWORK,
        "load_balancing.cross_zone.enabled": _switch("false"),
        "dns_record.client_routing_policy": Attribute(
            "any_availability_zone",
            (
                "availability_zone_affinity",
                "partial_availability_zone_affinity",
                "any_availability_zone",
            ),
        ),
        "secondary_ips.auto_assigned.per_subnet": _range("0", 0, 7),
    },
    "gateway": {**_ALL, "load_balancing.cross_zone.enabled": _switch("false")},
}

_DELAY = {"deregistration_delay.timeout_seconds": _range("300", 0, 3600)}
_STICKY = {"stickiness.enabled": _switch("false")}
_MOST_TARGETS = 1000
_HEALTH = "target_group_health"
_APPLICATION_AND_NETWORK_GROUPS = {
    **_DELAY,
    **_STICKY,
    "load_balancing.cross_zone.enabled": Attribute(
        "use_load_balancer_configuration", ("true", "false", "use_load_balancer_configuration")
    ),
    f"{_HEALTH}.dns_failover.minimum_healthy_targets.count": _range("1", 1, _MOST_TARGETS, "off"),
    f"{_HEALTH}.dns_failover.minimum_healthy_targets.percentage": _range("off", 1, 100, "off"),
    f"{_HEALTH}.unhealthy_state_routing.minimum_healthy_targets.count": _range(
        "1", 1, _MOST_TARGETS
    ),
    f"{_HEALTH}.unhealthy_state_routing.minimum_healthy_targets.percentage": _range(
        "off", 1, 100, "off"
    ),
}
_HTTP: Table = {
    **_APPLICATION_AND_NETWORK_GROUPS,
    "load_balancing.algorithm.type": Attribute(
        "round_robin", ("round_robin", "least_outstanding_requests", "weighted_random")
    ),
    "load_balancing.algorithm.anomaly_mitigation": Attribute("off", ("on", "off")),
    "slow_start.duration_seconds": _range("0", 30, 900, "0"),
    # the load balancer's own cookies are reserved
    "stickiness.app_cookie.cookie_name": Attribute("", pattern=r"(?!AWSALB)\S{0,256}"),
    "stickiness.app_cookie.duration_seconds": _range("86400", 1, 604_800),
    "stickiness.lb_cookie.duration_seconds": _range("86400", 1, 604_800),
    "stickiness.type": Attribute("lb_cookie", ("lb_cookie", "app_cookie")),
}
_LAMBDA: Table = {"lambda.multi_value_headers.enabled": _switch("false")}
_FAILOVER = Attribute("no_rebalance", ("rebalance", "no_rebalance"))
_GENEVE: Table = {
    **_DELAY,
    **_STICKY,
    "stickiness.type": Attribute(
        "source_ip_dest_ip_proto", ("source_ip_dest_ip_proto", "source_ip_dest_ip")
    ),
    "target_failover.on_deregistration": _FAILOVER,
    "target_failover.on_unhealthy": _FAILOVER,
    "send_tcp_reset.on_deregistration.enabled": _switch("false"),
    "send_tcp_reset.on_unhealthy.enabled": _switch("false"),
}

_REQUEST_HEADERS = (
    "mtls_clientcert_serial_number", "mtls_clientcert_issuer", "mtls_clientcert_subject",
    "mtls_clientcert_validity", "mtls_clientcert_leaf", "mtls_clientcert", "tls_version",
    "tls_cipher_suite",
)  # fmt: skip
_RESPONSE_HEADERS = (
    "strict_transport_security", "access_control_allow_origin", "access_control_allow_methods",
    "access_control_allow_headers", "access_control_allow_credentials",
    "access_control_expose_headers", "access_control_max_age", "content_security_policy",
    "x_content_type_options", "x_frame_options",
)  # fmt: skip
_RESPONSES: Table = {
    "routing.http.response.server.enabled": _switch("true"),
    **{f"routing.http.response.{header}.header_value": _TEXT for header in _RESPONSE_HEADERS},
}
_IDLE = {"tcp.idle_timeout.seconds": _range("350", 60, 6000)}
LISTENERS: dict[str, Table] = {
    "HTTP": _RESPONSES,
    # what of a request is told by its TLS can be renamed
    "HTTPS": {
        **_RESPONSES,
        **{f"routing.http.request.x_amzn_{header}.header_name": Attribute(
            "", pattern=r"[A-Za-z0-9_-]{1,40}") for header in _REQUEST_HEADERS},
    },
    "network": _IDLE,
    "gateway": {**_IDLE, "send_tcp_reset.on_idle_timeout.enabled": _switch("false")},
}  # fmt: skip


def of_balancer(kind: str, scheme: str | None, ip_address_type: str | None) -> Table:
    """What a load balancer can be told.

    An internal one denies traffic of internet gateways; without IPv6 there is none to deny.
    """
    table = _BALANCERS[kind]
    if _IPV6 not in table:
        return table
    denied = "true" if scheme == "internal" else "false"
    hidden = not (ip_address_type or "").startswith("dualstack")
    return {**table, _IPV6: _switch(denied)._replace(hidden=hidden)}


def of_target_group(target_type: str, protocol: str | None) -> Table:
    """What a target group can be told; one whose target is a load balancer keeps the defaults."""
    if target_type == "lambda":
        return _LAMBDA
    if protocol in ("HTTP", "HTTPS"):
        return _HTTP
    if protocol == "GENEVE":
        return _GENEVE
    udp = protocol not in ("TCP", "TLS")
    kept = "false" if target_type == "ip" and not udp else "true"
    return {
        **_APPLICATION_AND_NETWORK_GROUPS,
        "deregistration_delay.connection_termination.enabled": _switch("true" if udp else "false"),
        "preserve_client_ip.enabled": _switch(kept),
        "proxy_protocol_v2.enabled": _switch("false"),
        "stickiness.type": Attribute("source_ip", ("source_ip",)),
        "target_health_state.unhealthy.connection_termination.enabled": _switch(
            "false" if udp else "true"
        ),
        "target_health_state.unhealthy.draining_interval_seconds": _range("0", 0, 360_000),
    }


# Keys that some of a kind have.
EVERYWHERE: dict[str, frozenset[str]] = {
    "Load balancer": frozenset(key for table in _BALANCERS.values() for key in table),
    "Target group": frozenset(
        key for table in (_HTTP, _LAMBDA, _GENEVE, of_target_group("instance", "TCP"))
        for key in table
    ),
    "Listener": frozenset(key for table in LISTENERS.values() for key in table),
}  # fmt: skip
