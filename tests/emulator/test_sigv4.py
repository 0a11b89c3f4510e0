"""The verifier against requests that botocore signed, and against thousands of spoiled ones."""

import dataclasses
import hashlib
import hmac
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import botocore.auth
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import checksums
from emulator.canonical import canonical_path, canonical_query, query_pairs
from emulator.context import Principal
from emulator.errors import AwsError, Fault
from emulator.sigv4 import verify
from tests.emulator.signing import (
    ACCOUNT,
    KEY_ID,
    NOW,
    SECRET,
    SERVICES,
    Request,
    Table,
    outcome,
    row,
    signed,
)

KEYS = Table().keys()
SEGMENT = st.text("abcXYZ019-_.~", max_size=6) | st.sampled_from(
    ["%2F", "%3A", "%C3%A9", "a%20b%2Bc", "arn%3Aaws", "..", ".", ""]
)
VALUE = st.text("abcXYZ019-_.~", max_size=8) | st.sampled_from(["%2B", "%20", "a%3Db", "%E2%82%AC"])
NAME = st.sampled_from(["foo", "foo-bar", "Foo", "a", "b%20c", "uploads", "list-type", "z~"])
HEADER = st.text("abc xyz,;=:/019\"'", max_size=20)


@st.composite
def requests(draw: Any, service: str) -> Request:
    """An unsigned request of a service."""
    path = "/" + "/".join(draw(st.lists(SEGMENT, max_size=4)))
    if service not in ("s3", "s3control"):
        # clients normalise before they send; empty and dotted segments are tested by themselves
        path = "/" + path.strip("/")
    pairs = draw(st.lists(st.tuples(NAME, VALUE), max_size=4))
    extra = {f"X-Amz-Meta-{i}": draw(HEADER) for i in range(draw(st.integers(0, 2)))}
    return Request(
        service,
        draw(st.sampled_from(["GET", "POST", "PUT", "DELETE"])),
        path,
        "&".join(f"{name}={value}" for name, value in pairs),
        draw(st.binary(max_size=64)),
        extra,
        region=draw(st.sampled_from(["us-east-1", "ap-southeast-2", "us-gov-west-1"])),
    )


def _with(request: Request, **changes: Any) -> Request:
    return dataclasses.replace(request, **changes)


def _header(request: Request, name: str, value: str | None) -> Request:
    headers = {n: v for n, v in request.headers.items() if n.lower() != name.lower()}
    return _with(request, headers=headers if value is None else headers | {name: value})


def _authorization(request: Request, edit: Callable[[str], str]) -> Request:
    return _header(request, "Authorization", edit(request.headers["Authorization"]))


