"""Attributes of messages: checked, digested as AWS digests them, and chosen by name.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.errors import AwsError

MOST = 10
_NAME = re.compile(r"(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_TYPE = re.compile(r"(String|Number|Binary)(\..{1,248})?")
_TEXT, _BYTES = b"\x01", b"\x02"

Values = Mapping[str, Mapping[str, Any]]


def checked(given: Values | None) -> dict[str, dict[str, Any]]:
    """Attributes as they are kept: binary values in base64."""
    if given and len(given) > MOST:
        raise _invalid(
            f"Number of message attributes [{len(given)}] exceeds the allowed maximum [{MOST}]."
        )
    return {name: _checked(name, value) for name, value in (given or {}).items()}


def size_bytes(kept: Values) -> int:
    """How much of a message's size its attributes are."""
    return sum(
        len(name.encode()) + len(value["DataType"].encode()) + len(_raw(value))
        for name, value in kept.items()
    )


def digest(kept: Values) -> str | None:
    """The MD5 of attributes, which clients compare with their own; None without any."""
    if not kept:
        return None
    found = hashlib.md5(usedforsecurity=False)
    for name in sorted(kept):
        value = kept[name]
        for part in (name.encode(), value["DataType"].encode()):
            found.update(len(part).to_bytes(4, "big") + part)
        raw = _raw(value)
        kind = _BYTES if "BinaryValue" in value else _TEXT
        found.update(kind + len(raw).to_bytes(4, "big") + raw)
    return found.hexdigest()


def chosen(kept: Values, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The attributes of these names (`All`, `.*`, `prefix.*`), with binary values as bytes."""
    found = {}
    for name, value in kept.items():
        if any(_means(one, name) for one in names):
            binary = value.get("BinaryValue")
            found[name] = {**value, **({} if binary is None else {"BinaryValue": _raw(value)})}
    return found


def _means(asked: str, name: str) -> bool:
    if asked in ("All", ".*"):
        return True
    if asked.endswith(".*"):
        return name.startswith(asked[:-2])
    return asked == name


def _checked(name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    if not _NAME.fullmatch(name) or name.lower().startswith(("aws.", "amazon.")):
        raise _invalid(f"Message (user) attribute name '{name}' is not valid.")
    kind = value.get("DataType") or ""
    found = _TYPE.fullmatch(kind)
    if found is None:
        raise _invalid(
            f"The message attribute '{name}' has an invalid message attribute type, the set of"
            " supported type prefixes is Binary, Number, and String."
        )
    member = "BinaryValue" if found[1] == "Binary" else "StringValue"
    content = value.get(member)
    if not content:
        raise _invalid(
            f"Message (user) attribute '{name}' must contain a non-empty value of type"
            f" '{found[1] if found[1] == 'Binary' else 'String'}'."
        )
    if found[1] == "Number":
        _check_number(name, content)
    if member == "BinaryValue":
        content = base64.b64encode(content).decode()
    return {"DataType": kind, member: content}


def _check_number(name: str, text: str) -> None:
    try:
        float(text)
    except ValueError:
        raise _invalid(
            f"Can't cast the value of message (user) attribute '{name}' to a number."
        ) from None


def _raw(value: Mapping[str, Any]) -> bytes:
    if "BinaryValue" in value:
        return base64.b64decode(value["BinaryValue"])
    return str(value["StringValue"]).encode()


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)
