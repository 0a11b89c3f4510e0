"""The actions of the single gateway: what each is given, and what it answers."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import orjson

from emulator import api, gateway, guardrails, operations, permissions
from emulator.context import Context
from emulator.errors import AwsError, Fault
from emulator.fakecloud import calls, filters
from emulator.fakecloud.refusals import Refusal, invalid
from emulator.operations import Access
from emulator.protocols import faults
from emulator.seal import SealError
from models import resource_rows
from models.resource_rows import Table, Test

if TYPE_CHECKING:
    from emulator.database.session import Session
    from emulator.fakecloud.calls import Call

SIGNING_NAME: Final = "driftcloud"
MOST_ROWS, USUAL_ROWS = 1000, 100
_TOKEN_SECONDS = 24 * 3600
_CENTS = Decimal("0.0001")

Answer = dict[str, Any]


@dataclass(slots=True)
class Request:
    """A request of the single gateway: who asks, and what stands in its body."""

    ctx: Context
    given: Mapping[str, Any]
    tables: Mapping[str, Table]

    @property
    def db(self) -> "Session":
        """The database as the caller's account sees it."""
        return self.ctx.server.database.session(self.ctx.principal.account_id, "agent")

    def table(self) -> Table:
        """The table that is meant."""
        name = self.given.get("resource_type")
        table = self.tables.get(name) if isinstance(name, str) else None
        if table is None:
            raise invalid("UnknownResourceType", f"There is no resource type {name!r}.",
                          self.tables)  # fmt: skip
        return table

    def limit(self) -> int:
        """How many rows are wanted."""
        limit = self.given.get("limit", USUAL_ROWS)
        if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MOST_ROWS:
            raise invalid("InvalidLimit", f"limit takes 1 to {MOST_ROWS}.")
        return limit

    async def allow(self, verb: str, noun: str) -> None:
        """Hold the caller to scopes and policies; Refusal 403."""
        rules = self.ctx.server.permissions
        known = rules.cached(self.ctx.principal) or await rules.find(self.ctx.principal)
        action = "".join(part.capitalize() for part in str(self.given["action"]).split("_"))
        try:
            if not known.everything:
                access = Access(False, verb, noun, SIGNING_NAME, action)
                await permissions.authorise(self.ctx, access, known)
        except Fault:
            raise Refusal(403, "AccessDenied", f"This key may not {verb} {noun}.") from None


async def list_resources(request: Request) -> Answer:
    """Rows of one table, filtered and paged by the resources' ids."""
    table = request.table()
    await request.allow("read", table.name)
    tests = filters.read(request.given.get("filters"), table.columns, request.ctx.shift)
    return await _page(request, table.name, table.columns, tests, [table.id_column])


async def get_resource(request: Request) -> Answer:
    """One row by its id."""
    table = request.table()
    await request.allow("read", table.name)
    return {"resource": _shown(await _row(request, table), request.ctx.shift)}


async def list_resource_types(request: Request) -> Answer:
    """Tables with their columns, what may be changed, and how filters are written."""
    return {
        "resource_types": [
            {
                "resource_type": table.name,
                "id": table.id_column,
                "columns": [
                    {"name": name, "type": kind, "about": table.about[name]}
                    for name, kind in table.columns.items()
                ],
                "changes": list(calls.UPDATES.get(table.name, ())),
                "deletable": table.name in calls.DELETES,
                "default_policy": table.policy,
            }
            for table in request.tables.values()
        ],
        "operators": list(filters.OPERATORS),
    }


async def metrics(request: Request) -> Answer:
    """The daily rows of a resource: what it did and cost, the oldest day first."""
    table = request.table()
    await request.allow("read", table.name)
    row = await _row(request, table)
    columns = await resource_rows.columns_of(request.db, "metrics_daily")
    tests = filters.read(request.given.get("filters"), columns, request.ctx.shift)
    tests += [Test("resource_type", "eq", table.resource_type),
              Test("resource_id", "eq", str(row[table.id_column]))]  # fmt: skip
    return await _page(request, "metrics_daily", columns, tests, ["date"])


