"""The admin API: health for all, the operator's verbs for whoever may administer."""

import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from emulator import cli, control, health, price_files, scopes
from emulator.bodies import DisconnectedError, read_body
from emulator.context import Context
from emulator.errors import AwsError, Fault
from emulator.ids import request_id
from emulator.route import Route as AwsRoute
from emulator.sigv4 import verify

if TYPE_CHECKING:
    from emulator.server import Server

log = logging.getLogger("driftcloud.admin")

BODY_BYTES = 1 << 16
# Whoever signs an admin call with SigV4 signs it for this service name.
SIGNING_NAME = "driftcloud"
NEEDED = (
    "this needs `Authorization: Bearer <what driftcloud admin token prints>`, or a SigV4 signature"
    f" for the service {SIGNING_NAME} by a key with the scope admin:*"
)
FAULTS = {
    "too_large": (413, f"the body may have {BODY_BYTES} bytes"),
    "unavailable": (503, "the database does not answer; try again"),
}
Endpoint = Callable[[Request], Awaitable[Response]]


def application(server: "Server") -> Starlette:
    """The Starlette application of a server's own addresses."""

    async def show_health(request: Request) -> Response:
        state = await health.live(server)
        return _json(state, 200 if state["status"] == "running" else 503)

    async def show_localstack(request: Request) -> Response:
        return _json(await health.localstack())

    async def show_metrics(request: Request) -> Response:
        return PlainTextResponse("\n".join(server.counters.prometheus()) + "\n")

    async def fakecloud(request: Request) -> Response:
        from emulator.fakecloud import endpoint

        return await endpoint.answer(server, request)

    routes = [
        Route("/fakecloud", fakecloud, methods=["POST"]),
        Route("/_driftcloud/health", show_health, methods=["GET"]),
        Route("/_localstack/health", show_localstack, methods=["GET"]),
        Route("/metrics", show_metrics, methods=["GET"]),
        Route(price_files.PATH, price_files.show, methods=["GET"]),
    ]
    for name, verb in cli.verbs().items():
        method = "GET" if name in control.READS else "POST"
        path = "/_driftcloud/" + name.replace("_", "/", 1).replace("_", "-")
        routes.append(Route(path, _endpoint(server, verb), methods=[method]))
    addresses = ", ".join(route.path for route in routes)

    async def missing(request: Request, error: Exception) -> Response:
        return _refusal(404, f"no such address; there are {addresses}")

    async def misused(request: Request, error: Exception) -> Response:
        told = getattr(error, "headers", None) or {}
        allowed = ", ".join(sorted(told.get("Allow", "").split(", ")))
        refusal = _refusal(405, f"{request.url.path} takes {allowed}, not {request.method}")
        refusal.headers["allow"] = allowed
        return refusal

    return Starlette(routes=routes, exception_handlers={404: missing, 405: misused})


def _endpoint(server: "Server", verb: cli.Verb) -> Endpoint:
    """A verb as an endpoint: parameters from the query or a JSON object."""

    async def endpoint(request: Request) -> Response:
        try:
            announced = request.headers.get("content-length")
            body = await read_body(request.receive, BODY_BYTES, announced)
            if not await _may(server, request, body):
                return _refusal(403, NEEDED)
            return _json(await verb(server.world, **_arguments(verb, request, body)))
        except control.ControlError as error:
            return _refusal(error.status, str(error))
        except DisconnectedError:
            return _refusal(400, "the request ended before its body did")
        except Fault as fault:
            return _refusal(*FAULTS.get(fault.kind, (500, fault.kind)))
        except Exception as error:
            log.exception("%s failed", verb.__name__)
            return _refusal(500, f"{type(error).__name__}; see the log")

    return endpoint


def _arguments(verb: cli.Verb, request: Request, body: bytes) -> dict[str, Any]:
    """What the request gives of the verb's parameters, each of its own type."""
    given: dict[str, Any] = dict(request.query_params)
    if body:
        try:
            sent = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise control.ControlError("the body is not JSON") from None
        if not isinstance(sent, dict):
            raise control.ControlError("the body must be a JSON object")
        given.update(sent)
    known = cli.parameters(verb)
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise control.ControlError(
            f"no such parameter: {', '.join(unknown)}; there are {', '.join(known) or 'none'}"
        )
    missing = [
        name
        for name, one in inspect.signature(verb).parameters.items()
        if one.default is one.empty and name in known and name not in given
    ]
    if missing:
        raise control.ControlError(f"missing: {', '.join(missing)}")
    return {name: _typed(name, known[name], value) for name, value in given.items()}


def _typed(name: str, kind: Callable[[Any], Any], value: Any) -> Any:
    try:
        if isinstance(value, (dict, list)) or value is None:
            raise TypeError
        return kind(value)
    except (TypeError, ValueError):
        wanted = getattr(kind, "__name__", "value")
        raise control.ControlError(f"{name} must be of type {wanted}, not {value!r}") from None


async def _may(server: "Server", request: Request, body: bytes) -> bool:
    """Whether the request bears the admin token, or is signed by a client with admin:*."""
    given = request.headers.get("authorization", "")
    if given.startswith("Bearer "):
        return control.is_bearer(server.world, given.removeprefix("Bearer "))
    if not given.startswith("AWS4-"):
        return False
    ctx = Context(
        request_id=request_id(),
        method=request.method,
        path=request.scope["raw_path"].partition(b"?")[0].decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        headers=dict(request.headers.items()),
        body=body,
    )
    to = AwsRoute(protocol="rest_json", signing_name=SIGNING_NAME)
    try:
        caller = await verify(ctx, to, server.keys)
    except AwsError as error:
        if error.code == "unavailable":
            raise
        return False
    return scopes.allows(caller.scopes, "admin", "*")


def _refusal(status: int, error: str) -> Response:
    return _json({"ok": False, "error": error}, status)


def _json(answer: Any, status: int = 200) -> Response:
    text = orjson.dumps(answer, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Response(text, status, media_type="application/json")
