"""How services word the faults that all of them have."""

import inspect
import re

import pytest

from emulator.errors import Fault
from emulator.protocols import faults
from emulator.protocols.faults import SPELLINGS, family, spell


@pytest.mark.parametrize(
    ("kind", "service", "protocol", "code", "status"),
    [
        ("missing_token", "sts", "query", "MissingAuthenticationToken", 403),
        ("missing_token", "ec2", "ec2", "MissingAuthenticationToken", 403),
        ("missing_token", "ce", "json", "MissingAuthenticationTokenException", 400),
        ("missing_token", "lambda", "rest_json", "MissingAuthenticationTokenException", 403),
        ("missing_token", "s3", "rest_xml", "AccessDenied", 403),
        ("incomplete_signature", "iam", "query", "IncompleteSignature", 400),
        ("incomplete_signature", "ec2", "ec2", "AuthFailure", 401),
        ("incomplete_signature", "ecs", "json", "IncompleteSignatureException", 400),
        ("incomplete_signature", "eks", "rest_json", "IncompleteSignatureException", 403),
        ("incomplete_signature", "s3", "rest_xml", "AuthorizationHeaderMalformed", 400),
        ("unknown_key", "sts", "query", "InvalidClientTokenId", 403),
        ("unknown_key", "ec2", "ec2", "AuthFailure", 401),
        ("unknown_key", "ce", "json", "UnrecognizedClientException", 400),
        ("unknown_key", "cloudwatch", "cbor", "UnrecognizedClientException", 400),
        ("unknown_key", "kafka", "rest_json", "UnrecognizedClientException", 403),
        ("unknown_key", "s3", "rest_xml", "InvalidAccessKeyId", 403),
        ("disabled_key", "ec2", "ec2", "AuthFailure", 401),
        ("bad_signature", "rds", "query", "SignatureDoesNotMatch", 403),
        ("bad_signature", "ec2", "ec2", "AuthFailure", 401),
        ("bad_signature", "ce", "json", "InvalidSignatureException", 400),
        ("bad_signature", "es", "rest_json", "InvalidSignatureException", 403),
        ("bad_signature", "s3", "rest_xml", "SignatureDoesNotMatch", 403),
        ("expired", "sts", "query", "SignatureDoesNotMatch", 403),
        ("expired", "ec2", "ec2", "RequestExpired", 400),
        ("expired", "s3", "rest_xml", "RequestTimeTooSkewed", 403),
        ("wrong_scope", "s3", "rest_xml", "AuthorizationHeaderMalformed", 400),
        ("two_mechanisms", "s3", "rest_xml", "InvalidArgument", 400),
        ("two_mechanisms", "lambda", "rest_json", "InvalidSignatureException", 400),
        ("bad_session_token", "s3", "rest_xml", "InvalidToken", 400),
        ("expired_session_token", "sts", "query", "ExpiredToken", 403),
        ("expired_session_token", "ce", "json", "ExpiredTokenException", 400),
        ("body_hash_mismatch", "s3", "rest_xml", "XAmzContentSHA256Mismatch", 400),
        ("denied", "rds", "query", "AccessDenied", 403),
        ("denied", "ec2", "ec2", "UnauthorizedOperation", 403),
        ("denied", "ce", "json", "AccessDeniedException", 400),
        ("denied", "eks", "rest_json", "AccessDeniedException", 403),
        ("denied", "s3", "rest_xml", "AccessDenied", 403),
        ("unknown_operation", "iam", "query", "InvalidAction", 400),
        ("unknown_operation", "ec2", "ec2", "InvalidAction", 400),
        ("unknown_operation", "ce", "json", "UnknownOperationException", 400),
        ("unknown_operation", "eks", "rest_json", "UnknownOperationException", 404),
        ("unknown_operation", "s3", "rest_xml", "MethodNotAllowed", 405),
        ("malformed", "s3", "rest_xml", "MalformedXML", 400),
        ("serialization", "ce", "json", "SerializationException", 400),
        ("validation", "iam", "query", "ValidationError", 400),
        ("validation", "logs", "json", "InvalidParameterException", 400),
        ("validation", "ce", "json", "ValidationException", 400),
        ("validation", "ec2", "ec2", "InvalidParameterValue", 400),
        ("too_large", "s3", "rest_xml", "EntityTooLarge", 400),
        ("too_large", "ec2", "ec2", "RequestEntityTooLarge", 413),
        ("not_emulated", "ec2", "ec2", "NotImplemented", 501),
        ("not_emulated", "ce", "json", "NotImplementedException", 501),
        ("not_emulated", "s3", "rest_xml", "NotImplemented", 501),
        ("throttled", "sts", "query", "Throttling", 400),
        ("throttled", "ec2", "ec2", "RequestLimitExceeded", 503),
        ("throttled", "ce", "json", "ThrottlingException", 400),
        ("throttled", "lambda", "rest_json", "TooManyRequestsException", 429),
        ("throttled", "eks", "rest_json", "ThrottlingException", 429),
        ("throttled", "s3", "rest_xml", "SlowDown", 503),
        ("unavailable", "ec2", "ec2", "Unavailable", 503),
        ("unavailable", "s3", "rest_xml", "ServiceUnavailable", 503),
        ("internal", "ec2", "ec2", "InternalError", 500),
        ("internal", "ce", "json", "InternalFailure", 500),
        ("internal", "sts", "query", "InternalFailure", 500),
    ],
)
def test_codes(kind: str, service: str, protocol: str, code: str, status: int) -> None:
    error = spell(Fault(kind), service, protocol)
    assert (error.code, error.status) == (code, status)
    assert error.message


