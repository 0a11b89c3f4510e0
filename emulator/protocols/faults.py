"""The spelling of faults: how each protocol and service words what every service can answer.

One line per kind of fault and family of services. An empty message in a line means that AWS
sends none. `{name}` in a message is filled from the fault's fields of that name.
"""

from typing import Any, NamedTuple

from emulator.errors import AwsError, Fault


class Spelling(NamedTuple):
    """Code, HTTP status and default message of a fault in one family.

    `own_words`: the message stands even if the fault brought one. EC2 and S3 say nothing about a
    signature beyond a fixed sentence, where others explain.
    """

    code: str
    status: int
    message: str
    own_words: bool = False


_UNKNOWN_CALLER = "The security token included in the request is invalid."
_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)
_S3_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "key and signing method."
)
_SKEWED = "The difference between the request time and the current time is too large."
_NOT_ALLOWED = (
    "User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}"
)
_NULL = (
    "1 validation error detected: Value null at '{name}' failed to satisfy constraint: "
    "Member must not be null"
)
_NOT_EMULATED = "{service}:{operation} exists in AWS; this emulator does not serve it"
_HTTP = "The body of the request does not keep to HTTP."
_TOO_SLOW = "The body of the request did not arrive in time."
_TOO_SLOW_S3 = (
    "Your socket connection to the server was not read from or written to within the timeout "
    "period. Idle connections will be closed."
)
_FAILED = "The request failed because of an error inside the service."
_BUSY = "The service cannot handle the request at the moment."
_XML = "The XML you provided was not well-formed or did not validate against our published schema"
_AUTH_FAILURE = Spelling(
    "AuthFailure", 401, "AWS was not able to validate the provided access credentials", True
)
_EXPIRED = Spelling("RequestExpired", 400, "Request has expired.", True)
_NO_ACCESS = Spelling("AccessDenied", 403, "Access Denied", True)
_NO_INTEGER_S3 = Spelling(
    "InvalidArgument", 400, "Provided {ArgumentName} not an integer or within integer range", True
)

# Families: query, ec2, json (with cbor), rest_json, s3.
_Row = dict[str, Spelling]


def _row(
    query: Spelling, ec2: Spelling, json: Spelling, s3: Spelling, rest_status: int | None = None
) -> _Row:
    """The five families of a fault; REST-JSON words it as JSON does, with a status of its own."""
    rest = json._replace(status=rest_status or json.status)
    return {"query": query, "ec2": ec2, "json": json, "rest_json": rest, "s3": s3}


