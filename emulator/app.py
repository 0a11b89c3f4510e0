"""The ASGI application: the front door, behind which AWS calls go to the gateway."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from emulator import gateway, ids
from emulator.bodies import DisconnectedError, read_body
from emulator.context import Context
from emulator.protocols.response import Response
from emulator.server import Server
from emulator.visitors import allowed_host, foreign_origin

if TYPE_CHECKING:
    from emulator.exchange import Exchange

log = logging.getLogger("driftcloud.app")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

# Our own addresses; no bucket can be called like these, and AWS calls are always signed.
_OWN = ("/_driftcloud/", "/_localstack/")


class App:
    """AWS calls are bare ASGI; health, admin and metrics come from a Starlette application.

    The Starlette side is imported at its first request, since most servers start for AWS calls.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self._hosts = server.settings.hosts
        self._own: Asgi | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI tells of it."""
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        await self.answer_exchange(_Asgi(scope, receive, send))

    async def answer_exchange(self, exchange: "Exchange | _Asgi") -> None:
        """One request, as it came."""
        headers, path = exchange.headers, exchange.path
        host = headers.get("host", "")
        if not (allowed_host(host, self._hosts) or _is_called(exchange.server, host)):
            refusal = _plain(403, b"This Host is not served here; see --allowed-hosts.\n")
            await exchange.answer(refusal)
        elif foreign_origin(headers):
            await exchange.answer(_plain(403, b"Web pages of other origins are not served.\n"))
        elif path != "/" and _is_own(exchange):
            await self._admin()(exchange.scope, exchange.receive, exchange.send)
        else:
            client = exchange.client
            ctx = Context(
                ids.request_id(),
                exchange.method,
                path,
                exchange.query,
                headers,
                source_address=client[0] if client else "",
            )
            ctx._server = self.server
            try:
                response = await gateway.answer(self.server, ctx, exchange.read)
            except DisconnectedError:
                return
            if not exchange.answered(response):
                await exchange.answer(response)

    def _admin(self) -> Asgi:
        if self._own is None:
            from emulator.admin import application

            self._own = application(self.server)
        return self._own


class _Asgi:
    """A request of a server that speaks ASGI; it reads as an Exchange does."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        self.method: str = scope["method"]
        self.path = raw.partition(b"?")[0].decode("latin-1")
        self.query: str = scope["query_string"].decode("latin-1")
        self.headers = _headers(scope["headers"])
        self.client = scope.get("client")
        self.server = scope.get("server")

    async def read(self, cap: int) -> bytes:
        """The whole body; Fault("too_large") when it is longer than `cap`."""
        return await read_body(self.receive, cap, self.headers.get("content-length"))

    def answered(self, response: Response) -> bool:
        """Whether a whole answer could be sent without awaiting."""
        return False

    async def answer(self, response: Response) -> None:
        """Send a whole answer."""
        status, headers, body = response
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": bytes(body)})


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; those that come more than once joined with commas."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1"), value.decode("latin-1").strip(" \t")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


def _is_called(server: tuple[str, int | None] | None, host: str) -> bool:
    """Whether the Host is the very address that was connected to: no DNS name can be that."""
    address, port = server or ("", 0)
    return host in (f"{address}:{port}", f"[{address}]:{port}")


def _is_own(exchange: "Exchange | _Asgi") -> bool:
    path = unquote(exchange.path)
    if path.startswith(_OWN):
        return True
    signed = "authorization" in exchange.headers
    if path == "/fakecloud" and exchange.method == "POST":
        # a bucket of this name is never posted to without a signature of AWS's or a query
        return not signed and not exchange.query
    return path == "/metrics" and exchange.method == "GET" and not signed


def _plain(status: int, text: bytes) -> Response:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(text))]
    return Response(status, headers, text)
