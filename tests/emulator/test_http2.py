"""HTTP/2 on real sockets: boto3's requests, sent as the JavaScript SDK sends Kinesis' own."""

import asyncio
import io
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)

from emulator import http2
from tests.emulator.test_front import served
from tests.fixtures.server import Cloud, RunningServer


@dataclass
class Answer:
    """What one stream got."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    ended: bool = False
    reset: int | None = None


class Client:
    """A client of one connection that speaks HTTP/2 from its first byte."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.authority = parts.netloc
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=20)
        self.h2 = H2Connection(H2Configuration(header_encoding="utf-8"))
        self.answers: dict[int, Answer] = {}
        self.goodbye: int | None = None
        self.settled = False
        self.h2.initiate_connection()
        self.flush()

    def close(self) -> None:
        self.socket.close()

    def flush(self) -> None:
        self.socket.sendall(self.h2.data_to_send())

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b"", rest: bytes = b""
    ) -> int:
        """Begin a request, all but the `rest` of its body; its stream."""
        stream = self.h2.get_next_available_stream_id()
        self.answers[stream] = Answer()
        own = {":method": method, ":path": path, ":scheme": "http", ":authority": self.authority}
        own |= {name.lower(): value for name, value in headers.items()}
        self.h2.send_headers(stream, list(own.items()), end_stream=not body)
        self.flush()
        body, whole = body.removesuffix(rest), not rest
        while body:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            if room:
                self.h2.send_data(stream, body[:room], end_stream=whole and len(body) <= room)
                body = body[room:]
                self.flush()
            else:
                self.listen()
        return stream

    def answer(self, stream: int) -> Answer:
        """The whole answer of a stream."""
        answer = self.answers[stream]
        while not answer.ended and answer.reset is None and self.goodbye is None:
            self.listen()
        return answer

    def listen(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            self.goodbye = self.goodbye or 0
            return
        for event in self.h2.receive_data(data):
            answer = self.answers.get(getattr(event, "stream_id", 0) or 0, Answer())
            if isinstance(event, ResponseReceived):
                answer.headers = {str(name): str(value) for name, value in event.headers or []}
            elif isinstance(event, DataReceived):
                answer.body += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, StreamEnded):
                answer.ended = True
            elif isinstance(event, StreamReset):
                answer.reset = event.error_code
            elif isinstance(event, ConnectionTerminated):
                self.goodbye = event.error_code
            elif isinstance(event, RemoteSettingsChanged):
                self.settled = True
        if self.goodbye is None:
            self.flush()


@pytest.fixture
def client(running: RunningServer) -> Iterator[Client]:
    with closing(Client(running.url)) as made:
        yield made


def over(client: Client, sdk: Any) -> Any:
    """A boto3 client whose requests go through `client`."""

    def send(request: Any, **_: Any) -> AWSResponse:
        target = request.url.partition(client.authority)[2]
        body = request.body or b""
        body = body.read() if hasattr(body, "read") else body
        body = body.encode() if isinstance(body, str) else body
        headers = {
            name: value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        stream = client.ask(request.method, target, headers, body)
        answer = client.answer(stream)
        status = int(answer.headers.pop(":status"))
        made = HTTPHeaders.from_dict(answer.headers)
        return AWSResponse(request.url, status, made, _Raw(answer.body))

    sdk.meta.events.register("before-send", send)
    return sdk


class _Raw(io.BytesIO):
    """A body as botocore reads it, closed at its end as a connection's is."""

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if self.tell() == len(self.getbuffer()):
            self.close()
        return data

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def test_boto3_over_one_connection(cloud: Cloud, client: Client) -> None:
    sts, kinesis = over(client, cloud.client("sts")), over(client, cloud.client("kinesis"))
    assert sts.get_caller_identity()["Account"] == cloud.account.number
    kinesis.create_stream(StreamName="two", ShardCount=1)
    assert kinesis.list_streams()["StreamNames"] == ["two"]
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
        kinesis.describe_stream_summary(StreamName="none")


def test_bodies_longer_than_any_window(cloud: Cloud, client: Client) -> None:
    s3, name = over(client, cloud.client("s3")), f"two-{cloud.account.number}"
    s3.create_bucket(Bucket=name)
    text = bytes(range(256)) * 12_000
    s3.put_object(Bucket=name, Key="k", Body=text)
    assert s3.get_object(Bucket=name, Key="k")["Body"].read() == text
    assert s3.head_object(Bucket=name, Key="k")["ContentLength"] == len(text)


def test_many_streams_at_once(client: Client) -> None:
    streams = [client.ask("GET", "/_driftcloud/health", {}) for _ in range(50)]
    for stream in streams:
        answer = client.answer(stream)
        assert answer.headers[":status"] == "200"
        assert answer.body.startswith(b'{"status"')


def test_nobody_is_let_in_by_another_name(running: RunningServer, client: Client) -> None:
    foreign = client.ask("POST", "/", {"origin": "http://evil.example"})
    assert client.answer(foreign).headers[":status"] == "403"
    with closing(Client(running.url)) as other:
        other.h2.config.validate_outbound_headers = False
        other.answer(other.ask("GET", "/_driftcloud/health", {"host": "elsewhere.example"}))
        assert other.goodbye == ErrorCodes.PROTOCOL_ERROR


def test_what_is_no_http2_ends_the_connection(running: RunningServer, client: Client) -> None:
    while not client.settled:
        client.listen()
    client.socket.sendall(b"\x00\x00\x08\x07\x00\x00\x00\x00\x01" + b"\xff" * 8)
    while client.goodbye is None:
        client.listen()
    assert client.goodbye == ErrorCodes.PROTOCOL_ERROR
    with closing(Client(running.url)) as other:
        stream = other.ask("GET", "/_driftcloud/health", {})
        assert other.answer(stream).headers[":status"] == "200"


def test_requests_taken_back_without_end(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http2, "MOST_RESETS", 20)
    # in one piece: what is sent after the goodbye would break the connection that it comes on
    with monkeypatch.context() as held:
        held.setattr(client, "flush", lambda: None)
        for _ in range(30):
            stream = client.ask("POST", "/", {"content-length": "9"}, b"")
            client.h2.reset_stream(stream)
    client.flush()
    while client.goodbye is None:
        client.listen()
    assert client.goodbye == ErrorCodes.ENHANCE_YOUR_CALM


async def test_what_was_begun_is_answered_before_the_end() -> None:
    def begin(port: int) -> tuple[Client, int]:
        made = Client(f"http://127.0.0.1:{port}")
        stream = made.ask("POST", "/", {"content-length": "5"}, b"12345", rest=b"45")
        return made, stream

    def finish(made: Client, stream: int) -> Answer:
        with closing(made):
            time.sleep(0.3)
            made.h2.send_data(stream, b"45", end_stream=True)
            made.flush()
            return made.answer(stream)

    async with served() as port:
        begun = await asyncio.to_thread(begin, port)
        later = asyncio.create_task(asyncio.to_thread(finish, *begun))
        await asyncio.sleep(0.1)
    assert (await later).body == b"5"
