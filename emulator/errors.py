"""The one exception that crosses the wire, and the faults common to all of AWS."""

from typing import Any


class AwsError(Exception):
    """An error as AWS answers it.

    `code` and `message` are AWS's own words. `status` is the HTTP status; None means: the
    modelled error shape's status where the service models one, else 400. `fields` are members
    of the modelled error beside the message (S3's BucketName, for instance).
    """

    def __init__(self, code: str, message: str, status: int | None = None, **fields: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


class Fault(AwsError):
    """A fault that every service can answer, and each spells in its own way.

    `kind` names it once, in Python; how a protocol and service spell it (code, status, default
    message) is data in `emulator/protocols/faults.py`. An empty message takes the default one.

    Kinds of authentication: missing_token, incomplete_signature, unknown_key, disabled_key,
    bad_signature, expired, not_yet_valid, wrong_scope, unsigned_header, two_mechanisms,
    bad_session_token, expired_session_token, body_hash_mismatch, unsupported_algorithm.
    Kinds of authorisation: denied.
    Kinds of input: unknown_operation, malformed, serialization, missing_parameter, validation,
    too_large, unsupported_media, malformed_http, body_timeout.
    Kinds of the server: not_emulated, throttled, unavailable, internal.
    What the database guards is said by it as guarded, and as a denial by the gateway.
    """

    def __init__(self, kind: str, message: str = "", **fields: Any) -> None:
        super().__init__(kind, message, None, **fields)
        self.kind = kind
