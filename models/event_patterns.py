"""Event patterns: EventBridge's language of conditions on a JSON event, compiled and matched.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

Test = Callable[[Any], bool]
# Given the events's part that a pattern's part is about; _ABSENT: the event has none.
Match = Callable[[Any], bool]

_ABSENT = object()
_LARGEST_NUMBER = 5_000_000_000
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_INNER = ("prefix", "suffix", "equals-ignore-case", "wildcard")


class PatternError(ValueError):
    """A pattern that is none, and why, in EventBridge's words."""


@lru_cache(maxsize=2048)
def compiled(text: str) -> Match:
    """The function that tells whether an event matches a pattern; PatternError."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise PatternError(f"Event pattern is not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise PatternError("Filter is not an object")
    if not document:
        raise PatternError("Empty objects are not allowed")
    return _object(document)


def matches(text: str, event: Mapping[str, Any]) -> bool:
    """Whether an event matches a pattern; PatternError where that is none."""
    return compiled(text)(event)


def _object(pattern: Mapping[str, Any]) -> Match:
    parts: list[tuple[str, Match]] = []
    choices: list[list[Match]] = []
    for name, value in pattern.items():
        if name == "$or" and _is_choice(value):
            choices.append([_object(one) for one in value])
        else:
            parts.append((name, _field(name, value)))

    def match(event: Any) -> bool:
        if isinstance(event, list):
            return any(match(one) for one in event)
        # what has no members lacks them all: `exists: false` may still match
        members = event if isinstance(event, dict) else {}
        for name, part in parts:
            if not part(members.get(name, _ABSENT)):
                return False
        return not choices or all(any(one(event) for one in choice) for choice in choices)

    return match


def _is_choice(value: Any) -> bool:
    """Whether `$or` is the operator and not a field of this name."""
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(one, dict) and one for one in value)
    )


def _field(name: str, value: Any) -> Match:
    if isinstance(value, dict):
        if not value:
            raise PatternError("Empty objects are not allowed")
        return _object(value)
    if not isinstance(value, list):
        raise PatternError(f'"{name}" must be an object or an array')
    if not value:
        raise PatternError("Empty arrays are not allowed")
    if all(isinstance(one, str) for one in value):
        return _one_of(frozenset(value))
    tests = [_test(one) for one in value]

    def match(found: Any) -> bool:
        leaves = found if isinstance(found, list) else [found]
        return any(test(leaf) for test in tests for leaf in leaves)

    return match


def _one_of(texts: frozenset[str]) -> Match:
    """Whether a text is one of these, or one in a list is: what most patterns ask."""

    def match(found: Any) -> bool:
        if isinstance(found, str):
            return found in texts
        return isinstance(found, list) and any(
            isinstance(leaf, str) and leaf in texts for leaf in found
        )

    return match


def _test(matcher: Any) -> Test:
    if isinstance(matcher, list):
        raise PatternError("Match value must be String, number, true, false, or null")
    if not isinstance(matcher, dict):
        return _equals(matcher)
    if len(matcher) != 1:
        raise PatternError("Only one key allowed in match expression")
    [(kind, value)] = matcher.items()
    build = _BUILDERS.get(kind)
    if build is None:
        raise PatternError(f"Unrecognized match type {kind}")
    return build(value)


def _equals(value: Any) -> Test:
    if isinstance(value, bool) or value is None:
        return lambda found: found is value
    if isinstance(value, (int, float)):
        return lambda found: _is_number(found) and found == value
    return lambda found: found == value and isinstance(found, str)


def _is_number(found: Any) -> bool:
    return isinstance(found, (int, float)) and not isinstance(found, bool)


def _text_test(kind: str) -> Callable[[Any], Test]:
    def build(value: Any) -> Test:
        if kind in ("prefix", "suffix") and isinstance(value, dict):
            if set(value) != {"equals-ignore-case"}:
                raise PatternError(f"Unsupported anything-but pattern: {next(iter(value), '')}")
            text = value["equals-ignore-case"]
            if not isinstance(text, str):
                raise PatternError("equals-ignore-case match pattern must be a string")
            return _folded(kind, text)
        if not isinstance(value, str):
            raise PatternError(f"{kind} match pattern must be a string")
        if not value and kind in ("prefix", "suffix"):
            raise PatternError("Null prefix/suffix not allowed")
        return _plain(kind, value)

    return build


def _plain(kind: str, text: str) -> Test:
    if kind == "prefix":
        return lambda found: isinstance(found, str) and found.startswith(text)
    if kind == "suffix":
        return lambda found: isinstance(found, str) and found.endswith(text)
    if kind == "equals-ignore-case":
        wanted = text.lower()
        return lambda found: isinstance(found, str) and found.lower() == wanted
    expression = _wildcard(text)
    return lambda found: isinstance(found, str) and expression.fullmatch(found) is not None


def _folded(kind: str, text: str) -> Test:
    inner = _plain(kind, text.lower())
    return lambda found: isinstance(found, str) and inner(found.lower())


def _wildcard(text: str) -> re.Pattern[str]:
    """`*` is any text, `\\*` and `\\\\` themselves; stars give nothing back, so none is slow."""
    parts, at = [""], 0
    while at < len(text):
        letter = text[at]
        if letter == "\\":
            if text[at + 1 : at + 2] not in ("*", "\\"):
                raise PatternError(f"Invalid escape character at pos {at}")
            at += 1
            parts[-1] += re.escape(text[at])
        elif letter == "*":
            if text[at + 1 : at + 2] == "*":
                raise PatternError(f"Consecutive wildcard characters at pos {at}")
            parts.append("")
        else:
            parts[-1] += re.escape(letter)
        at += 1
    first, *rest = parts
    if not rest:
        return re.compile(first, re.DOTALL)
    *middle, last = rest
    body = "".join(f"(?>.*?{part})" for part in middle if part)
    return re.compile(f"{first}{body}.*{last}", re.DOTALL)


def _anything_but(value: Any) -> Test:
    if isinstance(value, dict):
        if len(value) != 1 or next(iter(value)) not in _INNER:
            raise PatternError(f"Unsupported anything-but pattern: {next(iter(value), '')}")
        [(kind, inner)] = value.items()
        listed = inner if isinstance(inner, list) else [inner]
        if not listed:
            raise PatternError("Empty arrays are not allowed")
        if not all(isinstance(one, str) for one in listed):
            if isinstance(inner, list):
                raise PatternError(
                    f"Inside anything-but/{kind} list, number|start|null|boolean is not supported."
                )
            raise PatternError(f"{kind} match pattern must be a string")
        tests = [_text_test(kind)(one) for one in listed]
    else:
        tests = [_equals(one) for one in _refused_values(value)]
    return lambda found: found is not _ABSENT and not any(test(found) for test in tests)


def _refused_values(value: Any) -> Sequence[Any]:
    if isinstance(value, list):
        if not value:
            raise PatternError("Empty arrays are not allowed")
        if not all(isinstance(one, str) or _is_number(one) for one in value):
            raise PatternError("Inside anything but list, start|null|boolean is not supported.")
        return value
    if isinstance(value, str) or _is_number(value):
        return [value]
    raise PatternError("Value of anything-but must be an array or single string/number value.")


def _numeric(value: Any) -> Test:
    if not isinstance(value, list):
        raise PatternError("Value of numeric must be an array.")
    if len(value) > 4:
        raise PatternError("Too many elements in numeric expression")
    if not value or len(value) % 2:
        raise PatternError("Invalid numeric match: there is an operator without a value")
    pairs = []
    for operator, limit in zip(value[::2], value[1::2], strict=True):
        if operator not in _COMPARE:
            raise PatternError(f"Bad numeric range operator: {operator}")
        if not _is_number(limit):
            raise PatternError(f"Value of {operator} must be numeric")
        if abs(limit) > _LARGEST_NUMBER:
            raise PatternError(
                f"Value must be between -{_LARGEST_NUMBER:.1E} and {_LARGEST_NUMBER:.1E}, inclusive"
            )
        pairs.append((_COMPARE[operator], limit))
    _check_range(value)
    return lambda found: _is_number(found) and all(hold(found, limit) for hold, limit in pairs)


def _check_range(value: list[Any]) -> None:
    """Of two bounds the first is the lower one."""
    if len(value) < 4:
        return
    if value[0] not in (">", ">="):
        raise PatternError(f"Bad numeric range operator: {value[0]}")
    if value[2] not in ("<", "<="):
        raise PatternError(f"Bad numeric range operator: {value[2]}")
    if value[1] >= value[3]:
        raise PatternError("Bottom must be less than top")


def _exists(value: Any) -> Test:
    if not isinstance(value, bool):
        raise PatternError("exists match pattern must be either true or false.")
    # only leaves exist
    return lambda found: (found is not _ABSENT and not isinstance(found, dict)) is value


def _cidr(value: Any) -> Test:
    if not isinstance(value, str):
        raise PatternError("cidr match pattern must be a string")
    address, slash, bits = value.partition("/")
    if value.count("/") != 1 and slash:
        raise PatternError("Malformed CIDR, one '/' required")
    if slash and not bits.isdigit():
        raise PatternError("Malformed CIDR, mask bits must be an integer")
    if not slash:
        raise PatternError("Malformed CIDR, one '/' required")
    try:
        ipaddress.ip_address(address)
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise PatternError(f"Nonstandard IP address: {address}") from None

    def within(found: Any) -> bool:
        try:
            return isinstance(found, str) and ipaddress.ip_address(found) in network
        except ValueError:
            return False

    return within


_BUILDERS: dict[str, Callable[[Any], Test]] = {
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
    "cidr": _cidr,
    **{kind: _text_test(kind) for kind in _INNER},
}
