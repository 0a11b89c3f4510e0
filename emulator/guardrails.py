"""Guardrails on the wire: a refused change in AWS's words, and freezes in the client's time.

The database judges each change and tells of a refusal by SQLSTATE (sql/056_guardrails.sql).
Freezes are stored, and tagged, in virtual time; a tag's value is text, so no protocol moves it:
its date is moved here, within the tags themselves, where a request or an answer has such a tag at
all.
"""

import re
from datetime import date, timedelta
from operator import is_not
from typing import TYPE_CHECKING, Any, Final

import orjson

from emulator.errors import Fault
from emulator.fragments import FREEZES, Known
from emulator.policies import actions, resources
from emulator.protocols.response import Pieces
from emulator.rows import Rows
from models.guardrails import FREEZE, POLICY

if TYPE_CHECKING:
    from emulator.context import Context

KEY: Final = FREEZE.encode()
_TOLD: Final = FREEZES.encode()
# From how many bytes on an answer is not searched where its rows are known to be silent.
_LONG: Final = 1 << 10
# The parameter that tells of the account's freeze.
_PARAMETER: Final = "/guardrails/freeze_optimizations_until"
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
# How services call a tag's key and its value; columns and parameters among them.
_KEYS: Final = ("Key", "key", "TagKey", "tagKey", "Name", "name")
_VALUES: Final = ("Value", "value", "TagValue", "tagValue", "Values", "values")
# Services that show resources within text: as JSON, and of our own making.
_IN_TEXT: Final = frozenset(("cloudtrail", "config"))


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
    if any(value.get(name) in (FREEZE, f"tag:{FREEZE}") for name in _KEYS):
        for member in _VALUES:
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


def is_told(ctx: "Context", result: Any, body: bytes | Pieces) -> bool:
    """Whether an answer, a result and its bytes, speaks of a freeze, or was asked to."""
    if _asked(ctx) == FREEZE:
        return True
    if len(body) > _LONG and isinstance(result, dict) and all(map(_silent, result.values())):
        return False
    # a short needle is found in a third of the time
    return b"freez" in body and _TOLD in body


def _silent(value: Any) -> bool:
    if isinstance(value, Rows):
        return value.silent
    return value is None or (isinstance(value, str) and FREEZES not in value)


def outward(ctx: "Context", result: Any) -> Any:
    """A result with the dates of freezes in the client's time; the same one where it has none."""
    days, in_text = ctx.shift.days, ctx.service in _IN_TEXT
    if _asked(ctx) == FREEZE and isinstance(result, dict):
        for name in ("TagValues", "Tags"):
            if isinstance(result.get(name), list):
                given = result[name]
                values = [_moved(one, days) if isinstance(one, str) else one for one in given]
                result = result | {name: values}
    return _outward(result, days, in_text)


def _asked(ctx: "Context") -> Any:
    """The key of the tags whose values are asked for."""
    return ctx.params.get("Key") or ctx.params.get("TagKey")


def _outward(value: Any, days: int, in_text: bool) -> Any:
    if isinstance(value, Rows):
        return _rows_outward(value, days, in_text)
    if isinstance(value, str):
        return _text_outward(value, days, in_text)
    if isinstance(value, list):
        items = [_outward(one, days, in_text) for one in value]
        return items if any(map(is_not, items, value)) else value
    if not isinstance(value, dict):
        return value
    members = {}
    told = any(value.get(name) in (FREEZE, _PARAMETER) for name in _KEYS)
    for name, one in value.items():
        if isinstance(one, str) and (name == FREEZE or (told and name in _VALUES)):
            members[name] = _moved(one, days)
        else:
            members[name] = _outward(one, days, in_text)
    return members if any(map(is_not, members.values(), value.values())) else value


def _rows_outward(rows: Rows, days: int, in_text: bool) -> Any:
    """Rows whose tags are a column stay rows, which are written fast; others are shown plainly."""
    records = rows.records
    # what is Known speaks of no freeze
    whole = [one for one in records if one.__class__ is not Known]
    if not whole:
        return rows
    if not isinstance(whole[0].get("tags"), dict):
        plain = rows.plain()
        moved = _outward(plain, days, in_text)
        return rows if moved is plain else moved
    if not any(FREEZE in (one["tags"] or ()) for one in whole):
        return rows
    moved = [one if one.__class__ is Known else _record_outward(one, days) for one in records]
    return Rows(rows.view, moved, rows.shelf, rows.key)


def _record_outward(record: Any, days: int) -> Any:
    tags = record["tags"]
    if not tags or FREEZE not in tags:
        return record
    return dict(record) | {"tags": tags | {FREEZE: _moved(tags[FREEZE], days)}}


def _text_outward(text: str, days: int, in_text: bool) -> str:
    if text.startswith(f"{FREEZE}$"):  # a group of costs by tag
        return f"{FREEZE}${_moved(text[len(FREEZE) + 1 :], days)}"
    if not in_text or FREEZE not in text or text[:1] not in ("{", "["):
        return text
    document = orjson.loads(text)
    moved = _outward(document, days, in_text)
    return text if moved is document else orjson.dumps(moved).decode()


def shown(tags: dict[str, Any], shift: timedelta) -> dict[str, Any]:
    """Tags by key, a freeze among them in the client's time."""
    given = tags.get(FREEZE)
    return tags | {FREEZE: _moved(given, shift.days)} if isinstance(given, str) else tags


def row(columns: dict[str, Any], shift: timedelta) -> dict[str, Any]:
    """A row by column, a change or a parameter that tells of a freeze in the client's time."""
    if columns.get("name") != _PARAMETER and FREEZE not in (columns.get("field_name") or ""):
        return columns
    texts = {name: columns.get(name) for name in ("value", "old_value", "new_value")}
    return columns | {
        name: _moved(text, shift.days) for name, text in texts.items() if isinstance(text, str)
    }


def _moved(text: str, days: int) -> str:
    """A text that begins with a date, by some days later; any other as it is."""
    found = _DATE.match(text)
    if found is None:
        return text
    try:
        return (date.fromisoformat(found[0]) + timedelta(days=days)).isoformat() + text[10:]
    except (ValueError, OverflowError):
        return text
