"""Attributes of load balancers, target groups and listeners: keys, defaults and what may be set.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
API_LoadBalancerAttribute.html, API_TargetGroupAttribute.html, API_ListenerAttribute.html.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.errors import AwsError

BOOLEAN = r"true|false"
_TEXT = r".*"
# key: default, pattern of what may be set
Table = Mapping[str, tuple[str, str]]


def shown(table: Table, own: Mapping[str, str] | None) -> list[dict[str, str]]:
    """All attributes with their values, by key."""
    values = {key: default for key, (default, _) in table.items()} | dict(own or {})
    return [{"Key": key, "Value": values[key]} for key in sorted(values)]


def changed(
    kind: str, table: Table, own: Mapping[str, str], wanted: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """The attributes that differ from the defaults after a change; AwsError for a wrong one."""
    values = dict(own)
    seen: set[str] = set()
    for one in wanted:
        key, value = one.get("Key") or "", one.get("Value") or ""
        if key in seen:
            raise AwsError("ValidationError", f"{kind} attribute key '{key}' is specified twice")
        seen.add(key)
        if key not in table:
            raise AwsError("ValidationError", f"{kind} attribute key '{key}' is not recognized")
        default, pattern = table[key]
        if not _allowed(pattern, value):
            raise AwsError(
                "ValidationError", f"{kind} attribute value '{value}' is not valid for '{key}'"
            )
        values[key] = value
        if value == default:
            del values[key]
    return values


def _allowed(pattern: str, value: str) -> bool:
    least, dots, most = pattern.partition("..")
    if dots and least.isdigit():
        return value.isdigit() and int(least) <= int(value) <= int(most)
    return re.fullmatch(pattern, value) is not None


_DELETION = {"deletion_protection.enabled": ("false", BOOLEAN)}
_LOGS = {
    "access_logs.s3.enabled": ("false", BOOLEAN),
    "access_logs.s3.bucket": ("", _TEXT),
    "access_logs.s3.prefix": ("", _TEXT),
}
_SHIFT = {"zonal_shift.config.enabled": ("false", BOOLEAN)}
_BALANCERS: dict[str, Table] = {
    "application": {
        **_DELETION,
        **_LOGS,
        **_SHIFT,
        "connection_logs.s3.enabled": ("false", BOOLEAN),
        "connection_logs.s3.bucket": ("", _TEXT),
        "connection_logs.s3.prefix": ("", _TEXT),
        "health_check_logs.s3.enabled": ("false", BOOLEAN),
        "health_check_logs.s3.bucket": ("", _TEXT),
        "health_check_logs.s3.prefix": ("", _TEXT),
        "client_keep_alive.seconds": ("3600", "60..604800"),
        "idle_timeout.timeout_seconds": ("60", "1..4000"),
        "load_balancing.cross_zone.enabled": ("true", "true"),
        "routing.http.desync_mitigation_mode": ("defensive", "monitor|defensive|strictest"),
        "routing.http.drop_invalid_header_fields.enabled": ("false", BOOLEAN),
        "routing.http.preserve_host_header.enabled": ("false", BOOLEAN),
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": ("false", BOOLEAN),
        "routing.http.xff_client_port.enabled": ("false", BOOLEAN),
        "routing.http.xff_header_processing.mode": ("append", "append|preserve|remove"),
        "routing.http2.enabled": ("true", BOOLEAN),
        "waf.fail_open.enabled": ("false", BOOLEAN),
    },
    "network": {
        **_DELETION,
        **_LOGS,
        **_SHIFT,
        "load_balancing.cross_zone.enabled": ("false", BOOLEAN),
        "dns_record.client_routing_policy": (
            "any_availability_zone",
            "availability_zone_affinity|partial_availability_zone_affinity|any_availability_zone",
        ),
        "secondary_ips.auto_assigned.per_subnet": ("0", "0..7"),
    },
    "gateway": {**_DELETION, "load_balancing.cross_zone.enabled": ("false", BOOLEAN)},
}
_STICKY = {"stickiness.enabled": ("false", BOOLEAN)}
_DELAY = {"deregistration_delay.timeout_seconds": ("300", "0..3600")}
_CROSS_ZONE = {
    "load_balancing.cross_zone.enabled": (
        "use_load_balancer_configuration",
        "true|false|use_load_balancer_configuration",
    )
}
_COUNT = r"off|[1-9][0-9]*"
_HEALTHY = {
    f"target_group_health.{what}.minimum_healthy_targets.{how}": (usual, _COUNT)
    for what in ("dns_failover", "unhealthy_state_routing")
    for how, usual in (("count", "1"), ("percentage", "off"))
}
_HTTP = {
    **_DELAY,
    **_STICKY,
    **_CROSS_ZONE,
    **_HEALTHY,
    "load_balancing.algorithm.type": (
        "round_robin",
        "round_robin|least_outstanding_requests|weighted_random",
    ),
    "load_balancing.algorithm.anomaly_mitigation": ("off", "on|off"),
    "slow_start.duration_seconds": ("0", "0|[3-9][0-9]|[1-8][0-9][0-9]|900"),
    "stickiness.app_cookie.cookie_name": ("", _TEXT),
    "stickiness.app_cookie.duration_seconds": ("86400", "1..604800"),
    "stickiness.lb_cookie.duration_seconds": ("86400", "1..604800"),
    "stickiness.type": ("lb_cookie", "lb_cookie|app_cookie"),
}
_LAMBDA = {"lambda.multi_value_headers.enabled": ("false", BOOLEAN)}
_GENEVE = {
    **_DELAY,
    **_STICKY,
    "stickiness.type": ("source_ip_dest_ip_proto", "source_ip_dest_ip|source_ip_dest_ip_proto"),
    "target_failover.on_deregistration": ("no_rebalance", "rebalance|no_rebalance"),
    "target_failover.on_unhealthy": ("no_rebalance", "rebalance|no_rebalance"),
}
_LISTENERS: dict[str, Table] = {
    "application": {
        "routing.http.response.server.enabled": ("true", BOOLEAN),
        **{
            f"routing.http.response.{header}.header_value": ("", _TEXT)
            for header in (
                "strict_transport_security", "access_control_allow_origin",
                "access_control_allow_methods", "access_control_allow_headers",
                "access_control_allow_credentials", "access_control_expose_headers",
                "access_control_max_age", "content_security_policy", "x_content_type_options",
                "x_frame_options",
            )
        },
    },
    "network": {"tcp.idle_timeout.seconds": ("350", "60..6000")},
    "gateway": {"tcp.idle_timeout.seconds": ("350", "60..6000")},
}  # fmt: skip


def of_balancer(kind: str) -> Table:
    """What a type of load balancer can be told."""
    return _BALANCERS[kind]


def of_listener(kind: str) -> Table:
    """What a listener of a type of load balancer can be told."""
    return _LISTENERS[kind]


def of_target_group(target_type: str, protocol: str | None) -> Table:
    """What a target group can be told."""
    if target_type == "lambda":
        return _LAMBDA
    if protocol in ("HTTP", "HTTPS"):
        return _HTTP
    if protocol == "GENEVE":
        return _GENEVE
    end = protocol in ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC")
    keep = "true" if end or target_type == "instance" else "false"
    return {
        **_DELAY,
        **_STICKY,
        **_CROSS_ZONE,
        **_HEALTHY,
        "deregistration_delay.connection_termination.enabled": ("false", BOOLEAN),
        "preserve_client_ip.enabled": (keep, BOOLEAN),
        "proxy_protocol_v2.enabled": ("false", BOOLEAN),
        "stickiness.type": ("source_ip", "source_ip"),
        "target_health_state.unhealthy.connection_termination.enabled": ("true", BOOLEAN),
        "target_health_state.unhealthy.draining_interval_seconds": ("0", "0..360000"),
    }
