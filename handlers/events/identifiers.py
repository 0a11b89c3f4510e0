"""Identifiers of buses and rules: names and ARNs, and how what is missing is reported."""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from models import event_buses, event_rules

PAGE_ITEMS = 100


def bus_name(ctx: Context, given: str | None) -> str:
    """The name of a bus of the caller's, given by name or ARN; the default bus where none is."""
    owner, name = bus_place(ctx, given)
    if owner != ctx.principal.account_number:
        raise bus_not_found(name)
    return name


def bus_place(ctx: Context, given: str | None) -> tuple[str, str]:
    """Account and name of a bus of this region, by name or ARN; the default bus where none is."""
    if not given:
        return ctx.principal.account_number, event_buses.DEFAULT
    if not given.startswith("arn:"):
        return ctx.principal.account_number, given
    parts = given.split(":", 5)
    name = parts[5].removeprefix("event-bus/") if len(parts) == 6 else ""
    if not name or parts[2] != "events":
        raise invalid(f"Parameter {given} is not valid. Reason: Provided Arn is not in correct"
                      " format.")  # fmt: skip
    if parts[3] != ctx.region:
        raise bus_not_found(name)
    return parts[4], name


async def find_bus(ctx: Context, given: str | None) -> Any:
    """The bus; ResourceNotFoundException."""
    name = bus_name(ctx, given)
    row = await event_buses.find(ctx.db, ctx.region, name)
    if row is None:
        raise bus_not_found(name)
    return row


async def find_rule(ctx: Context, bus: str, name: str) -> Any:
    """The rule on a bus that is there; ResourceNotFoundException."""
    row = await event_rules.find(ctx.db, ctx.region, bus, name)
    if row is None:
        raise rule_not_found(name, bus)
    return row


def bus_not_found(name: str) -> AwsError:
    """There is no such bus."""
    return AwsError("ResourceNotFoundException", f"Event bus {name} does not exist.")


def rule_not_found(name: str, bus: str) -> AwsError:
    """There is no such rule."""
    return AwsError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus}.")


def invalid(message: str) -> AwsError:
    """A parameter that cannot be."""
    return AwsError("ValidationException", message)


def bad_token() -> AwsError:
    """A token that AWS did not give."""
    return invalid("Token is invalid.")
