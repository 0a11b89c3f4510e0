"""The front on real sockets, and its plain rules."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from emulator import front
from emulator.bodies import DisconnectedError, body_cap, read_body
from emulator.errors import Fault
from emulator.protocols.response import Response
from emulator.visitors import allowed_host, foreign_origin

OK = b"HTTP/1.1 200 OK"
# After this one the server closes: no silence is to be waited for.
LAST = b"GET /unread HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
# Seconds after which a server that neither answers nor closes has failed.
PATIENCE = 20


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body."""
    body = b""
    if scope["path"] != "/unread":
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            more = message["more_body"]
    text = str(len(body)).encode()
    await send({
        "type": "http.response.start", "status": 200,
        "headers": [(b"content-length", str(len(text)).encode())],
    })  # fmt: skip
    await send({"type": "http.response.body", "body": text})


@contextlib.asynccontextmanager
async def served(app: Any = application, **options: Any) -> AsyncIterator[int]:
    config = uvicorn.Config(
        app, port=0, http=front.FrontProtocol, lifespan="off", ws="none", log_level="critical",
        access_log=False, proxy_headers=False, **options,
    )  # fmt: skip
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


async def exchange(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Everything that the server says to `parts`, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        for part in parts:
            writer.write(part)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            if pause:
                await asyncio.sleep(pause)
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                while chunk := await reader.read(65536):
                    answer += chunk
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return answer


async def answers(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """What the server says to `parts`, which are followed by a last request."""
    answer = await exchange(port, *parts, LAST, pause=pause)
    before, ok, last = answer.rpartition(OK)
    assert ok, answer[:200]
    assert last.endswith(b"\r\n\r\n0"), last
    return before


HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
LENGTH, CHUNKED = b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"
REFUSED = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", b"400"),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", b"400"),
    "http 0.9": (b"GET /\r\n\r\n", b"400 505"),
    "both lengths": (HEAD + LENGTH + CHUNKED + b"\r\n0\r\n\r\n", b"400"),
    "both, reversed": (HEAD + CHUNKED + LENGTH + b"\r\n0\r\n\r\n", b"400"),
    "two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", b"400"),
    "signed length": (HEAD + b"Content-Length: +1\r\n\r\nx", b"400"),
    "negative length": (HEAD + b"Content-Length: -1\r\n\r\n", b"400"),
    "word length": (HEAD + b"Content-Length: one\r\n\r\n", b"400"),
    "unknown coding": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", b"400 501"),
    "nul": (HEAD + b"X: a\x00b\r\n\r\n", b"400"),
    "space in name": (HEAD + b"Content-Length : 0\r\n\r\n", b"400"),
    "no method": (b"\x16\x03\x01\x02\x00\x01", b"400"),
    "bytes in path": (b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", b"400"),
    "no host in target": (b"POST http:///x HTTP/1.1\r\nHost: a\r\n" + LENGTH + b"\r\nhi", b"400"),
    "no port in target": (b"GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n", b"400"),
    "long head": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", b"431"),
    "long target": (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"431"),
    "endless head": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 2_000_000, b"431"),
    "endless names": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 20_000, b"431"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
async def test_refused_heads(what: str) -> None:
    request, statuses = REFUSED[what]
    async with served() as port:
        answer = await exchange(port, request)
        assert answer[9:12] in statuses.split(), answer[:200]
        assert b"connection: close" in answer
        assert answer.count(b"HTTP/1.1 ") == 1
        # the server is none the worse for it
        assert (await answers(port, HEAD + b"Content-Length: 2\r\n\r\nhi")).startswith(OK)


