"""HTTP/2 in plain text, for clients that begin with it: SDKs that call Kinesis do.

Only connections that open with the protocol's preface ("prior knowledge", RFC 9113 §3.3) come
here; all others speak HTTP/1.1 and never import this. Frames are the `h2` library's work; what a
connection may cost us is bounded here: streams at once, the length of headers, bodies that nobody
reads, resets, and connections on which nothing is asked.
"""

import asyncio
from collections.abc import Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import unquote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import H2Error
from h2.settings import SettingCodes

MOST_STREAMS: Final = 100
MOST_RESETS: Final = 1000
HEADER_CAP: Final = 64 * 1024
WINDOW_BYTES: Final = 1024 * 1024
IDLE_SECONDS: Final = 60.0
BODY_SECONDS: Final = 20.0

# What says how HTTP/1.1 frames a message has no meaning here (RFC 9113 §8.2.2).
_HOP_BY_HOP = frozenset((b"connection", b"keep-alive", b"transfer-encoding", b"upgrade"))
_DISCONNECT = {"type": "http.disconnect"}


class Http2Protocol(asyncio.Protocol):
    """One connection; every stream of it is a request of its own to the ASGI application.

    `config` and `state` are uvicorn's, of which the application, the default headers and the
    graceful stop come.
    """

    def __init__(self, config: Any, state: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.app = config.loaded_app
        self.state = state
        self.loop = loop
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self.streams: dict[int, Stream] = {}
        self.transport: asyncio.Transport
        self.writable = asyncio.Event()
        self.writable.set()
        self._resets = 0
        self._stopping = False
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Say what this side bears, and take part in uvicorn's graceful stop."""
        self.transport = transport
        self.state.connections.add(self)
        self.h2.initiate_connection()
        self.h2.update_settings(
            {
                SettingCodes.MAX_CONCURRENT_STREAMS: MOST_STREAMS,
                SettingCodes.MAX_HEADER_LIST_SIZE: HEADER_CAP,
                SettingCodes.INITIAL_WINDOW_SIZE: WINDOW_BYTES,
            }
        )
        self.h2.increment_flow_control_window(WINDOW_BYTES)
        self.flush()
        self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let whoever waits for this client go."""
        self.state.connections.discard(self)
        self._rest(over=True)
        self.writable.set()
        for stream in self.streams.values():
            stream.hang_up()
        self.streams.clear()

    def data_received(self, data: bytes) -> None:
        """Frames: begin requests, feed their bodies, let answers go on."""
        try:
            events = self.h2.receive_data(data)
            for event in events:
                self._take(event)
        except (H2Error, ValueError):
            # the library has said goodbye with the code of what was wrong
            self.flush()
            self.transport.close()
            return
        self.flush()

    def _take(self, event: Event) -> None:
        stream = self.streams.get(getattr(event, "stream_id", 0) or 0)
        if isinstance(event, RequestReceived):
            self._begin(event)
        elif isinstance(event, DataReceived) and stream is not None:
            stream.feed(event.data, event.flow_controlled_length)
        elif isinstance(event, DataReceived):
            self.acknowledge(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded) and stream is not None:
            stream.end()
        elif isinstance(event, StreamReset):
            self._resets += 1
            if stream is not None:
                stream.hang_up()
                self.forget(stream)
            if self._resets > MOST_RESETS:
                # requests that are taken back as fast as they are made cost us, not the client
                self._goodbye(ErrorCodes.ENHANCE_YOUR_CALM)
        elif isinstance(event, WindowUpdated):
            for one in self.streams.values() if stream is None else (stream,):
                one.window.set()
        elif isinstance(event, ConnectionTerminated):
            self.transport.close()

    def _begin(self, event: RequestReceived) -> None:
        if self._stopping:
            self.h2.reset_stream(event.stream_id, ErrorCodes.REFUSED_STREAM)
            return
        scope = _scope(event.headers or [], self.transport)
        if scope is None:
            self.h2.reset_stream(event.stream_id, ErrorCodes.PROTOCOL_ERROR)
            return
        stream = self.streams[event.stream_id] = Stream(self, event.stream_id, scope)
        self._rest(over=True)
        task = self.loop.create_task(stream.run())
        task.add_done_callback(self.state.tasks.discard)
        self.state.tasks.add(task)

    def acknowledge(self, size: int, stream_id: int) -> None:
        """Let the client send as much again as was read."""
        if size and not self.transport.is_closing():
            self.h2.acknowledge_received_data(size, stream_id)
            self.flush()

    def flush(self) -> None:
        """Write what the library has ready."""
        data = self.h2.data_to_send()
        if data and not self.transport.is_closing():
            self.transport.write(data)

    def forget(self, stream: "Stream") -> None:
        """End a stream's part in the connection."""
        self.streams.pop(stream.id, None)
        if self.streams:
            return
        if self._stopping:
            # said before, it would forbid the answers that were still to come
            self._goodbye()
        elif not self.transport.is_closing():
            self._rest()

    def pause_writing(self) -> None:
        """Hold answers back: the client reads too slowly."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """Let answers go on."""
        self.writable.set()

    def shutdown(self) -> None:
        """Begin nothing new; what was begun is answered (uvicorn's graceful stop)."""
        self._stopping = True
        if not self.streams:
            self._goodbye()

    def _goodbye(self, code: ErrorCodes = ErrorCodes.NO_ERROR) -> None:
        if not self.transport.is_closing():
            self.h2.close_connection(code)
            self.flush()
            self.transport.close()

    def _rest(self, *, over: bool = False) -> None:
        """Begin to wait for a request, or end that."""
        if self._idle is not None:
            self._idle.cancel()
        self._idle = None if over else self.loop.call_later(IDLE_SECONDS, self._goodbye)


class Stream:
    """One request and its answer."""

    def __init__(self, connection: Http2Protocol, stream_id: int, scope: dict[str, Any]) -> None:
        self.id = stream_id
        self.window = asyncio.Event()
        self._connection = connection
        self._scope = scope
        self._parts: list[tuple[bytes, int]] = []
        self._ended = False
        self._gone = False
        self._fed = asyncio.Event()
        self._head: Mapping[str, Any] | None = None
        self._answered = False

    def feed(self, data: bytes, size: int) -> None:
        """A part of the body, of `size` bytes on the wire."""
        self._parts.append((data, size))
        self._fed.set()

    def end(self) -> None:
        """Take note that the request is whole."""
        self._ended = True
        self._fed.set()

    def hang_up(self) -> None:
        """Take note that the client wants no answer any more."""
        self._gone = True
        self._fed.set()
        self.window.set()

    async def run(self) -> None:
        """Let the application answer; what it leaves unanswered is reset."""
        try:
            await self._connection.app(self._scope, self._receive, self._send)
        finally:
            if not self._answered and not self._gone:
                self._connection.h2.reset_stream(self.id, ErrorCodes.INTERNAL_ERROR)
                self._connection.flush()
            self._connection.forget(self)

    async def _receive(self) -> MutableMapping[str, Any]:
        while not self._parts and not self._ended and not self._gone:
            self._fed.clear()
            try:
                await asyncio.wait_for(self._fed.wait(), BODY_SECONDS)
            except TimeoutError:
                return dict(_DISCONNECT)
        if self._gone:
            return dict(_DISCONNECT)
        body = b"".join(data for data, _ in self._parts)
        self._connection.acknowledge(sum(size for _, size in self._parts), self.id)
        self._parts.clear()
        return {"type": "http.request", "body": body, "more_body": not self._ended}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if self._gone or self._connection.transport.is_closing():
            return
        if message["type"] == "http.response.start":
            self._head = message
            return
        if self._head is not None:
            self._send_head(self._head)
            self._head = None
        more = bool(message.get("more_body"))
        if self._scope["method"] == "HEAD":
            self._answered = self._answered or not more
            return
        await self._send_body(message.get("body", b""), more)
        self._answered = self._answered or not more

    def _send_head(self, head: Mapping[str, Any]) -> None:
        headers = [(b":status", b"%d" % head["status"])]
        for name, value in (*self._connection.state.default_headers, *head["headers"]):
            if name.lower() not in _HOP_BY_HOP:
                headers.append((name.lower(), value))
        only = self._scope["method"] == "HEAD"
        self._connection.h2.send_headers(self.id, headers, end_stream=only)
        self._connection.flush()

    async def _send_body(self, body: bytes, more: bool) -> None:
        connection, at = self._connection, 0
        while not self._gone and (at < len(body) or not more):
            await connection.writable.wait()
            room = min(
                connection.h2.local_flow_control_window(self.id),
                connection.h2.max_outbound_frame_size,
            )
            if room <= 0 and at < len(body):
                self.window.clear()
                await self.window.wait()
                continue
            part = body[at : at + max(room, 0)]
            at += len(part)
            last = at >= len(body) and not more
            connection.h2.send_data(self.id, part, end_stream=last)
            connection.flush()
            if last:
                return


def _scope(
    headers: list[tuple[bytes, bytes]], transport: asyncio.Transport
) -> dict[str, Any] | None:
    """The ASGI scope of a request; None where it is none that we serve."""
    own = {name: value for name, value in headers if name.startswith(b":")}
    rest = [(name, value) for name, value in headers if not name.startswith(b":")]
    target, method = own.get(b":path", b""), own.get(b":method", b"")
    hosts = {value for name, value in headers if name in (b":authority", b"host")}
    if not target.startswith(b"/") or not method.isalpha() or len(hosts) != 1:
        return None
    host = hosts.pop()
    # signed by either name
    rest = [(b"host", host), (b":authority", host), *(one for one in rest if one[0] != b"host")]
    path, _, query = target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "2",
        "server": _address(transport, "sockname"),
        "client": _address(transport, "peername"),
        "scheme": "http",
        "method": method.decode("ascii"),
        "root_path": "",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "headers": rest,
    }


def _address(transport: asyncio.Transport, name: str) -> tuple[str, int] | None:
    found = transport.get_extra_info(name)
    return (str(found[0]), int(found[1])) if isinstance(found, tuple) else None
