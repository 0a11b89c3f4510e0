"""Bodies of S3: signed whole, unsigned, and in pieces of aws-chunked with their checksums."""

import hashlib
import hmac
from dataclasses import replace
from typing import Any

import botocore.auth
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import checksums
from emulator.context import Principal
from emulator.errors import AwsError
from emulator.sigv4 import verify
from tests.emulator.signing import (
    SECRET,
    Request,
    Table,
    outcome,
    signed,
    with_authorization,
    with_header,
)

KEYS = Table().keys()


SCOPE = "20260304/eu-west-1/s3/aws4_request"


DATE = "20260304T123000Z"


SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), "sha256").digest()


def chunked(pieces: list[bytes], mode: str, trailer: str = "") -> Request:
    """An upload as the specification of aws-chunked describes it, signed by this test."""
    total = sum(map(len, pieces))
    headers = {
        "X-Amz-Decoded-Content-Length": str(total),
        "Content-Encoding": "aws-chunked,gzip",
    }
    if trailer:
        headers["X-Amz-Trailer"] = trailer.partition(":")[0]
    request = Request("s3", "PUT", "/b/k", headers=headers, operation="PutObject")

    class Streaming(botocore.auth.S3SigV4Auth):
        def payload(self, request: Any) -> str:
            return mode

    botocore.auth.StreamingTestAuth = Streaming  # type: ignore[attr-defined]
    request = signed(request, signer="StreamingTestAuth")
    key = b"AWS4" + SECRET.encode()
    for part in SCOPE.split("/"):
        key = _hmac(key, part)
    last = request.headers["Authorization"][-64:]
    empty = hashlib.sha256(b"").hexdigest()
    body = b""
    for piece in [*pieces, b""]:
        if mode.startswith(SIGNED):
            digest = hashlib.sha256(piece).hexdigest()
            text = f"AWS4-HMAC-SHA256-PAYLOAD\n{DATE}\n{SCOPE}\n{last}\n{empty}\n{digest}"
            last = _hmac(key, text).hex()
            body += b"%x;chunk-signature=%b\r\n" % (len(piece), last.encode())
        else:
            body += b"%x\r\n" % len(piece)
        body += piece + b"\r\n" if piece else b""
    if trailer:
        body += trailer.encode() + b"\r\n"
        if mode.startswith(SIGNED):
            digest = hashlib.sha256(trailer.encode() + b"\n").hexdigest()
            text = f"AWS4-HMAC-SHA256-TRAILER\n{DATE}\n{SCOPE}\n{last}\n{digest}"
            body += b"x-amz-trailer-signature:" + _hmac(key, text).hex().encode() + b"\r\n"
    return replace(request, body=body + b"\r\n")


MODES = [
    (SIGNED, ""),
    (SIGNED + "-TRAILER", "crc32"),
    (SIGNED + "-TRAILER", "crc64nvme"),
    ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "crc32c"),
    ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "sha256"),
]


def _upload(pieces: list[bytes], mode: str, algorithm: str) -> Request:
    value = checksums.compute(algorithm, b"".join(pieces)) if algorithm else ""
    return chunked(pieces, mode, f"x-amz-checksum-{algorithm}:{value}" if algorithm else "")


async def test_s3_payload_modes() -> None:
    put = Request("s3", "PUT", "/b/k", body=b"hello", operation="PutObject")
    good = signed(put)
    assert await outcome(replace(good, body=b"other"), KEYS) == "body_hash_mismatch"
    unsigned = chunked([], "UNSIGNED-PAYLOAD")
    for body in (b"", b"anything"):
        assert isinstance(await outcome(replace(unsigned, body=body), KEYS), Principal)
    # an honest signature over the body, relabelled, is no signature over nothing
    loose = with_header(good, "X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD")
    assert await outcome(loose, KEYS) == "bad_signature"
    ctx = signed(replace(put, service="ec2")).context()
    ctx.headers["authorization"] = ctx.headers["authorization"].replace("/ec2/", "/s3/")
    with pytest.raises(AwsError, match="Missing required header"):
        await verify(ctx, put.route, KEYS)
    for mode in ("STREAMING-NEW-MODE", "abc", "STREAMING-UNSIGNED-PAYLOAD"):
        assert (
            await outcome(with_header(good, "X-Amz-Content-SHA256", mode), KEYS)
            == "InvalidArgument"
        )
    get = signed(Request("s3", "GET", "/b", operation="ListObjectsV2"))
    trailer = with_header(get, "X-Amz-Content-SHA256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    assert await outcome(trailer, KEYS) == "InvalidRequest"
    for service in ("ec2", "logs", "lambda"):
        for mode in ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0" * 64):
            request = signed(Request(service, body=b"x", headers={"X-Amz-Content-SHA256": mode}))
            assert await outcome(request, KEYS) == "body_hash_mismatch", mode
        digest = hashlib.sha256(b"x").hexdigest()
        request = signed(Request(service, body=b"x", headers={"X-Amz-Content-SHA256": digest}))
        assert isinstance(await outcome(request, KEYS), Principal)


@pytest.mark.parametrize(("mode", "algorithm"), MODES)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(pieces=st.lists(st.binary(min_size=1, max_size=300), max_size=4), data=st.data())
async def test_chunked_uploads(
    mode: str, algorithm: str, pieces: list[bytes], data: st.DataObject
) -> None:
    good = _upload(pieces, mode, algorithm)
    ctx = good.context()
    await verify(ctx, good.route, KEYS)
    assert ctx.body == b"".join(pieces)
    assert ctx.headers["content-encoding"] == "gzip"
    refusals = {"bad_signature", "IncompleteBody", "InvalidRequest", "BadDigest"}
    # the seed's signature is judged whatever becomes of the chunks
    assert (
        await outcome(with_authorization(good, lambda a: a[:-4] + "zzzz"), KEYS) == "bad_signature"
    )
    cut = data.draw(st.integers(0, len(good.body) - 3))
    assert await outcome(replace(good, body=good.body[:cut]), KEYS) in refusals
    assert await outcome(replace(good, body=good.body + b"more"), KEYS) in refusals
    wrong = with_header(good, "X-Amz-Decoded-Content-Length", "99999")
    assert await outcome(wrong, KEYS) == "bad_signature"
    if pieces:
        place = good.body.index(b"\r\n") + 2
        spoilt = bytearray(good.body)
        spoilt[place] ^= 1
        assert await outcome(replace(good, body=bytes(spoilt)), KEYS) in refusals
    if algorithm:
        body = good.body.replace(b"x-amz-checksum", b"x-amz-checksun")
        assert await outcome(replace(good, body=body), KEYS) in refusals


async def test_a_true_signature_over_a_false_checksum_is_a_bad_digest() -> None:
    for mode in (SIGNED + "-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"):
        request = chunked([b"hello"], mode, "x-amz-checksum-crc32:AAAAAA==")
        assert await outcome(request, KEYS) == "BadDigest"
        request = chunked([b"hello"], mode, "x-amz-checksum-none:AAAAAA==")
        assert await outcome(request, KEYS) == "InvalidRequest"


def test_checksums() -> None:
    check = {"crc32": "cbf43926", "crc32c": "e3069283", "crc64nvme": "ae8b14860a799888"}
    for name, value in check.items():
        assert checksums.matches(name, checksums.compute(name, b"123456789"), b"123456789")
        assert checksums._ALGORITHMS[name](b"123456789").hex() == value
    assert not checksums.matches("crc32", "not base64!", b"")