SPELLINGS: dict[str, _Row] = {
    "missing_token": _row(
        Spelling("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        Spelling("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        Spelling(
            "MissingAuthenticationTokenException", 400, "Request is missing Authentication Token"
        ),
        _NO_ACCESS,
        403,
    )
    | {"rest_json": Spelling("MissingAuthenticationTokenException", 403,
                             "Missing Authentication Token", True)},
    "incomplete_signature": _row(
        Spelling("IncompleteSignature", 400, "The request signature is incomplete."),
        _AUTH_FAILURE,
        Spelling("IncompleteSignatureException", 400, "The request signature is incomplete."),
        Spelling("AuthorizationHeaderMalformed", 400, "The authorization header is malformed"),
        403,
    ),
    "unknown_key": _row(
        Spelling("InvalidClientTokenId", 403, _UNKNOWN_CALLER),
        _AUTH_FAILURE,
        Spelling("UnrecognizedClientException", 400, _UNKNOWN_CALLER),
        Spelling("InvalidAccessKeyId", 403,
                 "The AWS Access Key Id you provided does not exist in our records.", True),
        403,
    ),
    "bad_signature": _row(
        Spelling("SignatureDoesNotMatch", 403, _SIGNATURE),
        _AUTH_FAILURE,
        Spelling("InvalidSignatureException", 400, _SIGNATURE),
        Spelling("SignatureDoesNotMatch", 403, _S3_SIGNATURE, True),
        403,
    ),
    "expired": _row(
        Spelling("SignatureDoesNotMatch", 403, "Signature expired."),
        _EXPIRED,
        Spelling("InvalidSignatureException", 400, "Signature expired."),
        Spelling("RequestTimeTooSkewed", 403, _SKEWED, True),
        403,
    ),
    "not_yet_valid": _row(
        Spelling("SignatureDoesNotMatch", 403, "Signature not yet current."),
        _EXPIRED,
        Spelling("InvalidSignatureException", 400, "Signature not yet current."),
        Spelling("RequestTimeTooSkewed", 403, _SKEWED, True),
        403,
    ),
    "wrong_scope": _row(
        Spelling("SignatureDoesNotMatch", 403, "Credential should be scoped to a valid region."),
        _AUTH_FAILURE,
        Spelling("InvalidSignatureException", 400,
                 "Credential should be scoped to a valid region."),
        Spelling("AuthorizationHeaderMalformed", 400, "The authorization header is malformed"),
        403,
    ),
    "unsigned_header": _row(
        Spelling("SignatureDoesNotMatch", 403, "A header that must be signed is not."),
        _AUTH_FAILURE,
        Spelling("InvalidSignatureException", 400, "A header that must be signed is not."),
        Spelling("AccessDenied", 403, "There were headers present in the request which were not "
                 "signed"),
        403,
    ),
    "two_mechanisms": _row(
        Spelling("SignatureDoesNotMatch", 403, _SIGNATURE),
        _AUTH_FAILURE,
        Spelling("InvalidSignatureException", 400, "Found both 'X-Amz-Algorithm' as a "
                 "query-string param and 'Authorization' as HTTP header."),
        Spelling("InvalidArgument", 400, "Only one auth mechanism allowed", True),
    ),
    "bad_session_token": _row(
        Spelling("InvalidClientTokenId", 403, _UNKNOWN_CALLER),
        _AUTH_FAILURE,
        Spelling("UnrecognizedClientException", 400, _UNKNOWN_CALLER),
        Spelling("InvalidToken", 400, "The provided token is malformed or otherwise invalid.",
                 True),
        403,
    ),
    "expired_session_token": _row(
        Spelling("ExpiredToken", 403, "The security token included in the request is expired"),
        _EXPIRED,
        Spelling("ExpiredTokenException", 400,
                 "The security token included in the request is expired"),
        Spelling("ExpiredToken", 400, "The provided token has expired.", True),
        403,
    ),
    "body_hash_mismatch": _row(
        Spelling("SignatureDoesNotMatch", 403, _SIGNATURE),
        _AUTH_FAILURE,
        Spelling("InvalidSignatureException", 400, _SIGNATURE),
        Spelling("XAmzContentSHA256Mismatch", 400, "The provided 'x-amz-content-sha256' header "
                 "does not match what was computed.", True),
        403,
    ),
    "unsupported_algorithm": _row(
        Spelling("IncompleteSignature", 400, "Unsupported signing algorithm."),
        _AUTH_FAILURE,
        Spelling("IncompleteSignatureException", 400, "Unsupported signing algorithm."),
        Spelling("InvalidRequest", 400, "The authorization mechanism you have provided is not "
                 "supported. Please use AWS4-HMAC-SHA256.", True),
        403,
    ),
    "denied": _row(
        Spelling("AccessDenied", 403, _NOT_ALLOWED),
        Spelling("UnauthorizedOperation", 403, "You are not authorized to perform this operation. "
                 + _NOT_ALLOWED + "{encoded}"),
        Spelling("AccessDeniedException", 400, _NOT_ALLOWED),
        Spelling("AccessDenied", 403, _NOT_ALLOWED),
        403,
    ),
    "unknown_operation": _row(
        Spelling("InvalidAction", 400, "Could not find operation {action} for version {version}"),
        Spelling("InvalidAction", 400, "The action {action} is not valid for this web service."),
        Spelling("UnknownOperationException", 400,
                 "The requested operation is not recognized by the service."),
        Spelling("MethodNotAllowed", 405,
                 "The specified method is not allowed against this resource.", True),
        404,
    ),
    "malformed": _row(
        Spelling("MalformedQueryString", 400, "The query string contains a syntax error."),
        Spelling("MalformedQueryString", 400, "The query string contains a syntax error."),
        Spelling("SerializationException", 400, "The request body could not be parsed."),
        Spelling("MalformedXML", 400, _XML, True),
    ),
    "serialization": _row(
        Spelling("MalformedInput", 400, "A value in the request has the wrong type."),
        Spelling("InvalidParameterValue", 400, "A value in the request has the wrong type."),
        Spelling("SerializationException", 400, "A value in the request has the wrong type."),
        Spelling("MalformedXML", 400, _XML, True),
    ),
    "missing_parameter": _row(
        Spelling("MissingParameter", 400, "The request must contain the parameter {name}"),
        Spelling("MissingParameter", 400, "The request must contain the parameter {name}"),
        Spelling("ValidationException", 400, _NULL),
        Spelling("InvalidRequest", 400, "Missing required parameter {name}"),
    ),
    "validation": _row(
        Spelling("ValidationError", 400, "A value in the request is not valid."),
        Spelling("InvalidParameterValue", 400, "A value in the request is not valid."),
        Spelling("ValidationException", 400, "A value in the request is not valid."),
        Spelling("InvalidArgument", 400, "Invalid Argument"),
    ),
    "too_large": _row(
        Spelling("RequestEntityTooLarge", 413, "The request is too large."),
        Spelling("RequestEntityTooLarge", 413, "The request is too large."),
        Spelling("RequestEntityTooLargeException", 413, "The request is too large."),
        Spelling("EntityTooLarge", 400,
                 "Your proposed upload exceeds the maximum allowed size"),
    ),
    "unsupported_media": _row(
        Spelling("UnsupportedMediaType", 415, "The content type is not supported."),
        Spelling("UnsupportedMediaType", 415, "The content type is not supported."),
        Spelling("UnsupportedMediaTypeException", 415, "The content type is not supported."),
        Spelling("UnsupportedMediaType", 415, "The content type is not supported."),
    ),
    # How bodies end that do not become whole: the common errors of AWS's newer references.
    "malformed_http": _row(
        Spelling("MalformedHttpRequestException", 400, _HTTP),
        Spelling("MalformedHttpRequestException", 400, _HTTP),
        Spelling("MalformedHttpRequestException", 400, _HTTP),
        Spelling("IncompleteBody", 400, _HTTP),
    ),
    "body_timeout": _row(
        Spelling("RequestTimeoutException", 408, _TOO_SLOW),
        Spelling("RequestTimeoutException", 408, _TOO_SLOW),
        Spelling("RequestTimeoutException", 408, _TOO_SLOW),
        Spelling("RequestTimeout", 400, _TOO_SLOW_S3),
    ),
    # boto3 does not retry 501, so a missing operation shows at once.
    "not_emulated": _row(
        Spelling("NotImplemented", 501, _NOT_EMULATED),
        Spelling("NotImplemented", 501, _NOT_EMULATED),
        Spelling("NotImplementedException", 501, _NOT_EMULATED),
        Spelling("NotImplemented", 501, _NOT_EMULATED),
    ),
    "throttled": _row(
        Spelling("Throttling", 400, "Rate exceeded"),
        Spelling("RequestLimitExceeded", 503, "Request limit exceeded."),
        Spelling("ThrottlingException", 400, "Rate exceeded"),
        Spelling("SlowDown", 503, "Please reduce your request rate."),
        429,
    ),
    "unavailable": _row(
        Spelling("ServiceUnavailable", 503, _BUSY),
        Spelling("Unavailable", 503, _BUSY),
        Spelling("ServiceUnavailableException", 503, _BUSY),
        Spelling("ServiceUnavailable", 503, _BUSY),
    ),
    "internal": _row(
        Spelling("InternalFailure", 500, _FAILED),
        Spelling("InternalError", 500, _FAILED),
        Spelling("InternalFailure", 500, _FAILED),
        Spelling("InternalError", 500, "We encountered an internal error. Please try again."),
    ),
}  # fmt: skip
SPELLINGS["disabled_key"] = SPELLINGS["unknown_key"]

# Presigned URLs are worded differently by S3 alone; a fault says so with `presigned=True`.
_PRESIGNED_S3 = {
    "incomplete_signature": Spelling(
        "AuthorizationQueryParametersError", 400, "The authorization parameters are malformed"
    ),
    "expired": Spelling("AccessDenied", 403, "Request has expired", True),
    "not_yet_valid": Spelling("AccessDenied", 403, "Request is not valid yet", True),
    "wrong_scope": Spelling(
        "AuthorizationQueryParametersError", 400, "The authorization parameters are malformed"
    ),
}

# Services that have a word of their own for a fault.
_OF_SERVICE: dict[tuple[str, str], Spelling] = {
    ("lambda", "throttled"): Spelling("TooManyRequestsException", 429, "Rate Exceeded."),
    ("lambda", "internal"): Spelling("ServiceException", 500, _FAILED),
    ("eks", "throttled"): Spelling("ThrottlingException", 429, "Rate exceeded"),
}

# The code under which a service reports input that breaks its model's constraints, where it is
# not its family's (ValidationException in JSON, ValidationError in query).
VALIDATION_CODES = {
    "backup": "InvalidParameterValueException",
    "batch": "ClientException",
    "budgets": "InvalidParameterException",
    "compute-optimizer": "InvalidParameterValueException",
    "dlm": "InvalidRequestException",
    "ecs": "InvalidParameterException",
    "eks": "InvalidParameterException",
    "elasticache": "InvalidParameterValue",
    "kafka": "BadRequestException",
    "logs": "InvalidParameterException",
    "organizations": "InvalidInputException",
    "pricing": "InvalidParameterException",
    "rds": "InvalidParameterValue",
    "resource-groups": "BadRequestException",
    "resourcegroupstaggingapi": "InvalidParameterException",
    "service-quotas": "IllegalArgumentException",
    "sqs": "InvalidParameterValue",
}

# Services that name a missing parameter in EC2's sentence, not in the validator's.
MISSING_IN_A_SENTENCE = frozenset({"docdb", "elasticache", "neptune", "rds", "sqs"})


class _Fields(dict[str, Any]):
    """Fields of a message; one that is not known leaves nothing behind."""

    def __missing__(self, key: str) -> str:
        if key == "reason":
            return f"because no identity-based policy allows the {self['action']} action"
        return "NO_VERSION_SPECIFIED" if key == "version" else ""


def family(service: str, protocol: str) -> str:
    """Family of wordings that a service belongs to in a protocol."""
    if service in ("s3", "s3control"):
        return "s3"
    if protocol in ("ec2", "json", "rest_json"):
        return protocol
    if protocol == "cbor":
        return "json"
    # Nobody's REST-XML is S3's: an unsigned request for a path is.
    return "s3" if protocol == "rest_xml" and not service else "query"


def spell(fault: Fault, service: str, protocol: str) -> AwsError:
    """Word a fault as a service does in a protocol: the error to write.

    Of the fields, those that bear a member's name (Region, StringToSign) go onto S3's wire, which
    alone explains itself in elements of its own; the others only fill the message.
    """
    kind, fields = fault.kind, fault.fields
    words = family(service, protocol)
    spelling = SPELLINGS.get(kind, SPELLINGS["internal"])[words]
    spelling = _OF_SERVICE.get((service, kind), spelling)
    if words == "s3" and fields.get("presigned"):
        spelling = _PRESIGNED_S3.get(kind, spelling)
    if words == "s3" and kind == "serialization" and "ArgumentName" in fields:
        spelling = _NO_INTEGER_S3
    code = spelling.code
    if kind == "validation" and words != "s3":
        code = VALIDATION_CODES.get(service, code)
    message = fault.message
    if spelling.own_words or not message:
        message = spelling.message.format_map(_Fields({k: v for k, v in fields.items() if v}))
    members = {}
    if words == "s3":
        members = {name: value for name, value in fields.items() if name[:1].isupper()}
    return AwsError(code, message, spelling.status, **members)
