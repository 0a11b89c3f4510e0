"""POST /fakecloud: a request read, its signature verified, its action done and answered."""

import logging
import time
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from emulator.bodies import DisconnectedError, read_body
from emulator.context import Context
from emulator.errors import Fault
from emulator.fakecloud import signatures
from emulator.fakecloud.actions import ACTIONS, SIGNING_NAME, Request
from emulator.fakecloud.refusals import Refusal, invalid
from emulator.ids import request_id
from emulator.keys import EPISODE
from models import resource_rows

if TYPE_CHECKING:
    from emulator.server import Server

log = logging.getLogger("driftcloud.fakecloud")

BODY_BYTES: Final = 1 << 20
_DEEPEST: Final = 64
_KNOWN: Final = (
    "action", "resource_type", "filters", "limit", "cursor", "id", "changes",
)  # fmt: skip


async def answer(server: "Server", request: HttpRequest) -> Response:
    """The answer to one request; nothing that a client sends makes it raise."""
    started, code, action = time.perf_counter(), "", ""
    ctx = Context(
        request_id=request_id(),
        method="POST",
        path="/fakecloud",
        query="",
        headers=dict(request.headers.items()),
        source_address=request.client.host if request.client else "",
        service=SIGNING_NAME,
        protocol="json",
    )
    ctx._server = server
    try:
        action, done = await _done(server, ctx, request)
        return _json(200, {"ok": True, **done, "request_id": ctx.request_id})
    except Refusal as refusal:
        code = refusal.code
        return _json(refusal.status, refusal.body(ctx.request_id))
    except DisconnectedError:
        code = "disconnected"
        return _json(400, invalid(code, "The request ended before its body did.").body(""))
    except Fault as fault:
        code = fault.kind
        status = {"too_large": 413, "unavailable": 503}.get(fault.kind, 500)
        return _json(status, Refusal(status, code, "Try again.").body(ctx.request_id))
    except Exception:
        code = "InternalFailure"
        log.exception("internal failure", extra={"request_id": ctx.request_id})
        told = Refusal(500, code, "The request failed because of an error inside the server.")
        return _json(500, told.body(ctx.request_id))
    finally:
        server.counters.answer("fakecloud", action, code, time.perf_counter() - started)
        if ctx.server is not server:
            ctx.server.leave()


async def _done(server: "Server", ctx: Context, request: HttpRequest) -> tuple[str, dict[str, Any]]:
    body = await read_body(request.receive, BODY_BYTES, request.headers.get("content-length"))
    access_key_id = ctx.headers.get("x-access-key", "")
    if access_key_id[4:6] == EPISODE:
        await server.enter(ctx, access_key_id)
        server = ctx.server
    ctx._principal = await signatures.verify(server, ctx.headers, body)
    ctx.shift = await server.clocks.shift(ctx.principal.account_id, ctx.wall)
    given = _object(body)
    name = given.get("action")
    action = ACTIONS.get(name) if isinstance(name, str) else None
    if action is None:
        raise invalid("UnknownAction", f"There is no action {name!r}.", ACTIONS)
    unknown = sorted(set(given) - set(_KNOWN))
    if unknown:
        raise invalid("UnknownParameter", f"There is no parameter {unknown[0]!r}.", _KNOWN)
    session = server.database.session(ctx.principal.account_id)
    tables = await resource_rows.tables(session)
    return action.__name__, await action(Request(ctx, given, tables))


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        raise invalid("InvalidJson", "The body must be a JSON object.", _KNOWN)
    if _depth(given) > _DEEPEST:
        raise invalid("InvalidJson", f"The body is nested deeper than {_DEEPEST} levels.")
    return given


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        depth += 1
        level = [
            one
            for each in level
            if isinstance(each, dict | list)
            for one in (each.values() if isinstance(each, dict) else each)
        ]
    return depth


def _json(status: int, answer: dict[str, Any]) -> Response:
    text = orjson.dumps(answer, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Response(text, status, media_type="application/json")
