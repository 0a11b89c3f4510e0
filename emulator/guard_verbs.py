"""The operator's verbs about guardrails: their mode, freezes, approvals, and what was breached."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from emulator.control import Answer, ControlError, World
from models import accounts, guardrails

Every = Annotated[str, "only this account; default: all"]
Episode = Annotated[str, "in this episode; default: the main world"]


async def guardrails_observe(world: World, *, account: Every = "", episode: Episode = "") -> Answer:
    """Let agents change what is frozen or not auto_safe, and record each as a breach."""
    return await _set_mode(world, "observe", account, episode)


async def guardrails_enforce(world: World, *, account: Every = "", episode: Episode = "") -> Answer:
    """Refuse agents' changes of what is frozen or not auto_safe, as an explicit deny."""
    return await _set_mode(world, "enforce", account, episode)


async def guardrails_breaches(
    world: World, *, account: Every = "", episode: Episode = ""
) -> Answer:
    """What agents did against freezes and policies, the oldest first."""
    async with _owner(world, episode) as connection:
        found = await guardrails.breaches(connection, await _account(connection, account))
        return [dict(row) for row in found]


async def freeze(
    world: World,
    until: Annotated[str, "virtual day or time, such as 2026-12-01 or 2026-12-01T06:00; or off"],
    *,
    account: Every = "",
    resource: Annotated[str, "only this resource, by id, ARN or name"] = "",
    episode: Episode = "",
) -> Answer:
    """Tell agents to change nothing before a virtual time; `off` ends a freeze."""
    end = _time(until)
    async with _owner(world, episode) as connection:
        owner = await _account(connection, account)
        if not resource:
            found = await guardrails.freeze_accounts(connection, end, owner)
            return [dict(row) for row in found]
        [one] = await _resources(connection, resource, owner)
        await guardrails.freeze(connection, one, end)
        return _named(one) | {"frozen_until": end}


async def approve(
    world: World,
    resource: Annotated[str, "id, ARN or name"],
    *,
    days: Annotated[int, "virtual days for which it holds; default: for good"] = 0,
    account: Annotated[str, "the account of the resource, where several have one so named"] = "",
    episode: Episode = "",
) -> Answer:
    """Let agents change a resource whose policy is recommend_only."""
    if not 0 <= days <= 3660:
        raise ControlError(f"--days takes 1 to 3660, not {days}")
    async with _owner(world, episode) as connection:
        [one] = await _resources(connection, resource, await _account(connection, account))
        policy = await guardrails.policy(connection, one)
        if policy == "ignore":
            raise ControlError(f"{resource} is to be ignored: its policy admits no approval")
        until = await guardrails.approve(connection, one, days or None)
        return _named(one) | {"policy": policy, "approved_until": until}


async def _set_mode(world: World, mode: str, account: str, episode: str) -> Answer:
    async with _owner(world, episode) as connection:
        owner = await _account(connection, account)
        return [dict(row) for row in await guardrails.set_mode(connection, mode, owner)]


@asynccontextmanager
async def _owner(world: World, episode: str) -> AsyncIterator[Any]:
    """A connection that sees every account of the main world, or of an episode."""
    if not episode:
        async with world.database.owner() as connection:
            yield connection
        return
    from emulator import episodes

    async with episodes.opened(world, episode) as inside, inside.database.owner() as connection:
        yield connection


async def _account(connection: Any, number: str) -> Any:
    """The id of an account; None where none is named."""
    if not number:
        return None
    found = await accounts.find(connection, number)
    if found is None:
        raise ControlError(f"there is no account {number}; see driftcloud accounts list")
    return found.id


async def _resources(connection: Any, name: str, owner: Any) -> Any:
    found = await guardrails.find(connection, name, owner)
    if not found:
        raise ControlError(f"no resource with guardrails is called {name}")
    if len(found) > 1:
        raise ControlError(f"{len(found)} resources are called {name}: give an id or an ARN")
    return found


def _named(resource: Any) -> dict[str, Any]:
    return {name: resource[name] for name in ("resource_type", "resource_id")}


def _time(text: str) -> datetime | None:
    if text == "off":
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ControlError(f"until when? 2026-12-01, or off; not {text!r}") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
