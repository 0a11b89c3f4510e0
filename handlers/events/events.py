"""Events that an account puts on its buses.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

from typing import Any

import orjson

from emulator import ids, web_hooks
from emulator.context import Context
from handlers.events import identifiers
from handlers.events.identifiers import invalid
from models.event_delivery import deliver

NOUN = "resource_change_events"
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
MOST_BYTES = 1_048_576
_TIME_BYTES = 14


async def put_events(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take up to ten events and deliver them; an entry that is no event fails by itself.

    An event for a bus that is not there is taken and lost, as on AWS.
    """
    if params.get("EndpointId"):
        raise invalid("Global endpoints are not supported by this emulator.")
    entries = params["Entries"]
    if sum(map(_size, entries)) > MOST_BYTES:
        raise invalid("Total size of the entries in the request is over the limit.")
    answers: list[dict[str, Any]] = []
    by_bus: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in entries:
        failure = _failure(entry)
        if failure is not None:
            answers.append(failure)
            continue
        event = _event(ctx, entry)
        answers.append({"EventId": event["id"]})
        bus = identifiers.bus_place(ctx, entry.get("EventBusName"))
        by_bus.setdefault(bus, []).append(event)
    for owner in sorted({owner for owner, _ in by_bus}):
        await _deliver(ctx, owner, {bus: sent for (whose, bus), sent in by_bus.items()
                                    if whose == owner})  # fmt: skip
    return {
        "FailedEntryCount": sum("ErrorCode" in answer for answer in answers),
        "Entries": answers,
    }


async def _deliver(ctx: Context, owner: str, by_bus: dict[str, list[dict[str, Any]]]) -> None:
    """Deliver what is for the buses of one account: the caller's, or one that lets it."""
    db, now = ctx.db, ctx.now
    if owner != ctx.principal.account_number:
        found = await ctx.server.resource_policies.account(owner)
        if found is None:
            return
        db = ctx.server.database.session(found, "agent")
        now = ctx.wall - await ctx.server.clocks.shift(found, ctx.wall)
    letters: list[tuple[str, str]] = []
    async with db.transaction():
        for bus, events in by_bus.items():
            await deliver(db, ctx.region, bus, events, now, letters=letters)
    ctx.server.dispatcher.post(await web_hooks.calls(db, ctx.vault, letters))


def _event(ctx: Context, entry: dict[str, Any]) -> dict[str, Any]:
    """The envelope; its time is the client's, as all times that leave."""
    at = (entry.get("Time") or ctx.now) + ctx.shift
    return {
        "version": "0",
        "id": ids.request_id(),
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": ctx.principal.account_number,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": ctx.region,
        "resources": entry.get("Resources") or [],
        "detail": orjson.loads(entry["Detail"]),
    }


def _failure(entry: dict[str, Any]) -> dict[str, Any] | None:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return {
                "ErrorCode": "InvalidArgument",
                "ErrorMessage": f"Parameter {name} is not valid. Reason: {name} is a required"
                " argument.",
            }
    if entry["Source"].startswith("aws."):
        return {
            "ErrorCode": "NotAuthorizedForSourceException",
            "ErrorMessage": "Not authorized for the source.",
        }
    try:
        detail = orjson.loads(entry["Detail"])
    except orjson.JSONDecodeError:
        detail = None
    if not isinstance(detail, dict):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    return None


def _size(entry: dict[str, Any]) -> int:
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")]
    texts += entry.get("Resources") or []
    return sum(len(text.encode()) for text in texts) + (_TIME_BYTES if "Time" in entry else 0)
