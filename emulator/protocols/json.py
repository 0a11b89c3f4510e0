"""The JSON protocols 1.0 and 1.1: X-Amz-Target names the operation, the body is one object."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson

from emulator import dialect as dialects
from emulator import rows
from emulator.api import Operation, Ref, Service
from emulator.errors import AwsError, Fault
from emulator.protocols import documents, refusals, scalars, timestamps
from emulator.protocols.response import Response, response, success

NO_SHIFT = timedelta(0)


def load(body: bytes) -> Any:
    """A JSON body; nothing at all counts as an empty object. Fault serialization."""
    if not body or body.isspace():
        return {}
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Fault("serialization", "The request body is not valid JSON") from None
    if body.count(b"{") + body.count(b"[") > documents.MAX_DEPTH:
        documents.check_depth(document)
    if b"\\u0000" in body:
        documents.check_text(document)
    return document


class JsonForm(documents.Form):
    """JSON: base64 blobs, timestamps as numbers unless the model says otherwise."""

    def name(self, ref: Ref, member: str) -> str:
        """The locationName, where there is one."""
        return ref.location_name or member

    def scalar(self, ref: Ref) -> documents.Convert:
        """The function that converts a scalar."""
        kind = ref.type
        if kind == "timestamp":
            form = ref.traits.get("timestampFormat", "unixTimestamp").lower()
            if form == "unixtimestamp":
                return timestamps.unix
            return lambda value, shift: timestamps.text(value, shift, form)
        convert: dict[str, Callable[[Any], Any]] = {
            "boolean": bool,
            "blob": scalars.base64,
            "float": documents.finite,
            "double": documents.finite,
            **dict.fromkeys(scalars.INTEGER_RANGES, int),
        }
        found = convert.get(kind, str)
        return lambda value, shift: found(value)

    def rows(self, ref: Ref, value: rows.Rows, shift: timedelta) -> Any:
        """Rows are text already."""
        return orjson.Fragment(f"[{value.text(DIALECT, ref, '', shift)[1:]}]")


FORM = JsonForm()
_UNCLEAN = bytes(range(32)) + b'"\\\x7f'


class Quoted(dict[str, str]):
    """Strings as JSON has them, by their originals."""

    _MOST = 16_384
    _LONGEST = 64

    def __missing__(self, value: Any) -> str:
        text = orjson.dumps(str(value)).decode()
        if type(value) is str and len(value) <= self._LONGEST:
            if len(self) >= self._MOST:
                self.clear()
            self[value] = text
        return text


class Dialect(dialects.Dialect):
    """How rows become JSON: every member and item begins with a comma, the first one's is cut."""

    name = "json"
    separator = ","
    quote = '"'
    environment = {  # noqa: RUF012
        "quoted": Quoted(),
        "unix": timestamps.unix,
        "TRUE": "true",
        "FALSE": "false",
    }

    def is_clean(self, text: str) -> bool:
        """Whether a text stands in JSON as it is."""
        if text.isascii():
            plain = text.encode()
            return len(plain.translate(None, _UNCLEAN)) == len(plain)
        return text.isprintable() and '"' not in text and "\\" not in text

    def wire_name(self, ref: Ref, member: str) -> str:
        """The name under which a structure's member stands."""
        return FORM.name(ref, member)

    def list_name(self, ref: Ref, member: str) -> str:
        """The list's own name is no part of its items."""
        return ""

    def member(self, ref: Ref, name: str) -> Callable[[Any, timedelta], str]:
        """The function that writes a whole member."""
        convert = documents.writer(ref, FORM)
        before = f",{orjson.dumps(name).decode()}:"
        return lambda value, shift: before + orjson.dumps(convert(value, shift)).decode()

    def around(self, ref: Ref, name: str) -> tuple[str, str]:
        """What stands before and after the text of a scalar or structure."""
        before = f",{orjson.dumps(name).decode()}:"
        return (f"{before}{{", "}") if ref.type == "structure" else (before, "")

    def around_list(self, ref: Ref, name: str) -> tuple[str, str]:
        """What stands before and after the items of a list."""
        return f",{orjson.dumps(name).decode()}:[", "]"

    def around_item(self, ref: Ref, name: str) -> tuple[str, str]:
        """What stands before and after one item of a list."""
        return (",{", "}") if ref.shape.member.type == "structure" else (",", "")

    def empty_list(self, ref: Ref, name: str) -> str:
        """A list without items."""
        return "".join(self.around_list(ref, name))

    def leaf(self, ref: Ref, variable: str) -> str | None:
        """The expression for a scalar's text, in terms of `environment`."""
        kind = ref.type
        if kind in ("string", "character"):
            return f"quoted[{variable}]"
        if kind in scalars.INTEGER_RANGES:
            return f"int({variable})"
        if kind == "boolean":
            return f"TRUE if {variable} else FALSE"
        form = ref.traits.get("timestampFormat", "unixTimestamp")
        return (
            f"unix({variable}, shift)" if (kind, form) == ("timestamp", "unixTimestamp") else None
        )


DIALECT = Dialect()


def parse(operation: Operation, request: Any, *, shift: timedelta = NO_SHIFT) -> dict[str, Any]:
    """The parameters of a JSON body in AWS's member names."""
    if operation.event_stream:
        raise Fault("not_emulated", f"{operation.name} uses an event stream, which is not emulated")
    document = load(request.body)
    if operation.input is None:
        return {}
    found: dict[str, Any] = documents.structure_reader(operation.input)(document, shift)
    return found


def write(
    operation: Operation, result: Any, *, request_id: str, shift: timedelta = NO_SHIFT
) -> Response:
    """The result as one JSON object; an operation without a result answers nothing."""
    body = b""
    if operation.output is not None:
        document = documents.structure_writer(operation.output, FORM)(result or {}, shift)
        body = orjson.dumps(document)
    content_type = f"application/x-amz-json-{operation.service.json_version}"
    return success(content_type.encode(), request_id, body)


def write_error(
    service: Service,
    operation: Operation | None,
    error: AwsError,
    *,
    request_id: str,
    head: bool = False,
) -> Response:
    """{"__type": …, "message": …}; query-compatible services add the code they had before."""
    refusal = refusals.resolve(service, operation, error, "json")
    headers = _headers(service, request_id)
    if service.query_compatible:
        headers["x-amzn-query-error"] = f"{refusal.code};{refusal.kind}"
    body = {"__type": error_type(service, refusal), **error_members(refusal)}
    return response(refusal.status, headers, orjson.dumps(body), head=head)


def error_type(service: Service, refusal: refusals.Refusal) -> str:
    """The error's name: bare in JSON 1.1; 1.0 says whose it is."""
    if service.json_version != "1.0":
        return refusal.name
    owner = "com.amazon.coral.service" if refusal.common else f"com.amazonaws.{service.name}"
    return f"{owner}#{refusal.name}"


def error_members(refusal: refusals.Refusal, form: documents.Form = FORM) -> dict[str, Any]:
    """The error's members as a document."""
    members = refusal.members()
    if refusal.shape is None:
        return members
    known = {name: each for name, each in members.items() if name in refusal.shape.members}
    found: dict[str, Any] = documents.structure_writer(refusal.shape, form)(known, NO_SHIFT)
    return {**{name: each for name, each in members.items() if name not in known}, **found}


def _headers(service: Service, request_id: str) -> dict[str, str]:
    return {
        "content-type": f"application/x-amz-json-{service.json_version}",
        "x-amzn-requestid": request_id,
    }