def spoiled(good: Request, draw: Any) -> Iterator[tuple[str, Request, set[str]]]:
    """Ways to spoil a header-signed request, with the kinds of fault each may be."""
    bad, parse = {"bad_signature"}, {"incomplete_signature"}
    sign = good.headers["Authorization"][-64:]
    at = draw(st.integers(0, 63))
    other = sign[:at] + ("0" if sign[at] != "0" else "1") + sign[at + 1 :]
    yield "method", _with(good, method="PATCH"), bad
    yield "path", _with(good, path=good.path.rstrip("/") + "/other"), bad
    yield "query", _with(good, query=good.query + "&x=1" if good.query else "x=1"), bad
    yield "body", _with(good, body=good.body + b"!"), {"bad_signature", "body_hash_mismatch"}
    yield "host", _header(good, "Host", "localhost:4567"), bad
    yield "no host", _header(good, "Host", None), bad
    yield "digit", _header(good, "Authorization", good.headers["Authorization"][:-64] + other), bad
    yield "short", _authorization(good, lambda a: a[:-1]), bad
    yield "long", _authorization(good, lambda a: a + "0"), bad
    if sign != sign.upper():
        yield "upper", _authorization(good, lambda a: a[:-64] + sign.upper()), bad
    yield "not ascii", _authorization(good, lambda a: a[:-1] + "\xe9"), bad
    yield (
        "label",
        _authorization(good, lambda a: a.replace("SHA256", "SHA512")),
        {"unsupported_algorithm"},
    )
    yield (
        "ecdsa",
        _authorization(good, lambda a: a.replace("HMAC-SHA256", "ECDSA-P256-SHA256")),
        {"unsupported_algorithm"},
    )
    yield "no mechanism", _authorization(good, lambda a: "Bearer abc"), {"missing_token"}
    yield "nothing", _header(good, "Authorization", None), {"missing_token"}
    yield "twice", _authorization(good, lambda a: f"{a},{a}"), parse
    yield "two signatures", _authorization(good, lambda a: f"{a}, Signature={sign}"), parse
    yield "unknown part", _authorization(good, lambda a: f"{a}, Extra=1"), parse
    yield "no credential", _authorization(good, lambda a: a.replace("Credential=", "Cred=")), parse
    yield "no date", _header(good, "X-Amz-Date", None), parse
    date = good.headers["X-Amz-Date"]
    arabic = "".join(chr(0x660 + int(c)) if c.isdigit() else c for c in date)
    for form in (arabic, date[:-1], date.lower(), "2026-03-04T12:30:00Z", "", "99999999T999999Z"):
        yield f"date {form!r}", _header(good, "X-Amz-Date", form), parse
    yield "moved date", _header(good, "X-Amz-Date", date[:-3] + "01Z"), bad
    yield "x-amz unsigned", _header(good, "X-Amz-Unsigned", "1"), {"unsigned_header"}
    yield (
        "signed one gone",
        _authorization(good, lambda a: a.replace("host;", "host;nowhere;")),
        bad,
    )
    yield "host twice", _authorization(good, lambda a: a.replace("host;", "host;host;")), parse
    yield (
        "host unsigned",
        _authorization(good, lambda a: a.replace("host;", "")),
        {"unsigned_header"},
    )
    scope = f"/{good.region}/{SERVICES[good.service][0]}/"
    yield (
        "region",
        _authorization(good, lambda a: a.replace(scope, scope.replace(good.region, "eu-west-9"))),
        bad,
    )
    yield (
        "no region",
        _authorization(good, lambda a: a.replace(good.region, "nowhere")),
        {"wrong_scope"},
    )
    yield (
        "service",
        _authorization(good, lambda a: a.replace(scope, f"/{good.region}/iam/")),
        {"wrong_scope"},
    )
    yield (
        "terminator",
        _authorization(good, lambda a: a.replace("aws4_request", "aws5_request")),
        {"wrong_scope"},
    )
    yield (
        "day",
        _authorization(good, lambda a: a.replace("/20260304/", "/20260303/")),
        {"wrong_scope"},
    )
    yield "parts", _authorization(good, lambda a: a.replace("/20260304/", "/")), parse
    for key in ("AKIANOBODY", "a\x00b", "x" * 200, "\xe9", "'or'1", "ASIA" + KEY_ID[4:]):
        yield (
            f"key {key!r}",
            _header(
                good,
                "Authorization",
                good.headers["Authorization"].replace(KEY_ID, key),
            ),
            {"unknown_key"},
        )
    both = "X-Amz-Signature=" + sign
    yield (
        "both",
        _with(good, query=f"{good.query}&{both}" if good.query else both),
        {"two_mechanisms"},
    )
    hidden = "X-Amz-Sign%61ture=" + sign
    yield "hidden", _with(good, query=hidden), {"two_mechanisms"}
    yield "token", _header(good, "X-Amz-Security-Token", "abc"), {"unsigned_header"}


