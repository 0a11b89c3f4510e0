"""One exchange of request and answer on a connection: the answer leaves in one piece.

uvicorn writes head and body apart: two calls of the system and two packets, a fifth of what a
small AWS call costs.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle


class Exchange(RequestResponseCycle):
    """uvicorn's exchange, but an answer whose body comes whole is written together with its head.

    Everything else (bodies in parts, HEAD, answers without a length) goes uvicorn's own way.
    """

    _head: Any = None

    async def send(self, message: Any) -> None:
        """Take a part of the answer; a head waits for the body that follows it."""
        if message["type"] == "http.response.start" and not self.response_started:
            self._head = message
            return
        head, self._head = self._head, None
        if head is not None:
            if self._is_whole(head, message) and not self.flow.write_paused:
                if not self.disconnected:
                    self._write(head, message["body"])
                return
            await super().send(head)
        await super().send(message)

    def _is_whole(self, head: Any, message: Any) -> bool:
        if message.get("more_body") or self.scope["method"] == "HEAD" or not self.keep_alive:
            return False
        size = b"%d" % len(message["body"])
        return any(name == b"content-length" and value == size for name, value in head["headers"])

    def _write(self, head: Any, body: bytes) -> None:
        headers = [*self.default_headers, *head["headers"]]
        lines = b"".join([b"%b: %b\r\n" % pair for pair in headers])
        if lines.count(b"\n") != len(headers) or lines.count(b"\r") != len(headers):
            raise RuntimeError("a line break in a header")
        self.response_started = True
        self.waiting_for_100_continue = False
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[head["status"]], lines, body))
        self.response_complete = True
        self.message_event.set()
        self.on_response()
