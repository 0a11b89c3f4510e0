"""Event buses: the default one, and those that an account makes.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html and the
pages of the operations beside it.
"""

from typing import Any

import orjson

from emulator import pages
from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Rows, View
from handlers.events import identifiers
from handlers.events.identifiers import invalid
from handlers.events.resource_tags import RULES
from models import event_buses
from models.listing import Condition

NOUN = "event_rules"
_LONGEST_NAME = 256


async def create_event_bus(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A bus for an account's own events."""
    name = params["Name"]
    if params.get("EventSourceName"):
        raise AwsError(
            "ResourceNotFoundException", f"Event source {params['EventSourceName']} does not exist."
        )
    if "/" in name:
        raise invalid("Event bus name must not contain '/'.")
    if name != event_buses.DEFAULT and len(name) <= _LONGEST_NAME:
        row = {
            "region": ctx.region,
            "name": name,
            "arn": arn(ctx, "events", f"event-bus/{name}"),
            "description": params.get("Description"),
            "kms_key_id": params.get("KmsKeyIdentifier"),
            "dead_letter_arn": (params.get("DeadLetterConfig") or {}).get("Arn"),
            "log_config": params.get("LogConfig"),
            "tags": RULES.checked(params.get("Tags")),
            "created_at": ctx.now,
            "modified_at": ctx.now,
        }
        if await event_buses.insert(ctx.db, row):
            return {"EventBusArn": row["arn"], **{key: params.get(key) for key in _ECHOED}}
    raise AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")


async def describe_event_bus(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One bus, by name or ARN."""
    return BUS_VIEW.show(await identifiers.find_bus(ctx, params.get("Name")))


async def list_event_buses(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Buses by the beginning of their names."""
    page = pages.page(
        ctx, params, size="Limit", default=identifiers.PAGE_ITEMS, invalid=identifiers.bad_token
    )
    prefix = params.get("NamePrefix")
    where = [Condition("name", patterns=(_pattern(prefix),))] if prefix else []
    rows = await event_buses.LISTING.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "name")
    return {"EventBuses": Rows(LISTED_VIEW, shown), "NextToken": token}


async def delete_event_bus(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a bus without rules; one that is not there is not missed."""
    name = identifiers.bus_name(ctx, params["Name"])
    if name == event_buses.DEFAULT:
        raise invalid("Cannot delete event bus default.")
    async with ctx.db.transaction():
        if await event_buses.has_rules(ctx.db, ctx.region, name):
            raise invalid("Event bus can't be deleted since it has rules.")
        await event_buses.delete(ctx.db, ctx.region, name)
    return {}


async def put_permission(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let somebody else put events on a bus: one statement, or a whole policy."""
    async with ctx.db.transaction():
        bus = await identifiers.find_bus(ctx, params.get("EventBusName"))
        if params.get("Policy"):
            policy = _document(params["Policy"])
        else:
            policy = _with(bus["policy"], _statement(params, bus["arn"]))
        await _set_policy(ctx, bus, policy)
    return {}


async def remove_permission(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take one statement, or all, out of a bus's policy."""
    async with ctx.db.transaction():
        bus = await identifiers.find_bus(ctx, params.get("EventBusName"))
        if params.get("RemoveAllPermissions"):
            await _set_policy(ctx, bus, None)
            return {}
        policy = bus["policy"] or {"Statement": []}
        wanted = params.get("StatementId")
        left = [one for one in policy["Statement"] if one.get("Sid") != wanted]
        if len(left) == len(policy["Statement"]):
            raise AwsError(
                "ResourceNotFoundException", "Statement with the provided id does not exist."
            )
        await _set_policy(ctx, bus, {**policy, "Statement": left} if left else None)
    return {}


async def _set_policy(ctx: Context, bus: Any, policy: dict[str, Any] | None) -> None:
    if bus["name"] == event_buses.DEFAULT:
        await event_buses.make_default(ctx.db, ctx.region, ctx.now)
    changes = {"policy": policy, "modified_at": ctx.now}
    await event_buses.update(ctx.db, ctx.region, bus["name"], changes)


def _document(text: str) -> dict[str, Any]:
    try:
        policy = orjson.loads(text)
    except orjson.JSONDecodeError:
        policy = None
    if not isinstance(policy, dict) or not isinstance(policy.get("Statement"), list):
        raise invalid("Policy is not valid JSON or has no list of statements.")
    return policy


def _statement(params: dict[str, Any], bus_arn: str) -> dict[str, Any]:
    for name in ("StatementId", "Principal", "Action"):
        if not params.get(name):
            raise invalid(f"Parameter {name} must be specified.")
    principal = params["Principal"]
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": params["Action"],
        "Resource": bus_arn,
    }
    condition = params.get("Condition")
    if condition:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


def _with(policy: dict[str, Any] | None, statement: dict[str, Any]) -> dict[str, Any]:
    kept = policy or {"Version": "2012-10-17", "Statement": []}
    others = [one for one in kept["Statement"] if one.get("Sid") != statement["Sid"]]
    return {**kept, "Statement": [*others, statement]}


def _pattern(prefix: str) -> str:
    escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%"


def _policy_text(policy: dict[str, Any] | None) -> str | None:
    return orjson.dumps(policy).decode() if policy else None


_ECHOED = ("Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")
_COMMON: dict[str, Any] = {
    "Name": "name",
    "Arn": "arn",
    "Description": "description",
    "Policy": Computed(_policy_text, "policy"),
    "CreationTime": "created_at",
    "LastModifiedTime": "modified_at",
}
LISTED_VIEW = View(_COMMON)
BUS_VIEW = View(
    {
        **_COMMON,
        "KmsKeyIdentifier": "kms_key_id",
        "DeadLetterConfig": {"Arn": "dead_letter_arn"},
        "LogConfig": "log_config",
    }
)
