"""What the REST protocols share: members bound to labels, query string, headers and payload."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from emulator.api import Operation, Ref, Shape
from emulator.errors import Fault
from emulator.protocols import forms, scalars

# S3 takes these in any case of letters, and the C++ SDK writes them small.
_CASELESS = frozenset(("ChecksumAlgorithm", "ChecksumMode"))

Read = Callable[[str, timedelta], Any]
NO_SHIFT = timedelta(0)


@dataclass(slots=True, frozen=True)
class Binding:
    """One member that does not stand in the body: where it stands, and how it is read."""

    member: str
    wire_name: str
    ref: Ref
    read: Read


@dataclass(slots=True, frozen=True)
class Bindings:
    """Where each member of a structure stands."""

    labels: dict[str, Binding]
    query: tuple[Binding, ...]
    headers: tuple[Binding, ...]
    prefixes: tuple[Binding, ...]
    status: str | None
    payload: str | None
    body: frozenset[str]


@cache
def bindings(shape: Shape) -> Bindings:
    """The places of a structure's members."""
    at: dict[str, list[Binding]] = {"uri": [], "querystring": [], "header": [], "headers": []}
    status, body = None, []
    for name, ref in shape.members.items():
        location = ref.traits.get("location")
        if location in at:
            wire_name = ref.location_name or name
            at[location].append(Binding(name, wire_name, ref, _reader(ref)))
        elif location == "statusCode":
            status = name
        else:
            body.append(name)
    return Bindings(
        labels={each.wire_name: each for each in at["uri"]},
        query=tuple(at["querystring"]),
        headers=tuple(at["header"]),
        prefixes=tuple(at["headers"]),
        status=status,
        payload=shape.traits.get("payload"),
        body=frozenset(body),
    )


def _reader(ref: Ref) -> Read:
    if ref.type == "list":
        return scalars.reader(ref.shape.member)
    if ref.type == "map":
        return lambda text, shift: scalars.string(text)
    if ref.traits.get("jsonvalue"):
        return lambda text, shift: _json_value(text)
    if ref.shape.name in _CASELESS:
        return lambda text, shift: text.upper()
    return scalars.reader(ref)


def _json_value(text: str) -> Any:
    try:
        return orjson.loads(b64decode(text, validate=True))
    except ValueError:
        raise scalars.refuse(text, "a JSON value") from None


# Requests.


@cache
def _template(request_uri: str) -> tuple[re.Pattern[str], list[str]]:
    """The pattern of a URI's paths, and the labels in the order of its groups.

    A slash at the end may stand or not: SDKs differ (Backup's URIs have one in Python, not in Go).
    """
    path = request_uri.partition("?")[0].rstrip("/") or "/"
    literals_and_labels = re.split(r"\{([^}]+)\}", path)
    pattern, names = "", []
    for position, each in enumerate(literals_and_labels):
        if position % 2 == 0:
            pattern += re.escape(each)
            continue
        pattern += "(.+)" if each.endswith("+") else "([^/]+)"
        names.append(each.rstrip("+"))
    return re.compile(pattern if path.endswith("+}") else pattern + "/?", re.DOTALL), names


def labels(operation: Operation, path: str) -> dict[str, str]:
    """The labels of a raw path, percent-decoded; Fault serialization when it does not match."""
    pattern, names = _template(operation.request_uri)
    found = pattern.fullmatch(path)
    if found is None:
        raise Fault("serialization", f"The path is not one of {operation.name}'s")
    return {name: _unquoted(value) for name, value in zip(names, found.groups(), strict=True)}


def _unquoted(text: str) -> str:
    try:
        return scalars.string(unquote_to_bytes(text.encode("latin-1")).decode("utf-8"))
    except UnicodeDecodeError:
        raise Fault("serialization", "The path holds bytes that are not UTF-8") from None


def parse(
    operation: Operation,
    request: Any,
    shift: timedelta,
    read_body: Callable[[Ref | None, bytes], Any],
) -> dict[str, Any]:
    """The parameters of a request.

    `read_body(payload, body)` reads the body: as the whole of the payload member's structure,
    or, given None, as that of the input's members which stand nowhere else.
    """
    shape = operation.input
    if operation.event_stream:
        raise Fault("not_emulated", f"{operation.name} uses an event stream, which is not emulated")
    if shape is None:
        return {}
    places = bindings(shape)
    found: dict[str, Any] = {}
    if places.labels:
        for name, text in labels(operation, request.path).items():
            binding = places.labels[name]
            found[binding.member] = binding.read(text, shift)
    if places.query and request.query:
        _read_query(places, request.query, shift, found)
    _read_headers(places, request.headers, shift, found)
    _read_payload(shape, places, request.body, read_body, found)
    return found


