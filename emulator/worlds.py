"""Worlds: accounts, the estates in them, and how they drift."""

import itertools
import random
from dataclasses import asdict
from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from emulator.control import DEFAULT_ACCOUNT, DEFAULT_END, Answer, ControlError, World
from models import (
    accounts,
    belongings,
    networks,
    organizations,
    regions,
    roles,
    virtual_clocks,
)
from models.accounts import Account, AccountError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.kept_estates import KeptEstate
    from models.estates.creating import Created
    from models.estates.plans import Plan

# Where the organisation's own role may be assumed from.
MANAGEMENT_ACCOUNT = DEFAULT_ACCOUNT


async def create(
    world: World, size: str, *, seed: int, days: int, until: date, account: str
) -> dict[str, Any]:
    """An estate in empty accounts, and `days` days of history written by the drift engine.

    One that was made before, in whatever database, is laid as it was kept.
    """

    plan = _plan(size, days=days, account=account)
    async with world.database.owner() as connection:
        place = await _place(world, connection, plan, seed=seed, days=days, until=until)
        made = await _laid(world, connection, place)
    if made is None:
        made = await _make(world, plan, seed=seed, days=days, until=until)
        if place is not None:
            async with world.database.owner() as connection:
                await place.keep(connection, made)
    return _told(size, seed, days, until, made)


def _told(
    size: str, seed: int, days: int, until: date, made: "Sequence[Created]"
) -> dict[str, Any]:
    return {
        "estate": size,
        "seed": seed,
        "days": days,
        "until": until.isoformat(),
        "accounts": [
            {"account": one.account_number, "name": one.name, "rows": sum(one.rows.values())}
            for one in made
        ],
    }


async def _place(
    world: World, connection: Any, plan: "Plan", *, seed: int, days: int, until: date
) -> "KeptEstate | None":
    """Where the estate would be kept; its accounts are open then, and as any is at first."""
    from emulator import kept_estates

    if not await kept_estates.possible(connection, plan):
        return None
    for number, one in enumerate(plan.accounts):
        if await accounts.find(connection, one.number) is None:
            made = await _open(connection, one.number, one.name, default=number == 0)
            await furnish(connection, made)
    return await kept_estates.place(
        connection, plan, seed=seed, days=days, until=until, draws=world.database.owner_draws
    )


async def _laid(
    world: World, connection: Any, place: "KeptEstate | None"
) -> "list[Created] | None":
    """The estate as it was kept, whole; None where it is not."""
    async with connection.transaction():
        made = await place.lay(connection, world.progress) if place else None
        if made:
            await _found(connection, made)
            await _antedate(connection, made)
            await connection.execute("select pg_notify('driftcloud_tick', '')")
    return made


async def _make(
    world: World, plan: "Plan", *, seed: int, days: int, until: date
) -> "list[Created]":
    """The estate made from its plan, and its history day by day."""
    from models import estates

    async with world.database.owner() as connection:
        try:
            made = await estates.create(
                connection, plan, seed=seed, end=until, days=days, progress=world.progress
            )
        except (estates.EstateError, AccountError) as error:
            raise ControlError(str(error)) from None
        await _found(connection, made)
    await finish_histories(world)
    async with world.database.owner() as connection:
        await _antedate(connection, made)
    return made


async def _found(connection: Any, made: "Sequence[Created]") -> None:
    """The roles of an estate's accounts, and their organization: nobody made them."""
    members = [(one.account_id, one.account_number, one.name) for one in made]
    async with connection.transaction():
        await belongings.silence(connection)
        for account_id, number, _name in members:
            await roles.create_defaults(connection, account_id, number, [MANAGEMENT_ACCOUNT])
        await organizations.found_estate(connection, members, accounts.FOUNDED)


async def _antedate(connection: Any, made: "Sequence[Created]") -> None:
    for one in made:
        await accounts.antedate(connection, one.account_id)


async def finish_histories(world: World) -> None:
    """Write the days that estates were promised and have not yet, perhaps since a kill."""
    async with world.database.owner() as connection:
        promised = await virtual_clocks.promised_histories(connection)
    if not promised:
        return
    from drift import engine

    total, done = sum(one["days"] for one in promised), itertools.count(1)
    for days, accounts_ in itertools.groupby(
        sorted(promised, key=itemgetter("days")), key=itemgetter("days")
    ):
        await engine.histories(
            world.database,
            [(one["account_id"], one["history_from"]) for one in accounts_],
            days,
            progress=lambda: world.progress(next(done), total, "days of history"),
        )
    async with world.database.owner() as connection:
        for one in promised:
            await virtual_clocks.keep_promise(connection, one["account_id"])
        await connection.execute("select pg_notify('driftcloud_tick', '')")


def _plan(size: str, *, days: int, account: str) -> Any:
    """The plan of an estate; ControlError for one that cannot be made."""
    from models import estates

    if not 1 <= days <= 400:
        raise ControlError(f"--days takes 1 to 400, not {days}")
    try:
        plan = estates.named(size)
        if account != DEFAULT_ACCOUNT:
            plan = estates.on_account(plan, account, f"{size}-{account}")
    except ValueError as error:
        raise ControlError(str(error)) from None
    return plan