async def test_ordinary_requests() -> None:
    async with served() as port:
        one = HEAD + b"Content-Length: 2\r\n\r\nhi"
        assert (await answers(port, one * 3)).count(OK) == 3
        assert (await answers(port, one, one, one, pause=0.05)).count(OK) == 3
        assert (await answers(port, *[bytes([b]) for b in one])).count(OK) == 1
        chunks = HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3\r\nyou\r\n0\r\n\r\n"
        assert (await answers(port, chunks)).endswith(b"5")
        large = HEAD + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3_000_000
        assert (await answers(port, large)).endswith(b"3000000")
        nearly = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 60_000 + b"\r\n\r\n"
        assert (await answers(port, large + nearly)).count(OK) == 2
        expects = HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        answer = await answers(port, expects, b"hi", pause=0.1)
        assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)
        old = b"GET / HTTP/1.0\r\nHost: a\r\n\r\n"
        assert (await exchange(port, old)).startswith(OK)


async def test_pipelines_are_bounded() -> None:
    async with served() as port:
        one = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        most = front.MOST_PIPELINED
        assert (await answers(port, one * (most - 1))).count(OK) == most - 1
        answer = await exchange(port, one * 500)
        assert answer.count(OK) <= front.MOST_PIPELINED + 1
        assert (await answers(port, one)).startswith(OK)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((b"",), b"HTTP/1.1 408"),
        ((b"GET / HTTP/1.1\r\nHost: a\r\n",), b"HTTP/1.1 408"),
        ((b"GET / HTTP/1.1\r\nHost: a\r\nX: ", *[b"a"] * 12), b"HTTP/1.1 408"),
        ((b"\r\n",) * 12, b"HTTP/1.1 408"),
        ((HEAD + b"Content-Length: 50\r\n\r\nhalf",), b""),
        ((HEAD + b"Content-Length: 50\r\n\r\n", *[b"a"] * 12), b""),
    ],
)
async def test_silent_and_slow_clients_are_cut(
    parts: tuple[bytes, ...], said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "HEADER_SECONDS", 0.4)
    monkeypatch.setattr(front, "BODY_SECONDS", 0.4)
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        trickle = asyncio.create_task(_trickle(writer, parts))
        answer = b""
        with contextlib.suppress(ConnectionError):
            answer = await asyncio.wait_for(reader.read(), 10)
        trickle.cancel()
        writer.close()
        assert answer.startswith(said)
        assert OK not in answer


async def _trickle(writer: asyncio.StreamWriter, parts: tuple[bytes, ...]) -> None:
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.1)


async def test_a_slow_but_steady_body_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "BODY_SECONDS", 1.0)
    async with served() as port:
        parts = [b"x" * 2000] * 7
        answer = await answers(port, HEAD + b"Content-Length: 14000\r\n\r\n", *parts, pause=0.2)
        assert answer.endswith(b"14000")


async def test_a_connection_that_rests_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "HEADER_SECONDS", 1.0)
    async with served(timeout_keep_alive=1) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        one = HEAD + b"Content-Length: 2\r\n\r\nhi"
        for _ in range(4):
            # what asks now and then does not rest
            writer.write(one)
            assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n2"), 10)).startswith(OK)
            await asyncio.sleep(0.4)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def test_an_application_may_take_the_exchange_itself() -> None:
    class Straight:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            raise AssertionError("it is asked otherwise")

        async def answer_exchange(self, exchange: Any) -> None:
            if exchange.path == "/nothing":
                return
            if exchange.path == "/broken":
                raise ValueError(exchange.path)
            body = await exchange.read(4)
            said = [exchange.method, exchange.query, exchange.headers["x-two"]]
            text = " ".join([*said, exchange.scope["path"]]).encode() + body
            headers = [(b"content-length", b"%d" % len(text))]
            await exchange.answer(Response(200, headers, text))

    async with served(Straight()) as port:
        # the last byte of an à is a space to Unicode, but not to HTTP
        two = b"X-Two: a \r\nx-two: b\xc3\xa0\t\r\n"
        ask = b"POST /%%2a?b=c HTTP/1.1\r\nHost: a\r\n%bContent-Length: 4\r\n%b\r\n"
        last = ask % (two, b"Connection: close\r\n") + b"body"
        for parts in (
            (last,),
            [bytes([each]) for each in last],
            (ask % (two, b"") + b"body", last),
        ):
            answer = await exchange(port, *parts)
            told = answer.count(b"\r\n\r\nPOST b=c a,b\xc3\x83\xc2\xa0 /*body")
            assert told == answer.count(OK) > 0
        for path in (b"/nothing", b"/broken"):
            answer = await exchange(port, b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path)
            assert answer.startswith(b"HTTP/1.1 500 ")
        answer = await exchange(
            port, ask % (two, b"Expect: 100-continue\r\n"), b"body" + last, pause=0.1
        )
        assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)
        assert answer.count(OK) == 2


