"""One exchange of request and answer on a connection: read as it came, answered in one piece.

uvicorn tells an application of a request by a dictionary and two coroutines, and writes head and
body apart: two calls of the system and two packets. A request of AWS's is small and nearly always
here as a whole, so `Exchange` hands it over as it is; all else (admin, answers in parts, other
applications) goes uvicorn's own way, of which this is a subclass.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from emulator import bodies
from emulator.errors import Fault
from emulator.protocols.response import Pieces, Response

if TYPE_CHECKING:
    from emulator.front import FrontProtocol

Serve = Callable[["Exchange"], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

# The lines of the headers that every answer has; uvicorn makes a new list of them each second.
_defaults: tuple[Headers, bytes] = ([], b"")


class Exchange(RequestResponseCycle):
    """uvicorn's exchange, but an answer whose body comes whole is written together with its head.

    `path` and `query` are raw, decoded as Latin-1; `headers` are the request's by lower-case name,
    those that come more than once joined with commas; `body` is what is here of its body.
    """

    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    chunked_encoding: bool | None = None
    expected_content_length = 0
    task: "asyncio.Task[None] | None" = None
    # what came of a body that never became whole
    fault: Fault | None = None
    _head: Any = None

    def __init__(
        self,
        front: "FrontProtocol",
        headers: dict[str, str],
        http_version: str,
        *,
        waits: bool,
    ) -> None:
        # one for each request: what few of them need is made when it is asked for
        self.front = front
        self.transport = front.transport
        self.flow = front.flow
        self.logger = front.logger
        self.access_logger = front.access_logger
        self.access_log = front.access_log
        self.default_headers = front.server_state.default_headers
        self.on_response = front.on_response_complete
        self.client = front.client
        self.server = front.server
        self.http_version = http_version
        self.method = front.parser.get_method().decode("ascii")
        self.path, self.query = _target(front.url)
        self.headers = headers
        self.lines = front.lines
        self.keep_alive = http_version != "1.0" and front.parser.should_keep_alive()
        self.waiting_for_100_continue = waits
        self.body: bytes | bytearray = b""  # type: ignore[assignment]

    @cached_property
    def message_event(self) -> asyncio.Event:  # type: ignore[override]
        """What wakes whoever waits for more of the request; few do."""
        event = asyncio.Event()
        over = self.response_complete or self.disconnected or self.fault is not None
        if self.body or not self.more_body or over:
            event.set()
        return event

    @cached_property
    def scope(self) -> Any:  # type: ignore[override]
        """The request as ASGI tells of it."""
        front = self.front
        return {
            "type": "http",
            "asgi": {"version": front.asgi_version, "spec_version": "2.3"},
            "http_version": self.http_version,
            "server": front.server,
            "client": front.client,
            "scheme": front.scheme,
            "method": self.method,
            "root_path": front.root_path,
            "path": front.root_path + unquote(self.path),
            "raw_path": front.root_path.encode("ascii") + self.path.encode("ascii"),
            "query_string": self.query.encode("latin-1"),
            "headers": [(name.encode("latin-1"), value) for name, value in self.lines],
            "state": front.app_state.copy(),
        }

    # --- the request ---------------------------------------------------------------------------

    def feed(self, body: bytes) -> None:
        """A part of the body has come."""
        if not self.body:
            self.body = body
        else:
            if isinstance(self.body, bytes):
                self.body = bytearray(self.body)
            self.body += body
        self.wake()

    def end(self) -> None:
        """The request is whole."""
        self.more_body = False
        self.wake()

    def wake(self) -> None:
        """Let whoever waits for more of the request look again."""
        if "message_event" in self.__dict__:
            self.message_event.set()

    def fail(self, fault: Fault) -> None:
        """The rest of the body will not be had; the answer to that ends the connection."""
        self.fault = fault
        self.keep_alive = False
        self.wake()

    async def receive(self) -> Any:
        """A part of the request, as ASGI tells of it."""
        message = await super().receive()
        return message if self.fault is None else {"type": "http.disconnect"}

    async def read(self, cap: int) -> bytes:
        """The whole body; Fault("too_large") as soon as it is known to be longer than `cap`.

        DisconnectedError: the client hung up. Or the Fault that ended the body.
        """
        if self.more_body or self.disconnected or self.waiting_for_100_continue:
            announced = self.headers.get("content-length")
            try:
                return await bodies.read_body(self.receive, cap, announced)
            except bodies.DisconnectedError:
                raise self.fault or bodies.DisconnectedError from None
        if len(self.body) > cap:
            raise Fault("too_large")
        if self.flow.read_paused:
            self.flow.resume_reading()
        body, self.body = self.body, b""
        return body if isinstance(body, bytes) else bytes(body)

    # --- the answer ----------------------------------------------------------------------------

    async def run(self, serve: Serve) -> None:
        """Let `serve` answer; what it does not answer is our bug, as `run_asgi` has it."""
        try:
            await serve(self)
        except BaseException as error:
            self.logger.error("Exception in ASGI application\n", exc_info=error)
            if self.response_started:
                self.transport.close()
            else:
                await self.send_500_response()
        else:
            if not self.response_complete and not self.disconnected:
                self.logger.error("ASGI callable returned without completing response.")
                if self.response_started:
                    self.transport.close()
                else:
                    await self.send_500_response()
        finally:
            self.on_response = _nothing
            if self.task is not None:
                self.front.tasks.discard(self.task)

    def answered(self, response: Response) -> bool:
        """Whether a whole answer could be sent without awaiting; else it is still to be."""
        status, headers, body = response
        if self.flow.write_paused or not self._is_whole(headers, body):
            return False
        if not self.disconnected:
            self._write((status, headers), body)
        return True

    async def answer(self, response: Response) -> None:
        """Send a whole answer."""
        if self.answered(response):
            return
        status, headers, body = response
        await super().send({"type": "http.response.start", "status": status, "headers": headers})
        whole = bytes(body)
        await super().send({"type": "http.response.body", "body": whole, "more_body": False})

    async def send(self, message: Any) -> None:
        """Take a part of the answer; a head waits for the body that follows it."""
        if message["type"] == "http.response.start" and not self.response_started:
            self._head = message
            return
        head, self._head = self._head, None
        if head is not None:
            whole = not message.get("more_body") and self._is_whole(
                head["headers"], message["body"]
            )
            if whole and not self.flow.write_paused:
                if not self.disconnected:
                    self._write((head["status"], head["headers"]), message["body"])
                return
            await super().send(head)
        await super().send(message)

    def _is_whole(self, headers: Headers, body: bytes | Pieces) -> bool:
        if not self.keep_alive or self.method == "HEAD":
            return False
        length = (b"content-length", b"%d" % len(body))
        return headers[-1:] == [length] or length in headers

    def _write(self, head: tuple[int, Headers], body: bytes | Pieces) -> None:
        status, headers = head
        lines = b"\r\n".join(map(b": ".join, headers))
        if lines.count(b"\n") >= len(headers) or lines.count(b"\r") >= len(headers):
            raise RuntimeError("a line break in a header")
        self.response_started = True
        self.waiting_for_100_continue = False
        defaults = _default_lines(self.default_headers)
        if isinstance(body, Pieces):
            first = b"%b%b%b\r\n\r\n" % (STATUS_LINE[status], defaults, lines)
            self.transport.writelines((first, *body.pieces))
        else:
            self.transport.write(b"%b%b%b\r\n\r\n%b" % (STATUS_LINE[status], defaults, lines, body))
        self.response_complete = True
        self.wake()
        self.on_response()


def _target(url: bytes) -> tuple[str, str]:
    """Path and query of a request's target; an error of any kind is answered by 400."""
    if url == b"/":
        return "/", ""
    parsed = httptools.parse_url(url)
    return parsed.path.decode("ascii"), (parsed.query or b"").decode("latin-1")


def _default_lines(headers: Headers) -> bytes:
    global _defaults
    if _defaults[0] is not headers:
        _defaults = (headers, b"".join([b"%b: %b\r\n" % pair for pair in headers]))
    return _defaults[1]


def _nothing() -> None:
    """What is called after an exchange has ended."""
