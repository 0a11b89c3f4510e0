"""Decoded documents (JSON's and CBOR's trees) as AWS's values, and back."""

import math
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from emulator import rows
from emulator.api import Ref, Shape
from emulator.errors import Fault
from emulator.protocols import scalars, timestamps

Convert = Callable[[Any, timedelta], Any]

MAX_DEPTH = 64
_KINDS = ((bool, "BOOLEAN_VALUE"), ((int, float), "NUMBER_VALUE"), (str, "STRING_VALUE"))


def check_depth(document: Any) -> None:
    """Refuses what is nested more than 64 levels deep, without recursion."""
    level = [document] if isinstance(document, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = [
            below
            for each in level
            for below in (each.values() if isinstance(each, dict) else each)
            if isinstance(below, (dict, list))
        ]
    raise Fault("serialization", "The request is nested too deeply")


def check_text(document: Any) -> None:
    """Refuses NUL, which PostgreSQL cannot hold, in any string of a document."""
    level = [document]
    while level:
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                below.extend(each)
                below.extend(each.values())
            elif isinstance(each, list):
                below.extend(each)
            elif isinstance(each, str):
                scalars.string(each)
        level = below


def mismatch(value: Any, wanted: str) -> Fault:
    """The fault of a value of another kind than the shape's, in the words of AWS's parser."""
    if isinstance(value, dict):
        return Fault("serialization", "Start of structure or map found where not expected.")
    if isinstance(value, list):
        return Fault("serialization", "Start of list found where not expected.")
    kind = next((name for types, name in _KINDS if isinstance(value, types)), "VALUE")
    return Fault("serialization", f"{kind} can not be converted to {wanted}")


# From documents to values.


class Readers(dict[str, tuple[str, Convert] | None]):
    """Wire name → (member, reader) of one structure; names that AWS has not, too, are kept out."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self._refs = {}
        for name, ref in shape.members.items():
            self._refs[ref.location_name or name] = (name, ref)
            self._refs.setdefault(name, (name, ref))

    def __missing__(self, wire_name: str) -> tuple[str, Convert] | None:
        if wire_name not in self._refs:
            return None
        name, ref = self._refs[wire_name]
        found = self[wire_name] = (name, reader(ref))
        return found


@cache
def structure_reader(shape: Shape) -> Convert:
    """The function that reads a structure; unknown names are skipped, null is absent."""
    readers = Readers(shape)

    def read(value: Any, shift: timedelta) -> dict[str, Any]:
        if value.__class__ is not dict:
            raise mismatch(value, "a structure")
        found: dict[str, Any] = {}
        for wire_name, each in value.items():
            known = readers[wire_name]
            if known is not None and each is not None:
                found[known[0]] = known[1](each, shift)
        return found

    return read


def reader(ref: Ref) -> Convert:
    """The function that reads a value of this type."""
    kind = ref.type
    if ref.shape.is_document:
        return lambda value, shift: value
    if kind == "structure":
        return structure_reader(ref.shape)
    if kind == "list":
        return _list_reader(ref)
    if kind == "map":
        return _map_reader(ref)
    if kind in scalars.INTEGER_RANGES:
        return lambda value, shift: _integer(value, kind)
    if kind == "timestamp":
        return _timestamp
    plain: dict[str, Callable[[Any], Any]] = {
        "boolean": _boolean,
        "float": _decimal,
        "double": _decimal,
        "blob": _blob,
    }
    read: Callable[[Any], Any] = plain.get(kind, _string)
    return lambda value, shift: read(value)


def _list_reader(ref: Ref) -> Convert:
    read_element: Convert | None = None

    def read(value: Any, shift: timedelta) -> list[Any]:
        nonlocal read_element
        if value.__class__ is not list:
            raise mismatch(value, "a list")
        if read_element is None:
            read_element = reader(ref.shape.member)
        if None in value:
            raise Fault("validation", "Member must not be null")
        return [read_element(each, shift) for each in value]

    return read


def _map_reader(ref: Ref) -> Convert:
    read_value: Convert | None = None

    def read(value: Any, shift: timedelta) -> dict[str, Any]:
        nonlocal read_value
        if value.__class__ is not dict:
            raise mismatch(value, "a map")
        if read_value is None:
            read_value = reader(ref.shape.value)
        return {key: read_value(each, shift) for key, each in value.items() if each is not None}

    return read


def _string(value: Any) -> str:
    if value.__class__ is not str:
        raise mismatch(value, "a String")
    found: str = value
    return found


def _integer(value: Any, kind: str) -> int:
    if value.__class__ is float and value.is_integer() and abs(value) < 2**63:
        value = int(value)
    if value.__class__ is not int:
        raise mismatch(value, "an Integer" if kind == "integer" else "a Long")
    return scalars.in_range(value, kind)


def _decimal(value: Any) -> float:
    if value.__class__ is float:
        found: float = value
        return found
    if value.__class__ is int:
        return float(value)
    if isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity"):
        return scalars.decimal(value)
    raise mismatch(value, "a Double")


def _boolean(value: Any) -> bool:
    if value.__class__ is not bool:
        raise mismatch(value, "a Boolean")
    found: bool = value
    return found


def _blob(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise mismatch(value, "bytes")
    return scalars.blob(value)


def _timestamp(value: Any, shift: timedelta) -> Any:
    if isinstance(value, (dict, list, bytes)):
        raise mismatch(value, "a Timestamp")
    return timestamps.read(value, shift)


# From values to documents.


class Writers(dict[str, tuple[str, Convert]]):
    """Member → (wire name, converter) of one structure."""

    def __init__(self, shape: Shape, form: "Form") -> None:
        super().__init__()
        self._shape = shape
        self._form = form

    def __missing__(self, name: str) -> tuple[str, Convert]:
        ref = rows.member(self._shape, name)
        found = self[name] = (self._form.name(ref, name), writer(ref, self._form))
        return found


class Form:
    """How a protocol's documents hold what JSON and CBOR hold differently."""

    def name(self, ref: Ref, member: str) -> str:
        """The name under which a structure's member stands."""
        raise NotImplementedError

    def scalar(self, ref: Ref) -> Convert:
        """The function that converts a scalar."""
        raise NotImplementedError

    def rows(self, ref: Ref, value: rows.Rows, shift: timedelta) -> Any:
        """A whole list of rows."""
        raise NotImplementedError


@cache
def structure_writer(shape: Shape, form: Form) -> Convert:
    """The function that converts a structure; members that are None are left out."""
    writers = Writers(shape, form)

    def write(value: dict[str, Any], shift: timedelta) -> dict[str, Any]:
        found = {}
        for name, each in value.items():
            if each is not None:
                wire_name, convert = writers[name]
                found[wire_name] = convert(each, shift)
        return found

    return write


def writer(ref: Ref, form: Form) -> Convert:
    """The function that converts a value of this type into what the document holds."""
    if ref.shape.is_document:
        return lambda value, shift: value
    if ref.type == "structure":
        return structure_writer(ref.shape, form)
    if ref.type == "list":
        return _list_writer(ref, form)
    if ref.type == "map":
        return _map_writer(ref, form)
    return form.scalar(ref)


def _list_writer(ref: Ref, form: Form) -> Convert:
    write_element: Convert | None = None

    def write(value: Any, shift: timedelta) -> Any:
        nonlocal write_element
        if isinstance(value, rows.Rows):
            return form.rows(ref, value, shift)
        if write_element is None:
            write_element = writer(ref.shape.member, form)
        return [write_element(each, shift) for each in value]

    return write


def _map_writer(ref: Ref, form: Form) -> Convert:
    write_value: Convert | None = None

    def write(value: dict[Any, Any], shift: timedelta) -> dict[str, Any]:
        nonlocal write_value
        if write_value is None:
            write_value = writer(ref.shape.value, form)
        return {str(key): write_value(each, shift) for key, each in value.items()}

    return write


def finite(value: Any) -> float | str:
    """A number as JSON can hold it: what is not finite goes by its name."""
    value = float(value)
    return value if math.isfinite(value) else scalars.number(value)
