"""Replaying: requests that botocore signed, sent raw over one or many connections."""

import asyncio
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

CONFIG = Config(retries={"total_max_attempts": 1}, read_timeout=120)
KEY = "test"


class _CapturedError(Exception):
    """The signed request, caught just before it would be sent."""

    def __init__(self, request: bytes) -> None:
        super().__init__()
        self.request = request


@cache
def _session() -> Any:
    # one for all, so that botocore reads each service's model once
    return boto3.session.Session()


def client(service: str, url: str) -> Any:
    """A boto3 client as a user would make it."""
    return _session().client(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=KEY,
        aws_secret_access_key=KEY,
        config=CONFIG,
    )


def _capture(request: Any, **_: Any) -> None:
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {parts.netloc}"]
    for name, value in request.headers.items():
        text = value.decode() if isinstance(value, bytes) else value
        if name.lower() != "host":
            lines.append(f"{name}: {text}")
    raise _CapturedError("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


class Signer:
    """Raw requests to one server; they are good for 15 minutes."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str, method: str, **params: Any) -> bytes:
        """The bytes that boto3 would send for `client(service).method(**params)`."""
        if service not in self._clients:
            self._clients[service] = client(service, self._url)
            self._clients[service].meta.events.register("before-send", _capture)
        try:
            getattr(self._clients[service], method)(**params)
        except _CapturedError as caught:
            return caught.request
        raise RuntimeError(f"boto3 did not send {method}")


class _Wire(asyncio.Protocol):
    """One TCP connection, with one request under way."""

    def __init__(self) -> None:
        self.open = True
        self.received = 0
        self.transport: asyncio.Transport | None = None
        self.answer: asyncio.Future[int] | None = None
        self._head = b""
        self._status = 0
        self._left = -1  # bytes of the body still to come; -1: the head is not whole
        self._chunked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if self._left < 0 and not self._chunked:
            head, end, data = (self._head + data).partition(b"\r\n\r\n")
            if not end:
                self._head = head
                return
            self._read(head)
        if self._chunked:
            self._head = (self._head + data)[-5:]
            if self._head == b"0\r\n\r\n":
                self._done()
            return
        self._left -= len(data)
        if self._left <= 0:
            self._done()

    def _read(self, head: bytes) -> None:
        self._status = int(head[9:12])
        self._head, self._left, self._chunked = b"", 0, False
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                self._left = int(line[15:])
            elif line.startswith(b"transfer-encoding:"):
                self._chunked = True
            elif line == b"connection: close":
                self.open = False

    def _done(self) -> None:
        self._left, self._chunked, self._head = -1, False, b""
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(self._status)

    def connection_lost(self, error: Exception | None) -> None:
        self.open = False
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(error or ConnectionError("closed without an answer"))


class Connection:
    """A client's connection, made anew where the server closes it after each answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._wire: _Wire | None = None
        self._received = 0

    @property
    def received(self) -> int:
        """What has been received."""
        return self._received + (self._wire.received if self._wire else 0)

    async def ask(self, request: bytes) -> int:
        """Send a request; the status of its answer, once that is whole."""
        loop = asyncio.get_running_loop()
        wire = self._wire
        if wire is None or not wire.open:
            self.close()
            _, wire = await loop.create_connection(_Wire, "127.0.0.1", self._port)
            self._wire = wire
        assert wire.transport is not None
        wire.answer = loop.create_future()
        wire.transport.write(request)
        return await wire.answer

    def close(self) -> None:
        """Hang up."""
        if self._wire is not None and self._wire.transport is not None:
            self._received += self._wire.received
            self._wire.transport.close()
        self._wire = None


@dataclass(slots=True)
class Replay:
    """What a replay saw: seconds of each request, of the whole, and failures by status."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    failures: dict[int, int] = field(default_factory=dict)
    bytes: int = 0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        """Seconds below which this share of the requests stayed."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


async def replay(
    port: int, tracks: Sequence[Sequence[bytes]], connections: int, seconds: float
) -> Replay:
    """Send requests for so long, each connection walking one track over and over."""
    found = Replay()
    links = [Connection(port) for _ in range(connections)]
    began = time.perf_counter()

    async def walk(link: Connection, track: Sequence[bytes]) -> None:
        at = 0
        while True:
            start = time.perf_counter()
            # a track is walked to its end, so that whatever it stops is started again
            if start - began >= seconds and at % len(track) == 0 and at:
                return
            status = await link.ask(track[at % len(track)])
            found.latencies.append(time.perf_counter() - start)
            if status >= 300:
                found.failures[status] = found.failures.get(status, 0) + 1
            at += 1

    try:
        await asyncio.gather(*(walk(link, tracks[n % len(tracks)]) for n, link in enumerate(links)))
    finally:
        found.seconds = time.perf_counter() - began
        found.bytes = sum(link.received for link in links)
        for link in links:
            link.close()
    return found


def first_answer(port: int, request: bytes, patience_seconds: float = 60.0) -> None:
    """Block until a server that is still starting has answered one request."""
    until = time.monotonic() + patience_seconds
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=patience_seconds) as link:
                link.sendall(request)
                if link.recv(12)[9:12] == b"200":
                    return
        except OSError:
            pass
        time.sleep(0.002)
    raise TimeoutError(f"no answer on port {port}")
