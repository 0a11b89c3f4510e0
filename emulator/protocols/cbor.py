"""The Smithy RPC v2 CBOR protocol: the path names the operation, the body is one CBOR map."""

import math
import struct
from datetime import timedelta
from typing import Any

from emulator import rows
from emulator.api import Operation, Ref, Service
from emulator.errors import AwsError, Fault
from emulator.protocols import documents, json, refusals, scalars, timestamps
from emulator.protocols.response import Response, response

NO_SHIFT = timedelta(0)
DIALECT = None
MAX_DEPTH = documents.MAX_DEPTH
_INDEFINITE, _BREAK = 31, 0xFF
_FLOATS = {25: (">e", 2), 26: (">f", 4), 27: (">d", 8)}
_SIMPLE = {20: False, 21: True, 22: None, 23: None}


class Decoder:
    """Reads one data item, trusting no length that the input's own size does not bear out."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def document(self) -> Any:
        """The one item that the input consists of; Fault serialization."""
        try:
            found = self._item(0)
        except (UnicodeDecodeError, ValueError, OverflowError, TypeError):
            raise _invalid() from None
        if self._at != len(self._data):
            raise _invalid()
        return found

    def _take(self, length: int) -> bytes:
        if length > len(self._data) - self._at:
            raise _invalid()
        self._at += length
        return self._data[self._at - length : self._at]

    def _item(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise Fault("serialization", "The request is nested too deeply")
        major, info = divmod(self._take(1)[0], 32)
        if major == 7:
            return self._simple(info)
        if info == _INDEFINITE:
            return self._indefinite(major, depth)
        argument = self._argument(info)
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 2:
            return self._take(argument)
        if major == 3:
            return scalars.string(self._take(argument).decode("utf-8"))
        if major == 6:
            return self._tagged(argument, depth)
        # every element needs a byte at least: a length beyond that is a lie
        if argument > len(self._data) - self._at:
            raise _invalid()
        if major == 4:
            return [self._item(depth + 1) for _ in range(argument)]
        return dict(self._entry(depth) for _ in range(argument))

    def _argument(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise _invalid()
        return int.from_bytes(self._take(1 << (info - 24)), "big")

    def _entry(self, depth: int) -> tuple[str, Any]:
        key = self._item(depth + 1)
        if not isinstance(key, str):
            raise _invalid()
        return key, self._item(depth + 1)

    def _indefinite(self, major: int, depth: int) -> Any:
        if major in (2, 3):
            return self._chunks(major)
        if major == 4:
            items = []
            while not self._at_break():
                items.append(self._item(depth + 1))
            return items
        if major == 5:
            entries = {}
            while not self._at_break():
                key, value = self._entry(depth)
                entries[key] = value
            return entries
        raise _invalid()

    def _chunks(self, major: int) -> bytes | str:
        parts = []
        while not self._at_break():
            kind, info = divmod(self._take(1)[0], 32)
            if kind != major:
                raise _invalid()
            parts.append(self._take(self._argument(info)))
        whole = b"".join(parts)
        return scalars.string(whole.decode("utf-8")) if major == 3 else whole

    def _at_break(self) -> bool:
        if self._take(1)[0] == _BREAK:
            return True
        self._at -= 1
        return False

    def _simple(self, info: int) -> Any:
        if info in _SIMPLE:
            return _SIMPLE[info]
        if info not in _FLOATS:
            raise _invalid()
        form, length = _FLOATS[info]
        return struct.unpack(form, self._take(length))[0]

    def _tagged(self, tag: int, depth: int) -> Any:
        value = self._item(depth + 1)
        if tag != 1 or isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _invalid()
        return timestamps.read(value, NO_SHIFT)


def _invalid() -> Fault:
    return Fault("serialization", "The request body is not valid CBOR")


class CborForm(documents.Form):
    """CBOR: blobs are bytes, timestamps are numbers under tag 1, floats hold any value."""

    def name(self, ref: Ref, member: str) -> str:
        """The member's own name: a locationName is for JSON and XML only."""
        return member

    def scalar(self, ref: Ref) -> documents.Convert:
        """The function that converts a scalar."""
        kind = ref.type
        if kind == "timestamp":
            return Moment
        if kind == "blob":
            return lambda value, shift: value.encode() if isinstance(value, str) else bytes(value)
        if kind in scalars.INTEGER_RANGES:
            return lambda value, shift: int(value)
        if kind in ("float", "double"):
            return lambda value, shift: float(value)
        if kind == "boolean":
            return lambda value, shift: bool(value)
        return lambda value, shift: str(value)

    def rows(self, ref: Ref, value: rows.Rows, shift: timedelta) -> Any:
        """Rows are walked: CBOR's hot answers are no long lists."""
        return documents.writer(ref, self)(value.plain(), shift)


