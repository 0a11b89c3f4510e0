"""The ASGI application: the front door, behind which AWS calls go to the gateway."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from emulator import gateway, ids
from emulator.context import Context
from emulator.front import DisconnectedError, allowed_host, foreign_origin, read_body
from emulator.protocols.response import Response
from emulator.server import Server

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
        """One request."""
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        headers = _headers(scope["headers"])
        request_id = ids.request_id()
        host = headers.get("host", "")
        if not (allowed_host(host, self._hosts) or _is_called(scope, host)):
            await _plain(send, 403, b"This Host is not served here; see --allowed-hosts.\n")
        elif foreign_origin(headers):
            await _plain(send, 403, b"Web pages of other origins are not served.\n")
        elif _is_own(scope, headers):
            await self._admin()(scope, receive, send)
        else:
            await self._aws(scope, headers, request_id, receive, send)

    async def _aws(
        self, scope: Scope, headers: dict[str, str], request_id: str, receive: Receive, send: Send
    ) -> None:
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        client = scope.get("client")
        ctx = Context(
            request_id=request_id,
            method=scope["method"],
            path=path.partition(b"?")[0].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            source_address=client[0] if client else "",
        )
        ctx._server = self.server

        async def body(cap: int) -> bytes:
            return await read_body(receive, cap, headers.get("content-length"))

        try:
            response = await gateway.answer(self.server, ctx, body)
        except DisconnectedError:
            return
        await _send(send, response)

    def _admin(self) -> Asgi:
        if self._own is None:
            from emulator.admin import application

            self._own = application(self.server)
        return self._own


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; those that come more than once joined with commas."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1"), value.decode("latin-1").strip()
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


def _is_called(scope: Scope, host: str) -> bool:
    """Whether the Host is the very address that was connected to: no DNS name can be that."""
    address, port = scope.get("server") or ("", 0)
    return host in (f"{address}:{port}", f"[{address}]:{port}")


def _is_own(scope: Scope, headers: dict[str, str]) -> bool:
    path = scope["path"]
    if path.startswith(_OWN):
        return True
    if path == "/fakecloud" and scope["method"] == "POST":
        # a bucket of this name is never posted to without a signature of AWS's or a query
        return "authorization" not in headers and not scope["query_string"]
    return path == "/metrics" and scope["method"] == "GET" and "authorization" not in headers


async def _send(send: Send, response: Response) -> None:
    status, headers, body = response
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _plain(send: Send, status: int, text: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(text))]
    await _send(send, Response(status, headers, text))
