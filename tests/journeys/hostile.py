"""Hostile requests: what botocore would send, bent in every way that a seed can think of."""

import random
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import quote, quote_from_bytes

import botocore.session

from emulator import operations
from tests.emulator.protocols.values import Generator, request_of
from tests.journeys.plausible import Plausible
from tests.journeys.wire import Call

# Services that are not emulated (yet), one or more of every protocol.
OTHERS = ("s3", "lambda", "dynamodb", "logs", "rds", "cloudwatch", "ecs", "sqs", "eks", "iam", "ce")

FORMS = ("ec2", "query")
TEXTS: tuple[bytes, ...] = (
    b"", b"0", b"-1", b"1e999", b"NaN", b"9" * 30, b"9" * 5000, b"-" + b"9" * 20, b"true", b"null",
    b"\x00", b"a\x00b", b"\xff\xfe", b"\xed\xa0\x80", "\ufffe\uffff".encode(), b"\x1b[31m", b"%",
    "\U0001f600\u202e\u0000".encode(), b"'; drop table volumes; --", b"' or '1'='1", b"\\", b"*",
    b"?" * 300, b"*" * 300, b"%_\\%", b"{}", b"[]", b"<a>&b;</a>", b"]]>", b"$1", b"${jndi:x}",
    b"../../etc/passwd", b"i-", b"vol-zzzzzzzz", b"i-0000000000000000g", b"arn:aws:iam::::",
    b"arn:aws:ec2:us-east-1:999999999999:volume/vol-1", b"us-east-1z", b"2026-02-30T25:61:61Z",
    b"-9999-01-01T00:00:00Z", b"99999-12-31", b"1969-12-31T23:59:59Z", b"9999-12-31T23:59:59Z",
    b"0001-01-01T00:00:00Z", b"10.0.0.0/33", b"::/0", b"256.1.1.1", b"A" * 70_000, b"b" * 1000,
    "é".encode() * 255, b" ", b"\t", b"\r\n", b"Infinity", b"0x10", b"1_000", "١٢".encode(),
    b"2147483648", b"-2147483649", b"9223372036854775808", b"1.5", b"+1", b"01",
)  # fmt: skip
NAMES = (
    b"Filter.1.Name", b"Filter.1.Value.1", b"MaxResults", b"NextToken", b"DryRun", b"Action",
    b"Version", b"InstanceId.1", b"VolumeId.1", b"Tag.1.Key", b"ClientToken", b"Size", b"Iops",
)  # fmt: skip
CONTENT_TYPES = (
    "", "text/plain", "application/json", "application/x-amz-json-1.1", "application/cbor",
    "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded", "application/xml", "\xff",
)  # fmt: skip
METHODS = ("GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "POST", "FOO")
PATHS = (
    "/%00", "/%ff", "/../..", "//", "/a//b", "/?", "/bucket/%2e%2e/key", "/" + "a" * 4000, "/%",
    "/service/x/operation/y", "/2015-03-31/functions", "/clusters/%F0%9F%98%80", "/;jsessionid=1",
)  # fmt: skip
HEADERS = (
    ("x-amz-target", "AmazonEC2.DescribeInstances"), ("x-amz-target", "a" * 3000),
    ("smithy-protocol", "rpc-v2-cbor"), ("content-encoding", "gzip"), ("x-amz-date", "yesterday"),
    ("content-encoding", "aws-chunked"), ("x-amz-account-id", "999"),
    ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    ("x-amz-security-token", "FwoGZXIvYXdzE" * 9), ("transfer-encoding", "identity"),
    ("expect", "100-continue"), ("accept", "application/json"), ("x-amz-date", "20260101T000000Z"),
    ("x-amz-decoded-content-length", "-5"), ("x-forwarded-for", "'"), ("range", "bytes=0-"),
    ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), ("cookie", "\x01" * 3),
    ("authorization", "AWS4-HMAC-SHA256 Credential=x"),
    ("authorization", "Basic dGVzdDp0ZXN0"), )  # fmt: skip


@dataclass(slots=True)
class Case:
    """One request; `headers` replace signed ones after the signature was made."""

    number: int
    call: Call
    headers: dict[str, str]
    signed: bool = True


@cache
def model(service: str) -> Any:
    """A service as botocore knows it."""
    return botocore.session.Session().get_service_model(service)


@cache
def _served() -> list[tuple[str, str]]:
    return [(name, one) for name, found in operations.served().items() for one in found]


def case(number: int, identifiers: list[bytes]) -> Case:
    """The case of this number; `identifiers` are ids of things that exist."""
    dice = random.Random(number)
    if number % 6 == 5:
        service = dice.choice(OTHERS)
        name = dice.choice(model(service).operation_names)
    else:
        service, name = _served()[number % len(_served())]
    operation = model(service).operation_model(name)
    protocol = operation.service_model.protocol
    params = {}
    if operation.input_shape is not None:
        likely = protocol in FORMS and dice.random() < 0.8
        generator = (
            Plausible(number, identifiers) if likely else Generator(number, milliseconds=False)
        )
        params = generator.structure(operation.input_shape)
    made = request_of(operation, protocol, params)
    signing = operation.service_model.signing_name
    headers = {k: v for k, v in made.headers.items() if k not in ("host", "content-length")}
    call = Call(signing, made.method, made.path, made.query, headers, made.body)
    if protocol in FORMS:
        call = replace(call, body=_bent_form(call.body, dice, identifiers))
    else:
        call = replace(call, body=_bent_bytes(call.body, dice))
    return _bent_request(Case(number, call, {}), dice)