def _read_query(places: Bindings, query: str, shift: timedelta, found: dict[str, Any]) -> None:
    given: dict[str, list[str]] = {}
    for name, value in forms.pairs(query):
        given.setdefault(name, []).append(value)
    for each in places.query:
        if each.ref.type == "map":
            if given:
                many = each.ref.shape.value.type == "list"
                found[each.member] = given if many else {k: v[-1] for k, v in given.items()}
        elif each.wire_name in given:
            values = given[each.wire_name]
            if each.ref.type == "list":
                found[each.member] = [each.read(value, shift) for value in values]
                continue
            try:
                found[each.member] = each.read(values[-1], shift)
            except Fault as fault:
                if each.ref.type in scalars.INTEGER_RANGES:  # S3 says which
                    fault.fields.update(ArgumentName=each.wire_name, ArgumentValue=values[-1][:512])
                raise


def _read_headers(
    places: Bindings, headers: dict[str, str], shift: timedelta, found: dict[str, Any]
) -> None:
    for each in places.headers:
        text = headers.get(each.wire_name.lower())
        if text is None or (not text and each.ref.shape.enum):
            continue  # an empty choice is none: some clients send x-amz-acl always
        if each.ref.type == "list":
            found[each.member] = [each.read(value, shift) for value in _header_list(each, text)]
        else:
            found[each.member] = each.read(_header_text(text), shift)
    for each in places.prefixes:
        prefix = each.wire_name.lower()
        rest = {
            name[len(prefix) :]: scalars.string(_header_text(value))
            for name, value in headers.items()
            if name.startswith(prefix)
        }
        if rest:
            found[each.member] = rest


def _header_text(text: str) -> str:
    """A header's value: UTF-8 where the bytes are, else Latin-1 as it came."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


_QUOTED = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')


def _header_list(binding: Binding, text: str) -> list[str]:
    """Comma-separated values, those with a comma in quotes; RFC 822 dates hold a comma each."""
    element = binding.ref.shape.member
    if element.type == "timestamp" and element.traits.get("timestampFormat", "rfc822") == "rfc822":
        return re.findall(r"[^,]+,[^,]+", text)
    found = []
    for quoted, bare in _QUOTED.findall(text):
        found.append(quoted.replace('\\"', '"') if quoted else bare.strip())
    return [each for each in found if each]


def _read_payload(
    shape: Shape,
    places: Bindings,
    body: bytes,
    read_body: Callable[[Ref | None, bytes], Any],
    found: dict[str, Any],
) -> None:
    if places.payload is None:
        if places.body and body:
            found.update(read_body(None, body))
        return
    if not body:
        return
    ref = shape.members[places.payload]
    if ref.type == "blob":
        found[places.payload] = body
    elif ref.type == "string":
        found[places.payload] = _body_text(body)
    else:
        value = read_body(ref, body)
        if value is not None:
            found[places.payload] = value


def _body_text(body: bytes) -> str:
    try:
        return scalars.string(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Fault("serialization", "The request body is not UTF-8") from None


# Responses.


def status_and_headers(
    shape: Shape, status: int, result: dict[str, Any], shift: timedelta
) -> tuple[int, dict[str, str]]:
    """What of a result stands in the status line and the headers."""
    places = bindings(shape)
    headers: dict[str, str] = {}
    for each in places.headers:
        value = result.get(each.member)
        if value is not None:
            headers[each.wire_name.lower()] = _header(each.ref, value, shift)
    for each in places.prefixes:
        for name, value in (result.get(each.member) or {}).items():
            headers[f"{each.wire_name.lower()}{name}"] = str(value)
    if places.status and result.get(places.status) is not None:
        status = int(result[places.status])
    return status, headers


def _header(ref: Ref, value: Any, shift: timedelta) -> str:
    if ref.type == "list":
        write = scalars.writer(ref.shape.member, "rfc822")
        return ",".join(_quoted(write(each, shift)) for each in value)
    if ref.traits.get("jsonvalue"):
        return b64encode(orjson.dumps(value)).decode("ascii")
    return scalars.writer(ref, "rfc822")(value, shift)


def _quoted(text: str) -> str:
    if '"' not in text and "," not in text:
        return text
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'


def payload(shape: Shape, result: dict[str, Any]) -> tuple[Ref | None, Any]:
    """The payload member and its value; None: the body is made of the remaining members."""
    places = bindings(shape)
    if places.payload is None:
        return None, {name: each for name, each in result.items() if name in places.body}
    return shape.members[places.payload], result.get(places.payload)


def check_members(shape: Shape, result: dict[str, Any]) -> None:
    """Tells our own mistake, a member that the result's shape does not have."""
    from emulator import rows

    for name in result:
        if name not in shape.members:
            rows.member(shape, name)


def raw(value: Any) -> bytes:
    """A payload that is a blob or string."""
    if value is None:
        return b""
    return value.encode() if isinstance(value, str) else bytes(value)
