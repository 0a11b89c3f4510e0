"""Guardrails on the wire: a refused change in AWS's words, and freezes in the client's time.

The database judges each change and tells of a refusal by SQLSTATE (sql/056_guardrails.sql).
Freezes are stored, and tagged, in virtual time; a tag's value is text, so no protocol moves it:
its date is moved here, where a request or an answer has such a tag at all.
"""

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson

from emulator.errors import Fault
from emulator.policies import actions, resources
from models.guardrails import FREEZE, POLICY

if TYPE_CHECKING:
    from emulator.context import Context

KEY: Final = FREEZE.encode()
# What is sought in bodies: the tag, and the parameter that tells of the account's freeze.
_TOLD: Final = re.compile(
    rb"((?:optimization_freeze_until|/freeze_optimizations_until).{1,110}?)(\d{4}-\d\d-\d\d)", re.S
)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
# Operations that give a client its own bytes back, which must stay as they are.
_VERBATIM: Final = frozenset(
    ("GetObject", "SelectObjectContent", "ReceiveMessage", "Invoke", "GetRecords", "GetLogEvents",
     "FilterLogEvents", "GetQueryResults", "GetLogRecord")
)  # fmt: skip


def refusal(ctx: "Context", fault: Fault) -> Fault:
    """What the database refused, as an explicit deny that says why."""
    told = orjson.loads(fault.message)
    operation = ctx.operation
    signing_name = operation.service.signing_name if operation else ctx.service
    name = operation.name if operation else ""
    action = actions.action(ctx.service, signing_name, name)
    named = resources.arns(
        action.partition(":")[0], name, ctx.params,
        region=ctx.region, account=ctx.principal.account_number,
    )  # fmt: skip
    resource = next((one for one in named if told["id"] in one), told["id"])
    return Fault(
        "denied",
        principal=ctx.principal.arn,
        action=action,
        resource=f'"{resource}"' if ctx.service == "s3" else resource,
        reason=f"with an explicit deny in a guardrail: {_why(told, ctx.shift)}",
    )


def _why(told: dict[str, Any], shift: timedelta) -> str:
    if told["kind"] == "freeze":
        who = "the account" if told["account"] else told["id"]
        return f"optimizations of {who} are frozen until {_moved(told['until'], shift.days)}"
    if told["policy"] == "ignore":
        return f"{POLICY} of {told['id']} is ignore"
    return f"{POLICY} of {told['id']} is {told['policy']} and the change is not approved"


def inward(value: Any, shift: timedelta) -> None:
    """Move the dates of freeze tags in a request's parameters into the world's time, in place."""
    if isinstance(value, list):
        for one in value:
            inward(one, shift)
    if not isinstance(value, dict):
        return
    days = -shift.days
    names = {value.get(name) for name in ("Key", "key", "TagKey", "tagKey", "Name", "name")
             if isinstance(value.get(name), str)}  # fmt: skip
    if names & {FREEZE, f"tag:{FREEZE}"}:
        for member in ("Value", "value", "TagValue", "tagValue", "Values", "values"):
            given = value.get(member)
            if isinstance(given, str):
                value[member] = _moved(given, days)
            elif isinstance(given, list):
                value[member] = [_moved(one, days) for one in given]
        return
    for name, one in value.items():
        if name == FREEZE and isinstance(one, str):
            value[name] = _moved(one, days)
        else:
            inward(one, shift)


def is_told(body: bytes) -> bool:
    """Whether an answer speaks of a freeze."""
    return b"freeze_" in body


def outward(ctx: "Context", body: bytes) -> bytes:
    """An answer's body with the dates of freezes in the client's time; its length stays."""
    if ctx.operation is None or ctx.operation.name in _VERBATIM:
        return body
    days = ctx.shift.days
    return _TOLD.sub(lambda found: found[1] + _moved(found[2].decode(), days).encode(), body)


def shown(tags: dict[str, Any], shift: timedelta) -> dict[str, Any]:
    """Tags by key, a freeze among them in the client's time."""
    given = tags.get(FREEZE)
    return tags | {FREEZE: _moved(given, shift.days)} if isinstance(given, str) else tags


def _moved(text: str, days: int) -> str:
    """A text that begins with a date, by some days later; any other as it is."""
    found = _DATE.match(text)
    if found is None:
        return text
    try:
        return (date.fromisoformat(found[0]) + timedelta(days=days)).isoformat() + text[10:]
    except (ValueError, OverflowError):
        return text
