"""Bodies that never become whole: what their senders are told, in their own protocols."""

import asyncio
from typing import Any

import pytest

from emulator import front
from tests.fixtures.server import Cloud
from tests.journeys.wire import Answer, Call, Wire, ec2, sign

JSON = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSInsightsIndexService.X"}
CALLS = {
    "ec2": ec2("DescribeInstances"),
    "sts": Call("sts", headers=ec2("X").headers, body=b"Action=GetCallerIdentity"),
    "ce": Call("ce", headers=JSON, body=b"{}" * 30),
    "lambda": Call("lambda", path="/2015-03-31/functions", body=b"{}" * 30),
    "s3": Call("s3", "PUT", "/some-bucket/key", body=b"body" * 20),
    "admin": Call("", path="/_driftcloud/tick", body=b"{}" * 30),
}
BROKEN = {
    "ec2": (400, b"<Code>MalformedHttpRequestException</Code>"),
    "sts": (400, b"<Code>MalformedHttpRequestException</Code>"),
    "ce": (400, b'"MalformedHttpRequestException"'),
    "lambda": (400, b"does not keep to HTTP"),
    "s3": (400, b"<Code>IncompleteBody</Code>"),
    "admin": (400, b"ended before its body did"),
}
LATE = {
    "ec2": (408, b"<Code>RequestTimeoutException</Code>"),
    "sts": (408, b"<Code>RequestTimeoutException</Code>"),
    "ce": (408, b'"RequestTimeoutException"'),
    "lambda": (408, b"did not arrive in time"),
    "s3": (400, b"<Code>RequestTimeout</Code>"),
    "admin": (400, b"ended before its body did"),
}


def head(cloud: Cloud, wire: Wire, call: Call, framing: str) -> bytes:
    """The signed head of a call, whose body comes as `framing` says."""
    headers = sign(call, cloud.access_key_id, cloud.secret_access_key, wire.name)
    lines = [f"{call.method} {call.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, framing, "", ""]).encode()


async def told(cloud: Cloud, service: str, framing: str, *parts: bytes) -> Answer:
    """What a call is answered whose body is `parts`; the connection is closed with it."""
    async with Wire(cloud.running.url) as wire:
        raw = head(cloud, wire, CALLS[service], framing) + parts[0]
        if parts[1:]:
            asyncio.get_running_loop().call_later(0.1, _more, wire, parts[1])
        answer = await wire.raw(raw, 10)
    assert answer.headers["connection"] == "close", answer
    return answer


def _more(wire: Wire, part: bytes) -> None:
    streams: Any = wire._streams
    streams[1].write(part)


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("apart", [False, True])
async def test_a_chunk_that_is_none(cloud: Cloud, service: str, apart: bool) -> None:
    parts = (b"5\r\nActio", b"\r\nno number\r\n")
    given = parts if apart else (b"".join(parts),)
    answer = await told(cloud, service, "transfer-encoding: chunked", *given)
    status, words = BROKEN[service]
    assert answer.status == status, answer
    assert words in answer.body, answer


@pytest.mark.parametrize("service", CALLS)
async def test_a_body_that_stops(
    cloud: Cloud, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "BODY_SECONDS", 0.4)
    answer = await told(cloud, service, "content-length: 60", b"Action=Descr")
    status, words = LATE[service]
    assert answer.status == status, answer
    assert words in answer.body, answer


async def test_what_came_before_is_answered_first(cloud: Cloud) -> None:
    async with Wire(cloud.running.url) as wire:
        whole = head(cloud, wire, CALLS["ec2"], f"content-length: {len(CALLS['ec2'].body)}")
        chunked = head(cloud, wire, CALLS["ec2"], "transfer-encoding: chunked")
        first = await wire.raw(whole + CALLS["ec2"].body + chunked + b"no number\r\n", 10)
        assert first.status == 200, first
        second = await wire.raw(b"", 10)
        assert second.status == 400, second
        assert b"MalformedHttpRequestException" in second.body
        assert second.headers["connection"] == "close"