@pytest.mark.parametrize("service", SERVICES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_header_signatures(service: str, data: st.DataObject) -> None:
    good = signed(data.draw(requests(service)))
    who = await outcome(good, KEYS)
    assert isinstance(who, Principal), (who, good)
    assert (who.access_key_id, who.account_id, who.name) == (KEY_ID, ACCOUNT, "agent")
    for what, bad, kinds in spoiled(good, data.draw):
        told = await outcome(bad, KEYS)
        assert told in kinds, (what, told, bad)
    for minutes, kind in ((15.1, "expired"), (-15.1, "not_yet_valid"), (60 * 24, "expired")):
        assert await outcome(good, KEYS, later=timedelta(minutes=minutes)) == kind
    for minutes in (14.9, -14.9):
        assert isinstance(await outcome(good, KEYS, later=timedelta(minutes=minutes)), Principal)


@pytest.mark.parametrize("service", SERVICES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_presigned_urls(service: str, data: st.DataObject) -> None:
    made = _with(data.draw(requests(service)), headers={}, body=b"")
    good = signed(made, expires=600)
    assert isinstance(await outcome(good, KEYS), Principal), good
    s3 = SERVICES[service][0] == "s3"
    query = good.query

    def edited(old: str, new: str) -> Request:
        assert old in query
        return _with(good, query=query.replace(old, new))

    signature = query[-64:]
    cases = [
        ("method", _with(good, method="PATCH"), "bad_signature"),
        ("path", _with(good, path=good.path.rstrip("/") + "/other"), "bad_signature"),
        ("more", _with(good, query="a=b&" + query), "bad_signature"),
        ("longer", edited("X-Amz-Expires=600", "X-Amz-Expires=601"), "bad_signature"),
        ("twice", _with(good, query=query + "&X-Amz-Expires=1"), "incomplete_signature"),
        ("two signatures", _with(good, query=f"{query}&X-Amz-Signature={signature}"),
         "incomplete_signature"),
        ("words", edited("X-Amz-Expires=600", "X-Amz-Expires=ten"), "incomplete_signature"),
        ("negative", edited("X-Amz-Expires=600", "X-Amz-Expires=-1"), "incomplete_signature"),
        ("arabic", edited("X-Amz-Expires=600", "X-Amz-Expires=%D9%A6"), "incomplete_signature"),
        ("label", edited("HMAC-SHA256", "HMAC-SHA1"), "unsupported_algorithm"),
        ("scope", edited(f"%2F{SERVICES[service][0]}%2F", "%2Fiam%2F"), "wrong_scope"),
        ("key", edited(KEY_ID, "AKIANOBODY"), "unknown_key"),
        ("nul", edited(KEY_ID, "AKIA%00"), "unknown_key"),
        ("host", edited("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=date"), "unsigned_header"),
        ("x-amz", _header(good, "X-Amz-Target", "Other"), "unsigned_header"),
        ("no signature", edited(f"&X-Amz-Signature={signature}", ""), "incomplete_signature"),
        ("upper", edited(signature, signature[:-1] + "G"), "bad_signature"),
    ]  # fmt: skip
    if not s3:
        # S3 leaves the body of a presigned URL unsigned
        cases.append(("body", _with(good, body=b"x"), "bad_signature"))
    for what, bad, kind in cases:
        assert await outcome(bad, KEYS) == kind, (what, bad)
    assert await outcome(good, KEYS, later=timedelta(seconds=601)) == "expired"
    assert await outcome(good, KEYS, later=timedelta(minutes=-16)) == "not_yet_valid"


async def test_presigned_limits() -> None:
    week = signed(Request("s3", "GET", "/b/k"), expires=604800)
    assert isinstance(await outcome(week, KEYS, later=timedelta(days=6.9)), Principal)
    longer = signed(Request("s3", "GET", "/b/k"), expires=604801)
    assert await outcome(longer, KEYS) == "incomplete_signature"
    hour = signed(Request("sts", "GET", "/", "Action=GetCallerIdentity"), expires=3600)
    assert isinstance(await outcome(hour, KEYS, later=timedelta(minutes=14)), Principal)
    assert await outcome(hour, KEYS, later=timedelta(minutes=16)) == "expired"
    old = Request("s3", "GET", "/b/k", "AWSAccessKeyId=a&Signature=b&Expires=1",
                  headers={"Host": "localhost"})  # fmt: skip
    assert await outcome(old, KEYS) == "unsupported_algorithm"
    old = Request("s3", "GET", "/b/k", headers={"Authorization": "AWS a:b"})
    assert await outcome(old, KEYS) == "unsupported_algorithm"


async def test_date_header_in_place_of_x_amz_date() -> None:
    good = signed(Request("logs", headers={"Date": "whatever"}))
    assert "X-Amz-Date" not in good.headers
    assert isinstance(await outcome(good, KEYS), Principal)
    assert await outcome(_header(good, "Date", "Wed, 04 Mar 2026 12:30:01 GMT"), KEYS) == (
        "bad_signature"
    )
    assert await outcome(_header(good, "Date", "4 March"), KEYS) == "incomplete_signature"


async def test_order_and_separators_of_the_header_do_not_matter() -> None:
    good = signed(Request("ec2", body=b"Action=DescribeRegions"))
    algorithm, credential, names, signature = good.headers["Authorization"].replace(",", "").split()
    for parts in ([signature, names, credential], [names, signature, credential]):
        for separator in (",", ", ", " "):
            value = f"{algorithm} {separator.join(parts)}"
            assert isinstance(await outcome(_header(good, "Authorization", value), KEYS), Principal)
    # a head known from a proven request lends itself to no other
    value = f"{algorithm} {signature}"
    assert await outcome(_header(good, "Authorization", value), KEYS) == "incomplete_signature"


async def test_messages() -> None:
    async def told(request: Request, **later: float) -> AwsError:
        with pytest.raises(AwsError) as caught:
            await verify(request.context(NOW + timedelta(**later)), request.route, KEYS)
        return caught.value

    good = signed(Request("sts"))
    assert (await told(good, minutes=16)).message == (
        "Signature expired: 20260304T123000Z is now earlier than 20260304T123100Z "
        "(20260304T124600Z - 15 min.)"
    )
    bad = _authorization(good, lambda a: a.replace("/sts/", "/iam/"))
    assert (await told(bad)).message == "Credential should be scoped to correct service: 'sts'."
    bad = _authorization(good, lambda a: a.replace("Credential=", "C="))
    assert (await told(bad)).message.startswith("'C=AKIA")
    bad = _authorization(good, lambda a: "AWS4-HMAC-SHA256 Signature=1")
    assert (await told(bad)).message == (
        "Authorization header requires 'Credential' parameter. Authorization header requires "
        "'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 Signature=1"
    )
    s3 = signed(Request("s3", "GET", "/b/k\x01"))
    error = await told(_authorization(s3, lambda a: a[:-4] + "beef"))
    assert error.fields["AWSAccessKeyId"] == KEY_ID
    assert error.fields["StringToSign"].startswith("AWS4-HMAC-SHA256\n20260304T123000Z\n")
    assert "\x01" not in error.fields["CanonicalRequest"]
    assert bytes.fromhex(error.fields["CanonicalRequestBytes"]).startswith(b"GET\n/b/k")


async def test_the_body_is_not_read_before_the_head_is_proven() -> None:
    asked: list[int] = []

    async def read_body(cap: int) -> bytes:
        asked.append(cap)
        return b"hello"

    good = signed(Request("s3", "PUT", "/b/k", body=b"hello", operation="PutObject"))
    bad = _authorization(good, lambda a: a[:-4] + "beef")
    with pytest.raises(Fault):
        await verify(bad.context(), bad.route, KEYS, read_body=read_body)
    assert asked == []
    ctx = good.context()
    ctx.body = b""
    await verify(ctx, good.route, KEYS, read_body=read_body)
    assert asked == [64 * 1024 * 1024]
    assert (ctx.body, ctx.region) == (b"hello", "eu-west-1")


async def test_s3_payload_modes() -> None:
    put = Request("s3", "PUT", "/b/k", body=b"hello", operation="PutObject")
    good = signed(put)
    assert await outcome(_with(good, body=b"other"), KEYS) == "body_hash_mismatch"
    unsigned = _chunked([], "UNSIGNED-PAYLOAD")
    for body in (b"", b"anything"):
        assert isinstance(await outcome(_with(unsigned, body=body), KEYS), Principal)
    # an honest signature over the body, relabelled, is no signature over nothing
    loose = _header(good, "X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD")
    assert await outcome(loose, KEYS) == "bad_signature"
    ctx = signed(_with(put, service="ec2")).context()
    ctx.headers["authorization"] = ctx.headers["authorization"].replace("/ec2/", "/s3/")
    with pytest.raises(AwsError, match="Missing required header"):
        await verify(ctx, put.route, KEYS)
    for mode in ("STREAMING-NEW-MODE", "abc", "STREAMING-UNSIGNED-PAYLOAD"):
        assert await outcome(_header(good, "X-Amz-Content-SHA256", mode), KEYS) == "InvalidArgument"
    get = signed(Request("s3", "GET", "/b", operation="ListObjectsV2"))
    trailer = _header(get, "X-Amz-Content-SHA256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    assert await outcome(trailer, KEYS) == "InvalidRequest"
    for service in ("ec2", "logs", "lambda"):
        for mode in ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0" * 64):
            request = signed(Request(service, body=b"x", headers={"X-Amz-Content-SHA256": mode}))
            assert await outcome(request, KEYS) == "body_hash_mismatch", mode
        digest = hashlib.sha256(b"x").hexdigest()
        request = signed(Request(service, body=b"x", headers={"X-Amz-Content-SHA256": digest}))
        assert isinstance(await outcome(request, KEYS), Principal)


async def test_operations_without_a_signature_are_refused_clearly() -> None:
    request = Request("sts", operation="AssumeRoleWithWebIdentity", headers={"Host": "localhost"})
    assert await outcome(request, KEYS) == "not_emulated"


async def test_keys_that_do_not_sign() -> None:
    good = signed(Request("ec2"))
    for changes, kind in (
        ({"status": "disabled"}, "disabled_key"),
        ({"expires_at": NOW - timedelta(seconds=1)}, "disabled_key"),
        ({"secret": "other"}, "bad_signature"),
    ):
        assert await outcome(good, Table({KEY_ID: row(**changes)}).keys()) == kind
    table = Table({KEY_ID: row(expires_at=NOW + timedelta(seconds=1))})
    assert isinstance(await outcome(good, table.keys()), Principal)


# --- aws-chunked ------------------------------------------------------------------------------

SCOPE = "20260304/eu-west-1/s3/aws4_request"
DATE = "20260304T123000Z"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), "sha256").digest()


def _chunked(pieces: list[bytes], mode: str, trailer: str = "") -> Request:
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
    return _with(request, body=body + b"\r\n")


MODES = [
    (SIGNED, ""),
    (SIGNED + "-TRAILER", "crc32"),
    (SIGNED + "-TRAILER", "crc64nvme"),
    ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "crc32c"),
    ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "sha256"),
]


