"""The rest-json protocol (Lambda, EKS, OpenSearch, MSK …): URIs and headers around JSON."""

from datetime import timedelta
from typing import Any

import orjson

from emulator.api import Operation, Ref, Service
from emulator.errors import AwsError, Fault
from emulator.protocols import documents, json, refusals, rest
from emulator.protocols.response import Response, response

NO_SHIFT = timedelta(0)
DIALECT = json.DIALECT


def parse(operation: Operation, request: Any, *, shift: timedelta = NO_SHIFT) -> dict[str, Any]:
    """The parameters of a request in AWS's member names."""

    def read_body(payload: Ref | None, body: bytes) -> Any:
        document = json.load(body)
        if payload is not None:
            # clients send {} for a payload that was not given
            return documents.reader(payload)(document, shift) if document != {} else None
        if operation.input is None:
            return {}
        read = documents.structure_reader(operation.input)(document, shift)
        return {name: read[name] for name in read if name in rest.bindings(operation.input).body}

    return rest.parse(operation, request, shift, read_body)


def write(
    operation: Operation, result: Any, *, request_id: str, shift: timedelta = NO_SHIFT
) -> Response:
    """The result's headers and JSON; 204 and an operation without a result have no body."""
    status, headers = operation.response_code, {"x-amzn-requestid": request_id}
    shape = operation.output
    if shape is None:
        return response(status, headers, b"")
    if operation.event_stream:
        raise Fault("not_emulated", f"{operation.name} uses an event stream, which is not emulated")
    result = result or {}
    rest.check_members(shape, result)
    status, own = rest.status_and_headers(shape, status, result, shift)
    ref, value = rest.payload(shape, result)
    if ref is not None and ref.type in ("blob", "string"):
        return response(status, headers | own, rest.raw(value))
    headers = {"content-type": "application/json"} | headers | own
    if ref is not None:
        document = documents.writer(ref, json.FORM)({} if value is None else value, shift)
    else:
        document = documents.structure_writer(shape, json.FORM)(value, shift)
    return response(status, headers, b"" if status == 204 else orjson.dumps(document))


def write_error(
    service: Service,
    operation: Operation | None,
    error: AwsError,
    *,
    request_id: str,
    head: bool = False,
) -> Response:
    """{"message": …} with the error's name in the header x-amzn-errortype."""
    refusal = refusals.resolve(service, operation, error, "rest-json")
    headers = {
        "content-type": "application/json",
        "x-amzn-requestid": request_id,
        "x-amzn-errortype": refusal.name,
    }
    members = refusal.members()
    shape = refusal.shape
    if shape is not None:
        own = rest.status_and_headers(shape, refusal.status, members, NO_SHIFT)[1]
        headers = own | headers
        bound = rest.bindings(shape).body
        known = {name: each for name, each in members.items() if name in bound}
        rest_of_all = {name: each for name, each in members.items() if name not in shape.members}
        members = rest_of_all | documents.structure_writer(shape, json.FORM)(known, NO_SHIFT)
    return response(refusal.status, headers, orjson.dumps(members), head=head)
