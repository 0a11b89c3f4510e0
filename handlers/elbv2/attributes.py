"""Attributes of load balancers, target groups and listeners: how they are shown and changed.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
API_LoadBalancerAttribute.html, API_TargetGroupAttribute.html, API_ListenerAttribute.html; the words
of refusals are those that clients of the service have met. What there is stands in
attribute_tables.py.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.errors import AwsError
from handlers.elbv2.attribute_tables import EVERYWHERE, LISTENERS, Attribute, Table


def shown(table: Table, own: Mapping[str, str] | None) -> list[dict[str, str]]:
    """All attributes with their values, by key; hidden ones only where they were set."""
    values = {key: one.default for key, one in table.items() if not one.hidden}
    # what a listener had under another protocol is kept, and not shown
    values |= {key: value for key, value in (own or {}).items() if key in table}
    return [{"Key": key, "Value": values[key]} for key in sorted(values)]


def changed(
    kind: str, table: Table, own: Mapping[str, str], wanted: Sequence[Mapping[str, Any]], whose: str
) -> dict[str, str]:
    """The attributes that differ from the defaults after a change; AwsError for a wrong one.

    `whose` is the refusal of an attribute that others of the kind have, `{}` being its key.
    """
    values = dict(own)
    seen: set[str] = set()
    for one in wanted:
        key, value = one.get("Key") or "", one.get("Value") or ""
        if key in seen:
            raise invalid(f"{kind} attribute key '{key}' is specified twice")
        seen.add(key)
        if key not in table:
            if key in EVERYWHERE[kind]:
                raise unsupported(whose.format(key))
            raise invalid(f"{kind} attribute key '{key}' is not recognized")
        _check(key, value, table[key])
        values[key] = value
        if value == table[key].default:
            del values[key]
    return values


def value_of(table: Table, own: Mapping[str, str], key: str) -> str:
    """What an attribute is, set or not; empty for one that there is not."""
    return own.get(key) or (table[key].default if key in table else "")


def invalid(message: str) -> AwsError:
    """The error for a key or value that is wrong in itself."""
    return AwsError("ValidationError", message)


def unsupported(message: str) -> AwsError:
    """The error for what this one of its kind cannot have, or not together."""
    return AwsError("InvalidConfigurationRequest", message)


def _check(key: str, value: str, one: Attribute) -> None:
    if one.choices:
        if value not in one.choices:
            raise invalid(f"'{key}' value '{value}' must be one of [{', '.join(one.choices)}]")
    elif one.least is not None:
        inside = value.isdigit() and one.least <= int(value) <= (one.most or 0)
        if not inside and value not in one.besides:
            bounds = f"between '{one.least}-{one.most}' inclusive"
            others = "".join(f" or '{other}'" for other in one.besides)
            raise invalid(f"'{key}' value '{value}' must be {bounds}{others}")
    elif one.pattern and re.fullmatch(one.pattern, value) is None:
        raise invalid(f"'{key}' value '{value}' is not valid")


def check_balancer(table: Table, before: Mapping[str, str], own: Mapping[str, str]) -> None:
    """Refuse what a load balancer cannot have together."""
    for kind in ("access_logs", "connection_logs", "health_check_logs"):
        if own.get(f"{kind}.s3.enabled") == "true" and not own.get(f"{kind}.s3.bucket"):
            raise invalid(f"The value of '{kind}.s3.bucket' cannot be empty")
    key = "secondary_ips.auto_assigned.per_subnet"
    if key in table and int(own.get(key, "0")) < int(before.get(key, "0")):
        raise unsupported(f"The value of '{key}' cannot be decreased")


def check_group(table: Table, own: Mapping[str, str], protocol: str | None) -> None:
    """Refuse what a target group cannot have together."""

    def has(key: str) -> str:
        return value_of(table, own, key)

    sticky = has("stickiness.enabled") == "true"
    if sticky and protocol == "TLS":
        raise unsupported("You cannot enable stickiness on target groups with the TLS protocol")
    named = has("stickiness.app_cookie.cookie_name")
    if sticky and has("stickiness.type") == "app_cookie" and not named:
        raise unsupported(
            "You must set an application cookie name to enable stickiness of type 'app_cookie'"
        )
    way = has("load_balancing.algorithm.type")
    if way == "weighted_random" and sticky:
        raise unsupported(
            "You cannot have both stickiness and weighted random algorithm enabled on the same"
            " target group."
        )
    if way not in ("", "round_robin") and has("slow_start.duration_seconds") != "0":
        words = way.replace("_", " ")
        raise unsupported(
            f"You cannot enable both slow start and {words} algorithm on a target group"
        )
    if has("load_balancing.algorithm.anomaly_mitigation") == "on" and way != "weighted_random":
        raise unsupported(
            "You cannot enable anomaly mitigation on a target group without the weighted random"
            " algorithm"
        )
    _check_ends(protocol, has)


def _check_ends(protocol: str | None, has: Any) -> None:
    """What is to become of connections and flows when a target goes."""
    if protocol in UDP:
        if has("preserve_client_ip.enabled") == "false":
            raise unsupported(
                "preserve_client_ip.enabled cannot be false if the target group protocol is UDP or"
                " TCP_UDP"
            )
        if has("target_health_state.unhealthy.connection_termination.enabled") == "true":
            raise unsupported(
                "target_health_state.unhealthy.connection_termination.enabled cannot be true if"
                " the target group protocol is UDP or TCP_UDP"
            )
    ended = has("target_health_state.unhealthy.connection_termination.enabled")
    draining = has("target_health_state.unhealthy.draining_interval_seconds")
    if ended == "true" and draining not in ("", "0"):
        raise unsupported(
            "target_health_state.unhealthy.draining_interval_seconds can only be set if"
            " target_health_state.unhealthy.connection_termination.enabled is false"
        )
    if has("target_failover.on_deregistration") != has("target_failover.on_unhealthy"):
        raise unsupported(
            "The values of target_failover.on_deregistration and target_failover.on_unhealthy must"
            " be the same"
        )


def check_stickiness(protocol: str | None, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a type of stickiness that the protocol does not have, in the words for it."""
    for one in wanted:
        value = one.get("Value") or ""
        if one.get("Key") != "stickiness.type" or protocol is None:
            continue
        if protocol == "GENEVE":
            if not value.startswith("source_ip_dest_ip"):
                raise invalid(
                    f"'{value}' must be one of [source_ip_dest_ip_proto, source_ip_dest_ip]"
                )
            continue
        if value not in ("app_cookie", "lb_cookie", "source_ip"):
            raise invalid("'Stickiness type' must be one of [app_cookie, lb_cookie, source_ip]")
        if (value == "source_ip") is (protocol in ("HTTP", "HTTPS")):
            raise unsupported(
                f"Stickiness type '{value}' is not supported for target groups with the"
                f" {protocol} protocol"
            )


UDP = ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC")


def of_listener(kind: str, protocol: str) -> Table:
    """What a listener of a type of load balancer can be told."""
    if kind == "application":
        return LISTENERS["HTTPS"] if protocol == "HTTPS" else LISTENERS["HTTP"]
    if kind == "network" and protocol not in ("TCP", "TCP_UDP"):
        return {}
    return LISTENERS[kind]
