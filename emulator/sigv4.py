"""Verification of AWS Signature Version 4: the one gate before every handler.

The order of the checks is the one AWS's JSON services show when several things are wrong at
once. Whatever is not known to be allowed is refused: a new way of signing a body must be added
here before any handler can see one.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from operator import methodcaller
from typing import Final

from emulator import checksums, chunked
from emulator.anonymous import ANYBODY, is_anybodys
from emulator.authorization import S3_SERVICES, Claim, check_algorithm, read, remember
from emulator.bodies import body_cap
from emulator.canonical import (
    EMPTY_HASH,
    TERMINATOR,
    canonical_headers,
    canonical_path,
    canonical_query,
    string_to_sign,
)
from emulator.context import Context, Principal
from emulator.errors import AwsError, Fault
from emulator.keys import EPISODE, Key, Keys, well_formed
from emulator.route import Route
from emulator.seal import SealError
from emulator.sessions import PREFIX, find_session
from models import regions

SKEW_SECONDS: Final = 15 * 60
LONGEST_PRESIGNED_SECONDS: Final = 7 * 24 * 3600

ReadBody = Callable[[int], Awaitable[bytes]]

# some checksums are slow: longer bodies are judged beside the event loop (bytes)
_LONGEST_DECODED_AT_ONCE: Final = 64 * 1024
_UNSIGNED: Final = "UNSIGNED-PAYLOAD"
_IS_AMAZONS = methodcaller("startswith", "x-amz-")
_UPLOADS = frozenset(("PutObject", "UploadPart"))
# what their headers say of digests is said of an object, and judged where that is stored
_OF_OBJECTS = _UPLOADS | {"CompleteMultipartUpload"}
_HEX_HASH = re.compile(r"[0-9a-f]{64}")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# nobody signs what a caller without credentials sends
_KEYLESS = frozenset(("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"))


async def verify(
    ctx: Context, route: Route, keys: Keys, *, read_body: ReadBody | None = None
) -> Principal:
    """Whoever signed the request; any doubt is a Fault. Who reads of S3 may be anybody.

    Sets `ctx.region` to the region of the scope and `ctx.body` to the body, decoded where it
    came in signed chunks. `read_body(cap)` gives the whole body, up to `cap` bytes; it is awaited
    as late as can be, so that a client waiting for "100 Continue" learns of a bad signature
    before it sends. None means that ctx.body is there already.
    """
    s3 = route.service in S3_SERVICES or (route.service is None and route.protocol == "rest_xml")
    try:
        claim = read(ctx, s3)
    except Fault as fault:
        if fault.kind == "missing_token" and is_anybodys(ctx, route.service, route.operation):
            return ANYBODY
        if fault.kind == "missing_token" and route.operation in _KEYLESS:
            message = f"{route.operation} is not emulated: it has no signature to tell an account."
            raise Fault(
                "not_emulated", message, service=route.service, operation=route.operation
            ) from None
        raise
    now = ctx.wall.timestamp()
    _check_window(claim, now, s3)
    if not claim.proven:
        check_algorithm(claim)
    _check_signed_headers(ctx, claim)
    _check_scope(claim, route, s3)
    if claim.head.access_key_id[4:6] == EPISODE and ctx._server is not None:
        keys = await ctx._server.enter(ctx, claim.head.access_key_id)
    key = _known_key(claim, keys) or await _find_key(claim, keys, now, s3)
    if s3:
        await _verify_s3(ctx, claim, route, key, read_body)
    else:
        path = canonical_path(ctx.path)
        _prove_claimed(ctx, claim, key, path)
        if read_body is not None:
            ctx.body = await read_body(body_cap(route.service))
        elif len(ctx.body) > body_cap(route.service):
            raise Fault("too_large")
        _verify_body(ctx, claim, key, path)
    if key.expires_at is not None and key.expires_at <= now:
        raise Fault("expired_session_token" if key.session_token else "disabled_key")
    if not claim.proven and claim.text:
        remember(claim)
    principal = key.principal
    keys.used(principal, claim.head.service, claim.head.region)
    ctx.region = claim.head.region
    return principal


def _check_window(claim: Claim, now: float, s3: bool) -> None:
    """Refuse what is older or newer than 15 minutes, and presigned URLs past their own time."""
    age = now - claim.instant
    if claim.presigned and s3:
        _check_presigned_s3(claim, age, now)
        return
    lasts = float(SKEW_SECONDS)
    if claim.expires is not None:
        # other services give presigned requests no more than the usual window
        lasts = min(lasts, _seconds(claim.expires, s3))
    if -SKEW_SECONDS <= age <= lasts:
        return
    if s3:
        raise Fault(
            "expired" if age > 0 else "not_yet_valid",
            RequestTime=claim.timestamp,
            ServerTime=_long(now),
            MaxAllowedSkewMilliseconds=SKEW_SECONDS * 1000,
        )
    if age > 0:
        raise Fault(
            "expired",
            f"Signature expired: {claim.timestamp} is now earlier than {_basic(now - lasts)} "
            f"({_basic(now)} - {int(lasts) // 60} min.)",
        )
    raise Fault(
        "not_yet_valid",
        f"Signature not yet current: {claim.timestamp} is still later than "
        f"{_basic(now + SKEW_SECONDS)} ({_basic(now)} + {SKEW_SECONDS // 60} min.)",
    )


def _check_presigned_s3(claim: Claim, age: float, now: float) -> None:
    lasts = _seconds(claim.expires or "", True)
    if lasts > LONGEST_PRESIGNED_SECONDS:
        raise Fault(
            "incomplete_signature",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given "
            f"X-Amz-Expires must be less than {LONGEST_PRESIGNED_SECONDS} seconds",
            presigned=True,
        )
    if age < -SKEW_SECONDS:
        raise Fault("not_yet_valid", presigned=True)
    if age > lasts:
        fields = {
            "presigned": True,
            "X-Amz-Expires": claim.expires,
            "Expires": _long(claim.instant + lasts),
            "ServerTime": _long(now),
        }
        raise Fault("expired", "Request has expired", **fields)


def _seconds(text: str, s3: bool) -> float:
    if not re.fullmatch("[0-9]{1,12}", text):
        negative = re.fullmatch("-[0-9]{1,12}", text)
        problem = "must be non-negative" if negative else "should be a number"
        raise Fault("incomplete_signature", f"X-Amz-Expires {problem}", presigned=True)
    return float(text)


def _check_signed_headers(ctx: Context, claim: Claim) -> None:
    """Host and every x-amz- header must be signed; an unsigned target would swap the operation."""
    signed = claim.head.signed
    if "host" not in signed and ":authority" not in signed:
        raise Fault(
            "unsigned_header",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            HeadersNotSigned="host",
        )
    loose = [name for name in filter(_IS_AMAZONS, ctx.headers) if name not in signed]
    if loose and claim.presigned and "x-amz-content-sha256" in loose:
        loose.remove("x-amz-content-sha256")
    if loose:
        raise Fault("unsigned_header", HeadersNotSigned=", ".join(sorted(loose)))


def _check_scope(claim: Claim, route: Route, s3: bool) -> None:
    """The credential must be for this day and for the service that the request goes to."""
    head = claim.head
    right_service = head.service == route.signing_name or not route.signing_name
    if (
        right_service
        and head.terminator == TERMINATOR
        and head.date == claim.timestamp[:8]
        and (claim.proven or regions.exists(head.region))
    ):
        return
    raise _wrong_scope(claim, route.signing_name, right_service, s3)


def _wrong_scope(claim: Claim, service: str, right_service: bool, s3: bool) -> Fault:
    head, problems = claim.head, []
    given = {name: _shown(getattr(head, name)) for name in ("terminator", "date", "region")}
    right_region = regions.exists(head.region)
    if s3:
        if head.date != claim.timestamp[:8]:
            problems.append(f'Invalid credential date "{given["date"]}". This date is not the '
                            f'same as X-Amz-Date: "{claim.timestamp[:8]}".')  # fmt: skip
        if not right_region:
            problems.append(f"the region '{given['region']}' is wrong; expecting 'us-east-1'")
        if not right_service:
            problems.append(f'incorrect service "{_shown(head.service)}". This endpoint belongs '
                            f'to "{service}".')  # fmt: skip
        if head.terminator != TERMINATOR:
            problems.append(f'incorrect terminator "{given["terminator"]}". This endpoint uses '
                            f'"{TERMINATOR}".')  # fmt: skip
        what = "Error parsing the X-Amz-Credential parameter" if claim.presigned else (
            "The authorization header is malformed")  # fmt: skip
        region = {} if right_region else {"Region": "us-east-1"}
        message = f"{what}; {problems[0]}"
        return Fault("wrong_scope", message, presigned=claim.presigned, **region)
    if head.terminator != TERMINATOR:
        problems.append(f"Credential should be scoped with a valid terminator: '{TERMINATOR}', "
                        f"not '{given['terminator']}'.")  # fmt: skip
    if not right_region:
        problems.append("Credential should be scoped to a valid region.")
    if not right_service:
        problems.append(f"Credential should be scoped to correct service: '{service}'.")
    if head.date != claim.timestamp[:8]:
        problems.append("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                        f"date from HTTP: '{given['date']}' != '{claim.timestamp[:8]}', from "
                        f"'{claim.timestamp}'.")  # fmt: skip
    return Fault("wrong_scope", " ".join(problems))


def _known_key(claim: Claim, keys: Keys) -> Key | None:
    """The key of most requests: a long-term one that has signed before, and is in the cache."""
    access_key_id = claim.head.access_key_id
    if claim.token or not claim.proven or access_key_id.startswith(PREFIX):
        return None
    key = keys.cached(access_key_id)
    return key if key is not None and key.active else None


async def _find_key(claim: Claim, keys: Keys, now: float, s3: bool) -> Key:
    access_key_id = claim.head.access_key_id
    fields = {"AWSAccessKeyId": _shown(access_key_id)} if s3 else {}
    if not claim.proven and not well_formed(access_key_id):
        raise Fault("unknown_key", **fields)
    if access_key_id.startswith(PREFIX):
        if not claim.token:
            raise Fault("unknown_key", **fields)
        try:
            key = await find_session(keys, access_key_id, claim.token, now)
        except SealError:
            raise Fault("bad_session_token") from None
    else:
        key = keys.cached(access_key_id) or await keys.find(access_key_id)
        if key is not None and claim.token:
            raise Fault("bad_session_token")
    if key is None:
        raise Fault("unknown_key", **fields)
    if not key.active:
        raise Fault("disabled_key", **fields)
    return key


def _prove_claimed(ctx: Context, claim: Claim, key: Key, path: str) -> None:
    """Judge the signature before the body comes, where the body's hash is claimed and signed."""
    claimed = claim.content_hash
    if claimed is not None:
        if not _HEX_HASH.fullmatch(claimed):
            raise Fault("body_hash_mismatch")
        _prove(ctx, claim, key, path, claimed, False)


