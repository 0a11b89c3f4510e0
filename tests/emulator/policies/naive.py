"""A second evaluator, slow and plain, written from the rules alone: the oracle of the other."""

import fnmatch
import ipaddress
import re
from datetime import datetime
from typing import Any


def _like(text: str, pattern: str) -> bool:
    escaped = pattern.replace("[", "[[]")
    return re.fullmatch(fnmatch.translate(escaped), text) is not None


def _fill(pattern: str, context: dict[str, list[str]]) -> str | None:
    for found in re.findall(r"\$\{([^}]+)\}", pattern):
        values = context.get(found.lower(), [])
        if len(values) != 1:
            return None
        pattern = pattern.replace("${" + found + "}", values[0])
    return pattern


def _one(operator: str, given: str, wanted: str) -> bool:
    if operator.startswith("String"):
        if operator.endswith("IgnoreCase"):
            return given.lower() == wanted.lower()
        return _like(given, wanted) if "Like" in operator else given == wanted
    if operator == "Bool":
        return given.lower() == wanted.lower()
    if operator.endswith("IpAddress"):
        return ipaddress.ip_address(given) in ipaddress.ip_network(wanted)
    if operator.startswith("Numeric"):
        a, b = float(given), float(wanted)
    else:
        a = datetime.fromisoformat(given.replace("Z", "+00:00")).timestamp()
        b = datetime.fromisoformat(wanted.replace("Z", "+00:00")).timestamp()
    return {
        "Equals": a == b, "NotEquals": a == b, "LessThan": a < b, "LessThanEquals": a <= b,
        "GreaterThan": a > b, "GreaterThanEquals": a >= b,
    }[re.sub("^(Numeric|Date)", "", operator)]  # fmt: skip


def _condition(operator: str, key: str, wanted: list[str], context: dict[str, list[str]]) -> bool:
    quantity, _, rest = operator.rpartition(":")
    lenient = rest.endswith("IfExists")
    rest = rest.removesuffix("IfExists")
    values = context.get(key.lower())
    if rest == "Null":
        return ("true" if not values else "false") in wanted
    negated = "Not" in rest
    if not values:
        if quantity == "ForAllValues":
            return True
        if quantity == "ForAnyValue":
            return lenient
        return lenient or negated
    filled = [one for one in (_fill(text, context) for text in wanted) if one is not None]
    hits = [any(_one(rest, value, one) for one in filled) for value in values]
    if quantity == "ForAllValues":
        return not any(hits) if negated else all(hits)
    if quantity == "ForAnyValue":
        return not all(hits) if negated else any(hits)
    return not any(hits) if negated else any(hits)


def _applies(statement: dict[str, Any], action: str, resource: str, context: Any) -> bool:
    def matches(element: str, text: str) -> bool:
        for name in (element, f"Not{element}"):
            if name in statement:
                given = statement[name]
                patterns = given if isinstance(given, list) else [given]
                if element == "Action":
                    patterns = [one.lower() for one in patterns]
                else:
                    patterns = [p for p in (_fill(one, context) for one in patterns) if p]
                hit = any(_like(text, one) for one in patterns)
                return hit == (name == element)
        raise AssertionError(statement)

    return (
        matches("Action", action.lower())
        and matches("Resource", resource)
        and all(
            _condition(operator, key, values if isinstance(values, list) else [values], context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def verdict(
    identity: list[Any],
    boundary: list[Any] | None,
    sessions: list[list[Any]],
    controls: list[list[Any]],
    action: str,
    resource: str,
    context: dict[str, list[str]],
) -> str:
    """allowed, explicitDeny or implicitDeny; each argument is lists of statements."""
    bounds = [identity, *([] if boundary is None else [boundary]), *sessions, *controls]
    effects = [
        {one["Effect"] for one in bound if _applies(one, action, resource, context)}
        for bound in bounds
    ]
    if any("Deny" in one for one in effects):
        return "explicitDeny"
    return "allowed" if all("Allow" in one for one in effects) else "implicitDeny"
