"""The rest-xml protocol (S3, S3 Control): URIs and headers around XML."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

from emulator.api import Operation, Ref, Service
from emulator.errors import AwsError, Fault
from emulator.protocols import refusals, rest, xml, xml_input
from emulator.protocols.response import Response, response

NO_SHIFT = timedelta(0)
DIALECT = xml.Dialect(xml.REST)
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_S3_NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

# The root elements of S3's results whose shapes are called otherwise.
_ROOTS = {
    "CompleteMultipartUploadOutput": "CompleteMultipartUploadResult",
    "CreateMultipartUploadOutput": "InitiateMultipartUploadResult",
    "DeleteObjectsOutput": "DeleteResult",
    "GetBucketAccelerateConfigurationOutput": "AccelerateConfiguration",
    "GetBucketAclOutput": "AccessControlPolicy",
    "GetBucketCorsOutput": "CORSConfiguration",
    "GetBucketLifecycleConfigurationOutput": "LifecycleConfiguration",
    "GetBucketLocationOutput": "LocationConstraint",
    "GetBucketLoggingOutput": "BucketLoggingStatus",
    "GetBucketRequestPaymentOutput": "RequestPaymentConfiguration",
    "GetBucketTaggingOutput": "Tagging",
    "GetBucketVersioningOutput": "VersioningConfiguration",
    "GetBucketWebsiteOutput": "WebsiteConfiguration",
    "GetObjectAclOutput": "AccessControlPolicy",
    "GetObjectAttributesOutput": "GetObjectAttributesResponse",
    "GetObjectTaggingOutput": "Tagging",
    "ListBucketInventoryConfigurationsOutput": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurationsOutput": "ListMetricsConfigurationsResult",
    "ListBucketAnalyticsConfigurationsOutput": "ListBucketAnalyticsConfigurationResult",
    "ListBucketsOutput": "ListAllMyBucketsResult",
    "ListDirectoryBucketsOutput": "ListAllMyDirectoryBucketsResult",
    "ListMultipartUploadsOutput": "ListMultipartUploadsResult",
    "ListObjectVersionsOutput": "ListVersionsResult",
    "ListObjectsOutput": "ListBucketResult",
    "ListObjectsV2Output": "ListBucketResult",
    "ListPartsOutput": "ListPartsResult",
}


def parse(operation: Operation, request: Any, *, shift: timedelta = NO_SHIFT) -> dict[str, Any]:
    """The parameters of a request in AWS's member names."""

    def read_body(payload: Ref | None, body: bytes) -> dict[str, Any]:
        shape = payload.shape if payload else operation.input
        root = xml_input.load(body)
        return xml_input.structure(shape)(root, shift) if shape else {}

    return rest.parse(operation, request, shift, read_body)


def write(
    operation: Operation, result: Any, *, request_id: str, shift: timedelta = NO_SHIFT
) -> Response:
    """The result's headers and XML; nothing where all of it stands in headers."""
    shape = operation.output
    headers = _headers(operation.service, request_id)
    if shape is None:
        return response(operation.response_code, headers, b"")
    if operation.event_stream:
        raise Fault("not_emulated", f"{operation.name} uses an event stream, which is not emulated")
    result = result or {}
    rest.check_members(shape, result)
    status, own = rest.status_and_headers(shape, operation.response_code, result, shift)
    if "content-range" in own:
        status = 206
    ref, value = rest.payload(shape, result)
    if ref is not None and ref.type in ("blob", "string"):
        return response(
            status, headers | own, rest.raw(value), head=operation.http_method == "HEAD"
        )
    text = _body(operation, ref, value, shift)
    if text:
        headers["content-type"] = "application/xml"
        text = _DECLARATION + text
    return response(
        status, headers | own, text.encode("utf-8", "replace"), head=operation.http_method == "HEAD"
    )


def _body(operation: Operation, ref: Ref | None, value: Any, shift: timedelta) -> str:
    shape = operation.output
    if shape is None or (ref is None and not rest.bindings(shape).body):
        return ""
    spaced = _S3_NAMESPACE if operation.service.name == "s3" else ""
    if ref is not None:
        if value is None:
            return ""
        name = ref.location_name or ref.shape.name
        spaced = xml.namespace(ref.traits) or spaced
        return f"<{name}{spaced}>{xml.content(ref.shape, xml.REST)(value, shift)}</{name}>"
    name = operation.output_traits.get("locationName") or _ROOTS.get(shape.name, shape.name)
    if shape.name == "GetBucketLocationOutput":
        # the root itself holds the region, and nothing for us-east-1
        return f"<{name}{spaced}>{xml.escape(value.get('LocationConstraint') or '')}</{name}>"
    return f"<{name}{spaced}>{xml.content(shape, xml.REST)(value, shift)}</{name}>"


def write_error(
    service: Service,
    operation: Operation | None,
    error: AwsError,
    *,
    request_id: str,
    head: bool = False,
) -> Response:
    """S3's bare <Error>; other services' <ErrorResponse><Error>; to HEAD no body."""
    refusal = refusals.resolve(service, operation, error, "rest-xml")
    headers = _headers(service, request_id) | {"content-type": "application/xml"}
    if refusal.shape is not None:
        _, own = rest.status_and_headers(refusal.shape, refusal.status, refusal.fields, NO_SHIFT)
        headers |= own
    # what an error says in headers (a bucket's region, a delete marker) has their lower-case names
    for name in [name for name in refusal.fields if name == name.lower()]:
        headers[name] = str(refusal.fields.pop(name))
    inside = (
        f"<Code>{xml.escape(refusal.code)}</Code><Message>{xml.escape(refusal.message)}</Message>"
        f"{xml.fields(refusal, xml.REST)}"
    )
    if service.name == "s3":
        text = (
            f"<Error>{inside}<RequestId>{request_id}</RequestId>"
            f"<HostId>{_host_id(request_id)}</HostId></Error>"
        )
    else:
        text = (
            f"<ErrorResponse><Error><Type>{refusal.kind}</Type>{inside}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    body = (_DECLARATION + text).encode("utf-8", "replace")
    if refusal.status == 304:
        del headers["content-type"]
        return response(304, headers, b"")
    return response(refusal.status, headers, body, head=head)


def _headers(service: Service, request_id: str) -> dict[str, str]:
    if service.name == "s3":
        return {"x-amz-request-id": request_id, "x-amz-id-2": _host_id(request_id)}
    return {"x-amzn-requestid": request_id, "x-amz-request-id": request_id}


def _host_id(request_id: str) -> str:
    """S3's second id, which only support staff can read."""
    return b64encode(f"driftcloud/{request_id}".encode()).decode("ascii")
