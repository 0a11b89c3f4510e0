"""S3 on the wire: addresses, presigned URLs, chunked bodies, Expect, HEAD, large answers."""

import asyncio
import base64
import socket
import time
import urllib.request
import zlib
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from tests.fixtures.server import Cloud
from tests.handlers.s3.answers import refusal

ONCE: Any = {"total_max_attempts": 1}


def http(
    method: str, url: str, body: bytes | None = None, **headers: str
) -> tuple[int, Any, bytes]:
    """Status, headers and body of a request that no SDK makes."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        return error.code, error.headers, error.read()


def presigned(s3: Any, method: str, **params: Any) -> str:
    url: str = s3.generate_presigned_url(method, Params=params, ExpiresIn=60)
    return url


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_both_styles_of_addresses(cloud: Cloud, bucket: str, style: str) -> None:
    addressing: Any = {"addressing_style": style}
    config = Config(s3=addressing, retries=ONCE)
    port = urlsplit(cloud.running.url).port
    # *.localhost needs no name server: it is always the loopback address
    url = f"http://s3.localhost:{port}" if style == "virtual" else cloud.running.url
    s3 = cloud.client("s3", endpoint_url=url, config=config)
    heard: list[str] = []
    s3.meta.events.register("before-send.s3", lambda request, **_: heard.append(request.url))
    _resolve_locally(s3)
    s3.put_object(Bucket=bucket, Key="a/ü", Body=b"1")
    assert s3.get_object(Bucket=bucket, Key="a/ü")["Body"].read() == b"1"
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a/ü"]
    s3.delete_object(Bucket=bucket, Key="a/ü")
    assert all((f"//{bucket}.s3.localhost" in one) == (style == "virtual") for one in heard)


def _resolve_locally(s3: Any) -> None:
    """Send what goes to *.localhost to the loopback address, whatever the resolver knows."""

    def send(request: Any, **_: Any) -> None:
        parts = urlsplit(request.url)
        if parts.hostname and parts.hostname.endswith(".localhost"):
            request.headers["Host"] = parts.netloc
            request.url = request.url.replace(parts.netloc, f"127.0.0.1:{parts.port}", 1)

    s3.meta.events.register_last("before-send.s3", send)


def test_presigned_urls_read_and_write(cloud: Cloud, s3: Any, bucket: str) -> None:
    v4 = cloud.client("s3", config=Config(signature_version="s3v4", retries=ONCE))
    status, headers, _ = http(
        "PUT", presigned(v4, "put_object", Bucket=bucket, Key="k", ContentType="text/plain"),
        b"by url", **{"Content-Type": "text/plain"},
    )  # fmt: skip
    assert (status, headers["ETag"]) == (200, s3.head_object(Bucket=bucket, Key="k")["ETag"])
    get = presigned(v4, "get_object", Bucket=bucket, Key="k")
    assert http("GET", get)[::2] == (200, b"by url")
    status, headers, body = http("GET", get, Range="bytes=3-5")
    assert (status, body, headers["Content-Range"]) == (206, b"url", "bytes 3-5/6")
    named = presigned(
        v4,
        "get_object",
        Bucket=bucket,
        Key="k",
        ResponseContentDisposition='attachment; filename="x"',
    )
    assert http("GET", named)[1]["Content-Disposition"] == 'attachment; filename="x"'
    status, _, body = http("GET", get.replace("/k?", "/other?"))
    assert (status, b"SignatureDoesNotMatch" in body) == (403, True)
    head = presigned(v4, "head_object", Bucket=bucket, Key="k")
    status, headers, body = http("HEAD", head)
    assert (status, headers["Content-Length"], body) == (200, "6", b"")


class ChunkedAuth(S3SigV4Auth):
    """Signs for a body in chunks that are not signed, with a trailer, as SDKs do over https."""

    def payload(self, request: Any) -> str:
        """The mode of the body, which stands where its hash would."""
        return "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@pytest.mark.parametrize("damaged", [False, True])
def test_bodies_in_chunks_with_trailing_checksums(
    cloud: Cloud, s3: Any, bucket: str, damaged: bool
) -> None:
    body = b"chunk" * 50_000
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    chunks = [body[at : at + 65_536] for at in range(0, len(body), 65_536)]
    wire = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in chunks)
    wire += b"0\r\nx-amz-checksum-crc32:" + crc.encode() + b"\r\n\r\n"
    if damaged:
        wire = wire.replace(b"kchu", b"KCHU", 1)
    request = AWSRequest("PUT", f"{cloud.running.url}/{bucket}/k", data=wire, headers={
        "x-amz-trailer": "x-amz-checksum-crc32", "Content-Encoding": "gzip,aws-chunked",
        "x-amz-decoded-content-length": str(len(body)),
    })  # fmt: skip
    credentials = Credentials(cloud.access_key_id, cloud.secret_access_key)
    ChunkedAuth(credentials, "s3", "us-east-1").add_auth(request)
    status, headers, told = http("PUT", str(request.url), wire, **dict(request.headers))
    if damaged:
        assert (status, b"<Code>BadDigest</Code>" in told) == (400, True)
        assert refusal(s3.head_object, Bucket=bucket, Key="k") == ("404", 404)
        return
    assert (status, headers["x-amz-checksum-crc32"]) == (200, crc)
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    # the transfer's encoding is not the object's
    assert (got["ContentEncoding"], got["ContentLength"], got["ChecksumCRC32"]) == (
        "gzip", len(body), crc)  # fmt: skip
    assert got["Body"].read() == body


def test_a_client_that_expects_100_is_told_to_go_on(cloud: Cloud, s3: Any, bucket: str) -> None:
    v4 = cloud.client("s3", config=Config(signature_version="s3v4", retries=ONCE))
    parts = urlsplit(presigned(v4, "put_object", Bucket=bucket, Key="k"))
    head = (
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as wire:
        wire.sendall(head.encode())
        assert wire.recv(4096).startswith(b"HTTP/1.1 100 Continue\r\n")
        wire.sendall(b"hello")
        assert wire.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
    # a bad signature is told before the body is asked for
    bad = head.replace("X-Amz-Signature=", "X-Amz-Signature=0")
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as wire:
        wire.sendall(bad.encode())
        assert wire.recv(4096).startswith(b"HTTP/1.1 403 ")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"hello"


def test_refusals_on_the_wire(cloud: Cloud, s3: Any, bucket: str) -> None:
    v4 = cloud.client("s3", config=Config(signature_version="s3v4", retries=ONCE))
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    status, headers, body = http(
        "GET", presigned(v4, "get_object", Bucket=bucket, Key="k"), **{"If-None-Match": etag}
    )
    assert (status, headers["ETag"], body) == (304, etag, b"")
    assert headers["Last-Modified"]
    status, headers, body = http("GET", presigned(v4, "get_object", Bucket=bucket, Key="none"))
    assert (status, headers["Content-Type"]) == (404, "application/xml")
    assert body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>')
    assert b"<Key>none</Key>" in body
    status, headers, body = http("HEAD", presigned(v4, "head_object", Bucket=bucket, Key="none"))
    assert (status, body) == (404, b"")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.delete_object(Bucket=bucket, Key="k")
    status, headers, _ = http("GET", presigned(v4, "get_object", Bucket=bucket, Key="k"))
    assert (status, headers["x-amz-delete-marker"]) == (404, "true")
    status, headers, body = http(
        "GET", presigned(v4, "get_object", Bucket=bucket, Key="k"), Range="bytes=9-"
    )
    assert status == 404


def test_a_body_that_is_too_large_is_refused(cloud: Cloud, bucket: str) -> None:
    v4 = cloud.client("s3", config=Config(signature_version="s3v4", retries=ONCE))
    parts = urlsplit(presigned(v4, "put_object", Bucket=bucket, Key="k"))
    head = (
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Content-Length: {(64 << 20) + 1}\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as wire:
        wire.sendall(head.encode())
        heard = wire.recv(4096)
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert b"EntityTooLarge" in heard


def test_large_answers_hold_nobody_up(cloud: Cloud, s3: Any, bucket: str) -> None:
    body = bytes(24 << 20)
    s3.put_object(Bucket=bucket, Key="large", Body=body)
    v4 = cloud.client("s3", config=Config(signature_version="s3v4", retries=ONCE))
    url = presigned(v4, "get_object", Bucket=bucket, Key="large")
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            # its own work alone: that others have the processor holds nobody up
            before = time.thread_time()
            await asyncio.sleep(0.001)
            longest = max(longest, time.thread_time() - before)

    task = asyncio.run_coroutine_threadsafe(watch(), cloud.running._loop)
    assert len(http("GET", url)[2]) == len(body)
    task.cancel()
    assert longest < 0.25


def test_a_stranger_needs_a_signature(cloud: Cloud, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    status, _, body = http("GET", f"{cloud.running.url}/{bucket}/k")
    assert (status, b"<Code>AccessDenied</Code>" in body) == (403, True)
    assert refusal(s3.get_object, Bucket=bucket, Key="../k") == ("NoSuchKey", 404)