async def reset(world: World, *, estate: str, seed: int, days: int, account: str) -> Answer:
    """Empty accounts; with `estate`, fill them again."""
    until = date.fromisoformat(DEFAULT_END)
    home = account or DEFAULT_ACCOUNT
    # a wish that cannot be granted is refused before anything is lost
    plan = _plan(estate, days=days, account=home) if estate else None
    made = None
    async with world.database.owner() as connection, connection.transaction():
        chosen = await _one(connection, account) if account else None
        await accounts.reset(connection, chosen.id if chosen else None)
        for one in [chosen] if chosen else await accounts.every(connection):
            await furnish(connection, one)
        if plan is not None:
            place = await _place(world, connection, plan, seed=seed, days=days, until=until)
            made = await _laid(world, connection, place)
        await connection.execute("select pg_notify('driftcloud_tick', '')")
    if not estate:
        return {"reset": account or "all accounts"}
    if made is not None:
        return _told(estate, seed, days, until, made)
    return await create(world, estate, seed=seed, days=days, until=until, account=home)


async def open_account(world: World, *, name: str, number: str = "") -> dict[str, Any]:
    """A new account with its default network and roles."""
    number = number or str(random.SystemRandom().randrange(10**11, 10**12))
    async with world.database.owner() as connection:
        made = await _open(connection, number, name)
        await furnish(connection, made)
    return {"account": made.number, "name": made.name}


async def _open(connection: Any, number: str, name: str, *, default: bool = False) -> Account:
    try:
        return await accounts.create(connection, number, name, default=default)
    except AccountError as error:
        raise ControlError(str(error)) from None


async def close_account(world: World, number: str) -> Answer:
    """Delete an account and all it has."""
    async with world.database.owner() as connection:
        await accounts.delete(connection, (await _one(connection, number)).id)
    return {"account": number, "status": "deleted"}


async def every(world: World) -> Answer:
    """The accounts."""
    async with world.database.owner() as connection:
        return [
            {
                "account": one.number,
                "name": one.name,
                "alias": one.alias,
                "virtual_date": one.virtual_date,
                "seed": one.seed,
            }
            for one in await accounts.every(connection)
        ]


async def drift(world: World) -> Answer:
    """How the world drifts, and each account."""
    from drift import loop

    async with world.database.owner() as connection:
        clocks = [dict(row) for row in await virtual_clocks.every(connection)]
    return {**asdict(await loop.settings(world.database)), "accounts": clocks}


async def set_drift(
    world: World, interval_seconds: float | None, knobs: dict[str, Any], *, account: str
) -> Answer:
    """Change the drift of one account or of the world; what is not given stays as it is."""
    from drift import loop

    before = (await loop.settings(world.database)).knobs
    try:
        loop.split(knobs)
        if interval_seconds is not None or not account:
            odds = {**before.get("odds", {}), **knobs.get("odds", {})}
            everywhere = None if account else {**before, **knobs, "odds": odds}
            await loop.adjust(world.database, interval_seconds=interval_seconds, knobs=everywhere)
    except ValueError as error:
        raise ControlError(str(error)) from None
    if account:
        async with world.database.owner() as connection:
            await virtual_clocks.intensify(connection, (await _one(connection, account)).id, knobs)
    return await drift(world)


async def pause(world: World, paused: bool, *, account: str) -> Answer:
    """Stop or resume the days of one account or all."""
    from drift import loop

    if not account:
        await loop.adjust(world.database, paused=paused)
    if account or not paused:
        async with world.database.owner() as connection:
            chosen = await _one(connection, account) if account else None
            await virtual_clocks.pause(connection, chosen.id if chosen else None, paused)
    return await drift(world)


async def furnish(connection: Any, account: Account) -> None:
    """What every account has from its first day: networks, images, roles, a monitor of costs."""
    from models import anomaly_monitors, public_images

    await public_images.install(connection, list(regions.all_regions()))
    async with connection.transaction():
        await _default_network(connection, account)
        await belongings.silence(connection)
        await roles.create_defaults(connection, account.id, account.number, [MANAGEMENT_ACCOUNT])
        await anomaly_monitors.create_default(connection, account.id)


async def _default_network(connection: Any, account: Account) -> None:
    zones = [
        (name, zone.name, zone.zone_id)
        for name in regions.all_regions()
        for zone in regions.zones(name, account.number)
    ]
    await networks.create_defaults(connection, account.id, zones, accounts.FOUNDED)


async def _one(connection: Any, number: str) -> Account:
    found = await accounts.find(connection, number)
    if found is None:
        raise ControlError(f"there is no account {number}; see driftcloud accounts list")
    return found


async def tick(world: World, *, days: int, account: str) -> dict[str, Any]:
    """Advance accounts by virtual days."""
    from drift import engine, loop

    knobs, _ = loop.split((await loop.settings(world.database)).knobs)
    chosen = None
    if account:
        async with world.database.owner() as connection:
            chosen = [(await _one(connection, account)).id]
    reports: list[engine.TickReport] = []
    async with world.database.undisturbed():
        for done in range(days):
            ticked, failures = await engine.tick_all(world.database, accounts=chosen, knobs=knobs)
            if failures:
                told = "; ".join(f"{one.account}: {one.error}" for one in failures)
                raise ControlError(told, 500)
            reports += ticked
            world.progress(done + 1, days, "virtual days")
    if not reports:
        raise ControlError("no account has anything to advance: create an estate first")
    return {
        "ok": True,
        "simulatedDate": max(one.virtual_date for one in reports).isoformat(),
        "accountsProcessed": len({one.account for one in reports}),
        "ticks": [asdict(one) for one in reports],
    }