def _bent_form(body: bytes, dice: random.Random, identifiers: list[bytes]) -> bytes:
    """Pairs of a form exchanged, doubled, dropped, renumbered; now and then no form at all."""
    pairs = [pair.partition(b"=")[::2] for pair in body.split(b"&")]
    for _ in range(dice.choice((0, 0, 0, 1, 1, 2, 4))):
        at = dice.randrange(len(pairs)) if pairs else 0
        name, value = pairs[at] if pairs else (b"Action", b"DescribeVolumes")
        kind = dice.randrange(9)
        if at < 2 and kind < 8 and dice.random() < 0.9:
            continue  # mostly leave Action and Version alone, to come further
        if kind <= 1:
            pairs[at] = (name, quote_from_bytes(dice.choice(TEXTS)).encode())
        elif kind <= 3 and identifiers:
            pairs[at] = (name, dice.choice(identifiers))
        elif kind == 4:
            pairs.append((name, quote_from_bytes(dice.choice(TEXTS)).encode()))
        elif kind == 5:
            del pairs[at : at + dice.randrange(1, 3)]
        elif kind == 6:
            number = dice.choice((b".0", b".99999999999999999999", b".-1", b".x", b"..", b".1.1.1"))
            pairs[at] = (name.replace(b".1", number, 1) + b"", value)
        elif kind == 7:
            pairs.append((dice.choice(NAMES), quote_from_bytes(dice.choice(TEXTS)).encode()))
        else:
            pairs.append((dice.choice(NAMES), dice.choice(identifiers or [b"x"])))
    joined = b"&".join(name + b"=" + value for name, value in pairs)
    return _bent_bytes(joined, dice) if dice.random() < 0.08 else joined


def _bent_bytes(body: bytes, dice: random.Random) -> bytes:
    """Bytes cut, changed, repeated, or nested a thousand deep."""
    kind = dice.randrange(8)
    if kind == 0:
        return body[: dice.randrange(len(body) + 1)]
    if kind == 1:
        return dice.randbytes(dice.randrange(200))
    if kind == 2:
        deep = dice.choice((60, 70, 2000, 50_000))
        opening = dice.choice((b'{"a":', b"[", b"<a>", b"\xa1\x61a", b"\x81"))
        return opening * deep
    if kind == 3 and body:
        bent = bytearray(body)
        for _ in range(dice.randrange(1, 6)):
            bent[dice.randrange(len(bent))] = dice.randrange(256)
        return bytes(bent)
    if kind == 4:
        return body + dice.choice(TEXTS)
    if kind == 5:
        return b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    return body


def _bent_request(made: Case, dice: random.Random) -> Case:
    """Method, path, headers or signature changed, mostly not."""
    call, kind = made.call, dice.randrange(30)
    if kind == 0:
        call = replace(call, method=dice.choice(METHODS))
    elif kind == 1:
        call = replace(call, path=dice.choice(PATHS))
    elif kind == 2:
        call = replace(call, headers={**call.headers, "content-type": dice.choice(CONTENT_TYPES)})
    elif kind == 3:
        call = replace(
            call, query=quote(dice.choice(TEXTS)[:2000]) + "=" + "&a" * dice.choice((0, 900))
        )
    elif kind == 4:
        name, value = dice.choice(HEADERS)
        call = replace(call, headers={**call.headers, name: value})
    elif kind == 5:
        name, value = dice.choice(HEADERS)
        return replace(made, headers={name: value})
    elif kind == 6:
        return replace(made, signed=False)
    elif kind == 7:
        # as a GET, everything in the URL
        query = call.body[:3000].decode("latin-1").replace(" ", "+")
        safe = "".join(letter if "!" <= letter <= "~" else quote(letter) for letter in query)
        call = replace(call, method="GET", query=safe.replace("#", "%23"), body=b"")
    elif kind == 8:
        return replace(made, headers={"x-amz-date": "20200101T000000Z"})
    return replace(made, call=call)


def garbage(number: int) -> bytes:
    """Bytes that may or may not look like HTTP."""
    dice = random.Random(f"garbage/{number}")
    line = dice.choice(
        (b"GET / HTTP/1.1", b"POST /", b"GET  / HTTP/1.1", b"GET / HTTP/9.9", b"\x16\x03\x01\x02",
         b"PRI * HTTP/2.0", b"CONNECT x:1 HTTP/1.1", b"GET http://evil/ HTTP/1.1",
         b"get / http/1.1",
         b"POST / HTTP/1.0", b"OPTIONS * HTTP/1.1", b"GET /\x00 HTTP/1.1", dice.randbytes(30))
    )  # fmt: skip
    fields = [
        b"Host: localhost", b"Host: evil.example", b"Host:", b"Content-Length: 5",
        b"Content-Length: -5",
        b"Content-Length: 99999999999999999999999", b"Transfer-Encoding: chunked", b"X: \x00",
        b"Transfer-Encoding: xchunked", b"Content-Length: 5, 5", b" folded: x", b"No colon here",
        b"Authorization: AWS4-HMAC-SHA256 " + dice.randbytes(20).replace(b"\n", b""),
        b"A: " + b"a" * 9000,
        b"Connection: keep-alive, close", b"Upgrade: websocket\r\nConnection: Upgrade",
        b"Expect: 100-continue",
    ]  # fmt: skip
    chosen = dice.sample(fields, dice.randrange(5))
    end = dice.choice(
        (b"\r\n\r\n", b"\n\n", b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"\r\n\r\nzz\r\n", b"")
    )
    return b"\r\n".join([line, *chosen]) + end
