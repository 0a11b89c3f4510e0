"""Health checks of target groups: defaults by protocol, and what may be set.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html.
"""

import re
from collections.abc import Mapping
from typing import Any

from handlers.elbv2.identifiers import invalid

_RANGES = {
    "HealthCheckIntervalSeconds": (
        "health_check_interval_seconds",
        "Health check interval",
        5,
        300,
    ),
    "HealthCheckTimeoutSeconds": ("health_check_timeout_seconds", "Health check timeout", 2, 120),
    "HealthyThresholdCount": ("healthy_threshold", "Healthy threshold count", 2, 10),
    "UnhealthyThresholdCount": ("unhealthy_threshold", "Unhealthy threshold count", 2, 10),
}
_WEB = ("HTTP", "HTTPS")
_CODES = re.compile(r"\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*")
TRAFFIC_PORT = "traffic-port"


def of_new(params: Mapping[str, Any], target_type: str, protocol: str | None) -> dict[str, Any]:
    """The columns of a new target group's health check."""
    enabled = params.get("HealthCheckEnabled")
    if target_type == "lambda":
        usual: dict[str, Any] = {"interval": 35, "timeout": 30, "protocol": None, "port": None}
    elif protocol == "GENEVE":
        usual = {"interval": 10, "timeout": 5, "protocol": "TCP", "port": "80"}
    elif protocol in _WEB:
        usual = {"interval": 30, "timeout": 5, "protocol": "HTTP", "port": TRAFFIC_PORT}
    else:
        default = "HTTP" if target_type == "alb" else "TCP"
        checked_by = params.get("HealthCheckProtocol") or default
        seconds = 6 if checked_by == "HTTP" else 10
        usual = {"interval": 30, "timeout": seconds, "protocol": default, "port": TRAFFIC_PORT}
    old = {
        "target_type": target_type,
        "protocol": protocol,
        "protocol_version": params.get("ProtocolVersion"),
        "health_check_enabled": target_type != "lambda",
        "health_check_protocol": usual["protocol"],
        "health_check_port": usual["port"],
        "health_check_interval_seconds": usual["interval"],
        "health_check_timeout_seconds": usual["timeout"],
        "healthy_threshold": 5,
        "unhealthy_threshold": 2,
        "health_check_path": None,
        "matcher": None,
    }
    if enabled is False and target_type in ("instance", "ip", "alb"):
        raise invalid(
            f"Health check enabled must be true for target groups with target type '{target_type}'"
        )
    return changed(params, old)


def changed(params: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a health check after a change."""
    names = ("health_check_enabled", "health_check_protocol", "health_check_port",
             "health_check_path", "health_check_interval_seconds", "health_check_timeout_seconds",
             "healthy_threshold", "unhealthy_threshold", "matcher")  # fmt: skip
    found = {name: old[name] for name in names}
    for member, (column, words, least, most) in _RANGES.items():
        value = params.get(member)
        if value is None:
            continue
        if not least <= value <= most:
            raise invalid(f"{words} '{value}' must be between {least} and {most}")
        found[column] = value
    if found["health_check_timeout_seconds"] >= found["health_check_interval_seconds"]:
        raise invalid(
            f"Health check timeout '{found['health_check_timeout_seconds']}' must be smaller than"
            f" the interval '{found['health_check_interval_seconds']}'"
        )
    if params.get("HealthCheckEnabled") is not None:
        found["health_check_enabled"] = params["HealthCheckEnabled"]
    found |= _where(params, old, found)
    return found | _what(params, old, found)


def _where(
    params: Mapping[str, Any], old: Mapping[str, Any], found: Mapping[str, Any]
) -> dict[str, Any]:
    protocol = params.get("HealthCheckProtocol")
    if protocol and old["target_type"] == "lambda":
        raise invalid("Health check protocol cannot be specified for target type 'lambda'")
    allowed = _WEB if old["protocol"] in _WEB else (*_WEB, "TCP")
    if protocol and protocol not in allowed:
        raise invalid(f"Health check protocol '{protocol}' must be one of '{', '.join(allowed)}'")
    port = params.get("HealthCheckPort")
    if port and port != TRAFFIC_PORT and not (port.isdigit() and 1 <= int(port) <= 65535):
        raise invalid(
            f"Health check port '{port}' must be '{TRAFFIC_PORT}' or in the range of 1-65535"
            " inclusive"
        )
    return {
        "health_check_protocol": protocol or found["health_check_protocol"],
        "health_check_port": port or found["health_check_port"],
    }


def _what(
    params: Mapping[str, Any], old: Mapping[str, Any], found: Mapping[str, Any]
) -> dict[str, Any]:
    """The path and the codes: of checks by HTTP alone, which Lambda functions have too."""
    path, matcher = params.get("HealthCheckPath"), params.get("Matcher")
    if found["health_check_protocol"] == "TCP":
        if path or matcher:
            what = "path" if path else "matcher"
            raise invalid(
                f"Health check {what} cannot be specified for health check protocol 'TCP'"
            )
        return {"health_check_path": None, "matcher": None}
    grpc = old["protocol_version"] == "GRPC"
    usual = ("/AWS.ALB/healthcheck", "12") if grpc else ("/", "200")
    codes = None
    if matcher:
        codes = matcher.get("GrpcCode" if grpc else "HttpCode")
        if not codes or not _CODES.fullmatch(codes):
            raise invalid(
                f"Health check matcher {'GRPC' if grpc else 'HTTP'} code '{codes}' is not valid"
            )
    if path and not path.startswith("/"):
        raise invalid(f"Health check path '{path}' must begin with a '/' character")
    return {
        "health_check_path": path or found["health_check_path"] or usual[0],
        "matcher": codes
        or found["matcher"]
        or _usual_codes(found["health_check_protocol"], old, usual[1]),
    }


def _usual_codes(checked_by: str | None, old: Mapping[str, Any], usual: str) -> str:
    return "200-399" if checked_by in _WEB and old["protocol"] not in _WEB else usual
