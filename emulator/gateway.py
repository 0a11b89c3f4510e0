"""The path of every AWS call, from the bytes that arrive to the bytes that leave."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from emulator import (
    anonymous,
    api,
    guardrails,
    operations,
    permissions,
    protocols,
    resource_policies,
)
from emulator.bodies import DisconnectedError
from emulator.compressed import plain
from emulator.context import Context
from emulator.errors import AwsError, Fault
from emulator.protocols import Codec, Response, faults
from emulator.route import Route, needs_body, route
from emulator.server import Server
from emulator.sigv4 import verify

log = logging.getLogger("driftcloud.gateway")

ReadBody = Callable[[int], Awaitable[bytes]]
# A body that must be read before anything is known of the request may belong to any service.
LARGEST_BYTES = 6 << 20


async def answer(server: Server, ctx: Context, read_body: ReadBody) -> Response:
    """The answer to one request; nothing that a client can send makes it raise.

    Which error wins where two apply is a fact about AWS, and so is this order: a bad signature
    wins over an unknown operation, a malformed input over a missing permission, a missing
    permission over the state of any resource.
    """
    started = time.perf_counter()
    code, main = "", server
    try:
        # route: service, protocol and operation by the shape of the request
        unread: ReadBody | None = read_body
        if needs_body(ctx):
            ctx.body, unread = await read_body(LARGEST_BYTES), None
        to = route(ctx)
        ctx.service, ctx.protocol = to.service or "", to.protocol
        # signature: who calls, and in which region
        ctx._principal = caller = await verify(ctx, to, server.keys, read_body=unread)
        # world: the access key of an episode has led to it
        server = ctx._server or server
        if to.fault is not None:
            raise to.fault
        ctx.path = to.path or ctx.path
        # operation: AWS has it, but have we?
        ctx.operation = _operation(to)
        handler = operations.find(ctx.service, ctx.operation)
        if handler is None:
            raise Fault("not_emulated", service=ctx.service, operation=ctx.operation.name)
        # compression: a body is signed as it is sent; S3's objects keep their encoding
        if "content-encoding" in ctx.headers and ctx.service != "s3":
            ctx.body = plain(ctx.body, ctx.headers["content-encoding"], LARGEST_BYTES)
        # input: in AWS's own member names, the client's times moved into the world's
        shift = server.clocks.cached(caller.account_id, ctx.wall)
        if shift is None:
            shift = await server.clocks.shift(caller.account_id, ctx.wall)
        ctx.shift = shift
        codec = protocols.by_name(ctx.protocol)
        _read(ctx, codec, ctx.operation)
        result = await perform(server, ctx, handler)
        # answer: long lists let others run between their pieces
        if result and codec.is_long(result):
            written = await _long(ctx, codec, ctx.operation, result)
        else:
            call = ctx.request_id
            written = codec.write(ctx.operation, result, request_id=call, shift=shift)
        told = guardrails.is_told(ctx, result, written.body)
        return await _moved(ctx, codec, result, written) if told else written
    except AwsError as error:
        if not ctx.protocol:
            # refused while its body was read: what its head says must do
            to = route(ctx)
            ctx.service, ctx.protocol = to.service or "", to.protocol
        refusal, code = _refused(server, ctx, error)
        return refusal
    except DisconnectedError:
        code = "disconnected"
        raise
    except Exception:
        code = "InternalFailure"
        log.exception("internal failure", extra={"request_id": ctx.request_id})
        return _refused(server, ctx, Fault("internal"))[0]
    finally:
        operation = ctx.operation.name if ctx.operation else ""
        main.counters.answer(ctx.service, operation, code, time.perf_counter() - started)
        if ctx._server is not main and ctx._server is not None:
            ctx._server.leave()
        if ctx._db is not None and (entry := ctx._db.entry) is not None:
            # it leads back to the context, and so would keep the body until the collector comes
            entry.error, ctx._db.entry = None, None


async def perform(
    server: Server, ctx: Context, handler: operations.Handler
) -> dict[str, Any] | None:
    """The handler's result, of a call whose input is checked; a session it brings is used."""
    operation = ctx.operation
    if operation is None:
        raise RuntimeError("the operation is unknown before the request is routed")
    # trouble: what an operator ordered to fail, and rates that are held to
    if server.trouble.active:
        await server.trouble.meet(ctx)
    # permission: scopes, policies and boundaries, by one evaluator
    rules, caller = server.permissions, ctx.principal
    if caller is anonymous.ANYBODY:
        await anonymous.let_in(ctx)
    else:
        known = rules.cached(caller) or await rules.find(caller)
        sharing = None
        if ctx.service in resource_policies.SERVICES:
            sharing = await server.resource_policies.concerning(ctx, operation.name)
        if sharing is not None or not known.everything:
            await permissions.authorise(ctx, operations.access(operation, handler), known, sharing)
    # work: one account's view of the database, changes signed as the agent's
    entry = None
    if ctx._db is None:
        ctx._db = server.database.session(ctx.principal.account_id, "agent")
        # the trail: told of in the same breath as the change
        entry = ctx._db.entry = server.trail.begin(ctx)
    try:
        if ctx.protocol == "ec2" and ctx.params.get("DryRun"):
            await _try(ctx, handler)
        result: dict[str, Any] | None = await handler(ctx, ctx.params)
    except Fault as fault:
        if fault.kind == "guarded":
            raise guardrails.refusal(ctx, fault) from None
        raise
    if ctx.service in permissions.CHANGING:
        # what an organization decides concerns its members
        rules.forget(ctx.principal.account_id if ctx.service == "iam" else None)
    elif ctx.service in resource_policies.SERVICES and operation.name in resource_policies.CHANGING:
        server.resource_policies.forget(ctx.principal.account_number)
    if entry is not None:
        server.trail.answered(entry, result)
    return result