FORM = CborForm()


class Moment:
    """A timestamp on its way out."""

    __slots__ = ("seconds",)

    def __init__(self, value: Any, shift: timedelta) -> None:
        self.seconds = timestamps.unix(value, shift)


def encode(value: Any) -> bytes:
    """A document as CBOR."""
    parts: list[bytes] = []
    _encode(value, parts.append)
    return b"".join(parts)


def _encode(value: Any, put: Any) -> None:
    if value is None or isinstance(value, bool):
        put(b"\xf6" if value is None else (b"\xf5" if value else b"\xf4"))
    elif isinstance(value, str):
        text = value.encode("utf-8", "replace")
        put(_head(3, len(text)) + text)
    elif isinstance(value, int):
        put(_head(0, value) if value >= 0 else _head(1, -1 - value))
    elif isinstance(value, float):
        put(b"\xfb" + struct.pack(">d", value if not math.isnan(value) else math.nan))
    elif isinstance(value, (bytes, bytearray)):
        put(_head(2, len(value)) + value)
    elif isinstance(value, Moment):
        put(b"\xc1")
        _encode(value.seconds, put)
    elif isinstance(value, dict):
        put(_head(5, len(value)))
        for key, each in value.items():
            _encode(str(key), put)
            _encode(each, put)
    elif isinstance(value, (list, tuple)):
        put(_head(4, len(value)))
        for each in value:
            _encode(each, put)
    else:
        raise TypeError(f"CBOR cannot hold {value!r}")


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes((major << 5 | argument,))
    for info, length in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << (8 * length):
            return bytes((major << 5 | info,)) + argument.to_bytes(length, "big")
    raise OverflowError("CBOR holds integers of 64 bits")


def parse(operation: Operation, request: Any, *, shift: timedelta = NO_SHIFT) -> dict[str, Any]:
    """The parameters of a CBOR body in AWS's member names; no body counts as an empty map."""
    if operation.event_stream:
        raise Fault("not_emulated", f"{operation.name} uses an event stream, which is not emulated")
    document = Decoder(request.body).document() if request.body else {}
    if operation.input is None:
        return {}
    found: dict[str, Any] = documents.structure_reader(operation.input)(document, shift)
    return found


def write(
    operation: Operation, result: Any, *, request_id: str, shift: timedelta = NO_SHIFT
) -> Response:
    """The result as one CBOR map."""
    document: dict[str, Any] = {}
    if operation.output is not None:
        document = documents.structure_writer(operation.output, FORM)(result or {}, shift)
    return response(200, _headers(request_id), encode(document))


def write_error(
    service: Service,
    operation: Operation | None,
    error: AwsError,
    *,
    request_id: str,
    head: bool = False,
) -> Response:
    """{"__type": …, "message": …}; query-compatible services add the code they had before."""
    refusal = refusals.resolve(service, operation, error, "smithy-rpc-v2-cbor")
    headers = _headers(request_id)
    if service.query_compatible:
        headers["x-amzn-query-error"] = f"{refusal.code};{refusal.kind}"
    owner = "com.amazon.coral.service" if refusal.common else f"com.amazonaws.{service.name}"
    body = {"__type": f"{owner}#{refusal.name}", **json.error_members(refusal, FORM)}
    return response(refusal.status, headers, encode(body), head=head)


def _headers(request_id: str) -> dict[str, str]:
    return {
        "content-type": "application/cbor",
        "smithy-protocol": "rpc-v2-cbor",
        "x-amzn-requestid": request_id,
    }
