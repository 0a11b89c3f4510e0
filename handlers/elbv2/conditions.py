"""Conditions of rules: which requests a rule is for.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.elbv2.identifiers import invalid

_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "query-string": "QueryStringConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
}
MOST_VALUES, LONGEST_VALUE = 5, 128


def checked(conditions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The conditions of a request as AWS shows them."""
    if not conditions:
        raise invalid("A condition must be specified")
    shown = [_shown(one) for one in conditions]
    fields = [one["Field"] for one in shown]
    for field in ("host-header", "path-pattern", "http-request-method", "source-ip"):
        if fields.count(field) > 1:
            raise invalid(f"A rule can only have one '{field}' condition")
    if sum(_count(one) for one in shown) > MOST_VALUES:
        raise invalid(f"A rule can only have '{MOST_VALUES}' condition values")
    return shown


def _shown(condition: Mapping[str, Any]) -> dict[str, Any]:
    field = condition.get("Field") or ""
    if field not in _CONFIGS:
        raise invalid(
            f"Condition field '{field}' must be one of '[path-pattern,host-header,http-header,"
            "http-request-method,query-string,source-ip]'"
        )
    name = _CONFIGS[field]
    config, values = condition.get(name), condition.get("Values")
    if condition.get("RegexValues"):
        raise invalid("RegexValues must stand in the configuration of the condition")
    if config and values:
        raise invalid(f"Only one of Values and {name} can be specified")
    if not config:
        if field not in ("host-header", "path-pattern"):
            raise invalid(f"A {name} must be specified with condition field '{field}'")
        config = {"Values": values or []}
    found = config.get("Values") or config.get("RegexValues") or []
    if not found:
        raise invalid("A condition value must be specified")
    _check(field, config, found)
    shown = {"Field": field, name: {key: value for key, value in config.items() if value}}
    plain = field in ("host-header", "path-pattern") and config.get("Values")
    return {**shown, "Values": list(config["Values"])} if plain else shown


def _check(field: str, config: Mapping[str, Any], values: Sequence[Any]) -> None:
    for value in values:
        text = value if isinstance(value, str) else value.get("Value") or ""
        if not 1 <= len(text) <= LONGEST_VALUE:
            raise invalid(f"Condition value '{text}' must have 1 to {LONGEST_VALUE} characters")
        if field == "path-pattern" and config.get("Values") and not text.startswith(("/", "*")):
            raise invalid(f"Condition value '{text}' must begin with '/' or '*'")
        if field == "source-ip":
            try:
                ipaddress.ip_network(text, strict=False)
            except ValueError:
                raise invalid(f"Condition value '{text}' must be in CIDR format") from None
    if field == "http-header" and not config.get("HttpHeaderName"):
        raise invalid("An HTTP header name must be specified")


def _count(condition: Mapping[str, Any]) -> int:
    config = condition[_CONFIGS[condition["Field"]]]
    return len(config.get("Values") or config.get("RegexValues") or ())
