"""Answers in one piece, on real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from emulator import exchange
from emulator.front import FrontProtocol

GET = b"GET /%b HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers as the path says."""
    way = scope["path"]
    value = b"a\r\nx-more: b" if way == "/broken" else b"a"
    headers = [(b"content-length", b"4"), (b"x-one", value)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if way == "/parts":
        await send({"type": "http.response.body", "body": b"bo", "more_body": True})
        await send({"type": "http.response.body", "body": b"dy"})
    else:
        await send({"type": "http.response.body", "body": b"body"})


@contextlib.asynccontextmanager
async def served() -> AsyncIterator[int]:
    config = uvicorn.Config(
        application, port=0, http=FrontProtocol, lifespan="off", ws="none", log_level="critical"
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


async def ask(*requests: bytes) -> bytes:
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"".join(requests))
        answer = b""
        with contextlib.suppress(TimeoutError):
            while chunk := await asyncio.wait_for(reader.read(65536), 0.3):
                answer += chunk
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        return answer


@pytest.mark.parametrize("way", [b"whole", b"parts"])
async def test_the_answer_arrives_whole_either_way(way: bytes) -> None:
    head, _, body = (await ask(GET % way)).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert {b"content-length: 4", b"x-one: a"} <= set(lines)
    assert body == b"body"


async def test_pipelined_requests_are_answered_in_order() -> None:
    assert (await ask(GET % b"1", GET % b"2")).count(b"HTTP/1.1 200 OK") == 2


async def test_head_has_no_body() -> None:
    answer = await ask(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n")


async def test_connection_close_is_kept() -> None:
    answer = await ask(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert b"connection: close" in answer
    assert answer.endswith(b"body")


async def test_a_line_break_in_a_header_is_never_written() -> None:
    answer = await ask(GET % b"broken")
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"x-more" not in answer


async def test_one_write_carries_head_and_body(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    real = exchange.Exchange._write

    def write(self: Any, head: Any, body: bytes) -> None:
        written.append(body)
        real(self, head, body)

    monkeypatch.setattr(exchange.Exchange, "_write", write)
    await ask(GET % b"whole", GET % b"parts")
    assert written == [b"body"]