def _upload(pieces: list[bytes], mode: str, algorithm: str) -> Request:
    value = checksums.compute(algorithm, b"".join(pieces)) if algorithm else ""
    return _chunked(pieces, mode, f"x-amz-checksum-{algorithm}:{value}" if algorithm else "")


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
    assert await outcome(_authorization(good, lambda a: a[:-4] + "zzzz"), KEYS) == "bad_signature"
    cut = data.draw(st.integers(0, len(good.body) - 3))
    assert await outcome(_with(good, body=good.body[:cut]), KEYS) in refusals
    assert await outcome(_with(good, body=good.body + b"more"), KEYS) in refusals
    wrong = _header(good, "X-Amz-Decoded-Content-Length", "99999")
    assert await outcome(wrong, KEYS) == "bad_signature"
    if pieces:
        place = good.body.index(b"\r\n") + 2
        spoilt = bytearray(good.body)
        spoilt[place] ^= 1
        assert await outcome(_with(good, body=bytes(spoilt)), KEYS) in refusals
    if algorithm:
        body = good.body.replace(b"x-amz-checksum", b"x-amz-checksun")
        assert await outcome(_with(good, body=body), KEYS) in refusals


async def test_a_true_signature_over_a_false_checksum_is_a_bad_digest() -> None:
    for mode in (SIGNED + "-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"):
        request = _chunked([b"hello"], mode, "x-amz-checksum-crc32:AAAAAA==")
        assert await outcome(request, KEYS) == "BadDigest"
        request = _chunked([b"hello"], mode, "x-amz-checksum-none:AAAAAA==")
        assert await outcome(request, KEYS) == "InvalidRequest"


