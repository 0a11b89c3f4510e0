"""Signatures of the single gateway: HMAC-SHA256 over the timestamp and the body's hash.

`X-Signature` = hex HMAC with the client's secret over timestamp, newline, hex SHA-256 of the body.
A signature is good for five minutes around its timestamp, and once.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from emulator.context import Principal
from emulator.fakecloud.refusals import Refusal
from models import resource_rows

if TYPE_CHECKING:
    from emulator.server import Server

WINDOW_SECONDS: Final = 300
# what is noted of a key's use
SERVICE, REGION = "fakecloud", "us-east-1"
_LONGEST: Final = 256


async def verify(server: "Server", headers: Mapping[str, str], body: bytes) -> Principal:
    """Who signed; Refusal 401 for whatever is not signed rightly."""
    access_key_id = _header(headers, "x-access-key")
    timestamp = _header(headers, "x-timestamp")
    signature = _header(headers, "x-signature").lower()
    if abs(time.time() - _instant(timestamp)) > WINDOW_SECONDS:
        raise Refusal(401, "RequestExpired", "X-Timestamp is more than five minutes away from now.")
    key = await server.keys.find(access_key_id)
    text = f"{timestamp}\n{hashlib.sha256(body).hexdigest()}".encode()
    # as much work for a key that is not there as for one that is
    secret = key.secret if key is not None else "none"
    expected = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    good = hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
    if key is None or not good or not key.active:
        raise Refusal(401, "InvalidSignature", "The access key or the signature is not valid.")
    if key.expires_at is not None and key.expires_at <= time.time():
        raise Refusal(401, "InvalidSignature", "The access key or the signature is not valid.")
    session = server.database.session(key.principal.account_id, "agent")
    if not await resource_rows.take_signature(session, signature, 2 * WINDOW_SECONDS + 60):
        raise Refusal(401, "ReplayedRequest", "This request was taken already; sign another.")
    server.keys.used(key.principal, SERVICE, REGION)
    return key.principal


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value or len(value) > _LONGEST or not value.isascii():
        shown = "-".join(part.capitalize() for part in name.split("-"))
        raise Refusal(401, "MissingAuthentication", f"The header {shown} is missing or not valid.",
                      ["X-Access-Key", "X-Timestamp", "X-Signature"])  # fmt: skip
    return value


def _instant(timestamp: str) -> float:
    try:
        at = datetime.fromisoformat(timestamp)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise Refusal(
            401,
            "InvalidTimestamp",
            "X-Timestamp is no ISO 8601 time, such as 2026-06-30T12:00:00Z.",
        ) from None
