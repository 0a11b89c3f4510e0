"""Rules: which events of a bus, or which times, concern somebody.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html and the pages
of the operations beside it. A schedule fires as days go by: with each tick its targets get every
firing of the day, of a schedule with more than 24 in a day the first of every hour.
"""

from collections.abc import Callable
from typing import Any

import orjson

from emulator import pages
from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Rows, View
from handlers.events import identifiers
from handlers.events.identifiers import invalid
from handlers.events.resource_tags import RULES
from models import event_buses, event_patterns, event_rules, event_schedules
from models.listing import Condition

_LONGEST_PATTERN = 4096


async def put_rule(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make a rule, or describe one anew; what is not said again is gone."""
    name, pattern, schedule = (
        params["Name"], params.get("EventPattern"), params.get("ScheduleExpression"),
    )  # fmt: skip
    async with ctx.db.transaction():
        bus = await identifiers.find_bus(ctx, params.get("EventBusName"))
        if not pattern and not schedule:
            raise invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
        if schedule:
            _check_schedule(schedule, bus["name"])
        if pattern:
            check_pattern(pattern)
        path = name if bus["name"] == event_buses.DEFAULT else f"{bus['name']}/{name}"
        made = await event_rules.put(
            ctx.db,
            {
                "region": ctx.region,
                "bus_name": bus["name"],
                "name": name,
                "arn": arn(ctx, "events", f"rule/{path}"),
                "pattern": pattern or None,
                "schedule": schedule or None,
                "status": params.get("State") or "ENABLED",
                "description": params.get("Description") or None,
                "role_arn": params.get("RoleArn") or None,
                "tags": RULES.checked(params.get("Tags")),
                "created_at": ctx.now,
            },
        )
    return {"RuleArn": made}


async def describe_rule(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One rule."""
    bus = await identifiers.find_bus(ctx, params.get("EventBusName"))
    rule = await identifiers.find_rule(ctx, bus["name"], params["Name"])
    return {**RULE_VIEW.show(rule), "CreatedBy": ctx.principal.account_number}


async def list_rules(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Rules of a bus by the beginning of their names."""
    page = _page(ctx, params)
    bus = await identifiers.find_bus(ctx, params.get("EventBusName"))
    where = [Condition("bus_name", (bus["name"],))]
    prefix = params.get("NamePrefix")
    if prefix:
        escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        where.append(Condition("name", patterns=(f"{escaped}%",)))
    rows = await event_rules.LISTING.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "name")
    return {"Rules": Rows(RULE_VIEW, shown), "NextToken": token}


async def list_rule_names_by_target(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Names of the rules that have a target of this ARN."""
    page = _page(ctx, params)
    bus = await identifiers.find_bus(ctx, params.get("EventBusName"))
    where = [Condition("bus_name", (bus["name"],)), Condition("target", (params["TargetArn"],))]
    rows = await event_rules.LISTING.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "name")
    return {"RuleNames": [row["name"] for row in shown], "NextToken": token}


async def enable_rule(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a rule work."""
    return await _set_status(ctx, params, "ENABLED")


async def disable_rule(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a rule rest."""
    return await _set_status(ctx, params, "DISABLED")


async def delete_rule(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a rule without targets; one that is not there is not missed."""
    async with ctx.db.transaction():
        bus = await identifiers.find_bus(ctx, params.get("EventBusName"))
        key = (ctx.region, bus["name"], params["Name"])
        if not await event_rules.delete(ctx.db, *key) and await event_rules.find(ctx.db, *key):
            raise invalid("Rule can't be deleted since it has targets.")
    return {}


async def test_event_pattern(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether an event matches a pattern."""
    match = check_pattern(params["EventPattern"])
    try:
        event = orjson.loads(params["Event"])
    except orjson.JSONDecodeError:
        event = None
    if not isinstance(event, dict):
        raise invalid("Parameter Event is not valid.")
    for name in ("id", "account", "source", "time", "region", "resources", "detail-type"):
        if name not in event:
            raise invalid("Parameter Event is not valid.")
    return {"Result": match(event)}


def check_pattern(pattern: str) -> Callable[[Any], bool]:
    """The compiled pattern; InvalidEventPatternException."""
    if len(pattern) > _LONGEST_PATTERN:
        raise invalid(f"EventPattern must have length less than or equal to {_LONGEST_PATTERN}")
    try:
        return event_patterns.compiled(pattern)
    except event_patterns.PatternError as error:
        raise AwsError(
            "InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}"
        ) from None


async def _set_status(ctx: Context, params: dict[str, Any], status: str) -> dict[str, Any]:
    async with ctx.db.transaction():
        bus = await identifiers.find_bus(ctx, params.get("EventBusName"))
        name = params["Name"]
        if not await event_rules.set_status(ctx.db, ctx.region, bus["name"], name, status):
            raise identifiers.rule_not_found(name, bus["name"])
    return {}


def _check_schedule(schedule: str, bus: str) -> None:
    if bus != event_buses.DEFAULT:
        raise invalid("ScheduleExpression is supported only on the default event bus.")
    if not event_schedules.is_valid(schedule):
        raise invalid("Parameter ScheduleExpression is not valid.")


def _page(ctx: Context, params: dict[str, Any]) -> pages.Page:
    return pages.page(
        ctx, params, size="Limit", default=identifiers.PAGE_ITEMS, invalid=identifiers.bad_token
    )


RULE_VIEW = View(
    {
        "Name": "name",
        "Arn": "arn",
        "EventPattern": "pattern",
        "State": "status",
        "Description": "description",
        "ScheduleExpression": "schedule",
        "RoleArn": "role_arn",
        "EventBusName": "bus_name",
    }
)