def _verify_body(ctx: Context, claim: Claim, key: Key, path: str) -> None:
    """Signature and body of any service but S3: the hash of the body is always signed."""
    body, claimed = ctx.body, claim.content_hash
    actual = hashlib.sha256(body).hexdigest() if body else EMPTY_HASH
    if claimed is None:
        _prove(ctx, claim, key, path, actual, False)
    elif claimed != actual:
        raise Fault("body_hash_mismatch")


async def _verify_s3(
    ctx: Context, claim: Claim, route: Route, key: Key, read_body: ReadBody | None
) -> None:
    """Signature and body of S3: raw path, and the body's mode named by a header."""
    mode = claim.content_hash or (_UNSIGNED if claim.presigned else "")
    streaming = mode in chunked.MODES
    if not mode:
        raise AwsError(
            "InvalidRequest", "Missing required header for this request: x-amz-content-sha256", 400
        )
    if streaming and (claim.presigned or route.operation not in _UPLOADS):
        raise AwsError("InvalidRequest", f"{mode} is for uploads signed by header only", 400)
    if not streaming and mode != _UNSIGNED and not _HEX_HASH.fullmatch(mode):
        raise AwsError(
            "InvalidArgument",
            f"x-amz-content-sha256 must be {_UNSIGNED}, {', '.join(sorted(chunked.MODES))}, or a "
            "valid sha256 value.",
            400,
            ArgumentName="x-amz-content-sha256",
            ArgumentValue=_shown(mode),
        )
    _prove(ctx, claim, key, ctx.path or "/", mode, True)
    if read_body is not None:
        ctx.body = await read_body(body_cap(route.service, route.operation))
    if streaming:
        head = claim.head
        signing_key = key.signing_key(head.date, head.region, head.service)
        seed = chunked.Seed(signing_key, claim.timestamp, head.scope, claim.signature)
        if len(ctx.body) > _LONGEST_DECODED_AT_ONCE:
            decode = asyncio.to_thread(chunked.decode, ctx.body, mode, ctx.headers, seed)
            ctx.body = await decode
        else:
            ctx.body = chunked.decode(ctx.body, mode, ctx.headers, seed)
        _unwrap(ctx.headers)
    elif mode != _UNSIGNED:
        actual = hashlib.sha256(ctx.body).hexdigest()
        if actual != mode:
            raise Fault(
                "body_hash_mismatch",
                ClientComputedContentSHA256=mode,
                S3ComputedContentSHA256=actual,
            )
    if ctx.body and route.operation is not None and route.operation not in _OF_OBJECTS:
        checksums.check_headers(ctx.headers, ctx.body)