def _read(ctx: Context, codec: Codec, operation: api.Operation) -> None:
    ctx.params = codec.parse(operation, ctx, shift=ctx.shift)
    # a form's other names the codec has asked for
    odd = ctx.protocol == "ec2" and ctx.method == "POST" and b"X-Amz-" in ctx.body
    operations.check(operation, ctx.params, ctx.body if odd else b"")
    if guardrails.KEY in ctx.body:
        guardrails.inward(ctx.params, ctx.shift)


async def _long(ctx: Context, codec: Codec, operation: api.Operation, result: Any) -> Response:
    turn, call = ctx.server.writing, ctx.request_id
    return await codec.awrite(operation, result, request_id=call, shift=ctx.shift, turn=turn)


async def _moved(ctx: Context, codec: Codec, result: Any, written: Response) -> Response:
    """The answer with its freezes in the client's time; `written` where it has none."""
    moved = guardrails.outward(ctx, result)
    if moved is result or ctx.operation is None:
        return written
    return await _long(ctx, codec, ctx.operation, moved)


def _operation(to: Route) -> api.Operation:
    if to.service is None or to.operation is None:
        raise Fault("unknown_operation", operation=to.operation or "")
    return api.service(to.service).operations[to.operation]


async def _try(ctx: Context, handler: operations.Handler) -> NoReturn:
    """A dry run, which does everything, learns how it went, and undoes it.

    EC2's DryRun (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html);
    elsewhere the parameter is an operation's own (Lambda's UpdateFunctionCode answers it).
    """
    async with ctx.db.transaction():
        await handler(ctx, ctx.params)
        raise AwsError(
            "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412
        )


def _refused(server: Server, ctx: Context, error: AwsError) -> tuple[Response, str]:
    """The answer to what is refused, and its code.

    Not in `answer` itself: an error that stays in a variable where it was raised keeps all that
    the request had, until the collector comes.
    """
    spelled = _spelled(ctx, error)
    server.trail.refused(ctx, spelled)
    return _refusal(ctx, spelled), spelled.code


def _spelled(ctx: Context, error: AwsError) -> AwsError:
    """A fault in the words of the caller's service; other errors are in them already."""
    return faults.spell(error, ctx.service, ctx.protocol) if isinstance(error, Fault) else error


def _back_off(milliseconds: int) -> list[tuple[bytes, bytes]]:
    """How long to wait, in the header that SDKs of today read and in HTTP's own."""
    seconds = -(-milliseconds // 1000)
    return [(b"x-amz-retry-after", b"%d" % milliseconds), (b"retry-after", b"%d" % seconds)]


def _refusal(ctx: Context, error: AwsError) -> Response:
    """The error in the caller's own protocol; where no service is known, as S3 words it."""
    codec = protocols.by_name(ctx.protocol or "rest-xml")
    service = api.service(ctx.service or "s3")
    head = ctx.method == "HEAD"
    try:
        answer = codec.write_error(
            service, ctx.operation, error, request_id=ctx.request_id, head=head
        )
        if ctx.retry_after_ms:
            answer.headers.extend(_back_off(ctx.retry_after_ms))
        return answer
    except Exception:
        log.exception("an error could not be written", extra={"request_id": ctx.request_id})
        internal = _spelled(ctx, Fault("internal"))
        return codec.write_error(service, None, internal, request_id=ctx.request_id, head=head)
