"""The query protocol (IAM, STS, RDS, ELB, Auto Scaling …): a form in, wrapped XML out."""

from datetime import timedelta
from typing import Any, NamedTuple

from emulator.api import Operation, Ref, Service
from emulator.errors import AwsError
from emulator.protocols import forms, refusals, xml
from emulator.protocols.response import Response, response, success

NO_SHIFT = timedelta(0)
DIALECT = xml.Dialect(xml.QUERY)


def _member_name(ref: Ref, member: str) -> str:
    if ref.type == "list" and ref.traits.get("flattened"):
        inner = ref.shape.member.form_name
        if inner:
            return inner
    return ref.form_name or member


def _list_path(ref: Ref) -> tuple[str, ...]:
    if ref.traits.get("flattened"):
        return ()
    return (ref.shape.member.form_name or "member", "member")


NAMING = forms.Naming(_member_name, _list_path)


def parse(operation: Operation, request: Any, *, shift: timedelta = NO_SHIFT) -> dict[str, Any]:
    """The parameters of a form, or of a GET's query string, in AWS's member names."""
    root, read = forms.parameters(operation, request, NAMING)
    found: dict[str, Any] = read(root, shift) if read else {}
    return found


def write(
    operation: Operation, result: Any, *, request_id: str, shift: timedelta = NO_SHIFT
) -> Response:
    """<XResponse><XResult>…</XResult><ResponseMetadata>…</ResponseMetadata></XResponse>."""
    opening, wrapper, content, closing = _frames.get(operation) or _frame(operation)
    body = ""
    if content is not None:
        inside = content(result or {}, shift)
        body = f"<{wrapper}>{inside}</{wrapper}>" if inside else f"<{wrapper}/>"
    text = f"{opening}{body}<ResponseMetadata><RequestId>{request_id}{closing}"
    return success(b"text/xml", request_id, text.encode("utf-8", "replace"))


class _Frame(NamedTuple):
    """What every answer of an operation has, and what writes the rest."""

    opening: str
    wrapper: str
    content: xml.Write | None
    closing: str


_frames: dict[Operation, _Frame] = {}


def _frame(operation: Operation) -> _Frame:
    name, output = operation.name, operation.output
    frame = _frames[operation] = _Frame(
        f'<{name}Response xmlns="{operation.service.xml_namespace}">',
        operation.output_traits.get("resultWrapper", f"{name}Result"),
        None if output is None else xml.content(output, xml.QUERY),
        f"</RequestId></ResponseMetadata></{name}Response>",
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
    """<ErrorResponse><Error><Type/><Code/><Message/></Error><RequestId/></ErrorResponse>."""
    refusal = refusals.resolve(service, operation, error, "query")
    text = (
        f'<ErrorResponse xmlns="{service.xml_namespace}"><Error><Type>{refusal.kind}</Type>'
        f"<Code>{xml.escape(refusal.code)}</Code>"
        f"<Message>{xml.escape(refusal.message)}</Message>{xml.fields(refusal, xml.QUERY)}"
        f"</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return _answer(refusal.status, text, request_id, head=head)


def _answer(status: int, text: str, request_id: str, *, head: bool = False) -> Response:
    headers = {"content-type": "text/xml", "x-amzn-requestid": request_id}
    return response(status, headers, text.encode("utf-8", "replace"), head=head)
