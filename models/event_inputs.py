"""What a target is given of an event: all of it, a part, a constant, or a text made of parts.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

PREDEFINED = (
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
)
_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.-]+)>")
_STEP = re.compile(r"\.([^.\[\]]+)|\[['\"]([^'\"]+)['\"]\]|\[(\d+|\*)\]")
_MISSING = object()


def is_path(text: str) -> bool:
    """Whether a text is a JSON path as targets may have it."""
    return text.startswith("$") and _STEP.sub("", text[1:]) == ""


def placeholders(template: str) -> list[str]:
    """The names that a template refers to."""
    return _PLACEHOLDER.findall(template)


def teller(
    target: Mapping[str, Any], rule: Mapping[str, str]
) -> Callable[[Mapping[str, Any]], str]:
    """What a target is sent of an event; `target` in AWS's member names, `rule` with name and
    arn."""
    given, path, transformer = (
        target.get(name) for name in ("Input", "InputPath", "InputTransformer")
    )
    if given is not None:
        return lambda _event: str(given)
    if path:
        return lambda event: _part(path, event)
    if transformer:
        return lambda event: _transformed(transformer, event, rule)
    return _json


def _part(path: str, event: Mapping[str, Any]) -> str:
    found = _at(path, event)
    return "null" if found is _MISSING else _json(found)


def _transformed(
    transformer: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, str]
) -> str:
    values: dict[str, Any] = {
        name: _at(path, event) for name, path in (transformer.get("InputPathsMap") or {}).items()
    }
    values |= {
        "aws.events.rule-arn": rule["arn"],
        "aws.events.rule-name": rule["name"],
        "aws.events.event.ingestion-time": event.get("time", ""),
        "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
        "aws.events.event.json": dict(event),
    }
    template = str(transformer["InputTemplate"])
    parts, last, quoted = [], 0, False
    for found in _PLACEHOLDER.finditer(template):
        before = template[last : found.start()]
        quoted ^= _unescaped_quotes(before) % 2 == 1
        parts += [before, _filled(found[0], values.get(found[1], _MISSING), quoted=quoted)]
        last = found.end()
    return "".join([*parts, template[last:]])


def _filled(placeholder: str, value: Any, *, quoted: bool) -> str:
    """A value in a template: text within quotes stays text, all else is JSON."""
    if value is _MISSING:
        return "" if quoted else '""'
    if not quoted:
        return _json(value)
    if isinstance(value, str):
        return _json(value)[1:-1]
    return _json(_json(value))[1:-1] if isinstance(value, (dict, list)) else _json(value)


def _unescaped_quotes(text: str) -> int:
    return len(re.findall(r'(?<!\\)"', text))


def _at(path: str, event: Any) -> Any:
    found = event
    for step in _STEP.finditer(path[1:]):
        name, quoted_name, index = step.groups()
        if index is not None:
            if not isinstance(found, list):
                return _MISSING
            if index == "*":
                continue
            if int(index) >= len(found):
                return _MISSING
            found = found[int(index)]
        elif isinstance(found, dict) and (name or quoted_name) in found:
            found = found[name or quoted_name]
        else:
            return _MISSING
    return found


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