async def changes(request: Request) -> Answer:
    """The audit: what changed, from what to what, when and through whom; the newest first."""
    await request.allow("read", "resource_change_events")
    columns = await resource_rows.columns_of(request.db, "resource_change_events")
    tests = filters.read(request.given.get("filters"), columns, request.ctx.shift)
    if request.given.get("resource_type") is not None:
        tests.append(Test("resource_type", "eq", request.table().resource_type))
    if request.given.get("id") is not None:
        tests.append(Test("resource_id", "eq", filters.typed("id", "text", request.given["id"],
                                                             request.ctx.shift)))  # fmt: skip
    order = ["changed_at", "id"]
    return await _page(request, "resource_change_events", columns, tests, order, descending=True)


async def update_resource(request: Request) -> Answer:
    """Change a resource through the operations of its service."""
    table = request.table()
    row = await _row(request, table)
    for call in _changes(request, table, row):
        await _perform(request, call, row)
    return {"resource": _shown(await _row(request, table), request.ctx.shift)}


async def delete_resource(request: Request) -> Answer:
    """Delete a resource through the operation of its service."""
    table = request.table()
    row = await _row(request, table)
    await _perform(request, _deletion(table, row), row)
    return {"deleted": str(row[table.id_column])}


async def simulate(request: Request) -> Answer:
    """What deleting, or the given changes, would save a month: done, measured and undone.

    A key that may not do it is told so, and so is a state in which AWS would refuse it.
    """
    table = request.table()
    row = await _row(request, table)
    deleting = request.given.get("changes") is None
    wanted = [_deletion(table, row)] if deleting else _changes(request, table, row)
    session = request.db
    before = after = Decimal(0)
    try:
        async with session.transaction():
            before = await resource_rows.monthly_cost(session)
            for call in wanted:
                await _perform(request, call, row, session)
            after = await resource_rows.monthly_cost(session)
            raise _UndoneError
    except _UndoneError:
        pass
    return {
        "id": str(row[table.id_column]),
        "operations": [f"{call.service}:{call.operation}" for call in wanted],
        "monthly_cost_before": str(before.quantize(_CENTS)),
        "monthly_cost_after": str(after.quantize(_CENTS)),
        "monthly_saving": str((before - after).quantize(_CENTS)),
    }


class _UndoneError(Exception):
    """A simulation is over."""


ACTIONS: Final[dict[str, Callable[[Request], Awaitable[Answer]]]] = {
    action.__name__: action
    for action in (
        list_resources, get_resource, update_resource, delete_resource, simulate,
        list_resource_types, metrics, changes,
    )
}  # fmt: skip


# --- rows -------------------------------------------------------------------------------------


async def _row(request: Request, table: Table) -> Any:
    """The row that `id` names; Refusal 404. Whether it may be read is asked with it."""
    given = request.given.get("id")
    if not isinstance(given, str) or not given or "\0" in given:
        raise invalid("MissingId", f"id takes the {table.id_column} of one of the {table.name}.")
    await request.allow("read", table.name)
    kind = table.columns[table.id_column]
    value = filters.typed("id", kind, given, timedelta(0))
    tests = [Test(table.id_column, "eq", value), *_own(table.columns)]
    rows = await resource_rows.page(
        request.db, table.name, table.columns, tests, order=[table.id_column], limit=1
    )
    if not rows:
        raise Refusal(404, "NotFound", f"There is no {given!r} among the {table.name}.")
    return rows[0]


def _own(columns: Mapping[str, str]) -> list[Test]:
    """What all see (public images) is nobody's resource."""
    return [Test("account_id", "is_null", False)] if "account_id" in columns else []


async def _page(
    request: Request,
    table: str,
    columns: dict[str, str],
    tests: list[Test],
    order: Sequence[str],
    *,
    descending: bool = False,
) -> Answer:
    limit = request.limit()
    ctx = request.ctx
    asked = {
        name: value for name, value in request.given.items() if name not in ("cursor", "limit")
    }
    text = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
    question = hashlib.blake2b(text, digest_size=12).hexdigest()
    purpose = f"fakecloud|{ctx.principal.account_number}"
    rows = await resource_rows.page(
        request.db,
        table,
        columns,
        [*tests, *_own(columns)],
        order=order,
        descending=descending,
        after=_after(request, purpose, question, columns, order),
        limit=limit + 1,
    )
    shown = rows[:limit]
    cursor = None
    if len(rows) > limit:
        last = [str(shown[-1][name]) for name in order]
        payload = {"q": question, "k": last}
        cursor = ctx.vault.seal_token(purpose, payload, seconds=_TOKEN_SECONDS)
    return {"items": [_shown(row, ctx.shift) for row in shown], "cursor": cursor}


