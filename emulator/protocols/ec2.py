"""The ec2 protocol: a form in, XML out whose lists are made of <item>s."""

from datetime import timedelta
from typing import Any, NamedTuple

from emulator.api import Operation, Ref, Service
from emulator.errors import AwsError
from emulator.protocols import forms, refusals, xml
from emulator.protocols.response import Response, response, success

NO_SHIFT = timedelta(0)
DIALECT = xml.Dialect(xml.EC2)


def _member_name(ref: Ref, member: str) -> str:
    query_name: str | None = ref.traits.get("queryName")
    if query_name:
        return query_name
    name = ref.location_name
    return name[0].upper() + name[1:] if name else member


NAMING = forms.Naming(_member_name, lambda ref: ())


def parse(operation: Operation, request: Any, *, shift: timedelta = NO_SHIFT) -> dict[str, Any]:
    """The parameters in AWS's member names; a name that the operation lacks is refused."""
    root, read = forms.parameters(operation, request, NAMING)
    found: dict[str, Any] = read(root, shift) if read else {}
    known = _wire_names(operation)
    for name in root:
        if name not in known:
            raise AwsError("UnknownParameter", f"The parameter {name[:128]} is not recognized")
    return found


def _wire_names(operation: Operation) -> frozenset[str]:
    cached: frozenset[str] | None = operation.__dict__.get("ec2_names")
    if cached is None:
        members = operation.input.members if operation.input else {}
        cached = frozenset(_member_name(ref, name) for name, ref in members.items())
        operation.__dict__["ec2_names"] = cached
    return cached


def write(
    operation: Operation, result: Any, *, request_id: str, shift: timedelta = NO_SHIFT
) -> Response:
    """<XResponse><requestId/>…</XResponse>; an operation without a result returns true."""
    opening, content, closing = _frames.get(operation) or _frame(operation)
    inside = "<return>true</return>" if content is None else content(result or {}, shift)
    text = f"{opening}{request_id}</requestId>{inside}{closing}"
    return success(_TYPE, request_id, text.encode("utf-8", "replace"))


class _Frame(NamedTuple):
    """What every answer of an operation has, and what writes the rest."""

    opening: str
    content: xml.Write | None
    closing: str


_TYPE = b"text/xml;charset=UTF-8"
_frames: dict[Operation, _Frame] = {}


def _frame(operation: Operation) -> _Frame:
    name, output = operation.name, operation.output
    frame = _frames[operation] = _Frame(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{name}Response xmlns="{operation.service.xml_namespace}/"><requestId>',
        None if output is None else xml.content(output, xml.EC2),
        f"</{name}Response>",
    )
    return frame


def write_error(
    service: Service,
    operation: Operation | None,
    error: AwsError,
    *,
    request_id: str,
    head: bool = False,
) -> Response:
    """<Response><Errors><Error><Code/><Message/></Error></Errors><RequestID/></Response>."""
    refusal = refusals.resolve(service, operation, error, "ec2")
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Response><Errors><Error><Code>{xml.escape(refusal.code)}</Code>"
        f"<Message>{xml.escape(refusal.message)}</Message>{xml.fields(refusal, xml.EC2)}"
        f"</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    )
    return _answer(refusal.status, text, request_id, head=head)


def _answer(status: int, text: str, request_id: str, *, head: bool = False) -> Response:
    headers = {"content-type": _TYPE.decode(), "x-amzn-requestid": request_id}
    return response(status, headers, text.encode("utf-8", "replace"), head=head)