def test_every_kind_that_is_named_has_a_spelling_in_every_family() -> None:
    said = inspect.getdoc(Fault) or ""
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"Kinds of [\w ]+: ([^.]+)\.", said))))
    assert named
    assert named <= SPELLINGS.keys()
    for row in SPELLINGS.values():
        assert row.keys() == {"query", "ec2", "json", "rest_json", "s3"}
        assert all(400 <= spelling.status < 600 for spelling in row.values())


def test_families() -> None:
    assert family("cloudwatch", "cbor") == "json"
    assert family("cloudwatch", "query") == "query"
    assert family("s3control", "rest_xml") == "s3"
    assert family("", "rest_xml") == "s3"
    assert family("route53", "rest_xml") == "query"


def test_messages_are_filled() -> None:
    fault = Fault("unknown_operation", action="Nonsense", version="2011-06-15")
    assert spell(fault, "sts", "query").message == (
        "Could not find operation Nonsense for version 2011-06-15"
    )
    assert spell(fault, "ec2", "ec2").message == (
        "The action Nonsense is not valid for this web service."
    )
    bare = Fault("unknown_operation", action="Nonsense", version="")
    assert spell(bare, "sts", "query").message.endswith("for version NO_VERSION_SPECIFIED")


def test_not_emulated_names_the_operation() -> None:
    fault = Fault("not_emulated", service="ec2", operation="RunScheduledInstances")
    for protocol in ("ec2", "query", "json", "rest_json", "rest_xml", "cbor"):
        assert "ec2:RunScheduledInstances" in spell(fault, "ec2", protocol).message


def test_denied() -> None:
    arn = "arn:aws:iam::123456789012:user/agent"
    fault = Fault("denied", principal=arn, action="rds:StopDBInstance", resource="*")
    assert spell(fault, "rds", "query").message == (
        f"User: {arn} is not authorized to perform: rds:StopDBInstance on resource: * because no "
        "identity-based policy allows the rds:StopDBInstance action"
    )
    ec2 = spell(fault, "ec2", "ec2").message
    assert ec2.startswith("You are not authorized to perform this operation. User: arn:aws:iam")


def test_own_words_stand() -> None:
    told = Fault("bad_signature", "what the verifier found")
    assert spell(told, "sts", "query").message == "what the verifier found"
    assert "what the verifier found" not in spell(told, "ec2", "ec2").message
    assert spell(told, "s3", "rest_xml").message.endswith("Check your key and signing method.")


def test_presigned_urls_of_s3() -> None:
    fault = Fault("expired", presigned=True, Expires="2026-06-30T00:00:00Z")
    error = spell(fault, "s3", "rest_xml")
    assert (error.code, error.status, error.message) == ("AccessDenied", 403, "Request has expired")
    assert error.fields == {"Expires": "2026-06-30T00:00:00Z"}
    assert spell(fault, "sts", "query").code == "SignatureDoesNotMatch"
    assert spell(fault, "sts", "query").fields == {}


def test_text_from_outside_is_no_template() -> None:
    fault = Fault("unknown_operation", action="{version}{0}{__class__}", version="1")
    assert spell(fault, "sts", "query").message == (
        "Could not find operation {version}{0}{__class__} for version 1"
    )


def test_an_unknown_kind_is_an_internal_failure() -> None:
    assert spell(Fault("misspelt"), "ce", "json").status == 500


def test_validation_codes_are_of_services_that_exist() -> None:
    from emulator import api

    assert all(api.has_service(name) for name in faults.VALIDATION_CODES)
    assert all(api.has_service(name) for name in faults.MISSING_IN_A_SENTENCE)