def _after(
    request: Request, purpose: str, question: str, columns: Mapping[str, str], order: Sequence[str]
) -> list[Any] | None:
    given = request.given.get("cursor")
    if given is None:
        return None
    payload: Any = {}
    if isinstance(given, str):
        try:
            payload = request.ctx.vault.open_token(purpose, given)
        except SealError:
            payload = {}
    if payload.get("q") != question:
        raise invalid("InvalidCursor", "The cursor was not given for this question.")
    still = timedelta(0)
    return [filters.typed(name, columns[name], value, still)
            for name, value in zip(order, payload["k"], strict=True)]  # fmt: skip


def _shown(row: Any, shift: timedelta) -> dict[str, Any]:
    shown = {name: _value(value, shift) for name, value in row.items() if name != "account_id"}
    return guardrails.row(shown, shift)


def _value(value: Any, shift: timedelta) -> Any:
    if isinstance(value, datetime):
        return (value + shift).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return (value + timedelta(days=shift.days)).isoformat()
    if isinstance(value, dict):
        return guardrails.shown(value, shift)
    return float(value) if isinstance(value, Decimal) else value


# --- operations -------------------------------------------------------------------------------


def _deletion(table: Table, row: Any) -> "Call":
    delete = calls.DELETES.get(table.name)
    if delete is None:
        raise invalid("NotDeletable", f"{table.name} are not deleted here.", calls.DELETES)
    return delete(row)


def _changes(request: Request, table: Table, row: Any) -> list["Call"]:
    wanted = request.given.get("changes")
    known = calls.UPDATES.get(table.name)
    if known is None:
        raise invalid("NotChangeable", f"{table.name} are not changed here.", calls.UPDATES)
    if not isinstance(wanted, dict) or not wanted:
        raise invalid("InvalidChanges", "changes must be an object: column → value.", known)
    found: list[Call] = []
    for name, value in wanted.items():
        if name not in known:
            raise invalid("UnknownColumn", f"{name!r} is not changed here.", known)
        kind = table.columns[name]
        if value is not None or kind != "integer":
            filters.typed(name, kind, value, timedelta(0))
        try:
            found += known[name](row, value)
        except ValueError as error:
            raise invalid("InvalidValue", f"{name}: {error}.") from None
    return found


async def _perform(
    request: Request, call: "Call", row: Any, session: "Session | None" = None
) -> None:
    """One operation as if AWS's own client had sent it; its refusals are told in AWS's words."""
    ours = request.ctx
    operation = api.service(call.service).operations[call.operation]
    protocol = operation.service.protocols[-1].replace("-", "_")
    ctx = Context(
        request_id=ours.request_id,
        method="POST",
        path="/fakecloud",
        query="",
        headers=ours.headers,
        source_address=ours.source_address,
        service=call.service,
        protocol=protocol,
        operation=operation,
        region=row["region"] if "region" in row.keys() else "us-east-1",  # noqa: SIM118
        params=call.params,
        wall=ours.wall,
        shift=ours.shift,
    )
    ctx._principal, ctx._server, ctx._db = ours.principal, ours.server, session
    handler = operations.find(call.service, operation)
    if handler is None:
        raise Refusal(501, "NotEmulated", f"{call.service}:{call.operation} is not served.")
    try:
        operations.check(operation, call.params)
        guardrails.inward(call.params, ours.shift)
        await gateway.perform(ours.server, ctx, handler)
    except AwsError as error:
        spelled = faults.spell(error, call.service, protocol) if isinstance(error, Fault) else error
        if session is None:
            ours.server.trail.refused(ctx, spelled)
        if isinstance(error, Fault) and error.kind == "unavailable":
            raise
        status = spelled.status if spelled.status in (403, 429, 501, 503) else 400
        raise Refusal(status or 400, spelled.code, spelled.message) from None