def _unwrap(headers: dict[str, str]) -> None:
    """Take aws-chunked out of Content-Encoding: it belongs to the transfer, not to the object."""
    encodings = [e.strip() for e in headers.pop("content-encoding", "").split(",")]
    kept = ",".join(e for e in encodings if e and e.lower() != "aws-chunked")
    if kept:
        headers["content-encoding"] = kept


def _prove(ctx: Context, claim: Claim, key: Key, path: str, payload: str, s3: bool) -> None:
    """Compute the signature that the request should have, and compare."""
    head = claim.head
    try:
        signed_headers = canonical_headers(head.signed, ctx.headers)
    except KeyError:
        # a signed header did not arrive
        raise Fault("bad_signature") from None
    query = canonical_query(claim.pairs) if claim.pairs else ""
    request = f"{ctx.method}\n{path}\n{query}\n{signed_headers}\n{head.names}\n{payload}"
    text = string_to_sign(claim.timestamp, head.scope, request)
    expected = key.signer(head.scope).sign(text)
    given = claim.signature
    if given.isascii() and hmac.compare_digest(expected, given):
        return
    if not s3:
        raise Fault("bad_signature")
    raise Fault("bad_signature", **_explained(claim, text, request))


def _explained(claim: Claim, text: str, request: str) -> dict[str, str]:
    """What S3 tells a client whose signature is wrong; never the session token."""
    if claim.token:
        for spelled in (claim.token, dict(claim.pairs).get("X-Amz-Security-Token")):
            request = request.replace(spelled, "***") if spelled else request
    return {
        "AWSAccessKeyId": _shown(claim.head.access_key_id),
        "StringToSign": _shown(text),
        "SignatureProvided": _shown(claim.signature),
        "StringToSignBytes": text.encode().hex(" "),
        "CanonicalRequest": _shown(request),
        "CanonicalRequestBytes": request.encode().hex(" "),
    }


def _shown(text: str) -> str:
    """Text of the client's without the control characters that XML cannot carry."""
    return _NOT_IN_XML.sub("�", text[:16384])


def _basic(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def _long(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
