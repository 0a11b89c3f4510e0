"""Rules of listeners.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Rule.html and the
pages of the operations.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Rows, View
from handlers.elbv2 import actions, conditions, identifiers, lists, tags
from handlers.elbv2.identifiers import LISTENER, RULE, invalid, not_found
from handlers.elbv2.listeners import find as find_listener
from models import listener_rules, listeners
from models.listing import Condition

LAST_PRIORITY = 50000
MOST_RULES = 100


async def describe_rules(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Rules of a listener in the order in which they are tried, or by ARN."""
    lists.one_of(params, "ListenerArn", "RuleArns")
    page = lists.page(ctx, params)
    listener, arns = params.get("ListenerArn"), params.get("RuleArns")
    if not listener and not arns:
        raise invalid("You must specify either listener rule ARNs or a listener ARN")
    for one in arns or ():
        identifiers.checked(RULE, one)
    if listener:
        identifiers.checked(LISTENER, listener)
        if await listeners.find_one(ctx.db, ctx.region, listener) is None:
            raise not_found(LISTENER)
    column, values = ("listener_arn", (listener,)) if listener else ("arn", tuple(arns or ()))
    rows = await listener_rules.LISTING.page(
        ctx.db, [Condition(column, values)], region=ctx.region, after=page.after, limit=page.fetch
    )
    if arns and page.after is None and len(rows) < len(set(arns)) <= (page.limit or 0):
        raise not_found(RULE)
    shown, marker = page.cut(rows, "place")
    return {"Rules": Rows(RULE_VIEW, shown), "NextMarker": marker}


async def create_rule(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new rule of a listener."""
    given = tags.given(params)
    priority = _priority(params["Priority"])
    wanted = conditions.checked(params["Conditions"])
    async with ctx.db.transaction():
        listener = await find_listener(ctx, params["ListenerArn"])
        if listener["type"] != "application":
            raise AwsError(
                "InvalidConfigurationRequest",
                f"Rules are not supported for load balancers with type '{listener['type']}'",
            )
        what, groups = await actions.checked(ctx, listener, params["Actions"])
        if len(await listener_rules.priorities(ctx.db, listener["id"])) >= MOST_RULES:
            raise AwsError("TooManyRules", f"A listener can have {MOST_RULES} rules at most")
        row = {
            "arn": identifiers.below(listener["arn"], RULE),
            "listener_id": listener["id"],
            "region": ctx.region,
            "priority": priority,
            "conditions": wanted,
            "actions": what,
            "transforms": list(params.get("Transforms") or ()),
            "target_group_arns": groups,
            "tags": given,
            "created_at": ctx.now,
        }
        if not await listener_rules.insert(ctx.db, row):
            raise _in_use(priority)
    return {"Rules": [RULE_VIEW.show(row)]}


async def modify_rule(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change what a rule is for, or what it does."""
    async with ctx.db.transaction():
        row = await _find(ctx, params["RuleArn"])
        if row["priority"] is None:
            raise AwsError(
                "OperationNotPermitted", f"Default rule '{row['arn']}' cannot be modified"
            )
        changes: dict[str, Any] = {}
        if params.get("Conditions"):
            changes["conditions"] = conditions.checked(params["Conditions"])
        if params.get("Actions"):
            place = await find_listener(ctx, row["listener_arn"])
            what, groups = await actions.checked(ctx, place, params["Actions"])
            changes |= {"actions": what, "target_group_arns": groups}
        if params.get("ResetTransforms"):
            changes["transforms"] = []
        elif params.get("Transforms"):
            changes["transforms"] = list(params["Transforms"])
        if not changes:
            raise invalid("Conditions, actions or transforms must be specified")
        await listener_rules.update(ctx.db, ctx.region, row["arn"], changes)
    return {"Rules": [RULE_VIEW.show({**dict(row), **changes})]}


async def delete_rule(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a rule that is not a default one."""
    async with ctx.db.transaction():
        row = await _find(ctx, params["RuleArn"])
        if row["priority"] is None:
            raise AwsError(
                "OperationNotPermitted", f"Default rule '{row['arn']}' cannot be deleted"
            )
        await listener_rules.delete(ctx.db, ctx.region, row["arn"])
    return {}


async def set_rule_priorities(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give rules of one listener other priorities, all at once."""
    wanted = {
        identifiers.checked(RULE, one.get("RuleArn") or ""): _priority(one.get("Priority") or 0)
        for one in params["RulePriorities"]
    }
    if not wanted:
        raise invalid("At least one rule must be specified")
    if len(set(wanted.values())) < len(params["RulePriorities"]):
        raise invalid("Rule ARNs and priorities must be unique")
    async with ctx.db.transaction():
        rows = await listener_rules.find(ctx.db, ctx.region, list(wanted), lock=True)
        if len(rows) < len(wanted):
            raise not_found(RULE)
        if len({row["listener_id"] for row in rows}) > 1:
            raise invalid("The rules must belong to the same listener")
        if any(row["priority"] is None for row in rows):
            raise AwsError("OperationNotPermitted", "The priority of a default rule cannot be set")
        moved = {row["id"]: wanted[row["arn"]] for row in rows}
        for priority, key in (
            await listener_rules.priorities(ctx.db, rows[0]["listener_id"])
        ).items():
            if key not in moved and priority in moved.values():
                raise _in_use(priority)
        await listener_rules.rank(ctx.db, moved)
    shown = [RULE_VIEW.show({**dict(row), "priority": wanted[row["arn"]]}) for row in rows]
    return {"Rules": sorted(shown, key=lambda one: int(one["Priority"]))}


async def _find(ctx: Context, arn: str) -> Any:
    rows = await listener_rules.find(
        ctx.db, ctx.region, [identifiers.checked(RULE, arn)], lock=True
    )
    if not rows:
        raise not_found(RULE)
    return rows[0]


def _priority(given: int) -> int:
    if not 1 <= given <= LAST_PRIORITY:
        raise invalid(f"Priority '{given}' must be between 1 and {LAST_PRIORITY}")
    return given


def _in_use(priority: int) -> AwsError:
    return AwsError("PriorityInUse", f"Priority '{priority}' is currently in use")


def _told(priority: int | None) -> str:
    return "default" if priority is None else str(priority)


RULE_VIEW = View(
    {
        "RuleArn": "arn",
        "Priority": Computed(_told, "priority"),
        "Conditions": Computed(lambda found: list(found or ()), "conditions"),
        "Actions": Computed(lambda found: list(found or ()), "actions"),
        "IsDefault": Computed(lambda priority: priority is None, "priority"),
        "Transforms": Computed(lambda found: list(found or ()), "transforms"),
    }
)
