"""The front: what of HTTP is let in, before anything is known of AWS.

uvicorn's httptools protocol has no limit on headers, waits for ever for the rest of a request,
and takes a missing or double Host; `FrontProtocol` does not.
"""

import asyncio
import weakref
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from emulator.errors import Fault
from emulator.exchange import Exchange, Serve

HEADER_CAP: Final = 64 * 1024
HEADER_SECONDS: Final = 20.0
BODY_SECONDS: Final = 20.0
LINGER_SECONDS: Final = 1.0
MOST_PIPELINED: Final = 16

# A body that brings less than this in a period of BODY_SECONDS is a client holding on.
_LEAST_PROGRESS_BYTES = 1024
_GUARDED = frozenset(("host", "content-length", "transfer-encoding"))
_BLANKS = " \t"  # the only white space around a header's value (RFC 9110 §5.6.3)
# Names of headers as clients write them, and in lower case; long ones are not kept.
_names: dict[bytes, str] = {}
_MOST_NAMES = 1024
_LONGEST_NAME = 64
_PREFACE = b"PRI * HTTP/2.0"  # what a client that knows of HTTP/2 says first (RFC 9113 §3.4)
_VERSIONS = ("1.1", "1.0")
_REASONS = {
    400: b"400 Bad Request",
    408: b"408 Request Timeout",
    431: b"431 Request Header Fields Too Large",
    501: b"501 Not Implemented",
    505: b"505 HTTP Version Not Supported",
}


class FrontProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits; pass it as `http=` to uvicorn.Config.

    Ordinary requests, which arrive whole, pay for a few comparisons; timers are one sweep a
    second over all connections instead of three timers for each request. An application that has
    a coroutine `answer_exchange` is given each Exchange itself instead of what ASGI makes of it.
    There are no WebSockets.
    """

    cycle: Exchange

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.headers = []
        # the head that is being read: lower-case names, and values as they came
        self.lines: list[tuple[str, bytes]] = []
        self.refused = False
        # since when (loop time) the connection owes us a head or a body; 0: it owes nothing
        self.waiting_since = 0.0
        # since when it rests after an answer; 0: it does not
        self.idle_since = 0.0
        self._serve: Serve | None = getattr(self.app, "answer_exchange", None)
        self.in_body = False
        self._heads = 0
        self._head_open = False
        self._head_bytes = 0
        self._body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the first request."""
        super().connection_made(transport)
        self.waiting_since = self.loop.time()
        _sweep_of(self.server_state, self.loop).start()

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and keep count of what is incomplete after it."""
        if self.refused:
            return
        heads = self._heads
        if not heads and data.startswith(_PREFACE):
            self._become_http2(data)
            return
        self.idle_since = 0.0
        self._head_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._unsupported_upgrade_warning()
        except httptools.HttpParserError:
            self.logger.warning("Invalid HTTP request received.")
            if self.in_body:
                self._fail("malformed_http")
            elif not self.refused:
                self.refuse(400)
        if self.in_body:
            self._body_bytes += len(data)
            if not self.waiting_since:
                self.waiting_since = self.loop.time()
        elif self._heads != heads and not self._head_open:
            self._head_bytes = 0
        else:
            self._incomplete(len(data), self._heads != heads)

    def _become_http2(self, data: bytes) -> None:
        """Hand the connection over to the protocol that its first words name."""
        from emulator.http2 import Http2Protocol

        self.connections.discard(self)
        self._unset_keepalive_if_required()
        other = Http2Protocol(self.config, self.server_state, self.loop)
        self.transport.set_protocol(other)
        other.connection_made(self.transport)
        other.data_received(data)

    def _incomplete(self, size: int, fresh: bool) -> None:
        """A head in parts (or stray line ends): count its bytes and its time."""
        if fresh:
            # this read also ended an earlier request: only the next ones surely count
            self._head_bytes = 0
            self.waiting_since = 0.0
        if not self.waiting_since and not self.refused and not self._busy():
            self.waiting_since = self.loop.time()
        if self._head_bytes > HEADER_CAP and not self.refused:
            self.refuse(431)

    def on_message_begin(self) -> None:
        """A request line begins."""
        if not self.refused:
            self.url = b""
            self.lines = []
            self._head_open = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the head."""
        self.lines.append((_names.get(name) or _lower(name), value))

    def on_headers_complete(self) -> None:
        """Judge the head; only a sound one reaches the application."""
        if self.refused:
            return
        self._heads += 1
        self._head_open = False
        headers = {name: value.decode("latin-1").strip(_BLANKS) for name, value in self.lines}
        version = self.parser.get_http_version()
        status = self._judge_head(headers, version)
        if status:
            self.refuse(status)
            return
        self.waiting_since = 0.0
        self._body_bytes = 0
        if len(headers) != len(self.lines):
            headers = _joined(self.lines)
        before = self.cycle
        waits = "expect" in headers and self._waits()
        self.cycle = exchange = Exchange(self, headers, version, waits=waits)
        self.in_body = True
        if before is None or before.response_complete:
            self._begin(exchange)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))

    def _waits(self) -> bool:
        """Whether the client waits for our leave before it sends the body."""
        return any(
            name == "expect" and value.lower() == b"100-continue" for name, value in self.lines
        )

    def _begin(self, exchange: Exchange) -> None:
        if self._serve is None:
            self._start_asgi_task(exchange, self.app)
            return
        task = exchange.task = self.loop.create_task(exchange.run(self._serve))
        self.tasks.add(task)

    def _judge_head(self, headers: Mapping[str, str], version: str) -> int:
        """The status to refuse this head with; 0 for a sound one.

        `headers` has each name's last value.
        """
        if self._head_bytes > HEADER_CAP and self._size() > HEADER_CAP:
            return 431
        if len(self.pipeline) >= MOST_PIPELINED:
            return 400
        length, coding = headers.get("content-length"), headers.get("transfer-encoding")
        if "host" not in headers or (length is not None and coding is not None):
            return 400
        if len(headers) != len(self.lines):
            guarded = [name for name, _ in self.lines if name in _GUARDED]
            if len(guarded) != len(set(guarded)):
                return 400
        if length is not None and not (length.isascii() and length.isdigit()):
            return 400
        if coding is not None and coding.lower() != "chunked":
            return 501
        return 0 if version in _VERSIONS else 505

    def _size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.lines)

    def on_body(self, body: bytes) -> None:
        """A part of a body, unless its request was refused."""
        exchange = self.cycle
        if self.refused or exchange.response_complete:
            return
        exchange.feed(body)
        if len(exchange.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()

    def on_message_complete(self) -> None:
        """The request is whole: nothing is owed until the next one begins."""
        if self.refused:
            return
        self.in_body = False
        self.waiting_since = 0.0
        self._head_bytes = 0
        if not self.cycle.response_complete:
            self.cycle.end()

    def on_response_complete(self) -> None:
        """An answer is written: begin the next request that waits, else rest."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            self._begin(cast(Exchange, self.pipeline.pop()[0]))
        else:
            self.idle_since = self.loop.time()

    def _busy(self) -> bool:
        """Whether an answer is being made, between whose bytes nothing must be written."""
        return self.cycle is not None and not self.cycle.response_complete

    def refuse(self, status: int) -> None:
        """Answer `status` where that is possible, then close; what still arrives is dropped."""
        self.refused = True
        self.in_body = False
        self.waiting_since = 0.0
        transport = self.transport
        if transport.is_closing():
            return
        if self._busy():
            if self.cycle is not None:
                self.cycle.disconnected = True  # its answer finds nobody any more
            transport.close()
            return
        reason = _REASONS[status]
        transport.write(
            b"HTTP/1.1 %b\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%b" % (reason, len(reason), reason)
        )
        # closed at once, unread input would reset the connection and the answer be lost with it
        if transport.can_write_eof():
            transport.write_eof()
            self.loop.call_later(LINGER_SECONDS, transport.close)
        else:
            transport.close()

    def _fail(self, kind: str) -> None:
        """Let the request whose body came to nothing be told so; what still arrives is dropped."""
        self.refused = True
        self.in_body = False
        if self.cycle.response_started or self._serve is None:
            self.transport.close()
        else:
            self.cycle.fail(Fault(kind))

    def overdue(self, now: float) -> None:
        """Cut the connection if it has kept us waiting for too long (called by the sweep)."""
        if self.idle_since and now - self.idle_since >= self.timeout_keep_alive:
            self.transport.close()
            return
        since = self.waiting_since
        if not since or self.refused:
            return
        if not self.in_body:
            if now - since >= HEADER_SECONDS:
                self.refuse(408)
            return
        if self.flow.read_paused:
            # it is we who do not read
            self.waiting_since = now
        elif now - since >= BODY_SECONDS:
            if self._body_bytes >= _LEAST_PROGRESS_BYTES:
                self.waiting_since, self._body_bytes = now, 0
            else:
                self._fail("body_timeout")


def _joined(lines: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """Headers by name, the values of those that come more than once joined with commas."""
    headers: dict[str, str] = {}
    for name, value in lines:
        text = value.decode("latin-1").strip(_BLANKS)
        headers[name] = f"{headers[name]},{text}" if name in headers else text
    return headers


def _lower(name: bytes) -> str:
    """The name of a header in lower case."""
    found = name.lower().decode("latin-1")
    if len(name) <= _LONGEST_NAME:
        if len(_names) >= _MOST_NAMES:
            _names.clear()
        _names[name] = found
    return found


class _Sweep:
    """One timer for all connections of a server, running while there are any."""

    def __init__(self, state: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._state = weakref.ref(state)
        self._loop = loop
        self._running = False

    def start(self) -> None:
        if not self._running:
            self._running = True
            self._loop.call_later(min(1.0, HEADER_SECONDS / 4, BODY_SECONDS / 4), self._run)

    def _run(self) -> None:
        self._running = False
        state = self._state()
        if state is None or not state.connections:
            return
        now = self._loop.time()
        for connection in tuple(state.connections):
            if isinstance(connection, FrontProtocol):
                connection.overdue(now)
        self.start()


_sweeps: "weakref.WeakKeyDictionary[Any, _Sweep]" = weakref.WeakKeyDictionary()


def _sweep_of(state: Any, loop: asyncio.AbstractEventLoop) -> _Sweep:
    sweep = _sweeps.get(state)
    if sweep is None:
        sweep = _sweeps[state] = _Sweep(state, loop)
    return sweep
