"""Numbers, truth values and bytes as text: read with limits, written as AWS writes them."""

import binascii
import math
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from emulator.api import Ref
from emulator.errors import Fault
from emulator.protocols import timestamps

INTEGER_RANGES = {
    "byte": (-(2**7), 2**7 - 1),
    "short": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
}
_DIGITS = re.compile(r"[+-]?[0-9]{1,20}")
_DECIMAL = re.compile(
    r"[+-]?(?:[0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,5})?"
)
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_UNPRINTABLE = re.compile("[\0\ud800-\udfff]")


def refuse(value: Any, wanted: str) -> Fault:
    """The fault of a value that is no `wanted`."""
    return Fault("serialization", f"{str(value)[:64]!r} can not be converted to {wanted}")


def string(value: str) -> str:
    """A string that PostgreSQL can hold: NUL and lone surrogates are refused at the edge."""
    if _UNPRINTABLE.search(value):
        raise Fault("serialization", "The request contains a character that is not allowed")
    return value


def integer(text: str, kind: str) -> int:
    """A whole number within the range of its type."""
    text = text.strip()
    if not _DIGITS.fullmatch(text):
        raise refuse(text, "an Integer" if kind == "integer" else "a Long")
    return in_range(int(text), kind)


def in_range(value: int, kind: str) -> int:
    """The number itself where its type can hold it."""
    low, high = INTEGER_RANGES[kind]
    if not low <= value <= high:
        raise refuse(value, "an Integer" if kind == "integer" else "a Long")
    return value


def decimal(text: str) -> float:
    """A floating-point number; NaN, Infinity and -Infinity by these names."""
    text = text.strip()
    if text in _SPECIAL:
        return _SPECIAL[text]
    if not _DECIMAL.fullmatch(text):
        raise refuse(text, "a Double")
    value = float(text)
    if math.isinf(value):
        raise refuse(text, "a Double")
    return value


def boolean(text: str) -> bool:
    """A truth value; AWS takes any case."""
    lowered = text.strip().lower()
    if lowered not in ("true", "false"):
        raise refuse(text, "a Boolean")
    return lowered == "true"


def blob(text: str) -> bytes:
    """Bytes in base64, with or without line breaks."""
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise refuse(text, "bytes: it is not valid base64") from None


def number(value: Any) -> str:
    """A floating-point number as XML and headers have it."""
    value = float(value)
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def base64(value: Any) -> str:
    """Bytes (or a string's UTF-8) in base64."""
    return b64encode(value.encode() if isinstance(value, str) else bytes(value)).decode("ascii")


Read = Callable[[str, timedelta], Any]
Write = Callable[[Any, timedelta], str]


def reader(ref: Ref) -> Read:
    """The function that reads a scalar of this type from text, moving timestamps back."""
    kind = ref.type
    if kind in INTEGER_RANGES:
        return lambda text, shift: integer(text, kind)
    if kind == "timestamp":
        return timestamps.read
    plain: dict[str, Callable[[str], Any]] = {
        "boolean": boolean,
        "blob": blob,
        "float": decimal,
        "double": decimal,
    }
    read = plain.get(kind, string)
    return lambda text, shift: read(text)


def writer(ref: Ref, timestamp_format: str = "iso8601") -> Write:
    """The function that writes a scalar of this type as text, moving timestamps on."""
    kind = ref.type
    if kind == "timestamp":
        form = ref.traits.get("timestampFormat", timestamp_format).lower()
        return lambda value, shift: timestamps.text(value, shift, form)
    if kind in INTEGER_RANGES:
        return lambda value, shift: str(int(value))
    if kind == "boolean":
        return lambda value, shift: "true" if value else "false"
    if kind in ("float", "double"):
        return lambda value, shift: number(value)
    if kind == "blob":
        return lambda value, shift: base64(value)
    return lambda value, shift: str(value)