# --- bodies -----------------------------------------------------------------------------------


def _receiver(*messages: dict[str, Any]) -> Any:
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    return receive


def _part(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_bodies_are_capped_while_they_are_read() -> None:
    assert await read_body(_receiver(_part(b"abc")), 3) == b"abc"
    assert await read_body(_receiver(_part(b"ab", True), _part(b"c")), 3) == b"abc"
    for messages in ((_part(b"abcd"),), (_part(b"ab", True), _part(b"cd", True))):
        with pytest.raises(Fault, match="too_large"):
            await read_body(_receiver(*messages), 3)
    for announced in ("4", "9" * 5000):
        with pytest.raises(Fault, match="too_large"):
            await read_body(_receiver(), 3, announced)
    with pytest.raises(DisconnectedError):
        await read_body(_receiver(_part(b"a", True), {"type": "http.disconnect"}), 3)
    with pytest.raises(DisconnectedError):
        await read_body(_receiver({"type": "http.disconnect"}), 3)


def test_body_caps() -> None:
    mib = 1024 * 1024
    caps = {("ec2", "RunInstances"): 1, ("lambda", "Invoke"): 6, ("s3", "PutBucketPolicy"): 16,
            ("s3", "PutObject"): 64, ("s3", "UploadPart"): 64, (None, None): 1}  # fmt: skip
    assert {which: body_cap(*which) // mib for which in caps} == caps


# --- whom we answer to ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost", True), ("LOCALHOST:4566", True), ("127.0.0.1:4566", True),
        ("127.9.9.9", True), ("[::1]:4566", True), ("[::1]", True), ("bucket.s3.localhost:1", True),
        ("ec2.eu-west-1.amazonaws.com", True), ("b.s3.cn-north-1.amazonaws.com.cn:443", True),
        ("driftcloud:4566", True), ("s3.driftcloud", True), ("localhost.", True),
        ("", False), ("evil.com", False), ("evilamazonaws.com", False), ("notdriftcloud", False),
        ("amazonaws.com.evil.com", False), ("localhost.evil.com", False), ("10.0.0.1", False),
        ("0.0.0.0:4566", False), ("[::]:4566", False), ("[::1", False), ("[::1]x", False),
        ("localhost:port", False), ("localhost:", False), ("localhost:1:2", False), ("a,b", False),
        ("localhost@evil.com", False), ("127.0.0.1.evil.com", False),
        ("localhost,localhost", False),
    ],
)  # fmt: skip
def test_allowed_hosts(host: str, allowed: bool) -> None:
    assert allowed_host(host, ("driftcloud",)) is allowed


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"host": "localhost:4566"}, False),
        ({"host": "localhost:4566", "origin": "http://localhost:4566"}, False),
        ({"host": "localhost:4566", "origin": "https://LOCALHOST:4566"}, False),
        ({"host": "localhost:4566", "sec-fetch-site": "same-origin"}, False),
        ({"host": "localhost:4566", "sec-fetch-site": "none"}, False),
        ({"host": "localhost:4566", "origin": "http://localhost:3000"}, True),
        ({"host": "localhost:4566", "origin": "http://evil.com"}, True),
        ({"host": "localhost:4566", "origin": "null"}, True),
        ({"host": "localhost:4566", "origin": ""}, True),
        ({"host": "localhost:4566", "origin": "file://localhost:4566"}, True),
        ({"host": "localhost:4566", "sec-fetch-site": "cross-site"}, True),
        ({"host": "localhost:4566", "sec-fetch-site": "same-site"}, True),
    ],
)
def test_foreign_origins(headers: dict[str, str], foreign: bool) -> None:
    assert foreign_origin(headers) is foreign