def test_checksums() -> None:
    check = {"crc32": "cbf43926", "crc32c": "e3069283", "crc64nvme": "ae8b14860a799888"}
    for name, value in check.items():
        assert checksums.matches(name, checksums.compute(name, b"123456789"), b"123456789")
        assert checksums._ALGORITHMS[name](b"123456789").hex() == value
    assert not checksums.matches("crc32", "not base64!", b"")


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("", "/"), ("/", "/"), ("//", "/"), ("/.", "/"), ("/./", "/"), ("/a/..", "/"),
        ("/a/../b", "/b"), ("/a//b/", "/a/b/"), ("/a/.", "/a"), ("/%3A", "/%253A"),
        ("/~a_-.", "/~a_-."), ("/\xc3\xa9", "/%C3%A9"), ("/a b", "/a%20b"),
    ],
)  # fmt: skip
def test_canonical_paths(path: str, canonical: str) -> None:
    assert canonical_path(path) == canonical


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("b=2&a=1", "a=1&b=2"), ("foo=1&foo-bar=2", "foo=1&foo-bar=2"), ("flag", "flag="),
        ("a=b+c", "a=b%2Bc"), ("a=%7e", "a=~"), ("a=2&a=1", "a=1&a=2"), ("a=b=c", "a=b%3Dc"),
        ("%61=1", "a=1"), ("&&a=1&", "a=1"), ("a=\xc3\xa9", "a=%C3%A9"),
    ],
)  # fmt: skip
def test_canonical_queries(query: str, canonical: str) -> None:
    assert canonical_query(query_pairs(query)) == canonical
